/** Tables of configured connections, in a dialog; choosing one closes it. */
import { CallError, type Client } from "../client.ts";
import { openDialog } from "../dialog.ts";
import { freshId, h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import type { Shelf } from "./shelf.ts";

interface Connection {
  name: string;
  title: string;
  type: string;
}

interface Table {
  schema: string;
  name: string;
}

export async function browseTables(client: Client, shelf: Shelf, within: Element): Promise<void> {
  const { text } = client;
  const id = freshId("connection");
  const select = h("select", { id, class: "wb-select" });
  const list = h("ul", { class: "wb-browse", "aria-label": text("upload.tables") });
  const show = async (): Promise<void> => {
    put(list, h("li", { class: "wb-soft", role: "status" }, text("shared.loading")));
    try {
      const tables = await client.call<Table[]>("tables", { connection: select.value });
      put(
        list,
        tables.map(({ schema, name }) =>
          h(
            "li",
            null,
            h(
              "button",
              {
                type: "button",
                class: "wb-browse-entry",
                onclick: () => {
                  list.closest("dialog")?.close();
                  void shelf.take(select.value, schema, name);
                },
              },
              icon("table"),
              h("span", { class: "wb-browse-name" }, `${schema}.${name}`),
            ),
          ),
        ),
        tables.length === 0 && h("li", { class: "wb-soft" }, text("upload.tables.none")),
      );
    } catch (error) {
      if (error instanceof CallError && error.cancelled) return;
      const told = error as CallError;
      put(list, h("li", { role: "alert" }, [told.message, told.remedy].filter(Boolean).join(" → ")));
    }
  };
  select.addEventListener("change", () => void show());
  const closed = openDialog({
    title: text("upload.from.connection"),
    body: [h("div", { class: "wb-row" }, h("label", { for: id }, text("upload.connection")), select), list],
    buttons: [],
    close: text("shared.close"),
    within,
  });
  try {
    const connections = await client.call<Connection[]>("connections");
    put(select, connections.map(({ name, title }) => h("option", { value: name }, title ? `${name} – ${title}` : name)));
    await show();
  } catch (error) {
    client.showError(error);
  }
  await closed;
}

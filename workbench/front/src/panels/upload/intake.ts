/** Where files come from: dropped, chosen, from an address, from a folder of the server. */
import type { Client } from "../client.ts";
import { openDialog } from "../dialog.ts";
import { freshId, h, put } from "../dom.ts";
import { icon, type IconName } from "../icons.ts";
import { size } from "../texts.ts";
import type { Shelf } from "./shelf.ts";
import { browseTables } from "./tables.ts";

export function intake(client: Client, shelf: Shelf): HTMLElement {
  const { text } = client;
  const picker = h("input", { type: "file", multiple: true, class: "wb-hidden", tabindex: -1, "aria-hidden": "true" });
  picker.addEventListener("change", () => {
    void shelf.addFiles(picker.files ?? []);
    picker.value = "";
  });
  const address = freshId("url");
  const url = h("input", {
    id: address,
    class: "wb-input wb-upload-url",
    type: "url",
    placeholder: "https://…",
    autocomplete: "off",
    spellcheck: "false",
  });
  const fetch = h(
    "form",
    {
      class: "wb-row",
      onsubmit: (event: Event) => {
        event.preventDefault();
        const given = url.value.trim();
        if (!given) return url.focus();
        url.value = "";
        void shelf.fetch(given);
      },
    },
    h("label", { for: address }, text("upload.from.url")),
    url,
    h("button", { type: "submit", class: "wb-button" }, icon("download"), text("upload.fetch")),
  );
  const zone = h(
    "div",
    { class: "wb-drop" },
    icon("upload"),
    h("span", null, text("upload.drop")),
    h(
      "button",
      { type: "button", class: "wb-button wb-button--primary", onclick: () => picker.click() },
      text("upload.choose"),
    ),
    h("span", { class: "wb-soft" }, text("upload.limits")),
    picker,
  );
  const button = (name: IconName, key: string, act: () => void): HTMLElement =>
    h("button", { type: "button", class: "wb-button", onclick: act }, icon(name), text(key));
  let depth = 0;
  const over = (event: DragEvent, change: number): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    depth = Math.max(0, depth + change);
    zone.classList.toggle("wb-drop--over", depth > 0);
  };
  zone.addEventListener("dragenter", (event) => over(event, 1));
  zone.addEventListener("dragover", (event) => over(event, 0));
  zone.addEventListener("dragleave", (event) => over(event, -1));
  zone.addEventListener("drop", (event) => {
    over(event, -depth);
    void shelf.addFiles(event.dataTransfer?.files ?? []);
  });
  return h(
    "div",
    { class: "wb-intake" },
    zone,
    h(
      "div",
      { class: "wb-row wb-intake-more" },
      fetch,
      h(
        "span",
        { class: "wb-row" },
        button("folder", "upload.from.server", () => void browse(client, shelf, zone)),
        button("database", "upload.from.connection", () => void browseTables(client, shelf, zone)),
      ),
    ),
  );
}

interface Entry {
  path: string;
  name: string;
  folder: boolean;
  size: number;
  changed: string;
}

/** Folders of the project in a dialog; choosing a file closes it. */
async function browse(client: Client, shelf: Shelf, within: Element): Promise<void> {
  const { text } = client;
  const list = h("ul", { class: "wb-browse" });
  const trail = h("nav", { class: "wb-row", "aria-label": text("upload.browse.where") });
  const show = async (path: string): Promise<void> => {
    const parts = path ? path.split("/") : [];
    put(
      trail,
      ["", ...parts].map((part, at) => {
        const target = parts.slice(0, at).join("/");
        const label = part || text("upload.browse.project");
        return h("button", { type: "button", class: "wb-button wb-button--icon", onclick: () => void show(target) }, label, " /");
      }),
    );
    let entries: Entry[];
    try {
      entries = await client.call<Entry[]>("folder", { path });
    } catch (error) {
      put(list, h("li", { role: "alert" }, error instanceof Error ? error.message : String(error)));
      return;
    }
    put(
      list,
      entries.map((entry) =>
        h(
          "li",
          null,
          h(
            "button",
            {
              type: "button",
              class: "wb-browse-entry",
              onclick: () => {
                if (entry.folder) return void show(entry.path);
                list.closest("dialog")?.close();
                void shelf.choose(entry.path);
              },
            },
            icon(entry.folder ? "folder" : "file"),
            h("span", { class: "wb-browse-name" }, entry.name),
            !entry.folder && h("span", { class: "wb-soft" }, size(entry.size, client.language)),
          ),
        ),
      ),
      entries.length === 0 && h("li", { class: "wb-soft" }, text("upload.browse.empty")),
    );
    list.querySelector("button")?.focus();
  };
  const closed = openDialog({
    title: text("upload.from.server"),
    body: [trail, list],
    buttons: [],
    close: text("shared.close"),
    within,
  });
  await show("");
  await closed;
}

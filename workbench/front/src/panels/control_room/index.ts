/** The control room: panels as tabs, made when first opened; the dataset and language for all. */
import { definePanel, type Client, type Problem } from "../client.ts";
import { freshId, h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import { tabs } from "../tabs.ts";

type Widget = Awaited<ReturnType<Client["host"]["getWidget"]>>;

const LANGUAGES = { en: "English", es: "Español" };

export default definePanel(
  (root, client) => {
    // panels stay when the language changes: what they are doing goes on
    const opened = client.keep("opened", () => new Map<string, HTMLElement>());
    const notice = h("div", { class: "wb-room-problems" });
    const room = tabs(
      client.text("control_room.tabs"),
      (client.get("tabs") as string[]).map((key) => ({
        key,
        label: client.text(`control_room.tab.${key}`),
        mount: (body) => void open(client, key, opened, body),
      })),
      (key) => client.set("tab", key),
    );
    root.append(notice, room.element);
    client.header.append(languages(client));
    room.show(String(client.get("tab")));
    const offs = [
      client.onTrait("tab", () => room.show(String(client.get("tab")))),
      client.on("datasets", () => void tell(client, notice)),
    ];
    void tell(client, notice);
    return () => offs.forEach((off) => off());
  },
  { datasets: true },
);

/** The widget that the kernel made; the page may hear of it a moment after the answer. */
async function found(client: Client, reference: string): Promise<Widget> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await client.host.getWidget(reference);
    } catch (error) {
      if (attempt >= 20) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** Puts the widget of a tab into its body; one that could not be made can be tried again. */
async function open(client: Client, key: string, opened: Map<string, HTMLElement>, body: HTMLElement): Promise<void> {
  const there = opened.get(key);
  if (there) return void body.append(there);
  const place = h("div", { class: "wb-room-panel" }, h("p", { class: "wb-soft", role: "status" }, client.text("shared.loading")));
  body.append(place);
  try {
    const widget = await found(client, await client.call<string>("open", { tab: key }));
    place.replaceChildren();
    await widget.render({ el: place });
    opened.set(key, place);
  } catch (error) {
    put(
      place,
      h("p", { role: "alert" }, error instanceof Error ? error.message : String(error)),
      h(
        "button",
        {
          type: "button",
          class: "wb-button",
          onclick: () => {
            place.remove();
            void open(client, key, opened, body);
          },
        },
        icon("refresh"),
        client.text("control_room.again"),
      ),
    );
  }
}

function languages(client: Client): HTMLElement {
  const id = freshId("language");
  const select = h(
    "select",
    { id, class: "wb-select" },
    Object.entries(LANGUAGES).map(([value, name]) => h("option", { value, lang: value }, name)),
  );
  select.value = client.language;
  select.addEventListener("change", () => client.set("language", select.value));
  return h("label", { class: "wb-picker", for: id }, client.text("shared.language"), select);
}

/** What is wrong with the specs of the project, with file and line. */
async function tell(client: Client, notice: HTMLElement): Promise<void> {
  try {
    const { problems } = await client.call<{ problems: Problem[] }>("project");
    put(
      notice,
      problems.length > 0 &&
        h(
          "details",
          { class: "wb-notice" },
          h("summary", null, client.text("control_room.problems", { count: problems.length })),
          h(
            "ul",
            null,
            problems.map((problem) =>
              h(
                "li",
                null,
                h("code", null, `${problem.file}:${problem.line}:${problem.column}`),
                ` ${problem.message}`,
                problem.remedy && h("div", { class: "wb-soft" }, `→ ${problem.remedy}`),
              ),
            ),
          ),
        ),
    );
  } catch (error) {
    client.showError(error);
  }
}

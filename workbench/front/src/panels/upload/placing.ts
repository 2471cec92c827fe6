/** What becomes of a file: a new dataset, whose spec is seen before, or a delivery to one. */
import { CallError, type Client } from "../client.ts";
import { debounced, freshId, h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import { tabs } from "../tabs.ts";
import type { Item, Shelf } from "./shelf.ts";

interface Outline {
  dataset: string;
  text: string;
  spec: string;
  file: string;
}

interface Fit {
  place: string;
  exists: boolean;
  missing: string[];
  new: string[];
  fault: string | null;
}

export function placing(client: Client, shelf: Shelf, item: Item): { element: HTMLElement; refresh: () => void } {
  const { text } = client;
  let refresh = (): void => {};
  const both = tabs(text("upload.place"), [
    { key: "new", label: text("upload.place.new"), mount: (body) => (refresh = creating(client, shelf, item, body)) },
    { key: "deliver", label: text("upload.place.deliver"), mount: (body) => delivering(client, shelf, item, body) },
  ]);
  both.show("new");
  return { element: both.element, refresh: () => refresh() };
}

/** Whether an error only says that a newer call took the place of one. */
function superseded(error: unknown): boolean {
  return error instanceof CallError && error.cancelled;
}

function creating(client: Client, shelf: Shelf, item: Item, root: HTMLElement): () => void {
  const { text } = client;
  const id = freshId("dataset");
  const fault = freshId("fault");
  const name = h("input", { id, class: "wb-input", autocomplete: "off", spellcheck: "false", "aria-describedby": fault });
  const said = h("div", { id: fault, class: "wb-fault", role: "alert" });
  const yaml = h("pre", { class: "wb-yaml", tabindex: 0, "aria-label": text("upload.spec") });
  const where = h("p", { class: "wb-soft" });
  const create = h("button", { type: "submit", class: "wb-button wb-button--primary", disabled: true }, icon("add"), text("upload.create"));
  let named = false;

  const refresh = async (): Promise<void> => {
    const args = { item: item.id, dataset: named ? name.value.trim() : "", ...item.corrections };
    try {
      const seen = await client.call<Outline>("outline", args);
      if (!named) name.value = seen.dataset;
      put(yaml, seen.text);
      put(where, text("upload.create.where", { spec: seen.spec, file: seen.file }));
      said.replaceChildren();
      name.removeAttribute("aria-invalid");
      create.disabled = false;
    } catch (error) {
      if (superseded(error)) return;
      create.disabled = true;
      name.setAttribute("aria-invalid", "true");
      const told = error as CallError;
      put(said, [told.message, told.remedy].filter(Boolean).join(" → "));
    }
  };
  const soon = debounced(200, () => void refresh());
  name.addEventListener("input", () => {
    named = name.value.trim() !== "";
    soon();
  });
  root.append(
    h(
      "form",
      {
        class: "wb-placing",
        onsubmit: async (event: Event) => {
          event.preventDefault();
          const args = { item: item.id, dataset: name.value.trim(), ...item.corrections };
          const made = await client.busy(text("upload.creating"), (options) => client.call<Outline>("create", args, options));
          if (made) shelf.finish(item, text("upload.created", { dataset: made.dataset, spec: made.spec, file: made.file }));
        },
      },
      h("div", { class: "wb-row" }, h("label", { for: id }, text("upload.create.name")), name, create),
      said,
      where,
      h("details", { open: true }, h("summary", null, text("upload.spec")), yaml),
    ),
  );
  void refresh();
  return () => void refresh();
}

function delivering(client: Client, shelf: Shelf, item: Item, root: HTMLElement): void {
  const { text } = client;
  const id = freshId("to");
  const select = h("select", { id, class: "wb-select" });
  const about = h("div", { class: "wb-fit", role: "status" });
  const deliver = h("button", { type: "submit", class: "wb-button wb-button--primary", disabled: true }, icon("check"), text("upload.deliver"));
  const replaceId = freshId("replace");
  const replace = h("input", { id: replaceId, type: "checkbox" });
  const replacing = h("span", { class: "wb-row", hidden: true }, replace, h("label", { for: replaceId }, text("upload.replace")));

  const look = async (): Promise<void> => {
    deliver.disabled = true;
    replacing.hidden = true;
    about.replaceChildren();
    if (!select.value) return;
    try {
      const fit = await client.call<Fit>("fit", { item: item.id, dataset: select.value });
      put(
        about,
        h("p", null, text("upload.fit.place", { place: fit.place })),
        fit.fault && h("p", { class: "wb-fault" }, icon("warning"), fit.fault),
        fit.missing.length > 0 && h("p", { class: "wb-fault" }, icon("warning"), text("upload.fit.missing", { names: fit.missing.join(", ") })),
        fit.new.length > 0 && h("p", { class: "wb-fault" }, icon("warning"), text("upload.fit.new", { names: fit.new.join(", ") })),
        !fit.fault && !fit.missing.length && !fit.new.length && h("p", null, icon("check"), text("upload.fit.same")),
      );
      replacing.hidden = !fit.exists;
      deliver.disabled = false;
    } catch (error) {
      if (superseded(error)) return;
      const told = error as CallError;
      put(about, h("p", { class: "wb-fault" }, icon("warning"), [told.message, told.remedy].filter(Boolean).join(" → ")));
    }
  };
  select.addEventListener("change", () => void look());
  root.append(
    h(
      "form",
      {
        class: "wb-placing",
        onsubmit: async (event: Event) => {
          event.preventDefault();
          const args = { item: item.id, dataset: select.value, replace: replace.checked && !replacing.hidden };
          const done = await client.busy(text("upload.delivering"), (options) =>
            client.call<{ dataset: string; file: string }>("deliver", args, options),
          );
          if (done) shelf.finish(item, text("upload.delivered", done));
        },
      },
      h("div", { class: "wb-row" }, h("label", { for: id }, text("upload.deliver.to")), select, deliver, replacing),
      about,
    ),
  );
  client
    .call<string[]>("datasets")
    .then((names) => {
      put(select, h("option", { value: "" }, text("shared.dataset.none")), names.map((name) => h("option", { value: name }, name)));
      const current = String(client.get("dataset") ?? "");
      if (names.includes(current)) select.value = current;
      return look();
    })
    .catch((error) => client.showError(error));
}

/** The chosen file: what was detected, corrected at once, and what becomes of it. */
import { CallError, type Client } from "../client.ts";
import { debounced, h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import { table } from "../table.ts";
import { size } from "../texts.ts";
import { columns } from "./columns.ts";
import type { Detection } from "./detection.ts";
import { members } from "./members.ts";
import { placing } from "./placing.ts";
import { properties } from "./properties.ts";
import type { Item, Shelf } from "./shelf.ts";

/** Shows the shelf's chosen file in `root`, another one when it changes. */
export function detail(client: Client, shelf: Shelf, root: HTMLElement): { draw: () => void } {
  let shown: Item | null = null;
  return {
    draw() {
      const item = shelf.selected?.state === "ready" ? shelf.selected : null;
      if (item === shown) return;
      shown = item;
      root.hidden = !item;
      root.replaceChildren();
      if (!item) return;
      if (item.archive) void members(client, shelf, item, root);
      else void open(client, shelf, item, root, () => shown === item);
    },
  };
}

async function open(client: Client, shelf: Shelf, item: Item, root: HTMLElement, current: () => boolean): Promise<void> {
  const { text, language } = client;
  let whole = false;
  const ask = (): Promise<Detection> => client.call<Detection>("detect", { item: item.id, ...item.corrections, whole });
  const first = await client.busy(text("upload.looking"), (options) =>
    client.call<Detection>("detect", { item: item.id, ...item.corrections }, options),
  );
  if (!first || !current()) return;

  const facts = h("p", { class: "wb-soft", role: "status" });
  const head = h("div", { class: "wb-head" });
  const bad = h("div", { class: "wb-bad" });
  const notes = h("ul", { class: "wb-notes" });
  const place = placing(client, shelf, item);
  const changed = debounced(60, () => void refresh());
  const form = properties(client, item, first, changed);
  const types = columns(client, item, changed);
  const reset = h(
    "button",
    {
      type: "button",
      class: "wb-button",
      onclick: () => {
        item.corrections = { reading: {}, types: {} };
        changed();
      },
    },
    icon("undo"),
    text("upload.reset"),
  );
  const all = h(
    "button",
    {
      type: "button",
      class: "wb-button",
      onclick: () => {
        whole = true;
        void client.busy(text("upload.looking.whole"), () => refresh());
      },
    },
    icon("search"),
    text("upload.whole"),
  );

  async function refresh(): Promise<void> {
    try {
      draw(await ask());
      client.clearError();
      place.refresh();
    } catch (error) {
      if (!(error instanceof CallError && error.cancelled)) client.showError(error);
    }
  }

  function draw(found: Detection): void {
    form.draw(found);
    types.draw(found);
    const { ledger } = found;
    const seen = found.partial
      ? text("upload.seen.head", { seen: size(found.looked_at, language), size: size(found.bytes, language) })
      : text("upload.seen.whole", { size: size(found.bytes, language) });
    facts.textContent = `${seen} ${text("upload.ledger", { parsed: ledger["parsed"], bad: ledger["unparseable"], footer: ledger["footer"] })}`;
    all.hidden = !found.partial;
    reset.disabled = Object.keys(item.corrections.reading).length + Object.keys(item.corrections.types).length === 0;
    put(notes, found.warnings.map((warning) => h("li", null, icon("info"), warning)));
    notes.hidden = found.warnings.length === 0;
    put(head, headOf(found));
    put(bad, badOf(found));
    bad.hidden = found.unparseable.length === 0;
  }

  function headOf(found: Detection): HTMLElement {
    const rows = found.rows.map((cells, at) => ({ at: found.row_numbers[at], cells }));
    return table({
      caption: text("upload.head", { count: rows.length }),
      columns: [
        { key: "at", label: text("upload.head.line"), numeric: true, class: "wb-line" },
        ...found.columns.map((column, at) => ({
          key: column.name,
          label: column.name,
          ...(column.original ? { title: column.original } : {}),
          cell: ({ cells }: (typeof rows)[number]) => cells[at] ?? h("span", { class: "wb-null" }, text("upload.null")),
        })),
      ],
      rows,
      empty: text("upload.head.none"),
      class: "wb-head-table",
    }).element;
  }

  function badOf(found: Detection): HTMLElement {
    const count = Number(found.ledger["unparseable"] ?? 0);
    return table({
      caption: text("upload.bad", { count }),
      columns: [
        { key: "_row", label: text("upload.head.line"), numeric: true, class: "wb-line" },
        { key: "reason", label: text("upload.bad.reason") },
        { key: "text", label: text("upload.bad.text"), class: "wb-code" },
      ],
      rows: found.unparseable,
    }).element;
  }

  put(
    root,
    h(
      "div",
      { class: "wb-row" },
      h("h3", { class: "wb-heading wb-detail-name" }, item.name),
      facts,
      all,
      reset,
    ),
    notes,
    form.element,
    bad,
    types.element,
    head,
    place.element,
  );
  draw(first);
}

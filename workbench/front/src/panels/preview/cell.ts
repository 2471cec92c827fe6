/** Everything about one cell: its value sign by sign, where it comes from, which checks it fails. */
import type { Client } from "../client.ts";
import { openDialog } from "../dialog.ts";
import { h, type Child } from "../dom.ts";
import { kindOf, pieces, textOf, type Kind } from "./cells.ts";
import type { Cell, Check, Column, Row } from "./types.ts";

export interface CellStory {
  column: Column;
  row: Row;
  raw: boolean;
  value: Cell | undefined;
  kind: Kind;
  fails: readonly Check[];
  /** The received cells that this one comes from, with their columns. */
  origins: readonly { column: string; value: Cell | undefined; kind: Kind }[];
  statistics: string;
}

export function storyKind(row: Row, columns: readonly Column[], column: Column, raw: boolean): { value: Cell | undefined; kind: Kind } {
  const index = columns.findIndex((each) => each.name === column.name);
  const value = row.cells[index];
  return { value, kind: kindOf(value, raw, row.marked.includes(index), raw ? "text" : column.type) };
}

export async function showCell(story: CellStory, client: Client, within: Element): Promise<void> {
  const { text } = client;
  const value = textOf(story.value);
  const facts: [string, Child][] = [
    [text("preview.column"), `${story.column.name} (${story.column.type})`],
    [text("preview.cell.kind"), text(`preview.kind.${story.kind}`)],
  ];
  if (story.row.row !== null) {
    const place = story.row.source ? `${story.row.source}, ${story.row.row}` : String(story.row.row);
    facts.push([text("preview.row.of"), place]);
  }
  if (value) facts.push([text("preview.cell.length"), String([...value].length)]);
  if (story.fails.length) {
    facts.push([text("preview.cell.checks"), h("ul", null, story.fails.map((check) => h("li", null, `${check.words} (${check.name})`)))]);
  }
  if (!story.raw && story.origins.length) {
    facts.push([
      text("preview.cell.origins"),
      h(
        "ul",
        null,
        story.origins.map((origin) => h("li", null, h("code", null, origin.column), ": ", shown(origin.value, origin.kind, client))),
      ),
    ]);
  }
  if (story.statistics) facts.push([text("preview.cell.statistics"), h("div", { class: "wb-pv-lines" }, story.statistics)]);
  const chosen = await openDialog<"copy">({
    title: text("preview.cell.title", { column: story.column.name }),
    body: [
      h("div", { class: "wb-pv-cell-value", tabindex: 0, role: "region", "aria-label": text("preview.cell.value") }, shown(story.value, story.kind, client)),
      h("dl", { class: "wb-pv-cell-facts" }, facts.map(([name, told]) => [h("dt", null, name), h("dd", null, told)])),
    ],
    buttons: [{ label: text("preview.copy"), value: "copy" }],
    close: text("shared.close"),
    within,
  });
  if (chosen === "copy") await copy(value, client);
}

function shown(value: Cell | undefined, kind: Kind, client: Client): Child {
  if (kind === "missing" || kind === "null" || kind === "empty") {
    return h("span", { class: `wb-pv-void wb-pv-void--${kind}` }, client.text(`preview.cell.${kind}`));
  }
  return pieces(textOf(value), 5000).map((piece) =>
    piece.sign ? h("span", { class: "wb-pv-sign", title: piece.sign }, `${piece.text}`) : piece.text,
  );
}

/** To the clipboard; says so, or that it cannot. */
export async function copy(text: string, client: Client): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    client.announce(client.text("preview.copied"));
  } catch {
    client.announce(client.text("preview.copied.not"));
  }
}

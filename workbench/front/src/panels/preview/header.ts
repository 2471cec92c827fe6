/** A column's header: name, type, share of missing values, distinct values, and a small histogram. */
import type { IHeaderParams, IInnerHeaderComponent } from "ag-grid-community";
import type { Client } from "../client.ts";
import { h, put, s } from "../dom.ts";
import { written } from "../texts.ts";
import type { Column, Statistics } from "./types.ts";

/** What a header asks of its grid. */
export interface HeaderContext {
  client: Client;
  column: (colId: string) => Column | undefined;
  /** What the chosen step did to the column: a sign, and the words for it. */
  mark: (colId: string) => { sign: string; kind: string; words: string } | null;
  statistics: (colId: string) => Promise<Statistics | null>;
  headers: Set<ColumnHeader>;
}

export class ColumnHeader implements IInnerHeaderComponent {
  private readonly element = h("div", { class: "wb-pv-column" });
  private context!: HeaderContext;
  private colId = "";
  private plainName = "";
  private turn = 0;
  /** What is shown until the new figures are there. */
  private last: Statistics | null = null;

  init(params: IHeaderParams<unknown, HeaderContext>): void {
    this.context = params.context;
    this.colId = params.column.getColId();
    this.plainName = params.displayName;
    this.context.headers.add(this);
    this.load();
  }

  getGui(): HTMLElement {
    return this.element;
  }

  refresh(): boolean {
    this.load();
    return true;
  }

  destroy(): void {
    this.context.headers.delete(this);
    this.turn++;
  }

  /** Draws anew, and asks for the statistics of the rows that are on show now. */
  load(): void {
    const turn = ++this.turn;
    const column = this.context.column(this.colId)?.name ?? "";
    if (this.last?.column !== column) this.last = null;
    this.draw(this.last);
    void this.context.statistics(this.colId).then((found) => {
      if (turn === this.turn && found) this.draw((this.last = found));
    });
  }

  private draw(found: Statistics | null): void {
    const column = this.context.column(this.colId);
    if (!column) return put(this.element, this.plainName);
    const { client } = this.context;
    const mark = this.context.mark(this.colId);
    const name = h("span", { class: "wb-pv-column-name" }, column.name);
    const original = column.original && column.original !== column.name ? column.original : null;
    this.element.title = [
      column.name,
      original && client.text("preview.header.original", { name: original }),
      mark?.words,
      found && wordsOf(found, client),
    ]
      .filter(Boolean)
      .join("\n");
    put(
      this.element,
      h(
        "span",
        { class: "wb-pv-column-top" },
        mark && h("span", { class: `wb-pv-mark wb-pv-mark--${mark.kind}` }, mark.sign, h("span", { class: "wb-hidden" }, ` ${mark.words} `)),
        name,
      ),
      h("span", { class: "wb-pv-column-facts" }, facts(column, found, client)),
      found ? picture(found) : h("span", { class: "wb-pv-histogram" }),
    );
  }
}

function facts(column: Column, found: Statistics | null, client: Client): string {
  if (!found) return column.type;
  const parts = [column.type];
  if (found.null) parts.push(client.text("preview.header.null", { share: share(found.null, found.rows, client) }));
  if (found.distinct !== null) parts.push(client.text("preview.header.distinct", { count: found.distinct }));
  return parts.join(" · ");
}

function share(part: number, whole: number, client: Client): string {
  const percent = whole ? (100 * part) / whole : 0;
  return percent > 0 && percent < 1 ? "<\u202f1" : written(Math.round(percent), client.language);
}

/** Everything about a column in lines, for the tooltip and the cell's detail. */
export function wordsOf(found: Statistics, client: Client): string {
  const { text } = client;
  const lines = [text("preview.stat.type", { type: found.type, count: found.rows })];
  const say = (key: string, count: number | null): void => {
    if (count) lines.push(text(`preview.stat.${key}`, { count }));
  };
  say("null", found.null);
  say("blank_in_file", found.blank_in_file);
  for (const [marker, count] of found.markers.slice(0, 5)) lines.push(text("preview.stat.marker", { marker, count }));
  say("became_null", found.became_null);
  say("empty", found.empty);
  say("blank", found.blank);
  say("invisible", found.invisible);
  say("distinct", found.distinct);
  if (found.minimum !== null) lines.push(text("preview.stat.ends", { low: found.minimum, high: found.maximum ?? "" }));
  if (found.top.length) {
    const most = found.top.map(([value, count]) => `${value} (${written(count, client.language)})`).join(", ");
    lines.push(text("preview.stat.top", { values: most }));
  }
  return lines.join("\n");
}

const WIDTH = 120;
const HEIGHT = 18;

/** Bars of the histogram, or of the most frequent values; below them what is missing. */
function picture(found: Statistics): HTMLElement {
  const bars = found.histogram.length
    ? found.histogram.map(([, , count]) => count)
    : found.top.length > 1
      ? found.top.map(([, count]) => count)
      : [];
  const most = Math.max(1, ...bars);
  const step = WIDTH / Math.max(1, bars.length);
  const missing = found.rows ? found.null / found.rows : 0;
  return h(
    "span",
    { class: "wb-pv-histogram" },
    s(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT + 3}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
      bars.map((count, index) => {
        const height = count ? Math.max(1.5, (HEIGHT * count) / most) : 0;
        return s("rect", {
          class: "wb-pv-bar",
          x: (index * step + 0.4).toFixed(2),
          y: (HEIGHT - height).toFixed(2),
          width: Math.max(0.5, step - 0.8).toFixed(2),
          height: height.toFixed(2),
        });
      }),
      s("rect", { class: "wb-pv-bar-present", x: 0, y: HEIGHT + 1, width: (WIDTH * (1 - missing)).toFixed(2), height: 2 }),
      s("rect", { class: "wb-pv-bar-missing", x: (WIDTH * (1 - missing)).toFixed(2), y: HEIGHT + 1, width: (WIDTH * missing).toFixed(2), height: 2 }),
    ),
  );
}

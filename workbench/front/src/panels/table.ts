/** A small accessible table: everything in it is text, or an element that the caller made. */
import { h, put, type Child } from "./dom.ts";

export interface Column<R> {
  key: string;
  label: string;
  /** What stands in the cell; the default is the row's value of `key`, as text. */
  cell?: (row: R) => Child;
  /** Numbers stand to the right. */
  numeric?: boolean;
  /** A hint shown on the header. */
  title?: string;
  class?: string;
}

export interface TableOptions<R> {
  caption: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  /** The caption is for screen readers only. */
  hideCaption?: boolean;
  /** Said instead of rows, if there are none. */
  empty?: string;
  /** Class and attributes of a row. */
  row?: (row: R) => Record<string, string | number | boolean>;
  class?: string;
}

/** The table, in a region that scrolls and can be focused; `update` replaces the rows. */
export function table<R extends object>(options: TableOptions<R>): { element: HTMLElement; update: (rows: readonly R[]) => void } {
  const { columns, caption } = options;
  const body = h("tbody");
  const draw = (rows: readonly R[]): void => {
    put(
      body,
      rows.map((row) =>
        h(
          "tr",
          options.row?.(row) ?? null,
          columns.map((column) =>
            h(
              "td",
              { class: [column.numeric && "wb-number", column.class].filter(Boolean).join(" ") || null },
              column.cell ? column.cell(row) : shown((row as Record<string, unknown>)[column.key]),
            ),
          ),
        ),
      ),
      rows.length === 0 &&
        options.empty &&
        h("tr", null, h("td", { class: "wb-empty", colspan: columns.length }, options.empty)),
    );
  };
  draw(options.rows);
  const element = h(
    "div",
    { class: "wb-table-region", role: "region", "aria-label": caption, tabindex: 0 },
    h(
      "table",
      { class: ["wb-table", options.class].filter(Boolean).join(" ") },
      h("caption", { class: options.hideCaption ? "wb-hidden" : null }, caption),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map((column) =>
            h(
              "th",
              { scope: "col", title: column.title, class: [column.numeric && "wb-number", column.class].filter(Boolean).join(" ") || null },
              column.label,
            ),
          ),
        ),
      ),
      body,
    ),
  );
  return { element, update: draw };
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** How a cell is shown: what is missing is told apart, and what cannot be seen is made visible. */
import type { Cell, Column, Row } from "./types.ts";

/** A piece of a text: as it is, or a sign that stands for one that cannot be seen. */
export interface Piece {
  text: string;
  /** The name of the sign, if it is one. */
  sign?: string;
}

export type Kind = "missing" | "null" | "marker" | "empty" | "text" | "number" | "boolean" | "moment" | "several";

const NAMED: Record<string, [string, string]> = {
  "\t": ["⇥", "tab"],
  "\n": ["↵", "line feed"],
  "\r": ["␍", "carriage return"],
  "\u00a0": ["⍽", "no-break space"],
  "\u00ad": ["-", "soft hyphen"],
  "\u200b": ["∅", "zero-width space"],
  "\u200e": ["→", "left-to-right mark"],
  "\u200f": ["←", "right-to-left mark"],
  "\ufeff": ["∅", "byte order mark"],
};

/** Control and format characters, odd spaces, marks that turn the direction of text. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb]/u;

/** A text as pieces; blanks at its ends are signs too. Longer ones are cut at `most`. */
export function pieces(text: string, most = 300): Piece[] {
  const cut = text.length > most;
  const shown = cut ? text.slice(0, most) : text;
  const start = shown.length - shown.replace(/^ +/, "").length;
  const end = cut ? shown.length : shown.replace(/ +$/, "").length;
  const found: Piece[] = [];
  let plain = "";
  const flush = (): void => {
    if (plain) found.push({ text: plain });
    plain = "";
  };
  let at = 0;
  for (const sign of shown) {
    const name = signName(sign) ?? (sign === " " && (at < start || at >= end) ? "space" : null);
    if (name) {
      flush();
      found.push({ text: sign === " " ? "·" : (NAMED[sign]?.[0] ?? code(sign)), sign: name });
    } else plain += sign;
    at += sign.length;
  }
  if (cut) plain += "…";
  flush();
  return found;
}

function code(sign: string): string {
  return `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** What a sign that cannot be seen is called; `null` for those that can. */
export function signName(sign: string): string | null {
  if (!INVISIBLE.test(sign)) return null;
  return NAMED[sign]?.[1] ?? code(sign);
}

/** What kind of thing stands in a cell. In the table as received, null is a cell without anything. */
export function kindOf(value: Cell | undefined, raw: boolean, marked: boolean, type = "text"): Kind {
  if (marked) return "marker";
  if (value === null || value === undefined) return raw ? "missing" : "null";
  if (value === "") return "empty";
  if (typeof value === "string") {
    if (/^(date|time)/.test(type)) return "moment";
    return isNumeric({ name: "", type }) ? "number" : "text"; // exact numbers travel as texts
  }
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "several";
}

/** The text of a value: as it is copied, and shown where it can be seen. */
export function textOf(value: Cell | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Whether the column holds numbers, which stand to the right. */
export function isNumeric(column: Column): boolean {
  return /^(integer|number|decimal)/.test(column.type);
}

/** Rows as text for the clipboard, as spreadsheets read it; null is empty. */
export function tabbed(rows: readonly Row[], columns: readonly Column[], heads: boolean): string {
  const clean = (text: string): string => (/[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rows.map((row) => row.cells.map((cell) => clean(textOf(cell))).join("\t"));
  const head = columns.map((column) => clean(column.name)).join("\t");
  return (heads ? [head, ...lines] : lines).join("\n");
}

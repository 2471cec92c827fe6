/** What tables do, without the page: comparing, filtering, CSV. */

export type Kind = "text" | "number" | "date" | "none";

export interface Cell {
  /** What people read. */
  text: string;
  /** What is compared and exported; the same as the text where the page gives nothing else. */
  value: string;
}

/** Lower case without accents, for comparing what people type with what is written. */
export function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether every word of a query occurs in a (folded) text. */
export function matches(query: string, text: string): boolean {
  return folded(query)
    .split(/\s+/)
    .every((part) => text.includes(part));
}

/** A number as written in a language: `1,234.5` in English and `1.234,5` in Spanish; else NaN. */
export function parseNumber(text: string, language: string): number {
  const parts = new Intl.NumberFormat(language).formatToParts(0.5);
  const separator = parts.find((part) => part.type === "decimal")?.value ?? ".";
  const bare = text
    .replace(/[\s\u00a0\u202f%]/g, "")
    .replace(/\u2212/g, "-")
    .replace(separator === "," ? /\./g : /,/g, "")
    .replace(separator, ".");
  return bare === "" ? NaN : Number(bare);
}

type Comparison = (a: Cell, b: Cell) => number;

/** How two cells compare, ascending. What is empty or not a number comes last either way. */
export function comparison(kind: Kind, language: string, descending: boolean): Comparison {
  const turn = descending ? -1 : 1;
  if (kind === "number") {
    return (a, b) => {
      const x = number(a, language);
      const y = number(b, language);
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return turn * (x - y);
    };
  }
  const collator = new Intl.Collator(language, { numeric: kind === "text", sensitivity: "base" });
  return (a, b) => {
    if (!a.value || !b.value) return Number(!a.value) - Number(!b.value);
    return turn * collator.compare(a.value, b.value);
  };
}

function number(cell: Cell, language: string): number {
  const exact = cell.value.trim() === "" ? NaN : Number(cell.value);
  return Number.isNaN(exact) ? parseNumber(cell.value, language) : exact;
}

/** Rows (indexes) in order; equal ones keep theirs. */
export function sorted(
  cells: readonly Cell[],
  kind: Kind,
  language: string,
  descending: boolean,
): number[] {
  const compare = comparison(kind, language, descending);
  return cells
    .map((cell, index) => ({ cell, index }))
    .sort((a, b) => compare(a.cell, b.cell) || a.index - b.index)
    .map(({ index }) => index);
}

/** The kind of a column that does not say: numbers if all its cells are. */
export function guess(cells: readonly Cell[], language: string): Kind {
  const filled = cells.filter((cell) => cell.value.trim() !== "" && cell.value !== "–");
  const numbers = filled.length > 0 && filled.every((cell) => !Number.isNaN(number(cell, language)));
  return numbers ? "number" : "text";
}

const FORMULA = /^[\t\r\n ]*[=+\-@]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** One field: a spreadsheet shall not run what looks like a formula; numbers stay numbers. */
export function csvField(value: string): string {
  const safe = FORMULA.test(value) && !NUMBER.test(value.trim()) ? `'${value}` : value;
  return /[",\r\n;\t]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A file that spreadsheets open with the right letters. */
export function csv(rows: readonly (readonly string[])[]): string {
  return `\ufeff${rows.map((row) => row.map(csvField).join(",")).join("\r\n")}\r\n`;
}

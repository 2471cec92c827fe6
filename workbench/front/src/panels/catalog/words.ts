/** What is typed becomes lists, keys and places: pure. */
import type { Brief, Column, Place } from "./types.ts";

/** "a, b c,, a" is ["a", "b c"]. */
export function listed(text: string): string[] {
  return [...new Set(text.split(/[,;\n]/).map((each) => each.trim()).filter(Boolean))];
}

/** A key for a new term: "Región de ventas" is "region_de_ventas". */
export function keyOf(name: string, taken: readonly string[]): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const stem = plain.replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_+|_+$/g, "").slice(0, 60) || "term";
  let key = stem;
  for (let number = 2; taken.includes(key); number++) key = `${stem}_${number}`;
  return key;
}

/** The place that a search result means: "ventas#monto", or the key of a term. */
export function placeOf(kind: string, url: string): Place {
  if (kind === "term") return { kind: "term", name: url, column: "" };
  const at = url.indexOf("#");
  return { kind: "dataset", name: at < 0 ? url : url.slice(0, at), column: at < 0 ? "" : url.slice(at + 1) };
}

/** How much is said of all datasets together. */
export function together(datasets: readonly Brief[]): [number, number] {
  return datasets.reduce<[number, number]>(([said, total], each) => [said + each.said, total + each.total], [0, 0]);
}

/** Columns that lack a description, or all. */
export function shownColumns(columns: readonly Column[], onlyMissing: boolean, keep: string): Column[] {
  return columns.filter((column) => !onlyMissing || !column.description || column.name === keep);
}

/** Parts of one as per cent; little is not nothing, and much is not all. */
export function percent(part: number): string {
  if (part > 0 && part < 0.001) return "<0.1 %";
  if (part < 1 && part > 0.999) return ">99.9 %";
  const whole = part * 100;
  return `${whole < 10 && whole % 1 ? whole.toFixed(1) : Math.round(whole)} %`;
}

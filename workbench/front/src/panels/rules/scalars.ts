/** Scalars of a spec as people type them into a field: `5` is a number, `"5"` a text. */

const NUMBER = /^[-+]?(0|[1-9]\d*)?(\.\d+)?([eE][-+]?\d+)?$/;

/** The value as it is typed; text that would read as something else stands in quotes. */
export function shown(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "";
  if (typeof value !== "string") return typeof value === "object" ? JSON.stringify(value) : String(value);
  return read(value) === value && value === value.trim() && !/[\n\r\t]/.test(value) ? value : JSON.stringify(value);
}

/** What was typed, as a value; empty is `undefined`. */
export function read(text: string): unknown {
  const bare = text.trim();
  if (bare === "") return undefined;
  if (bare === "true" || bare === "false") return bare === "true";
  if (bare === "null" || bare === "~") return null;
  if (/\d/.test(bare) && NUMBER.test(bare)) {
    const number = Number(bare);
    // what JavaScript would round stays the text that it is
    if (Number.isFinite(number) && (!/^[-+]?\d+$/.test(bare) || Number.isSafeInteger(number))) return number;
    return bare;
  }
  if (/^".*"$/s.test(bare)) {
    try {
      return JSON.parse(bare);
    } catch {
      return text;
    }
  }
  if (/^'.*'$/s.test(bare) && bare.length > 1) return bare.slice(1, -1).replaceAll("''", "'");
  return text;
}

/** The same for lists: one value a line; blank lines do not count. */
export function readLines(text: string): unknown[] {
  return text
    .split("\n")
    .map((line) => read(line.trim()))
    .filter((value) => value !== undefined);
}

/** A short line about options, the same in every language. */
export function brief(options: Record<string, unknown>, most = 120): string {
  const parts = Object.entries(options)
    .filter(([key]) => key !== "enabled" && key !== "severity")
    .map(([key, value]) => (key === "column" || key === "columns" || key === "where" || key === "condition" ? "" : `${key}: `) + inline(value));
  const text = parts.join(" · ");
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return value.map(inline).join(", ");
  if (value !== null && typeof value === "object") {
    return Object.entries(value)
      .map(([key, each]) => `${key}: ${inline(each)}`)
      .join(", ");
  }
  return shown(value);
}

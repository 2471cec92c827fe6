/** Corrections that are not sent yet: which cells of which rows have another value. Pure. */

export interface Line {
  ids: string[];
  source: string | null;
  row: number | null;
  run_id: string;
  created_at: string;
  reasons: string[];
  values: Record<string, string | null>;
  refused: { step: string; values: Record<string, string | null> }[];
  resolved_run: string | null;
}

/** By row (its ids, joined): the cells that were changed. */
export type Edits = Record<string, Record<string, string | null>>;

export function keyOf(line: Pick<Line, "ids">): string {
  return line.ids.join(" ");
}

/** What stands in a cell now; an empty cell is missing. */
export function valueOf(edits: Edits, line: Line, column: string): string | null {
  const given = edits[keyOf(line)]?.[column];
  return given === undefined ? (line.values[column] ?? null) : given;
}

/** The edits after a cell was written; a cell that is as received is no edit. */
export function written(edits: Edits, line: Line, column: string, text: string): Edits {
  const value = text === "" ? null : text;
  const key = keyOf(line);
  const row = { ...edits[key], [column]: value };
  if (value === (line.values[column] ?? null)) delete row[column];
  const after = { ...edits, [key]: row };
  if (Object.keys(row).length === 0) delete after[key];
  return after;
}

/** The rows that are sent: those edited, and those ticked that are to be sent as they are. */
export function toSend(edits: Edits, ticked: readonly string[]): { ids: string[]; values: Record<string, string | null> }[] {
  const keys = new Set([...Object.keys(edits), ...ticked]);
  return [...keys].map((key) => ({ ids: key.split(" "), values: edits[key] ?? {} }));
}

/** The columns that the reasons of a row name, among those that were received. */
export function atFault(line: Line, columns: readonly string[]): Set<string> {
  return new Set(
    columns.filter((column) =>
      line.reasons.some((reason) => {
        const named = reason.startsWith("the length of ") ? reason.slice("the length of ".length) : reason;
        const head = named.split(":")[0] ?? "";
        return named === column || named.startsWith(`${column} `) || head.split(", ").includes(column);
      }),
    ),
  );
}

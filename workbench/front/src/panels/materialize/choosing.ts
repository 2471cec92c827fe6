/** What is chosen among targets: pure, so that it is tested without a page. */
import type { Counts, Kind, Load, Plan } from "./types.ts";

/** Whether a load can be confirmed. */
export function canLoad(load: Load): boolean {
  return load.ledger !== null;
}

/** What is chosen at first: all that lacks the version and can be loaded. */
export function atFirst(plan: Plan): Set<string> {
  return new Set(plan.loads.filter((load) => canLoad(load) && !load.done).map((load) => load.target));
}

/** What stays chosen when a plan was made anew. */
export function stillChosen(chosen: ReadonlySet<string>, plan: Plan): Set<string> {
  return new Set(plan.loads.filter((load) => canLoad(load) && chosen.has(load.target)).map((load) => load.target));
}

export type State = "ready" | "done" | "drifted" | "refused" | "unavailable";

export function stateOf(load: Load): State {
  if (load.unavailable) return "unavailable";
  if (load.refusal || !load.ledger) return "refused";
  if (!load.done) return "ready";
  return load.drifted ? "drifted" : "done";
}

/** How many rows a reader loses: those that are deleted and do not come again as they were. */
export function lost(load: Load): number {
  return load.ledger ? load.ledger.deleted - (load.kept ?? 0) : 0;
}

export interface Part {
  kind: "inserted" | "updated" | "unchanged";
  rows: number;
  /** Where it begins and how long it is, as parts of one. */
  from: number;
  length: number;
}

/** The rows to load as parts of a bar; what there is one of can still be seen. */
export function bar(counts: Counts): Part[] {
  const kinds = (["inserted", "updated", "unchanged"] as const).filter((kind) => counts[kind] > 0);
  const total = kinds.reduce((sum, kind) => sum + counts[kind], 0);
  const least = 0.01;
  const lengths = kinds.map((kind) => Math.max(least, counts[kind] / total));
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let from = 0;
  return kinds.map((kind, at) => {
    const length = (lengths[at] ?? 0) / whole;
    const part = { kind, rows: counts[kind], from, length };
    from += length;
    return part;
  });
}

/** The features of which some kind lacks one, and then the others: differences are read first. */
export function features(kinds: readonly Kind[]): string[] {
  const all = Object.keys(kinds[0]?.features ?? {});
  const differs = (name: string): boolean => kinds.some((kind) => !kind.features[name]?.can);
  return [...all.filter(differs), ...all.filter((name) => !differs(name))];
}

/** `["day"]` with `id` is `["day", "id"]`; with `day` again it is `[]`. */
export function toggled(columns: readonly string[], name: string): string[] {
  return columns.includes(name) ? columns.filter((each) => each !== name) : [...columns, name];
}

/** Lines as people say them: 3, 5–7. */
export function lines(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}

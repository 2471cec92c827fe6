/** How far runs and steps are, and how long they took. Pure. */
import type { RunRow, Status, StepRow } from "./types.ts";

const FINAL: readonly Status[] = ["SUCCESS", "FAILED", "CANCELLED", "SKIPPED"];

export function isFinal(status: Status): boolean {
  return FINAL.includes(status);
}

/** Seconds between two times; up to `now` (milliseconds) while there is no end. */
export function seconds(start: string | null, end: string | null, now: number): number | null {
  if (!start) return null;
  return Math.max(0, ((end ? Date.parse(end) : now) - Date.parse(start)) / 1000);
}

/** A time span as people say it, with tenths below ten seconds. */
export function span(value: number | null, language: string): string {
  if (value === null || !Number.isFinite(value)) return "";
  if (value < 10) {
    const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
    return `${value.toLocaleString(language, digits)}\u202fs`;
  }
  if (value < 60) return `${Math.round(value)}\u202fs`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return `${minutes}\u202fmin ${Math.round(value % 60)}\u202fs`;
  return `${Math.floor(minutes / 60)}\u202fh ${minutes % 60}\u202fmin`;
}

/** The part of a step that is done, from 0 to 1; `null` where nobody can know. */
export function fraction(step: StepRow, cells: [number, number] | undefined, now: number): number | null {
  if (isFinal(step.status)) return 1;
  if (step.status !== "RUNNING") return 0;
  if (cells && cells[1] > 0) return Math.min(0.98, cells[0] / cells[1]);
  const spent = seconds(step.started_at, null, now);
  if (spent === null || !step.usual_seconds) return null;
  return Math.min(0.95, spent / step.usual_seconds);
}

export interface Part {
  status: Status;
  steps: number;
}

/** The steps of a run by status, in the order in which they stand, neighbours put together. */
export function parts(run: RunRow): Part[] {
  const found: Part[] = [];
  for (const { status } of run.steps) {
    const last = found.at(-1);
    if (last?.status === status) last.steps++;
    else found.push({ status, steps: 1 });
  }
  return found;
}

/** The datasets that a run has steps for, in order. */
export function datasetsOf(run: RunRow): string[] {
  return [...new Set(run.steps.map((step) => step.dataset))];
}

/** What has changed in words' sense between two lists of runs: those whose status is another now. */
export function turned(before: readonly RunRow[], after: readonly RunRow[]): RunRow[] {
  const known = new Map(before.map((run) => [run.id, run.status]));
  return after.filter((run) => known.has(run.id) && known.get(run.id) !== run.status);
}

/** A path of a file as the folder that JupyterLab shows has it in its page. */
export function serverRoot(page: Document): string {
  const data = page.getElementById("jupyter-config-data")?.textContent ?? "{}";
  try {
    const root: unknown = JSON.parse(data).serverRoot;
    return typeof root === "string" ? root : "";
  } catch {
    return "";
  }
}

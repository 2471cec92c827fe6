/** Which columns belong together: from the received table to the one after a step, and back. */
import type { Step } from "./types.ts";

export interface Links {
  /** Received columns of each column after the step. */
  sources: Map<string, Set<string>>;
  /** Columns after the step that each received column reaches. */
  targets: Map<string, Set<string>>;
}

/** Composes what each transform says of its columns. */
export function linksTo(steps: readonly Step[], number: number): Links {
  let sources = new Map<string, Set<string>>();
  for (const column of steps[0]?.columns ?? []) sources.set(column.name, new Set([column.name]));
  for (const step of steps.slice(1, number + 1)) {
    if (!step.enabled) continue;
    const after = new Map<string, Set<string>>();
    for (const column of step.columns) after.set(column.name, new Set());
    for (const { column, source } of step.origins) {
      for (const received of sources.get(source) ?? []) after.get(column)?.add(received);
    }
    sources = after;
  }
  const targets = new Map<string, Set<string>>();
  for (const [column, received] of sources) {
    for (const each of received) {
      let reached = targets.get(each);
      if (!reached) targets.set(each, (reached = new Set()));
      reached.add(column);
    }
  }
  return { sources, targets };
}

/** The way of one column through the timeline: its names after each step, from the received one on. */
export function wayOf(steps: readonly Step[], number: number, column: string): { step: Step; columns: string[] }[] {
  const way: { step: Step; columns: string[] }[] = [];
  let names = new Set([column]);
  for (const step of steps.slice(1, number + 1).reverse()) {
    if (!step.enabled || step.fault) continue;
    const before = new Set(step.origins.filter((origin) => names.has(origin.column)).map((origin) => origin.source));
    const touched =
      [...names].some((name) => step.changes.changed.includes(name) || step.changes.added.includes(name)) ||
      step.changes.renamed.some((each) => names.has(each.after)) ||
      step.changes.retyped.some((each) => names.has(each.name));
    if (touched) way.push({ step, columns: [...before] });
    names = before;
  }
  return way.reverse();
}

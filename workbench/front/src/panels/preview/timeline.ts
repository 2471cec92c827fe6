/** The timeline: a chip for each step, and what the chosen one did, in colour and in words. */
import type { Client } from "../client.ts";
import { h, put, type Child } from "../dom.ts";
import { icon, type IconName } from "../icons.ts";
import { table } from "../table.ts";
import { textOf } from "./cells.ts";
import { wayOf } from "./lineage.ts";
import type { Detail, Step } from "./types.ts";

interface Fact {
  kind: "plus" | "minus" | "change" | "refused" | "fault" | "off";
  words: string;
}

const ICONS: Record<Fact["kind"], IconName> = {
  plus: "add",
  minus: "minus",
  change: "edit",
  refused: "warning",
  fault: "error",
  off: "eyeOff",
};

/** What a step did, as short facts; each says in words what its colour and icon say. */
export function factsOf(step: Step, text: Client["text"]): Fact[] {
  if (step.fault) return [{ kind: "fault", words: text("preview.step.fault") }];
  if (!step.enabled) return [{ kind: "off", words: text("preview.step.off") }];
  const facts: Fact[] = [];
  const say = (kind: Fact["kind"], key: string, count: number): void => {
    if (count) facts.push({ kind, words: text(`preview.step.${key}`, { count }) });
  };
  const { ledger, changes } = step;
  if (ledger) {
    say("plus", "expanded", ledger.expanded);
    say("minus", "filtered", ledger.filtered);
    say("minus", "deduplicated", ledger.deduplicated);
    say("minus", "collapsed", ledger.collapsed);
    say("refused", "quarantined", ledger.quarantined);
  }
  say("plus", "added", changes.added.length);
  say("minus", "removed", changes.removed.length);
  say("change", "renamed", changes.renamed.length);
  say("change", "retyped", changes.retyped.length);
  const retyped = new Set(changes.retyped.map((each) => each.name));
  say("change", "changed", changes.changed.filter((name) => !retyped.has(name)).length);
  return facts;
}

export function nameOf(step: Step, text: Client["text"]): string {
  return step.number ? `${step.number} ${step.name}` : text("preview.received");
}

export class TimelineView {
  readonly element: HTMLElement;
  private readonly list = h("ol", { class: "wb-pv-steps", onkeydown: (event: KeyboardEvent) => this.move(event) });
  private readonly about = h("div", { class: "wb-pv-step-about" });
  private steps: readonly Step[] = [];
  private chosen = 0;
  private open = false;

  constructor(
    private readonly client: Client,
    private readonly choose: (number: number) => void,
    private readonly detail: (number: number) => Promise<Detail | undefined>,
  ) {
    this.element = h("nav", { class: "wb-timeline", "aria-label": client.text("preview.timeline") }, this.list, this.about);
  }

  show(steps: readonly Step[], chosen: number): void {
    const focused = this.list.contains(document.activeElement);
    const same = this.chosen === chosen;
    this.steps = steps;
    this.chosen = chosen;
    put(this.list, steps.map((step) => h("li", null, this.chip(step))));
    this.describe(same && this.open);
    if (focused) this.buttons()[chosen]?.focus();
  }

  /** Marks the steps that a column passed through and was changed by. */
  trace(column: string | null): void {
    const touched = new Set(column === null ? [] : wayOf(this.steps, this.chosen, column).map(({ step }) => step.number));
    this.buttons().forEach((button, number) => button.classList.toggle("wb-pv-step--traced", touched.has(number)));
  }

  private chip(step: Step): HTMLElement {
    const { text } = this.client;
    const facts = factsOf(step, text);
    const current = step.number === this.chosen;
    const shape =
      step.rows === null
        ? text("preview.step.none")
        : `${text("preview.rows", { count: step.rows })} · ${text("preview.columns", { count: step.columns.length })}`;
    const state = step.fault ? "fault" : step.enabled ? "" : "off";
    return h(
      "button",
      {
        type: "button",
        class: `wb-pv-step${state && ` wb-pv-step--${state}`}`,
        "aria-current": current ? "step" : null,
        tabindex: current ? 0 : -1,
        title: step.summary || null,
        onclick: () => this.choose(step.number),
      },
      h("span", { class: "wb-pv-step-name" }, nameOf(step, text)),
      h("span", { class: "wb-pv-step-shape" }, shape),
      h(
        "span",
        { class: "wb-pv-step-facts" },
        facts.slice(0, 3).map(fact),
        facts.length > 3 && h("span", { class: "wb-pv-fact" }, text("preview.step.more", { count: facts.length - 3 })),
      ),
    );
  }

  private buttons(): HTMLButtonElement[] {
    return [...this.list.querySelectorAll<HTMLButtonElement>("button")];
  }

  private move(event: KeyboardEvent): void {
    const to: Record<string, number> = {
      ArrowRight: this.chosen + 1,
      ArrowLeft: this.chosen - 1,
      Home: 0,
      End: this.steps.length - 1,
    };
    const number = to[event.key];
    if (number === undefined || !this.steps[number]) return;
    event.preventDefault();
    this.choose(number);
    this.buttons()[number]?.focus();
  }

  private describe(open: boolean): void {
    const step = this.steps[this.chosen];
    this.open = open;
    if (!step) return put(this.about);
    const { text } = this.client;
    const { changes, fault } = step;
    const examples = h("div", { class: "wb-pv-step-examples" });
    const more = h(
      "button",
      { type: "button", class: "wb-button", "aria-expanded": String(open), onclick: () => this.describe(!this.open) },
      icon(open ? "chevronDown" : "chevronRight"),
      text("preview.examples"),
    );
    put(
      this.about,
      h(
        "div",
        { class: "wb-row" },
        h("strong", null, nameOf(step, text)),
        step.summary && h("span", { class: "wb-soft" }, step.summary),
        step.number > 0 && step.ledger && more,
      ),
      fault &&
        h(
          "div",
          { class: "wb-error", role: "alert" },
          icon("error"),
          h(
            "div",
            { class: "wb-error-text" },
            h("strong", null, fault.message),
            fault.where && h("div", { class: "wb-where" }, fault.where),
            fault.remedy && h("div", { class: "wb-remedy" }, `→ ${fault.remedy}`),
          ),
        ),
      h(
        "ul",
        { class: "wb-pv-facts" },
        step.ledger && flow(step, text).map((each) => h("li", null, fact(each))),
        named("plus", text("preview.columns.added"), changes.added),
        named("minus", text("preview.columns.removed"), changes.removed),
        named("change", text("preview.columns.renamed"), changes.renamed.map((each) => `${each.before} → ${each.after}`)),
        named("change", text("preview.columns.retyped"), changes.retyped.map((each) => `${each.name}: ${each.before} → ${each.after}`)),
        named(
          "change",
          text("preview.columns.changed"),
          changes.changed.filter((name) => !changes.retyped.some((each) => each.name === name)),
        ),
        step.reasons.map(([reason, count]) =>
          h("li", null, fact({ kind: "refused", words: `${text("preview.rows", { count })}: ${reason}` })),
        ),
      ),
      open && examples,
    );
    if (open) void this.fill(examples, step.number);
  }

  private async fill(element: HTMLElement, number: number): Promise<void> {
    const { text } = this.client;
    put(element, text("shared.loading"));
    const found = await this.detail(number);
    if (!found) return put(element);
    const parts: Child[] = [];
    if (found.removed.length) parts.push(records(text("preview.examples.removed"), found.removed));
    if (found.refused.length) {
      const rows = found.refused.map((each) => ({ _row: each.row, [text("preview.reasons")]: each.reasons.join("; "), ...each.values }));
      parts.push(records(text("preview.examples.refused"), rows));
    }
    const cells = found.changed.flatMap((each) =>
      each.examples.map((example) => ({ column: each.column, cells: each.cells, ...example })),
    );
    if (cells.length) {
      parts.push(
        table({
          caption: text("preview.examples.changed"),
          columns: [
            { key: "column", label: text("preview.column") },
            { key: "cells", label: text("preview.cells.changed"), numeric: true },
            { key: "row", label: text("preview.row"), numeric: true },
            { key: "before", label: text("preview.before"), cell: (each) => textOf(each.before) || "∅" },
            { key: "after", label: text("preview.after"), cell: (each) => textOf(each.after) || "∅" },
          ],
          rows: cells,
        }).element,
      );
    }
    put(element, parts.length ? parts : text("preview.examples.none"));
  }
}

function fact({ kind, words }: Fact): HTMLElement {
  return h("span", { class: `wb-pv-fact wb-pv-fact--${kind}` }, icon(ICONS[kind]), h("span", null, words));
}

/** What became of the rows, as the ledger says it. */
function flow(step: Step, text: Client["text"]): Fact[] {
  const { ledger } = step;
  if (!ledger) return [];
  const rows = factsOf({ ...step, changes: NONE }, text);
  const same = ledger.rows_in === ledger.rows_out && rows.length === 0;
  return same ? [] : [{ kind: "change", words: text("preview.step.flow", { from: ledger.rows_in, to: ledger.rows_out }) }, ...rows];
}

const NONE = { added: [], removed: [], renamed: [], retyped: [], changed: [] };

function named(kind: Fact["kind"], label: string, names: readonly string[]): Child {
  return names.length > 0 && h("li", null, fact({ kind, words: `${label}: ${names.join(", ")}` }));
}

function records(caption: string, rows: readonly Record<string, any>[]): HTMLElement {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => key !== "_source");
  return table({
    caption,
    columns: keys.map((key, index) => ({ key: String(index), label: key, cell: (row: Record<string, any>) => textOf(row[key]) || "∅" })),
    rows,
  }).element;
}

/** One step of a run, looked into: error, warnings, ledger, checks, refused rows, attempts, log. */
import type { Client } from "../client.ts";
import { h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { table } from "../table.ts";
import { badge, button, moment, openNotebook, redraw, told } from "./parts.ts";
import { isFinal, span, seconds } from "./progress.ts";
import type { Attempt, RunDetail, RunRow, StepLog, StepRow } from "./types.ts";

export interface StepView {
  element: HTMLElement;
  /** Shows a step as it is now; the same one again is refreshed. */
  show: (run: RunRow, step: StepRow) => void;
  close: () => void;
}

export function stepView(client: Client): StepView {
  const element = h("div", { class: "wb-step" });
  let now: { run: RunRow; step: StepRow } | null = null;
  let detail: RunDetail | null = null;
  let log: StepLog | null = null;
  let attempt: number | null = null;
  let asking = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function ask(): Promise<void> {
    if (!now) return;
    const mine = ++asking;
    const { run, step } = now;
    try {
      const [whole, said] = await Promise.all([
        client.call<RunDetail>("run", { run: run.id }),
        client.call<StepLog>("log", { run: run.id, step: step.step_id, ...(attempt ? { attempt } : {}) }),
      ]);
      if (mine !== asking) return;
      detail = whole;
      log = said;
      draw();
    } catch (error) {
      if (mine === asking) client.showError(error);
    }
    clearTimeout(timer);
    // a running notebook is saved now and then, and nobody tells
    if (mine === asking && now && !isFinal(now.step.status)) timer = setTimeout(() => void ask(), 1500);
  }

  function draw(): void {
    if (!now) return element.replaceChildren();
    const { run, step } = now;
    const found = detail?.steps[step.step_id];
    const attempts = (detail?.attempts ?? []).filter((each) => each.step_id === step.step_id);
    redraw(element, () =>
      put(
        element,
        h(
          "div",
          { class: "wb-row" },
          h("h4", { class: "wb-heading" }, step.step_id),
          badge(client, step.status),
          attempts.length > 1 && attemptPicker(attempts),
          button([icon("file"), client.text("runs.notebook.open")], () => void openNotebook(client, element, run.id, step.step_id), {
            key: "notebook",
            disabled: !log?.notebook,
            title: log?.notebook ?? client.text("runs.notebook.none"),
          }),
        ),
        log?.notebook && h("div", { class: "wb-soft wb-path" }, log.notebook),
        step.waiting_for && h("p", null, client.text("runs.step.waits", { run: step.waiting_for })),
        step.not_before && step.status === "PENDING" && h("p", null, client.text("runs.step.again"), " ", moment(step.not_before, client.language)),
        found?.error?.message && told(found.error),
        found?.skipped && h("p", { class: "wb-soft" }, found.skipped),
        found?.warnings.map((said) => h("p", { class: "wb-warned" }, icon("warning"), h("span", null, said))),
        found && results(found),
        logView(),
      ),
    );
  }

  function attemptPicker(attempts: Attempt[]): Child {
    const last = attempts.at(-1)?.number ?? 1;
    const select = h(
      "select",
      {
        class: "wb-select",
        "aria-label": client.text("runs.attempt"),
        "data-key": "attempt",
        onchange: () => {
          attempt = Number(select.value);
          void ask();
        },
      },
      attempts.map((each) => {
        const took = span(seconds(each.started_at, each.finished_at, Date.now()), client.language);
        const said = client.text("runs.attempt.line", { number: each.number, status: client.text(`runs.status.${each.status}`), took });
        return h("option", { value: each.number }, said);
      }),
    );
    select.value = String(attempt ?? last);
    return select;
  }

  function results(found: RunDetail["steps"][string]): Child[] {
    const failing = found.checks.filter((check) => !check.success);
    const refused = Object.entries(found.refused);
    return [
      found.ledgers.length > 0 &&
        table({
          caption: client.text("runs.ledger"),
          columns: [
            { key: "name", label: client.text("runs.ledger.of") },
            { key: "terms", label: client.text("runs.ledger.rows"), cell: (each) => terms(client, each.terms) },
          ],
          rows: found.ledgers,
        }).element,
      found.checks.length > 0 &&
        h("p", null, client.text("runs.checks", { held: found.checks.length - failing.length, count: found.checks.length })),
      failing.length > 0 &&
        table({
          caption: client.text("runs.checks.failing"),
          columns: [
            { key: "expectation", label: client.text("runs.check") },
            { key: "kwargs", label: client.text("runs.check.arguments"), cell: (each) => words(each.kwargs) },
            { key: "severity", label: client.text("runs.check.severity") },
            { key: "unexpected", label: client.text("runs.check.failing"), numeric: true, cell: (each) => each.error ?? each.unexpected },
          ],
          rows: failing,
        }).element,
      refused.length > 0 &&
        table({
          caption: client.text("runs.refused"),
          columns: [
            { key: "reason", label: client.text("runs.reason") },
            { key: "rows", label: client.text("runs.rows"), numeric: true },
          ],
          rows: refused.map(([reason, rows]) => ({ reason, rows })),
        }).element,
    ];
  }

  function logView(): Child {
    if (!log) return h("p", { class: "wb-soft" }, client.text("shared.loading"));
    const said = client.text("runs.log", { done: log.done, cells: log.cells });
    return h(
      "section",
      { class: "wb-log", "aria-label": client.text("runs.log.title") },
      h("div", { class: "wb-soft" }, log.notebook ? said : client.text("runs.notebook.none")),
      log.entries.length > 0 &&
        h(
          "div",
          { class: "wb-log-lines", tabindex: 0, role: "region", "aria-label": client.text("runs.log.title"), "data-scroll": "log", "data-key": "log" },
          log.entries.map((entry) =>
            h(
              "pre",
              { class: `wb-log-${entry.kind}` },
              h("span", { class: "wb-soft" }, `[${entry.cell}] ${entry.kind === "out" ? "" : client.text(`runs.log.${entry.kind}`)}`),
              entry.cut && "…",
              entry.text,
            ),
          ),
        ),
    );
  }

  return {
    element,
    show(run, step) {
      if (now?.run.id !== run.id || now.step.step_id !== step.step_id) {
        detail = log = attempt = null;
      }
      now = { run, step };
      draw();
      void ask();
    },
    close() {
      now = null;
      asking++;
      clearTimeout(timer);
      element.replaceChildren();
    },
  };
}

/** A ledger in words; terms that are zero are left out. */
export function terms(client: Client, all: Record<string, number>): string {
  const shown = Object.entries(all)
    .filter(([, count]) => count)
    .map(([name, count]) => `${client.text(`runs.term.${name}`)} ${count.toLocaleString(client.language)}`);
  return shown.join(", ") || client.text("runs.rows.none");
}

export function words(all: Record<string, unknown>): string {
  return Object.entries(all)
    .map(([name, value]) => `${name} = ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

/** The run that loads: how far each target is, and what came of it. */
import type { Client } from "../client.ts";
import { h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { button, mark, redraw, told } from "../running/parts.ts";
import { fraction, isFinal, seconds, span } from "../running/progress.ts";
import type { Change, RunDetail, RunRow, RunsPage, Status } from "../running/types.ts";

export interface Following {
  element: HTMLElement;
  follow: (run: string, waits: string | null) => void;
  changed: (change: Change) => void;
}

const TERMS = ["inserted", "updated", "unchanged", "deleted", "rejected"] as const;

export function following(client: Client, ended: (status: Status) => void): Following {
  const say = client.text;
  const element = h("section", { class: "wb-mat-section", "aria-label": say("materialize.run"), hidden: true });
  const now = client.keep("run", () => ({ id: "", waits: null as string | null, told: false }));
  const cells = new Map<string, [number, number]>();
  let run: RunRow | null = null;
  let detail: RunDetail | null = null;

  async function ask(): Promise<void> {
    const { id } = now;
    if (!id) return;
    try {
      const page = await client.call<RunsPage>("runs", { ids: [id] });
      run = page.runs[0] ?? null;
      if (run?.finished_at) detail = await client.call<RunDetail>("run", { run: id });
    } catch (error) {
      client.showError(error);
    }
    if (now.id !== id) return;
    draw();
    if (run?.finished_at && !now.told) {
      now.told = true;
      client.announce(say("materialize.run.ended", { run: id, status: say(`materialize.status.${run.status}`) }));
      ended(run.status);
    }
  }

  function draw(): void {
    element.hidden = !now.id;
    const it = run;
    redraw(element, () =>
      put(
        element,
        h(
          "div",
          { class: "wb-row" },
          h("h3", { class: "wb-heading" }, say("materialize.run")),
          h("code", null, now.id),
          it && badge(it.status),
          h("span", { class: "wb-mat-push" }),
          it && !isFinal(it.status) && button([icon("stop"), say("shared.cancel")], () => void cancel(), { key: "cancel run", disabled: it.cancel_requested }),
        ),
        now.waits && it && !isFinal(it.status) && h("p", { class: "wb-soft" }, now.waits),
        it?.steps.map(stepView),
        it?.error && !it.steps.some((step) => step.error) && h("p", { class: "wb-mat-told" }, it.error),
      ),
    );
  }

  function stepView(step: RunRow["steps"][number]): HTMLElement {
    const done = fraction(step, cells.get(`${now.id} ${step.step_id}`), Date.now());
    const progress = h("progress", { class: "wb-progress", max: 1, "aria-label": step.step_id });
    if (done !== null) progress.value = done;
    const found = detail?.steps[step.step_id];
    const terms = found?.ledgers.at(-1)?.terms;
    return h(
      "div",
      { class: "wb-mat-step" },
      h(
        "div",
        { class: "wb-row" },
        badge(step.status),
        h("code", null, step.step_id),
        step.status === "RUNNING" && progress,
        h("span", { class: "wb-soft" }, span(seconds(step.started_at, step.finished_at, Date.now()), client.language)),
        terms && step.verb === "materialize" && h("span", null, TERMS.filter((term) => terms[term]).map((term) => say("materialize.term", { what: say(`materialize.rows.${term}`), count: terms[term] ?? 0 })).join(" · ") || say("materialize.rows.nothing")),
      ),
      step.waiting_for && h("p", { class: "wb-soft" }, say("materialize.waits", { run: step.waiting_for })),
      found?.error ? told(found.error) : step.error && h("p", { class: "wb-mat-told" }, step.error),
      found?.skipped && h("p", { class: "wb-soft" }, found.skipped),
    );
  }

  function badge(status: Status): Child {
    return h("span", { class: `wb-status wb-status--${status.toLowerCase()}` }, mark(status), h("span", null, say(`materialize.status.${status}`)));
  }

  async function cancel(): Promise<void> {
    try {
      await client.call("cancel", { run: now.id });
      await ask();
    } catch (error) {
      client.showError(error);
    }
  }

  void ask();
  return {
    element,
    follow(id, waits) {
      Object.assign(now, { id, waits, told: false });
      run = detail = null;
      draw();
      void ask();
    },
    changed(change) {
      for (const [step, counts] of Object.entries(change.cells)) cells.set(step, counts);
      if (now.id && (change.runs.includes(now.id) || Object.keys(change.cells).some((step) => step.startsWith(now.id)))) void ask();
    },
  };
}

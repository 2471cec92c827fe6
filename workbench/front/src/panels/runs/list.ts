/** The live list of runs, and the run on show beside it. */
import type { Client } from "../client.ts";
import { openDialog } from "../dialog.ts";
import { debounced, h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { badge, button, moment, redraw, timeBar } from "../running/parts.ts";
import { datasetsOf, fraction, isFinal, parts, seconds, span, turned } from "../running/progress.ts";
import { stepView } from "../running/stepView.ts";
import type { Change, RunRow, RunsPage, Started, StepRow } from "../running/types.ts";
import { startDialog } from "../running/start.ts";
import type { Shared } from "./state.ts";

const PAGE = 30;
/** Milliseconds that a process in the background may take to begin. */
const STARTING = 20_000;
const STATUSES = ["RUNNING", "QUEUED", "PENDING", "SUCCESS", "FAILED", "CANCELLED"];

export interface ListTab {
  mount: (body: HTMLElement) => void;
  choose: (run: string) => void;
  changed: (change: Change) => void;
  close: () => void;
}

export function listTab(client: Client, shared: Shared): ListTab {
  const { language } = client;
  const say = client.text;
  const rows = h("tbody", { onkeydown: moveInList });
  const more = h("div", { class: "wb-row" });
  const live = h("span", { class: "wb-soft wb-live" });
  const side = h("div", { class: "wb-run" });
  const compare = button(say("runs.compare.ticked"), () => compareTicked(), { disabled: true });
  const datasets = h("select", { class: "wb-select", onchange: () => filter("dataset", datasets.value) });
  const statuses = h(
    "select",
    { class: "wb-select", onchange: () => filter("status", statuses.value) },
    h("option", { value: "" }, say("runs.filter.all")),
    STATUSES.map((status) => h("option", { value: status }, say(`runs.status.${status}`))),
  );
  const view = stepView(client);
  const cells = new Map<string, [number, number]>();
  let page: RunsPage | null = null;
  let shown = PAGE;
  let chosen: RunRow | null = null;
  let asking = 0;
  let skew = 0;
  let ticking: ReturnType<typeof setInterval> | undefined;

  const now = (): number => Date.now() + skew;

  function filter(name: "dataset" | "status", value: string): void {
    shared[name] = value;
    shown = PAGE;
    void ask();
  }

  async function ask(): Promise<void> {
    const mine = ++asking;
    const wanted = { status: shared.status ? [shared.status] : [], dataset: shared.dataset };
    try {
      const pages: RunsPage[] = [];
      let before: [string, string] | null = null;
      for (let left = shown; left > 0; left -= PAGE) {
        const next: RunsPage = await client.call<RunsPage>("runs", { ...wanted, before, limit: PAGE });
        pages.push(next);
        const last = next.runs.at(-1);
        if (!next.more || !last) break;
        before = [last.created_at, last.id];
      }
      const last = pages.at(-1);
      if (mine !== asking || !last) return;
      const found = { ...last, runs: pages.flatMap((each) => each.runs) };
      skew = Date.parse(found.now) - Date.now();
      for (const run of turned(page?.runs ?? [], found.runs)) {
        client.announce(say("runs.turned", { run: run.id, dataset: datasetsOf(run).join(", "), status: say(`runs.status.${run.status}`) }));
      }
      page = found;
      await refreshChosen();
      draw();
    } catch (error) {
      if (mine === asking) client.showError(error);
    }
  }

  async function refreshChosen(): Promise<void> {
    if (!shared.run) shared.run = page?.runs[0]?.id ?? "";
    const inList = page?.runs.find((run) => run.id === shared.run);
    chosen = inList ?? null;
    if (!inList && shared.run) {
      const found = await client.call<RunsPage>("runs", { ids: [shared.run] });
      chosen = found.runs[0] ?? null;
    }
  }

  function draw(): void {
    if (!page) return;
    const longest = Math.max(1, ...page.runs.map((run) => seconds(run.started_at, run.finished_at, now()) ?? 0));
    redraw(rows, () =>
      put(
        rows,
        page!.runs.map((run) => listRow(run, longest)),
        page!.runs.length === 0 && h("tr", null, h("td", { colspan: 5, class: "wb-empty" }, say(shared.status || shared.dataset ? "runs.none.here" : "runs.none"))),
      ),
    );
    put(more, page.more && button(say("shared.more"), () => ((shown += PAGE), void ask()), { key: "more" }));
    put(
      live,
      h("span", { class: page.live ? "wb-dot wb-dot--live" : "wb-dot" }),
      say(page.live ? "runs.live" : "runs.polling"),
      ", ",
      say("runs.workers", { count: page.workers }),
    );
    shared.ticked = shared.ticked.filter((id) => page!.runs.some((run) => run.id === id));
    compare.disabled = shared.ticked.length !== 2;
    drawSide();
    tick();
  }

  function listRow(run: RunRow, longest: number): HTMLElement {
    const current = run.id === shared.run;
    const box = h("input", {
      type: "checkbox",
      "aria-label": say("runs.tick", { run: run.id }),
      "data-key": `tick ${run.id}`,
      onchange: () => tickRun(run.id, box.checked),
    });
    box.checked = shared.ticked.includes(run.id);
    return h(
      "tr",
      { class: current ? "wb-current" : null, onclick: (event: Event) => (event.target as Element).closest("button,input") || choose(run.id) },
      h("td", null, box),
      h(
        "th",
        { scope: "row" },
        h(
          "button",
          {
            type: "button",
            class: "wb-link",
            "data-key": `run ${run.id}`,
            "data-run": run.id,
            "aria-current": current ? "true" : null,
            onclick: () => choose(run.id),
          },
          run.workflow === "all" ? say("runs.all") : run.workflow,
        ),
        h("div", { class: "wb-soft wb-small" }, h("code", null, run.id), run.correction && ` · ${say("runs.correction")}`),
      ),
      h("td", null, badge(client, run.status), run.cancel_requested && !isFinal(run.status) && h("div", { class: "wb-small" }, say("runs.cancelling")), stepParts(run)),
      h("td", null, moment(run.created_at, language), h("div", { class: "wb-soft wb-small" }, say(`runs.trigger.${run.trigger}`))),
      h("td", { "data-timed": run.id }, timeBar(seconds(run.started_at, run.finished_at, now()), longest, language)),
    );
  }

  /** One small mark for each step, said as a whole. */
  function stepParts(run: RunRow): Child {
    const done = run.steps.filter((step) => step.status === "SUCCESS").length;
    return h(
      "div",
      { class: "wb-parts", role: "img", "aria-label": say("runs.steps.done", { done, count: run.steps.length }) },
      parts(run).map((part) => h("span", { class: `wb-part wb-part--${part.status.toLowerCase()}`, style: `flex-grow:${part.steps}` })),
    );
  }

  function drawSide(): void {
    const run = chosen;
    if (!run) return put(side, h("p", { class: "wb-soft" }, say(shared.run ? "runs.gone" : "runs.choose")));
    const names = datasetsOf(run);
    const step = run.steps.find((each) => each.step_id === shared.step) ?? telling(run);
    shared.step = step?.step_id ?? "";
    const longest = Math.max(0.1, ...run.steps.map((each) => seconds(each.started_at, each.finished_at, now()) ?? 0));
    redraw(side, () => {
      view.element.remove();
      put(
        side,
        h("div", { class: "wb-row" }, h("h3", { class: "wb-heading" }, say("runs.run", { run: run.id })), badge(client, run.status), actions(run, names)),
        h("p", { class: "wb-soft" }, say("runs.by", { by: run.triggered_by, trigger: say(`runs.trigger.${run.trigger}`) })),
        run.cancel_requested && !isFinal(run.status) && h("p", null, say("runs.cancelling")),
        waiting(run),
        run.error && !run.steps.some((each) => each.error) && h("p", { class: "wb-told" }, run.error),
        h(
          "div",
          { class: "wb-table-region", "data-scroll": "steps", tabindex: 0, role: "region", "aria-label": say("runs.steps") },
          h(
            "table",
            { class: "wb-table wb-steps" },
            h("caption", { class: "wb-hidden" }, say("runs.steps")),
            h("thead", null, h("tr", null, ["runs.step", "runs.state", "runs.took"].map((key) => h("th", { scope: "col" }, say(key))))),
            h("tbody", { onkeydown: moveInList }, run.steps.map((each) => stepRow(run, each, longest, each === step))),
          ),
        ),
        view.element,
      );
      if (step) view.show(run, step);
      else view.close();
    });
  }

  /** The step that people want to see first: what runs, or what went wrong, or the last. */
  function telling(run: RunRow): StepRow | undefined {
    return run.steps.find((step) => step.error) ?? run.steps.find((step) => step.status === "RUNNING") ?? run.steps.at(-1);
  }

  function waiting(run: RunRow): Child {
    const old = now() - Date.parse(run.created_at) > STARTING;
    if (isFinal(run.status) || run.owned || run.started_at || page?.workers || !old) return null;
    return h("p", { class: "wb-warned" }, icon("warning"), h("span", null, say("runs.nobody")));
  }

  function actions(run: RunRow, names: string[]): Child {
    const last = names.at(-1) ?? "";
    const earlier = page?.runs.find((other) => other.created_at < run.created_at && datasetsOf(other).includes(last));
    return h(
      "div",
      { class: "wb-row wb-actions" },
      !isFinal(run.status) && button([icon("stop"), say("runs.cancel")], () => void cancel(run), { key: "cancel", disabled: run.cancel_requested }),
      (run.status === "FAILED" || run.status === "CANCELLED") && button([icon("refresh"), say("runs.retry")], () => void retry(run), { key: "retry" }),
      earlier && button(say("runs.compare.earlier"), () => shared.compare(earlier.id, run.id, last), { key: "earlier" }),
      names
        .filter((name) => page?.quarantined[name])
        .map((name) =>
          button(say("runs.mend", { dataset: name, count: page?.quarantined[name] ?? 0 }), () => shared.mend(name), { key: `mend ${name}` }),
        ),
    );
  }

  function stepRow(run: RunRow, step: StepRow, longest: number, current: boolean): HTMLElement {
    return h(
      "tr",
      { class: current ? "wb-current" : null, onclick: () => chooseStep(step) },
      h(
        "th",
        { scope: "row" },
        h(
          "button",
          { type: "button", class: "wb-link", "data-key": `step ${step.step_id}`, "aria-current": current ? "true" : null, onclick: () => chooseStep(step) },
          `${step.dataset} · ${say(`runs.verb.${step.verb}`)}`,
        ),
      ),
      h("td", null, badge(client, step.status, step.attempt > 1 && ` · ${say("runs.attempt.number", { number: step.attempt })}`), counter(step)),
      h("td", { "data-step": step.step_id }, progressOf(run, step, longest)),
    );
  }

  function counter(step: StepRow): Child {
    if (step.status !== "PENDING" && step.status !== "QUEUED") return null;
    if (step.waiting_for) return h("div", { class: "wb-small" }, say("runs.step.waits", { run: step.waiting_for }));
    return step.needs > step.met && h("div", { class: "wb-small" }, say("runs.waits", { left: step.needs - step.met, count: step.needs }));
  }

  function progressOf(run: RunRow, step: StepRow, longest: number): Child {
    const took = seconds(step.started_at, step.finished_at, now());
    if (step.status !== "RUNNING") return step.started_at && timeBar(took, longest, language);
    const known = cells.get(`${run.id} ${step.step_id}`);
    const part = fraction(step, known, now());
    const bar = h("progress", { class: "wb-progress", max: 1, "aria-label": say("runs.progress", { step: step.step_id }) });
    if (part !== null) bar.value = part;
    const usual = step.usual_seconds === null ? null : span(step.usual_seconds, language);
    const said = [
      span(took, language),
      known && say("runs.cell", { cell: known[0] + 1, cells: known[1] }),
      usual && say("runs.usually", { time: usual }),
    ];
    return [bar, h("div", { class: "wb-small wb-soft" }, said.filter(Boolean).join(" · "))];
  }

  /** Times of what runs grow every second, without drawing the rest anew. */
  function tick(): void {
    const moves = page?.runs.some((run) => !isFinal(run.status)) || (chosen && !isFinal(chosen.status));
    if (!moves) {
      clearInterval(ticking);
      ticking = undefined;
    } else if (!ticking) {
      ticking = setInterval(drawTimes, 1000);
    }
  }

  function drawTimes(): void {
    if (chosen && !isFinal(chosen.status)) {
      const longest = Math.max(0.1, ...chosen.steps.map((each) => seconds(each.started_at, each.finished_at, now()) ?? 0));
      for (const step of chosen.steps.filter((each) => each.status === "RUNNING")) {
        const cell = side.querySelector(`[data-step="${CSS.escape(step.step_id)}"]`);
        if (cell) put(cell, progressOf(chosen, step, longest));
      }
    }
    const open = page?.runs.filter((run) => run.started_at && !run.finished_at) ?? [];
    const longest = Math.max(1, ...(page?.runs ?? []).map((run) => seconds(run.started_at, run.finished_at, now()) ?? 0));
    for (const run of open) {
      const cell = rows.querySelector(`[data-timed="${run.id}"]`);
      if (cell) put(cell, timeBar(seconds(run.started_at, null, now()), longest, language));
    }
  }

  function tickRun(id: string, on: boolean): void {
    shared.ticked = shared.ticked.filter((each) => each !== id);
    if (on) shared.ticked = [...shared.ticked, id].slice(-2);
    draw();
  }

  function compareTicked(): void {
    const both = page?.runs.filter((run) => shared.ticked.includes(run.id)) ?? [];
    const [later, earlier] = both;
    if (!later || !earlier) return;
    const common = datasetsOf(earlier).filter((name) => datasetsOf(later).includes(name));
    shared.compare(earlier.id, later.id, common.at(-1) ?? "");
  }

  function choose(run: string): void {
    if (run !== shared.run) shared.step = "";
    shared.run = run;
    void refreshChosen().then(draw, client.showError);
  }

  function chooseStep(step: StepRow): void {
    shared.step = step.step_id;
    drawSide();
  }

  function moveInList(event: KeyboardEvent): void {
    const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(".wb-link")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, to))]?.focus();
  }

  async function cancel(run: RunRow): Promise<void> {
    const buttons = [{ label: say("runs.cancel.yes"), value: true, kind: "danger" as const }];
    const body = h("p", null, say("runs.cancel.ask", { run: run.id, dataset: datasetsOf(run).join(", ") }));
    const sure = await openDialog({ title: say("runs.cancel"), body, buttons, close: say("runs.cancel.no"), within: side });
    if (!sure) return;
    await client.busy(say("runs.cancelling"), () => client.call("cancel", { run: run.id }));
    await ask();
  }

  async function retry(run: RunRow): Promise<void> {
    const started = await client.busy(say("runs.retry"), () => client.call<Started>("retry", { run: run.id }));
    if (started) begun(started);
  }

  function begun(started: Started): void {
    client.announce(say(`runs.begun.${started.by}`, { run: started.run_id }));
    if (started.waits) client.announce(started.waits);
    shared.run = started.run_id;
    shared.step = "";
    void ask();
  }

  async function askDatasets(): Promise<void> {
    let names: string[] = [];
    try {
      names = await client.call<string[]>("datasets");
    } catch (error) {
      client.showError(error);
    }
    if (shared.dataset && !names.includes(shared.dataset)) names.push(shared.dataset);
    put(datasets, h("option", { value: "" }, say("runs.filter.all")), names.map((name) => h("option", { value: name }, name)));
    datasets.value = shared.dataset;
  }

  const again = debounced(60, () => void ask());

  return {
    mount(body) {
      body.append(
        h(
          "div",
          { class: "wb-row wb-toolbar" },
          button([icon("play"), say("runs.start")], () => void startDialog(client, body).then((done) => done && begun(done)), { kind: "primary" }),
          compare,
          h("label", { class: "wb-picker" }, say("runs.filter.dataset"), datasets),
          h("label", { class: "wb-picker" }, say("runs.filter.status"), statuses),
          live,
        ),
        h(
          "div",
          { class: "wb-two" },
          h(
            "div",
            null,
            h(
              "div",
              { class: "wb-table-region wb-runs", "data-scroll": "runs", tabindex: 0, role: "region", "aria-label": say("runs.list") },
              h(
                "table",
                { class: "wb-table" },
                h("caption", { class: "wb-hidden" }, say("runs.list")),
                h(
                  "thead",
                  null,
                  h(
                    "tr",
                    null,
                    h("th", { scope: "col" }, h("span", { class: "wb-hidden" }, say("runs.compare.ticked"))),
                    ["runs.what", "runs.state", "runs.began", "runs.took"].map((key) => h("th", { scope: "col" }, say(key))),
                  ),
                ),
                rows,
              ),
            ),
            more,
          ),
          side,
        ),
      );
      statuses.value = shared.status;
      void askDatasets();
      void ask();
    },
    choose,
    changed(change) {
      for (const [name, cell] of Object.entries(change.cells)) cells.set(name, cell);
      if (change.runs.length || change.quarantine || page?.live !== change.live) again();
      else drawTimes();
    },
    close() {
      clearInterval(ticking);
      view.close();
    },
  };
}


/** The node on show: how it stands, what it is made from, its steps with log and ledger, what can be done. */
import type { Client } from "../client.ts";
import { h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { menuButton, type MenuItem } from "../menu.ts";
import { badge, button, moment, redraw } from "../running/parts.ts";
import { isFinal } from "../running/progress.ts";
import { stepView } from "../running/stepView.ts";
import type { RunRow, RunsPage, Started, StepRow } from "../running/types.ts";
import { shownName } from "./naming.ts";
import type { GraphData, GraphEdge, GraphNode, NodeState } from "./model.ts";

export interface Acts {
  close: () => void;
  open: (id: string) => void;
  run: (dataset: string) => void;
  begun: (started: Started) => void;
  connect: (node: GraphNode) => void;
  disconnect: (edge: GraphEdge) => void;
  make: (node: GraphNode) => void;
  load: (node: GraphNode) => void;
  remove: (node: GraphNode) => void;
}

export interface Detail {
  element: HTMLElement;
  show: (data: GraphData, id: string) => void;
  focus: () => void;
  end: () => void;
}

export function detailView(client: Client, acts: Acts): Detail {
  const say = client.text;
  const element = h("section", { class: "wb-detail", tabindex: -1, "aria-label": say("dag.detail"), onkeydown: escape });
  const view = stepView(client);
  let data: GraphData | null = null;
  let node: GraphNode | null = null;
  let run: RunRow | null = null;
  let chosen = "";
  let drawn = "";
  let later: ReturnType<typeof setTimeout> | undefined;
  let asking = 0;

  function escape(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    acts.close();
  }

  async function ask(): Promise<void> {
    const mine = ++asking;
    const id = data && node ? data.states[node.id]?.run_id : null;
    try {
      const found = id ? (await client.call<RunsPage>("runs", { ids: [id] })).runs[0] : null;
      if (mine !== asking) return;
      run = found ?? null;
      draw();
    } catch (error) {
      if (mine === asking) client.showError(error);
    }
  }

  function steps(): StepRow[] {
    if (!run || !node) return [];
    const { kind, id, dataset } = node;
    if (kind === "step") return run.steps.filter((step) => `step:${step.step_id}` === id);
    if (kind === "target") return run.steps.filter((step) => step.step_id === data?.states[id]?.step_id);
    return run.steps.filter((step) => step.dataset === dataset);
  }

  function draw(): void {
    clearTimeout(later);
    if (!data || !node) return element.replaceChildren();
    // what changes elsewhere does not close the menu beneath somebody's hands
    if (drawn === node.id && element.querySelector(".wb-menu:not([hidden])")) {
      later = setTimeout(draw, 200);
      return;
    }
    drawn = node.id;
    const it = node;
    const state = data.states[it.id];
    const all = steps();
    const step = all.find((each) => each.step_id === chosen) ?? all.find((each) => each.error) ?? all.find((each) => each.status === "RUNNING") ?? all.at(-1);
    redraw(element, () => {
      view.element.remove();
      put(
        element,
        h(
          "div",
          { class: "wb-row" },
          h("h3", { class: "wb-heading" }, shownName(it, say)),
          state?.status && badge(client, state.status),
          h("span", { class: "wb-actions" }, button(icon("cancel"), acts.close, { kind: "icon", label: say("shared.close"), title: `${say("shared.close")} (Esc)`, key: "close" })),
        ),
        it.detail && h("p", { class: "wb-soft" }, it.detail),
        facts(state),
        state?.error && !all.length && h("p", { class: "wb-told" }, state.error),
        it.dataset && h("div", { class: "wb-row" }, actions(it, state)),
        edgesView(it),
        all.length > 1 &&
          h(
            "div",
            { class: "wb-row", role: "group", "aria-label": say("runs.steps") },
            all.map((each) =>
              h(
                "button",
                { type: "button", class: "wb-reason", "aria-pressed": String(each === step), "data-key": `step ${each.step_id}`, onclick: () => ((chosen = each.step_id), draw()) },
                h("span", null, say(`runs.verb.${each.verb}`)),
                badge(client, each.status),
              ),
            ),
          ),
        view.element,
      );
      if (run && step) view.show(run, step);
      else view.close();
    });
  }

  function facts(state: NodeState | undefined): Child {
    if (!state) return null;
    const waits = state.needs > state.met && state.status && !isFinal(state.status);
    return h(
      "dl",
      { class: "wb-facts" },
      state.run_id && [h("dt", null, say("dag.fact.run")), h("dd", null, h("code", null, state.run_id))],
      waits && [h("dt", null, say("dag.fact.needs")), h("dd", null, say("runs.waits", { left: state.needs - state.met, count: state.needs }))],
      state.waiting_for && [h("dt", null, say("dag.fact.waits")), h("dd", null, h("code", null, state.waiting_for))],
      state.version !== null && [h("dt", null, say("dag.fact.version")), h("dd", null, String(state.version), state.published_at && [" · ", moment(state.published_at, client.language)])],
      state.rows !== null && [h("dt", null, say("runs.rows")), h("dd", null, state.rows.toLocaleString(client.language))],
      state.quarantined > 0 && [h("dt", null, say("dag.fact.refused")), h("dd", null, state.quarantined.toLocaleString(client.language))],
    );
  }

  function actions(it: GraphNode, state: NodeState | undefined): Child {
    const more: MenuItem[] = [
      { label: say("dag.connect.menu"), act: () => acts.connect(it), shortcut: "C" },
      { label: say("dag.new.menu"), act: () => acts.make(it) },
      { label: say("dag.target.menu"), act: () => acts.load(it) },
      { label: say("dag.delete.menu"), act: () => acts.remove(it), danger: true, shortcut: "Del" },
    ];
    return [
      button([icon("play"), say("dag.run")], () => acts.run(it.dataset), { kind: "primary", key: "run" }),
      state?.run_id && state.status && (state.status === "FAILED" || state.status === "CANCELLED" || state.status === "SKIPPED") && run && isFinal(run.status) && run.status !== "SUCCESS" &&
        button([icon("refresh"), say("runs.retry")], () => void retry(run as RunRow), { key: "retry" }),
      run && !isFinal(run.status) && button([icon("stop"), say("runs.cancel")], () => void cancel(run as RunRow), { key: "cancel", disabled: run.cancel_requested }),
      it.kind === "dataset" && menuButton(say("dag.more"), [say("dag.more"), icon("chevronDown")], () => more),
    ];
  }

  function edgesView(it: GraphNode): Child {
    if (!data) return null;
    const here = data;
    const lists = (["target", "source"] as const).map((side) => {
      const found = here.edges.filter((edge) => edge[side] === it.id);
      if (!found.length) return null;
      const other = side === "target" ? "source" : "target";
      return [
        h("h4", { class: "wb-heading" }, say(side === "target" ? "dag.needs" : "dag.feeds")),
        h(
          "ul",
          { class: "wb-links" },
          found.map((edge) => {
            const there = here.nodes.find((each) => each.id === edge[other]);
            const kind = here.edge_kinds.find((each) => each.name === edge.kind);
            const name = there ? shownName(there, say) : "";
            return h(
              "li",
              null,
              h("button", { type: "button", class: "wb-link", "data-key": `to ${edge.id}`, onclick: () => there && acts.open(there.id) }, name),
              h("span", { class: "wb-badge" }, say(`dag.edge.${edge.kind}`)),
              kind?.can_remove &&
                button(icon("trash"), () => acts.disconnect(edge), { kind: "icon", key: `cut ${edge.id}`, label: say("dag.disconnect.label", { name }), title: say("dag.disconnect") }),
            );
          }),
        ),
      ];
    });
    return lists.some(Boolean) && h("div", { class: "wb-edges" }, lists);
  }

  async function retry(it: RunRow): Promise<void> {
    const started = await client.busy(say("runs.retry"), () => client.call<Started>("retry", { run: it.id }));
    if (started) acts.begun(started);
  }

  async function cancel(it: RunRow): Promise<void> {
    await client.busy(say("runs.cancelling"), () => client.call("cancel", { run: it.id }));
    void ask();
  }

  return {
    element,
    show(all, id) {
      const other = node?.id !== id;
      data = all;
      node = all.nodes.find((each) => each.id === id) ?? null;
      element.hidden = !node;
      if (other) {
        run = null;
        chosen = "";
        view.close();
      }
      draw();
      if (node) void ask();
    },
    focus: () => element.focus(),
    end: () => {
      clearTimeout(later);
      view.close();
    },
  };
}

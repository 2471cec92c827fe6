/** Two runs of a dataset side by side: what they did, and how what they published differs. */
import type { Client } from "../client.ts";
import { h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { badge, button, moment, redraw, timeBar } from "../running/parts.ts";
import { datasetsOf } from "../running/progress.ts";
import { words } from "../running/stepView.ts";
import type { Change, RunRow, RunsPage, Status } from "../running/types.ts";
import { table } from "../table.ts";
import type { Shared } from "./state.ts";

const PAGE = 50;
const KINDS = ["added", "removed", "changed"] as const;
type Kind = (typeof KINDS)[number];
type Pair<T> = [T | null, T | null];

interface Side {
  run_id: string;
  status: Status;
  created_at: string;
  seconds: number | null;
  version: number | null;
  layer: string | null;
  own: boolean;
  rows: number | null;
}

interface Differences {
  by_key: boolean;
  key: string[];
  why: string | null;
  added: number;
  removed: number;
  changed: number;
  unchanged: number;
  cells: Record<string, number>;
  gone: string | null;
}

interface Comparison {
  dataset: string;
  left: Side;
  right: Side;
  same_spec: boolean;
  steps: { step_id: string; verb: string; status: Pair<Status>; seconds: Pair<number> }[];
  ledgers: { verb: string; kind: string; name: string; terms: Record<string, Pair<number>> }[];
  checks: { expectation: string; kwargs: Record<string, unknown>; success: Pair<boolean>; unexpected: Pair<number> }[];
  columns: { name: string; types: Pair<string> }[];
  data: Differences | null;
  no_data: string | null;
  others: string[];
}

interface Row {
  left: (string | null)[] | null;
  right: (string | null)[] | null;
  changed: number[];
  times: number;
}

interface Rows {
  kind: Kind;
  columns: string[];
  rows: Row[];
  total: number;
}

export interface CompareTab {
  mount: (body: HTMLElement) => void;
  choose: (left: string, right: string, dataset: string) => void;
  changed: (change: Change) => void;
}

export function compareTab(client: Client, shared: Shared): CompareTab {
  const say = client.text;
  const { language } = client;
  const chosen = client.keep("compared", () => ({ left: "", right: "", dataset: "", kind: "" as Kind | "" }));
  const datasets = h("select", { class: "wb-select", onchange: () => ((chosen.dataset = datasets.value), (chosen.left = chosen.right = ""), void askRuns()) });
  const left = h("select", { class: "wb-select", onchange: () => ((chosen.left = left.value), void compare()) });
  const right = h("select", { class: "wb-select", onchange: () => ((chosen.right = right.value), void compare()) });
  const result = h("div", { class: "wb-compared" });
  const differing = h("input", { type: "checkbox", onchange: () => draw() });
  differing.checked = true;
  let mounted = false;
  let runs: RunRow[] = [];
  let found: Comparison | null = null;
  let rows: Rows | null = null;
  let offset = 0;
  let asking = 0;

  async function askRuns(): Promise<void> {
    try {
      const names = await client.call<string[]>("datasets");
      if (chosen.dataset && !names.includes(chosen.dataset)) names.push(chosen.dataset);
      chosen.dataset ||= String(client.get("dataset") || "") || (await comparable()) || (names[0] ?? "");
      put(datasets, names.map((name) => h("option", { value: name }, name)));
      datasets.value = chosen.dataset;
      const page = await client.call<RunsPage>("runs", { dataset: chosen.dataset, limit: 200 });
      runs = page.runs.filter((run) => run.finished_at);
      for (const id of [chosen.left, chosen.right]) {
        if (id && !runs.some((run) => run.id === id)) runs.push(...(await client.call<RunsPage>("runs", { ids: [id] })).runs);
      }
      chosen.right ||= runs[0]?.id ?? "";
      chosen.left ||= runs[1]?.id ?? "";
      for (const [select, value] of [[left, chosen.left], [right, chosen.right]] as const) {
        put(select, runs.map((run) => h("option", { value: run.id }, described(run))));
        select.value = value;
      }
      await compare();
    } catch (error) {
      client.showError(error);
    }
  }

  /** The dataset of the newest run that has an earlier one to be compared with. */
  async function comparable(): Promise<string> {
    const page = await client.call<RunsPage>("runs", { limit: 100 });
    const seen = new Map<string, number>();
    for (const run of page.runs.filter((each) => each.finished_at)) {
      for (const name of datasetsOf(run)) seen.set(name, (seen.get(name) ?? 0) + 1);
    }
    return [...seen].find(([, count]) => count > 1)?.[0] ?? "";
  }

  function described(run: RunRow): string {
    const at = new Date(run.created_at).toLocaleString(language, { dateStyle: "short", timeStyle: "medium" });
    return `${at} · ${say(`runs.status.${run.status}`)} · ${run.id}`;
  }

  async function compare(): Promise<void> {
    const mine = ++asking;
    found = rows = null;
    offset = 0;
    if (!chosen.left || !chosen.right || !chosen.dataset) return put(result, h("p", { class: "wb-soft" }, say("runs.compare.two")));
    const asked = { left: chosen.left, right: chosen.right, dataset: chosen.dataset };
    const done = await client.busy(say("runs.comparing"), ({ signal }) => client.call<Comparison>("compare", asked, { signal }));
    if (mine !== asking || !done) return;
    found = done;
    const data = found.data;
    const kinds = KINDS.filter((kind) => data?.[kind]);
    chosen.kind = kinds.find((kind) => kind === chosen.kind) ?? kinds.find((kind) => kind === "changed") ?? kinds[0] ?? "";
    draw();
    client.announce(data && !data.gone ? counted(data) : (data?.gone ?? found.no_data ?? ""));
    if (chosen.kind) await askRows();
  }

  async function askRows(): Promise<void> {
    if (!found || !chosen.kind) return;
    const mine = asking;
    const asked = { left: chosen.left, right: chosen.right, dataset: found.dataset, kind: chosen.kind, offset, limit: PAGE };
    const page = await client.busy(say("runs.comparing"), ({ signal }) => client.call<Rows>("different_rows", asked, { signal }));
    if (!page || mine !== asking) return;
    rows = page;
    draw();
  }

  function counted(data: Differences): string {
    return say("runs.data.counts", { added: data.added, removed: data.removed, changed: data.changed, unchanged: data.unchanged });
  }

  function draw(): void {
    const it = found;
    if (!it) return;
    redraw(result, () =>
      put(
        result,
        h("div", { class: "wb-sides" }, sideView(it.left, "runs.compare.left"), sideView(it.right, "runs.compare.right")),
        h("p", null, say(it.same_spec ? "runs.spec.same" : "runs.spec.changed")),
        it.columns.map((column) =>
          h("p", { class: "wb-small" }, say("runs.column.changed", { column: column.name, before: column.types[0] ?? "–", after: column.types[1] ?? "–" })),
        ),
        h("h4", { class: "wb-heading" }, say("runs.data")),
        dataView(it),
        h("h4", { class: "wb-heading" }, say("runs.did")),
        h("label", { class: "wb-choice" }, differing, say("runs.differing")),
        didView(it),
      ),
    );
  }

  function sideView(side: Side, key: string): Child {
    const version = side.version === null ? say("runs.version.none") : say(side.own ? "runs.version" : "runs.version.earlier", { layer: side.layer ?? "", version: side.version });
    return h(
      "div",
      { class: "wb-side" },
      h("div", { class: "wb-soft wb-small" }, say(key)),
      h("div", { class: "wb-row" }, button(h("code", null, side.run_id), () => shared.showRun(side.run_id), { key: `side ${key}` }), badge(client, side.status)),
      h("div", null, moment(side.created_at, language)),
      h("div", { class: "wb-row" }, timeBar(side.seconds, Math.max(found?.left.seconds ?? 0, found?.right.seconds ?? 0), language)),
      h("div", null, version),
      side.rows !== null && h("div", null, say("runs.rows.count", { count: side.rows })),
    );
  }

  function dataView(it: Comparison): Child {
    const data = it.data;
    if (!data) return h("p", null, it.no_data);
    if (data.gone) return h("p", { class: "wb-warned" }, icon("warning"), h("span", null, data.gone));
    return [
      h("p", { class: "wb-soft" }, data.by_key ? say("runs.data.key", { key: data.key.join(", ") }) : say("runs.data.whole", { why: data.why ?? "" })),
      h(
        "div",
        { class: "wb-row", role: "group", "aria-label": say("runs.data") },
        KINDS.map((kind) =>
          h(
            "button",
            {
              type: "button",
              class: `wb-count wb-count--${kind}`,
              "aria-pressed": String(chosen.kind === kind),
              "data-key": `kind ${kind}`,
              disabled: !data[kind],
              onclick: () => ((chosen.kind = kind), (rows = null), (offset = 0), void askRows()),
            },
            h("strong", null, data[kind].toLocaleString(language)),
            h("span", null, say(`runs.data.${kind}`)),
          ),
        ),
        h("span", { class: "wb-soft" }, say("runs.data.same", { count: data.unchanged })),
      ),
      Object.keys(data.cells).length > 0 &&
        h("p", { class: "wb-small" }, say("runs.data.cells"), " ", Object.entries(data.cells).map(([name, count]) => `${name} ${count.toLocaleString(language)}`).join(", ")),
      rows && rows.kind === chosen.kind && rowsView(rows, data),
    ];
  }

  function rowsView(page: Rows, data: Differences): Child {
    const many = page.rows.some((row) => row.times > 1);
    const last = Math.min(offset + page.rows.length, page.total);
    return [
      h(
        "div",
        { class: "wb-table-region", tabindex: 0, role: "region", "aria-label": say(`runs.data.${page.kind}`), "data-scroll": "rows" },
        h(
          "table",
          { class: "wb-table wb-diff" },
          h("caption", { class: "wb-hidden" }, say(`runs.data.${page.kind}`)),
          h("thead", null, h("tr", null, many && h("th", { scope: "col" }, say("runs.data.times")), page.columns.map((name) => h("th", { scope: "col" }, name, data.key.includes(name) && h("span", { class: "wb-soft" }, ` ${say("runs.data.iskey")}`))))),
          h("tbody", null, page.rows.map((row) => h("tr", null, many && h("td", { class: "wb-number" }, row.times), page.columns.map((_, at) => cell(row, at))))),
        ),
      ),
      h(
        "div",
        { class: "wb-row" },
        button(say("runs.page.before"), () => ((offset = Math.max(0, offset - PAGE)), void askRows()), { disabled: offset === 0, key: "before" }),
        button(say("runs.page.after"), () => ((offset += PAGE), void askRows()), { disabled: offset + PAGE >= page.total, key: "after" }),
        h("span", { class: "wb-soft" }, say("runs.page", { from: offset + 1, to: last, total: page.total })),
      ),
    ];
  }

  function cell(row: Row, at: number): HTMLElement {
    if (row.left && row.right && row.changed.includes(at)) {
      return h("td", { class: "wb-changed" }, h("del", null, value(row.left[at])), " ", h("ins", null, value(row.right[at])));
    }
    return h("td", null, value((row.right ?? row.left)?.[at]));
  }

  function value(text: string | null | undefined): Child {
    if (text === null || text === undefined) return h("span", { class: "wb-null" }, say("runs.missing"));
    return text === "" ? h("span", { class: "wb-null" }, say("runs.empty")) : text;
  }

  function didView(it: Comparison): Child[] {
    const only = differing.checked;
    const other = <T>(pair: Pair<T>): boolean => pair[0] !== pair[1];
    const longest = Math.max(0.1, ...it.steps.flatMap((step) => step.seconds.map((each) => each ?? 0)));
    const ledgers = it.ledgers.flatMap((ledger) =>
      Object.entries(ledger.terms).map(([term, counts]) => ({ step: say(`runs.verb.${ledger.verb}`), name: ledger.name, term: say(`runs.term.${term}`), counts })),
    );
    const checks = it.checks.filter((check) => !only || other(check.success) || other(check.unexpected));
    const both = [
      { key: "before", label: say("runs.compare.left") },
      { key: "after", label: say("runs.compare.right") },
    ] as const;
    return [
      table({
        caption: say("runs.steps"),
        columns: [
          { key: "verb", label: say("runs.step"), cell: (step) => say(`runs.verb.${step.verb}`) + (step.verb === "materialize" ? ` ${step.step_id.split(".").slice(2).join(".")}` : "") },
          ...both.flatMap(({ key, label }, side) => [
            { key: `${key}-status`, label, cell: (step: Comparison["steps"][number]) => step.status[side] && badge(client, step.status[side]) },
            { key: `${key}-took`, label: say("runs.took"), cell: (step: Comparison["steps"][number]) => timeBar(step.seconds[side] ?? null, longest, language) },
          ]),
        ],
        rows: it.steps,
      }).element,
      table({
        caption: say("runs.ledger"),
        columns: [
          { key: "step", label: say("runs.step") },
          { key: "name", label: say("runs.ledger.of") },
          { key: "term", label: say("runs.ledger.term") },
          ...both.map(({ key, label }, side) => ({ key, label, numeric: true, cell: (each: (typeof ledgers)[number]) => number(each.counts[side]) })),
          { key: "change", label: say("runs.change"), numeric: true, cell: (each) => change(each.counts) },
        ],
        rows: ledgers.filter((each) => !only || other(each.counts)),
        empty: say("runs.differing.none"),
      }).element,
      table({
        caption: say("runs.checks.title"),
        columns: [
          { key: "expectation", label: say("runs.check") },
          { key: "kwargs", label: say("runs.check.arguments"), cell: (check) => words(check.kwargs) },
          ...both.map(({ key, label }, side) => ({ key, label, cell: (check: Comparison["checks"][number]) => held(check, side as 0 | 1) })),
        ],
        rows: checks,
        empty: say(it.checks.length ? "runs.differing.none" : "runs.checks.none"),
      }).element,
    ];
  }

  function number(count: number | null | undefined): string {
    return count === null || count === undefined ? "–" : count.toLocaleString(language);
  }

  function change([before, after]: Pair<number>): string {
    return ((after ?? 0) - (before ?? 0)).toLocaleString(language, { signDisplay: "exceptZero" });
  }

  function held(check: Comparison["checks"][number], side: 0 | 1): Child {
    const success = check.success[side];
    if (success === null) return "–";
    const failing = check.unexpected[side];
    return [icon(success ? "check" : "cancel"), " ", say(success ? "runs.check.held" : "runs.check.not"), failing ? ` (${number(failing)})` : ""];
  }

  return {
    mount(body) {
      mounted = true;
      body.append(
        h(
          "div",
          { class: "wb-row wb-toolbar" },
          h("label", { class: "wb-picker" }, say("shared.dataset"), datasets),
          h("label", { class: "wb-picker" }, say("runs.compare.left"), left),
          button(icon("refresh"), () => (([chosen.left, chosen.right] = [chosen.right, chosen.left]), void askRuns()), { label: say("runs.compare.swap"), title: say("runs.compare.swap"), kind: "icon" }),
          h("label", { class: "wb-picker" }, say("runs.compare.right"), right),
        ),
        result,
      );
      void askRuns();
    },
    choose(before, after, dataset) {
      Object.assign(chosen, { left: before, right: after, dataset });
      if (mounted) void askRuns();
    },
    changed(change) {
      const here = change.runs.some((id) => !runs.some((run) => run.id === id));
      if (mounted && here && !chosen.left) void askRuns();
    },
  };
}

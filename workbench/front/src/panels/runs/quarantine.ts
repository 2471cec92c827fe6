/** Refused rows: by reason, a page with the values as received to be mended, sent again by a run. */
import type { Client } from "../client.ts";
import { openDialog } from "../dialog.ts";
import { debounced, h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { button, redraw } from "../running/parts.ts";
import type { Change, Started } from "../running/types.ts";
import { CallError } from "../transport.ts";
import { atFault, keyOf, toSend, valueOf, written, type Edits, type Line } from "./mending.ts";
import type { Shared } from "./state.ts";

const PAGE = 50;
const STATES = ["open", "resubmitted", "dismissed", "superseded"] as const;
type State = (typeof STATES)[number];

interface Counts {
  datasets: Record<string, number>;
  states: Record<State, number>;
  reasons: { parts: string[]; rows: number }[];
}

interface Lines {
  columns: string[];
  rows: Line[];
  /** Received rows on this page; one may have come several times, with a line for each. */
  places: number;
  total: number;
}

export interface QuarantineTab {
  mount: (body: HTMLElement) => void;
  choose: (dataset: string) => void;
  changed: (change: Change) => void;
}

export function quarantineTab(client: Client, shared: Shared): QuarantineTab {
  const say = client.text;
  const { language } = client;
  const chosen = client.keep("mended", () => ({ dataset: "", state: "open" as State, reason: [] as string[], offset: 0 }));
  const ticked = client.keep("mended rows", () => new Set<string>());
  const datasets = h("select", { class: "wb-select", onchange: () => go({ dataset: datasets.value, reason: [] }) });
  const states = h("select", { class: "wb-select", onchange: () => go({ state: states.value as State, reason: [] }) });
  const reasons = h("div", { class: "wb-reasons" });
  const grid = h("div", { class: "wb-mend" });
  const bar = h("div", { class: "wb-row wb-toolbar" });
  let counts: Counts | null = null;
  let page: Lines | null = null;
  let mounted = false;
  let asking = 0;
  let moved = false;

  const edits = (): Edits => shared.edits[chosen.dataset] ?? {};

  function go(change: Partial<typeof chosen>): void {
    if (change.dataset !== undefined && change.dataset !== chosen.dataset) ticked.clear();
    Object.assign(chosen, { offset: 0 }, change);
    void ask();
  }

  async function ask(): Promise<void> {
    const mine = ++asking;
    try {
      if (!chosen.dataset) {
        const all = await client.call<Counts>("quarantine", { dataset: "" });
        chosen.dataset = String(client.get("dataset") || "") || (Object.keys(all.datasets)[0] ?? "");
      }
      const [found, lines, names] = await Promise.all([
        client.call<Counts>("quarantine", { dataset: chosen.dataset, status: chosen.state }),
        chosen.dataset
          ? client.call<Lines>("lines", { dataset: chosen.dataset, status: chosen.state, reason: chosen.reason, offset: chosen.offset, limit: PAGE })
          : Promise.resolve({ columns: [], rows: [], places: 0, total: 0 }),
        client.call<string[]>("datasets"),
      ]);
      if (mine !== asking) return;
      counts = found;
      page = lines;
      moved = false;
      if (page.total && !page.rows.length) return go({ offset: 0 });
      pickers([...new Set([...names, ...Object.keys(found.datasets)])]);
      draw();
    } catch (error) {
      if (mine === asking) client.showError(error);
    }
  }

  function pickers(names: string[]): void {
    put(datasets, names.map((name) => h("option", { value: name }, counts?.datasets[name] ? `${name} (${counts.datasets[name].toLocaleString(language)})` : name)));
    datasets.value = chosen.dataset;
    put(states, STATES.map((state) => h("option", { value: state }, `${say(`runs.rows.${state}`)} (${(counts?.states[state] ?? 0).toLocaleString(language)})`)));
    states.value = chosen.state;
  }

  function draw(): void {
    redraw(reasons, drawReasons);
    redraw(grid, drawGrid);
    redraw(bar, drawBar);
  }

  function drawReasons(): void {
    const all = counts?.reasons ?? [];
    put(
      reasons,
      all.length > 0 && h("h4", { class: "wb-heading" }, say("runs.reasons")),
      all.length > 0 &&
        h(
          "ul",
          null,
          reasonButton(say("runs.reasons.all"), counts?.states[chosen.state] ?? 0, []),
          all.map(({ parts, rows }) => reasonButton(parts.join("…"), rows, parts)),
        ),
    );
  }

  function reasonButton(label: string, rows: number, parts: string[]): HTMLElement {
    const pressed = parts.join("\n") === chosen.reason.join("\n");
    return h(
      "li",
      null,
      h(
        "button",
        { type: "button", class: "wb-reason", "aria-pressed": String(pressed), "data-key": `reason ${parts.join("\n")}`, onclick: () => go({ reason: parts }) },
        h("span", null, label),
        h("span", { class: "wb-badge" }, rows.toLocaleString(language)),
      ),
    );
  }

  function drawGrid(): void {
    const it = page;
    if (!it || it.rows.length === 0) {
      const key = !chosen.dataset ? "runs.rows.none.dataset" : chosen.state === "open" ? "runs.rows.none.open" : "runs.rows.none.here";
      return put(grid, h("p", { class: "wb-soft" }, say(key)));
    }
    const editable = chosen.state === "open";
    const tickable = editable || chosen.state === "dismissed";
    const all = h("input", { type: "checkbox", "aria-label": say("runs.rows.tick.all"), "data-key": "tick all", onchange: () => tickAll(all.checked) });
    all.checked = it.rows.every((line) => ticked.has(keyOf(line)));
    put(
      grid,
      h(
        "div",
        { class: "wb-table-region", role: "region", "aria-label": say("runs.rows.title"), "data-scroll": "lines", tabindex: 0 },
        h(
          "table",
          { class: "wb-table wb-lines" },
          h("caption", { class: "wb-hidden" }, say("runs.rows.title")),
          h(
            "thead",
            null,
            h(
              "tr",
              null,
              tickable && h("th", { scope: "col" }, all),
              h("th", { scope: "col" }, say("runs.rows.place")),
              h("th", { scope: "col" }, say("runs.reason")),
              it.columns.map((name) => h("th", { scope: "col" }, name)),
            ),
          ),
          h("tbody", { onkeydown: moveInGrid }, it.rows.map((line, at) => lineRow(line, at, it.columns, editable, tickable))),
        ),
      ),
      h(
        "div",
        { class: "wb-row" },
        button(say("runs.page.before"), () => go({ offset: Math.max(0, chosen.offset - PAGE) }), { disabled: chosen.offset === 0, key: "before" }),
        button(say("runs.page.after"), () => go({ offset: chosen.offset + PAGE }), { disabled: chosen.offset + PAGE >= it.total, key: "after" }),
        h("span", { class: "wb-soft" }, say("runs.page", { from: chosen.offset + 1, to: chosen.offset + it.places, total: it.total })),
      ),
    );
  }

  function lineRow(line: Line, at: number, columns: string[], editable: boolean, tickable: boolean): HTMLElement {
    const key = keyOf(line);
    const faults = atFault(line, columns);
    const box = h("input", { type: "checkbox", "aria-label": say("runs.rows.tick", { row: line.row ?? "", source: line.source ?? "" }), "data-key": `tick ${key}`, onchange: () => tick(key, box.checked) });
    box.checked = ticked.has(key);
    return h(
      "tr",
      { class: edits()[key] ? "wb-edited-row" : null },
      tickable && h("td", null, box),
      h(
        "th",
        { scope: "row" },
        h("div", null, line.source ?? "–"),
        h("div", { class: "wb-small wb-soft" }, line.row === null ? "" : say("runs.rows.row", { row: String(line.row) })),
        line.resolved_run && button(h("code", null, line.resolved_run), () => shared.showRun(line.resolved_run ?? ""), { key: `run ${key}` }),
      ),
      h("td", { class: "wb-why" }, h("ul", null, line.reasons.map((reason) => h("li", null, reason))), atRefusal(line)),
      columns.map((column, place) => h("td", { class: faults.has(column) ? "wb-fault" : null }, editable ? field(line, column, at, place, faults.has(column)) : shown(line.values[column] ?? null))),
    );
  }

  /** The values at the time of refusal, where transforms had changed them. */
  function atRefusal(line: Line): Child {
    const other = line.refused.filter(({ values }) => Object.entries(values).some(([name, value]) => line.values[name] !== value));
    if (!other.length) return null;
    return h(
      "details",
      null,
      h("summary", null, say("runs.rows.refused")),
      other.map(({ step, values }) =>
        h("p", { class: "wb-small" }, h("strong", null, `${step}: `), Object.entries(values).map(([name, value]) => `${name} = ${value ?? say("runs.missing")}`).join(", ")),
      ),
    );
  }

  function field(line: Line, column: string, at: number, place: number, fault: boolean): HTMLElement {
    const value = valueOf(edits(), line, column);
    const received = line.values[column] ?? null;
    const input = h("input", {
      class: "wb-cell",
      value: value ?? "",
      placeholder: say("runs.missing"),
      size: Math.max(4, Math.min(28, (value ?? "").length + 1)),
      "aria-label": say("runs.rows.cell", { column, row: line.row ?? "" }),
      "aria-invalid": fault && value === received ? "true" : null,
      title: value === received ? null : say("runs.rows.received", { value: received ?? say("runs.missing") }),
      "data-key": `cell ${keyOf(line)} ${column}`,
      "data-at": `${at} ${place}`,
      oninput: () => write(line, column, input),
    });
    input.classList.toggle("wb-edited", value !== received);
    return input;
  }

  function write(line: Line, column: string, input: HTMLInputElement): void {
    shared.edits[chosen.dataset] = written(edits(), line, column, input.value);
    const received = line.values[column] ?? null;
    const changed = valueOf(edits(), line, column) !== received;
    input.classList.toggle("wb-edited", changed);
    if (changed) {
      input.removeAttribute("aria-invalid");
      input.title = say("runs.rows.received", { value: received ?? say("runs.missing") });
    } else input.removeAttribute("title");
    input.closest("tr")?.classList.toggle("wb-edited-row", keyOf(line) in edits());
    redraw(bar, drawBar);
  }

  /** Enter and the arrows go along a column, Escape gives back what was received. */
  function moveInGrid(event: KeyboardEvent): void {
    const input = event.target as HTMLInputElement;
    const [at, place] = (input.dataset["at"] ?? "").split(" ").map(Number);
    if (at === undefined || place === undefined || Number.isNaN(at)) return;
    const line = page?.rows[at];
    const column = page?.columns[place];
    if (event.key === "Escape" && line && column) {
      event.stopPropagation();
      input.value = line.values[column] ?? "";
      return write(line, column, input);
    }
    const to = { Enter: at + (event.shiftKey ? -1 : 1), ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = grid.querySelector<HTMLInputElement>(`[data-at="${to} ${place}"]`);
    next?.focus();
    next?.select();
  }

  function drawBar(): void {
    const sending = toSend(edits(), chosen.state === "open" ? [...ticked] : []);
    const changed = Object.keys(edits()).length;
    put(
      bar,
      chosen.state === "open" && [
        button([icon("upload"), say("runs.rows.send", { count: sending.length })], () => void send(), { kind: "primary", disabled: !sending.length, key: "send" }),
        button([icon("undo"), say("runs.rows.undo")], undo, { disabled: !changed, key: "undo" }),
        button([icon("trash"), say("runs.rows.dismiss", { count: ticked.size })], () => void dismiss(), { disabled: !ticked.size, key: "dismiss" }),
        changed > 0 && h("span", { class: "wb-soft" }, say("runs.rows.edited", { count: changed })),
      ],
      chosen.state === "dismissed" && button([icon("undo"), say("runs.rows.reopen", { count: ticked.size })], () => void reopen(), { disabled: !ticked.size, key: "reopen" }),
      moved && button([icon("refresh"), say("runs.rows.moved")], () => void ask(), { key: "moved" }),
    );
  }

  function tick(key: string, on: boolean): void {
    if (on) ticked.add(key);
    else ticked.delete(key);
    draw();
  }

  function tickAll(on: boolean): void {
    for (const line of page?.rows ?? []) {
      if (on) ticked.add(keyOf(line));
      else ticked.delete(keyOf(line));
    }
    draw();
  }

  function undo(): void {
    delete shared.edits[chosen.dataset];
    client.announce(say("runs.rows.undone"));
    draw();
  }

  async function send(): Promise<void> {
    const rows = toSend(edits(), [...ticked]);
    const started = await client.busy(say("runs.rows.sending"), () =>
      client.call<Started>("resubmit", { dataset: chosen.dataset, rows }).catch((error: unknown) => {
        // somebody else was quicker: what is shown is old
        if (error instanceof CallError && error.type === "RowsSettled") void ask();
        throw error;
      }),
    );
    if (!started) return;
    delete shared.edits[chosen.dataset];
    ticked.clear();
    client.announce(say("runs.rows.sent", { count: rows.length, run: started.run_id }));
    shared.showRun(started.run_id);
    void ask();
  }

  async function dismiss(): Promise<void> {
    const keys = [...ticked];
    const buttons = [{ label: say("runs.rows.dismiss", { count: keys.length }), value: true, kind: "danger" as const }];
    const body = h("p", null, say("runs.rows.dismiss.ask", { count: keys.length }));
    if (!(await openDialog({ title: say("runs.rows.dismiss.title"), body, buttons, close: say("shared.cancel"), within: grid }))) return;
    await settle("dismiss", keys, "runs.rows.dismissed.said");
  }

  const reopen = (): Promise<void> => settle("reopen", [...ticked], "runs.rows.reopened.said");

  async function settle(name: "dismiss" | "reopen", keys: string[], said: string): Promise<void> {
    const ids = keys.flatMap((key) => key.split(" "));
    const done = await client.busy(say("shared.loading"), () => client.call<{ rows: number }>(name, { dataset: chosen.dataset, ids }));
    if (!done) return;
    ticked.clear();
    const others = ids.length - done.rows;
    client.announce(say(said, { count: done.rows }) + (others ? ` ${say("runs.rows.others", { count: others })}` : ""));
    void ask();
  }

  function shown(value: string | null): Child {
    return value === null || value === "" ? h("span", { class: "wb-null" }, say("runs.missing")) : value;
  }

  // what somebody is typing in must not be drawn anew beneath their hands: then it is only offered
  const again = debounced(150, () => {
    if (Object.keys(edits()).length || ticked.size) {
      moved = true;
      redraw(bar, drawBar);
    } else void ask();
  });

  return {
    mount(body) {
      mounted = true;
      body.append(
        h("div", { class: "wb-row wb-toolbar" }, h("label", { class: "wb-picker" }, say("shared.dataset"), datasets), h("label", { class: "wb-picker" }, say("runs.rows.state"), states)),
        reasons,
        bar,
        h("p", { class: "wb-soft wb-small" }, say("runs.rows.keys")),
        grid,
      );
      void ask();
    },
    choose(dataset) {
      Object.assign(chosen, { dataset, state: "open", reason: [], offset: 0 });
      if (mounted) void ask();
    },
    changed(change) {
      if (mounted && change.quarantine) again();
    },
  };
}


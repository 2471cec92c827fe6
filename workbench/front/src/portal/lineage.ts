/** The lineage explorer: takes the place of the static picture where its data can be loaded. */
import { element, icon, svg } from "./dom.ts";
import { arrange } from "./lineageArrange.ts";
import { Graph, type Impact, type LineageData, type Place, placeKey } from "./lineageGraph.ts";
import { Motion } from "./lineageMotion.ts";
import { impactSentence, panel } from "./lineagePanel.ts";
import { read, type State, written } from "./lineageState.ts";
import { indexes, legend, Tools } from "./lineageTools.ts";
import { heightOf, parts, type Trace } from "./lineageView.ts";
import { count, say } from "./messages.ts";
import { load } from "./site.ts";

declare global {
  interface Window {
    PORTAL_LINEAGE?: LineageData;
  }
}

/** With more tables than this, columns would be too many to read. */
const MOST_WITH_COLUMNS = 60;
const MOST_COLUMNS = 30;
/** Least zoom of the whole graph, and of what is around a focus. */
const READABLE = 0.45;
const CLOSE = 0.7;

export function enhanceLineage(): void {
  const holder = document.querySelector<HTMLElement>(".wb-lineage[data-explorer]");
  const canvas = holder?.querySelector<HTMLElement>(".wb-lineage__canvas");
  if (!holder || !canvas) return;
  load("lineage.js")
    .then(() => {
      if (!window.PORTAL_LINEAGE) throw new Error("empty");
      new Explorer(holder, canvas, new Graph(window.PORTAL_LINEAGE));
    })
    .catch(() => holder.prepend(element("p", { class: "wb-muted" }, say("lineage.failed"))));
}

class Explorer {
  private state: State;
  private readonly tools: Tools;
  private readonly canvas: SVGSVGElement;
  private readonly motion: Motion;
  private readonly panel: HTMLElement;
  private readonly stage: HTMLElement;
  private readonly said: HTMLElement;
  private ranks: number[][] = [];
  private shownColumns: ReadonlyMap<number, readonly number[]> = new Map();
  private stop = "";

  constructor(
    holder: HTMLElement,
    place: HTMLElement,
    private readonly graph: Graph,
  ) {
    this.state = read(location.hash);
    this.tools = new Tools(graph, (part) => this.change(part));
    this.canvas = svg("svg", {
      class: "wb-graph",
      role: "application",
      tabindex: 0,
      "aria-label": `${say("lineage.graph")}. ${say("lineage.hint")}`,
    });
    this.panel = element("div", { class: "wb-explorer__panel", role: "region", "aria-label": say("lineage.focus"), hidden: true });
    this.said = element("p", { class: "wb-explorer__said", role: "status", "aria-live": "polite" });
    this.motion = new Motion(this.canvas);
    place.classList.add("wb-explorer__canvas");
    place.replaceChildren(this.canvas, this.zoomButtons());
    const stage = (this.stage = element("div", { class: "wb-explorer__stage" }));
    place.before(this.tools.root, stage);
    stage.append(place, this.panel);
    stage.after(this.said, legend());
    holder.classList.add("wb-explorer");
    this.canvas.addEventListener("click", (event) => this.click(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    addEventListener("popstate", () => this.restore());
    addEventListener("hashchange", () => this.restore());
    this.show(true);
  }

  private change(part: Partial<State>): void {
    this.state = { ...this.state, ...part };
    if (this.graph.find(this.state.focus) < 0) this.state = { ...this.state, focus: "", column: "", impact: false };
    history.pushState(null, "", written(this.state) || location.pathname + location.search);
    this.show(part.focus !== undefined || part.depth !== undefined || part.level !== undefined || part.direction !== undefined || part.impact !== undefined);
  }

  private restore(): void {
    const state = read(location.hash);
    if (written(state) === written(this.state)) return;
    this.state = state;
    this.show(true);
  }

  /** The focus as indexes: table -1 without one, column -1 without one. */
  private get place(): Place {
    const table = this.graph.find(this.state.focus);
    const names = this.graph.tables[table]?.columns ?? [];
    return { table, column: this.state.column ? names.findIndex(([name]) => name === this.state.column) : -1 };
  }

  private show(fit: boolean): void {
    const { graph, state, place } = this;
    const impact = state.impact && place.table >= 0 ? graph.impact(place.table, place.column) : null;
    const shown =
      place.table < 0
        ? new Set(graph.tables.keys())
        : graph.around(place.table, state.depth, state.direction);
    for (const table of impact?.tables.keys() ?? []) shown.add(table);
    const many = state.level === "column" && shown.size > MOST_WITH_COLUMNS;
    this.shownColumns = state.level === "column" && !many ? this.columnsOf(shown, place) : new Map();
    const arranged = arrange(graph.tables, graph.edges, shown, (table) => {
      const columns = this.shownColumns.get(table)?.length ?? 0;
      return heightOf(columns, columns > 0 && columns < (graph.tables[table]?.columns.length ?? 0));
    });
    const trace = this.trace(place, impact);
    const pieces = parts({
      graph,
      arranged,
      columns: this.shownColumns,
      focus: place.table,
      chosen: place.column < 0 ? null : place,
      trace,
    });
    this.ranks = arranged.ranks;
    this.canvas.classList.toggle("wb-graph--traced", trace !== null);
    this.tools.update(state);
    const hadFocus = this.canvas.contains(document.activeElement);
    this.fillPanel(place, impact);
    this.motion.show(pieces, arranged);
    if (fit) this.motion.fit(place.table < 0 ? READABLE : CLOSE);
    else this.motion.apply();
    if (place.table >= 0) this.motion.reveal(place.table);
    this.tell(shown.size, many, impact);
    this.stop = place.table < 0 ? "" : placeKey(place);
    if (hadFocus) this.focusStop(this.stop);
  }

  private columnsOf(shown: ReadonlySet<number>, focus: Place): Map<number, number[]> {
    const used = new Map<number, Set<number>>();
    for (const table of shown) used.set(table, new Set());
    for (const edge of this.graph.edges) {
      if (!shown.has(edge.s) || !shown.has(edge.t)) continue;
      for (const [s, t] of edge.columns) {
        if (s >= 0) used.get(edge.s)?.add(s);
        if (t >= 0) used.get(edge.t)?.add(t);
      }
    }
    const all = this.graph.tables[focus.table]?.columns.length ?? 0;
    for (let column = 0; column < all; column += 1) used.get(focus.table)?.add(column);
    return new Map(
      [...used].map(([table, columns]) => {
        const sorted = [...columns].sort((a, b) => a - b).slice(0, MOST_COLUMNS);
        const chosen = table === focus.table && focus.column >= MOST_COLUMNS ? [focus.column] : [];
        return [table, [...sorted, ...chosen]];
      }),
    );
  }

  /** What to highlight: what breaks, or where the chosen column comes from and goes to. */
  private trace(place: Place, impact: Impact | null): Trace | null {
    if (place.table < 0) return null;
    if (impact) {
      return {
        tables: new Set([place.table, ...impact.tables.keys()]),
        columns: new Set([...impact.columns.keys(), ...(place.column < 0 ? [] : [placeKey(place)])]),
        hit: new Set(impact.tables.keys()),
      };
    }
    if (place.column < 0) return null;
    const origins = this.graph.origins(place.table, place.column);
    const uses = this.graph.impact(place.table, place.column);
    const columns = new Set([placeKey(place), ...origins.keys(), ...uses.columns.keys()]);
    const tables = new Set([place.table, ...uses.rows]);
    for (const each of [...origins.values(), ...uses.columns.values()]) tables.add(each.table);
    return { tables, columns, hit: new Set() };
  }

  private fillPanel(place: Place, impact: Impact | null): void {
    this.panel.hidden = place.table < 0;
    this.stage.classList.toggle("wb-explorer__stage--two", !this.panel.hidden);
    this.panel.replaceChildren(
      ...panel(this.graph, place, impact, {
        focus: (id, column = "") => this.change(column ? { focus: id, column, level: "column" } : { focus: id, column: "" }),
        close: () => {
          this.change({ focus: "", column: "", impact: false });
          this.canvas.focus();
        },
      }),
    );
  }

  private tell(shown: number, many: boolean, impact: Impact | null): void {
    const parts = [count("lineage.shown", shown)];
    if (many) parts.push(say("lineage.level.many", { most: MOST_WITH_COLUMNS }));
    if (impact) parts.push(impactSentence(this.graph, impact));
    this.said.textContent = parts.join(" · ");
  }

  private zoomButtons(): HTMLElement {
    const button = (name: "plus" | "minus" | "fit", label: string, does: () => void) => {
      const made = element("button", { type: "button", class: "wb-button wb-button--icon", "aria-label": label, title: label }, icon(name));
      made.addEventListener("click", does);
      return made;
    };
    return element(
      "div",
      { class: "wb-explorer__zoom" },
      button("plus", say("lineage.zoom.in"), () => this.motion.zoomBy(1.3)),
      button("minus", say("lineage.zoom.out"), () => this.motion.zoomBy(1 / 1.3)),
      button("fit", say("lineage.zoom.fit"), () => this.motion.fit(0)),
    );
  }

  private click(event: MouseEvent): void {
    const target = (event.target as Element).closest<SVGElement>("[data-stop]");
    if (target) this.take(target.dataset["stop"] ?? "");
  }

  /** Focuses on the table or column of a stop. */
  private take(stop: string): void {
    const [table, column] = indexes(stop);
    const node = this.graph.tables[table];
    if (!node) return;
    this.change({ focus: node.id, column: node.columns[column]?.[0] ?? "" });
  }

  private focusStop(stop: string): void {
    const before = this.canvas.querySelector('[tabindex="0"]');
    before?.setAttribute("tabindex", "-1");
    const [table] = indexes(stop);
    if (table >= 0) this.motion.reveal(table);
    const found = stop ? this.canvas.querySelector<SVGElement>(`[data-stop="${stop}"]`) : null;
    if (!found) return this.canvas.focus();
    this.stop = stop;
    found.focus({ preventScroll: true });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const does: Record<string, () => void> = {
      "+": () => this.motion.zoomBy(1.3),
      "=": () => this.motion.zoomBy(1.3),
      "-": () => this.motion.zoomBy(1 / 1.3),
      "0": () => this.motion.fit(0),
      ArrowUp: () => this.step(-1),
      ArrowDown: () => this.step(1),
      ArrowLeft: () => this.across(true),
      ArrowRight: () => this.across(false),
      Home: () => this.focusStop(this.first()),
      Enter: () => this.take(this.stop),
      " ": () => this.take(this.stop),
      Escape: () => this.state.focus && this.change({ focus: "", column: "", impact: false }),
    };
    const act = does[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  private first(): string {
    const table = this.ranks[0]?.[0];
    return table === undefined ? "" : `${table}:-1`;
  }

  /** The next or previous table or column in the same rank. */
  private step(by: number): void {
    const [table] = indexes(this.stop);
    const rank = this.ranks.find((each) => each.includes(table));
    if (!rank) return this.focusStop(this.first());
    const stops = rank.flatMap((each) => [
      `${each}:-1`,
      ...(this.shownColumns.get(each) ?? []).map((column) => `${each}:${column}`),
    ]);
    const next = stops[stops.indexOf(this.stop) + by];
    if (next) this.focusStop(next);
  }

  /** The first neighbour shown on one side: of the column, if one has the focus. */
  private across(up: boolean): void {
    const [table, column] = indexes(this.stop);
    if (table < 0) return this.focusStop(this.first());
    const drawn = new Set(this.ranks.flat());
    for (const edge of up ? this.graph.into(table) : this.graph.outOf(table)) {
      const other = up ? edge.s : edge.t;
      if (!drawn.has(other)) continue;
      const pair = edge.columns.find(([s, t]) => column >= 0 && (up ? t : s) === column);
      const there = pair ? (up ? pair[0] : pair[1]) : -1;
      const known = this.shownColumns.get(other)?.includes(there);
      if (column >= 0 && !pair) continue;
      return this.focusStop(`${other}:${known ? there : -1}`);
    }
  }
}

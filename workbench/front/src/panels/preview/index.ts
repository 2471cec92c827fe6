/** Preview: RAW beside tidy, with the timeline of transforms between them. */
import { definePanel, type Client } from "../client.ts";
import { debounced, freshId, h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import { size } from "../texts.ts";
import { tabbed, textOf } from "./cells.ts";
import { copy, showCell, storyKind } from "./cell.ts";
import { ChecksView } from "./checks.ts";
import { COMPUTING, Grid, type Focused, type GridEvents } from "./grid.ts";
import { wordsOf } from "./header.ts";
import { linksTo, type Links } from "./lineage.ts";
import { Session, stopped, type Shown } from "./session.ts";
import { nameOf, TimelineView } from "./timeline.ts";
import { Tools, type Layout } from "./tools.ts";
import { rowsOf, type Detail, type Filter, type Statistics, type WindowOfRows } from "./types.ts";

type Side = "raw" | "tidy";

/** What outlives a change of language. */
interface Memory {
  step: number;
  last: boolean;
  layout: Layout;
  follow: boolean;
  whole: boolean;
  file: string | null;
  asked: boolean;
}

class PreviewPanel {
  private readonly memory: Memory;
  private readonly session: Session;
  private readonly timeline: TimelineView;
  private readonly checks: ChecksView;
  private readonly tools: Tools;
  private readonly grids: Record<Side, Grid>;
  private readonly captions: Record<Side, HTMLElement> = {
    raw: h("h3", { class: "wb-heading wb-pv-grid-title" }),
    tidy: h("h3", { class: "wb-heading wb-pv-grid-title" }),
  };
  private readonly said = h("div", { class: "wb-row wb-said" });
  private readonly notice = h("div", { hidden: true });
  private readonly split: HTMLElement;
  private readonly status = h("div", { class: "wb-pv-status" });
  private readonly styles = h("style", null);
  /** Where the grids put their own styles, so that nothing of the page around changes. */
  private readonly sheets = h("div", { hidden: true });
  private readonly content: HTMLElement;
  private readonly empty: HTMLElement;
  private filters: Record<Side, Filter[]> = { raw: [], tidy: [] };
  private failing: number | null = null;
  private links: Links = { sources: new Map(), targets: new Map() };
  private totals: Record<Side, number> = { raw: 0, tidy: 0 };
  private lit: { column: [Side, string] | null; row: number | null } = { column: null, row: null };
  private lastSide: Side = "tidy";

  constructor(
    private readonly root: HTMLElement,
    private readonly client: Client,
  ) {
    const { text } = client;
    this.memory = client.keep("preview", () => ({
      step: 0, last: true, layout: "both", follow: true, whole: true, file: null, asked: false,
    }));
    this.session = new Session(
      client,
      (shown) => this.show(shown),
      () => this.grids?.tidy.look(this.memory.last) ?? null,
    );
    this.session.whole = this.memory.whole;
    this.session.file = this.memory.file;
    this.timeline = new TimelineView(
      client,
      (number) => this.choose(number),
      (number) => this.detail(number),
    );
    this.checks = new ChecksView(
      client,
      (failing) => this.showFailing(failing),
      () => void this.session.checkEverything(),
    );
    this.grids = {
      raw: new Grid(client, text("preview.raw"), "raw", this.sheets, this.events("raw")),
      tidy: new Grid(client, text("preview.tidy"), "tidy", this.sheets, this.events("tidy")),
    };
    this.tools = new Tools(client, this.memory.layout, this.memory.follow, {
      layout: (layout) => this.layOut(layout),
      follow: (on) => (this.memory.follow = on),
      find: (words, backwards) => void this.find(words, backwards),
      go: (row) => void this.go(row),
      filters: (filters) => {
        this.filters[this.side()] = filters;
        this.draw();
      },
      columns: () => this.grids[this.side()].columns(),
    });
    this.split = h(
      "div",
      { class: "wb-pv-split" },
      h("div", { class: "wb-pv-side", "data-side": "raw" }, this.captions.raw, this.grids.raw.element),
      h("div", { class: "wb-pv-side", "data-side": "tidy" }, this.captions.tidy, this.grids.tidy.element),
    );
    this.content = h("div", { class: "wb-pv-preview", hidden: true }, this.timeline.element, this.checks.element, this.tools.element, this.split, this.status);
    this.empty = h("p", { class: "wb-soft" }, text("preview.choose"));
    put(root, this.sheets, this.styles, this.said, this.notice, this.empty, this.content);
    root.addEventListener("keydown", (event) => this.key(event));
    this.layOut(this.memory.layout);
    client.on("draft", () => {
      for (const grid of Object.values(this.grids)) grid.settle(COMPUTING);
      // a newer change gives the older one up, so that there is nothing to wait for
      void this.session.refresh();
    });
    client.on("received", () => void this.reopen());
    client.on("rule", (rule: { list?: string; index?: number; number?: number | null }) => this.showRule(rule));
    client.onTrait("dataset", () => {
      this.session.reset();
      Object.assign(this.memory, { last: true, file: null });
      this.failing = null;
      this.filters = { raw: [], tidy: [] };
      void this.reopen();
    });
    void this.reopen();
  }

  destroy(): void {
    this.grids.raw.destroy();
    this.grids.tidy.destroy();
  }

  // -- what is previewed ---------------------------------------------------------------------

  private async reopen(): Promise<void> {
    this.client.clearError();
    if (!this.client.get("dataset")) return this.show(null);
    try {
      await this.session.list();
    } catch (error) {
      this.show(null);
      return this.client.showError(error);
    }
    this.memory.file = this.session.file;
    await this.session.refresh();
  }

  private show(shown: Shown | null): void {
    this.content.hidden = !shown;
    this.empty.hidden = Boolean(shown || this.client.get("dataset"));
    this.said.hidden = this.notice.hidden = !shown;
    if (!shown) return;
    const { steps } = shown.view;
    const reached = stopped(shown.view) ? stopped(shown.view) - 1 : steps.length - 1;
    if (this.memory.last || this.memory.step >= steps.length) this.memory.step = reached;
    this.memory.step = Math.min(this.memory.step, steps.length - 1);
    this.draw();
  }

  private draw(): void {
    const { shown } = this.session;
    if (!shown) return;
    const { client } = this;
    const { steps, input } = shown.view;
    const number = this.memory.step;
    const fault = stopped(shown.view);
    const step = steps[number];
    if (!step) return;
    this.content.dataset["revision"] = shown.revision;
    this.content.dataset["checked"] = shown.checks ? shown.revision : "";
    this.links = linksTo(steps, fault && number >= fault ? fault - 1 : number);
    this.drawSaid(shown);
    this.drawNotice(shown);
    this.timeline.show(steps, number);
    const last = number === steps.length - 1 && !fault;
    this.checks.show(shown.checks, this.failing);
    const failing = last && shown.checks ? this.failing : null;
    const checks = last ? (shown.checks?.checks ?? []) : [];
    const gone = new Set([...this.links.targets.entries()].filter(([, targets]) => targets.size > 0).map(([name]) => name));
    const { text } = client;
    this.grids.raw.show({
      revision: shown.revision, key: steps[0]!.key, step: 0, raw: true, columns: input.columns, rows: input.rows, checks: [],
      filters: this.filters.raw, failing: null,
      mark: (column) => (gone.has(column) ? null : { sign: "−", kind: "minus", words: text("preview.mark.gone") }),
    });
    const shownStep = fault && number >= fault ? steps[fault - 1]! : step;
    const { changes } = shownStep;
    const mark = (column: string): { sign: string; kind: string; words: string } | null => {
      const renamed = changes.renamed.find((each) => each.after === column);
      const retyped = changes.retyped.find((each) => each.name === column);
      if (changes.added.includes(column)) return { sign: "+", kind: "plus", words: text("preview.mark.added") };
      if (renamed) return { sign: "→", kind: "change", words: text("preview.mark.renamed", { name: renamed.before }) };
      if (retyped) return { sign: "T", kind: "change", words: text("preview.mark.retyped", { type: retyped.before }) };
      if (changes.changed.includes(column)) return { sign: "≠", kind: "change", words: text("preview.mark.changed") };
      return null;
    };
    this.grids.tidy.show({
      revision: shown.revision, key: shownStep.key, step: shownStep.number, raw: false, columns: shownStep.columns, rows: shownStep.rows ?? 0,
      checks, filters: this.filters.tidy, failing, mark,
      ahead: shown.rows && shown.look ? { look: shown.look, rows: shown.rows } : null,
    });
    if (!this.filters.raw.length) this.totals.raw = input.rows;
    if (!this.filters.tidy.length && failing === null) this.totals.tidy = shownStep.rows ?? 0;
    this.drawCaptions();
  }

  private drawSaid(shown: Shown): void {
    const { client } = this;
    const { text } = client;
    const { input } = shown.view;
    const id = freshId("file");
    const files = this.session.files;
    const select = h(
      "select",
      {
        id,
        class: "wb-select",
        onchange: () => {
          this.session.file = select.value || null;
          this.memory.file = this.session.file;
          void this.session.refresh();
        },
      },
      files.map((file) =>
        h(
          "option",
          { value: file.sha256 ?? file.name },
          `${file.name} · ${size(file.size, client.language)}${file.received ? ` · ${text("preview.file.received")}` : ""}`,
        ),
      ),
    );
    select.value = this.session.file ?? files.find((file) => file.name === input.file)?.sha256 ?? input.file;
    const scope =
      input.scope === "whole"
        ? text("preview.scope.whole", { count: input.rows })
        : input.whole_rows === null
          ? text("preview.scope.head", { count: input.rows })
          : text("preview.scope.sample", { count: input.rows, all: input.whole_rows });
    const focused = this.said.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset["scope"] : undefined;
    const choice = (whole: boolean): HTMLElement =>
      h(
        "button",
        {
          type: "button",
          class: "wb-button",
          "aria-pressed": String(this.session.whole === whole),
          "data-scope": String(whole),
          onclick: () => {
            this.session.whole = this.memory.whole = whole;
            void this.session.refresh();
          },
        },
        text(whole ? "preview.whole" : "preview.sample"),
      );
    put(
      this.said,
      files.length > 0 && h("label", { class: "wb-picker", for: id }, text("preview.file"), select),
      h("div", { class: "wb-pv-segments", role: "group", "aria-label": text("preview.scope") }, choice(false), choice(true)),
      h("span", { class: `wb-pv-scope wb-pv-scope--${input.scope}` }, icon(input.scope === "whole" ? "check" : "info"), scope),
      shown.waiting && h("span", { class: "wb-soft" }, text("preview.waiting")),
    );
    if (focused !== undefined) this.said.querySelector<HTMLElement>(`[data-scope=${focused}]`)?.focus();
  }

  private drawNotice(shown: Shown): void {
    const { text } = this.client;
    const { view } = shown;
    const lines: string[] = [];
    if (shown.faulty) lines.push(text("preview.faulty"));
    if (view.fault) lines.push(`${view.fault.message}${view.fault.remedy ? ` → ${view.fault.remedy}` : ""}`);
    const unparseable = view.input.ledger?.unparseable ?? 0;
    if (unparseable) lines.push(text("preview.unparseable", { count: unparseable }));
    lines.push(...view.input.warnings.slice(0, 3));
    this.notice.hidden = lines.length === 0;
    put(this.notice, lines.map((line) => h("div", { class: "wb-notice" }, icon("warning"), h("span", null, line))));
  }

  private drawCaptions(): void {
    const { shown } = this.session;
    if (!shown) return;
    const { text } = this.client;
    const step = shown.view.steps[this.memory.step];
    const fault = stopped(shown.view);
    const at = step && fault && step.number >= fault ? shown.view.steps[fault - 1] : step;
    put(this.captions.raw, text("preview.raw.rows", { count: this.totals.raw }));
    put(this.captions.tidy, at && text("preview.tidy.rows", { step: nameOf(at, text), count: this.totals.tidy }));
  }

  // -- what people do ------------------------------------------------------------------------

  private choose(number: number): void {
    const steps = this.session.shown?.view.steps ?? [];
    this.memory.step = number;
    this.memory.last = number === steps.length - 1;
    this.draw();
    const step = steps[number];
    if (step) {
      const rows = step.rows === null ? this.client.text("preview.step.none") : this.client.text("preview.rows", { count: step.rows });
      this.client.announce(`${nameOf(step, this.client.text)}: ${rows}`);
    }
  }

  /** The rule that is opened in the Rules panel: its step, or the rows that fail it. */
  private showRule({ list, index, number }: { list?: string; index?: number; number?: number | null }): void {
    const { shown } = this.session;
    if (!shown) return;
    if (list === "transforms" && typeof index === "number" && shown.view.steps[index + 1]) {
      this.failing = null;
      this.choose(index + 1);
    } else if (list === "expectations" && typeof number === "number") {
      const check = shown.checks?.checks.find((each) => each.number === number);
      // a rule that nothing fails narrows nothing: all rows stay
      this.showFailing(check?.failing && check.rowwise ? number : null, true);
    }
  }

  private showFailing(failing: number | null, quiet = false): void {
    this.failing = failing;
    const steps = this.session.shown?.view.steps ?? [];
    if (failing !== null) {
      this.memory.step = steps.length - 1;
      this.memory.last = true;
    }
    this.draw();
    if (!quiet) this.client.announce(this.client.text(failing === null ? "preview.checks.all" : "preview.checks.narrowed"));
  }

  private layOut(layout: Layout): void {
    this.memory.layout = layout;
    this.split.dataset["layout"] = layout;
  }

  /** The grid that find, go to and filters are about: the one with the focus last, if it is shown. */
  private side(): Side {
    const { layout } = this.memory;
    return layout === "both" ? this.lastSide : layout === "received" ? "raw" : "tidy";
  }

  private async find(words: string, backwards: boolean): Promise<void> {
    const grid = this.grids[this.side()];
    const after = grid.current()?.index ?? -1;
    try {
      const found = await this.client.call<[number, string] | null>("find", { view: grid.question(), text: words, after, backwards });
      if (!found) return this.client.announce(this.say(this.client.text("preview.find.none", { text: words })));
      grid.reveal(found[0], found[1], false);
      grid.reveal(found[0], found[1], true);
      this.client.announce(this.say(this.client.text("preview.find.at", { row: found[0] + 1, column: found[1] })));
    } catch (error) {
      this.client.showError(error);
    }
  }

  private async go(row: number): Promise<void> {
    const grid = this.grids[this.side()];
    const place = await this.locate(grid, row);
    if (place === null) return this.client.announce(this.say(this.client.text("preview.go.none", { row })));
    grid.reveal(place, undefined, true);
  }

  private async locate(grid: Grid, row: number): Promise<number | null> {
    try {
      return await this.client.call<number | null>("locate", { view: grid.question(), row });
    } catch (error) {
      this.client.showError(error);
      return null;
    }
  }

  private say(words: string): string {
    put(this.status, words);
    return words;
  }

  private detail(number: number): Promise<Detail | undefined> {
    const { shown } = this.session;
    if (!shown) return Promise.resolve(undefined);
    return this.client.busy(this.client.text("shared.loading"), ({ signal }) =>
      this.client.call<Detail>("detail", { revision: shown.revision, step: number }, { signal }),
    );
  }

  private key(event: KeyboardEvent): void {
    const mod = event.ctrlKey || event.metaKey;
    const inGrid = (event.target as Element).closest?.(".wb-pv-grid");
    if (mod && event.key.toLowerCase() === "f") {
      event.preventDefault();
      event.stopPropagation();
      this.tools.focusFind();
    } else if (mod && event.key.toLowerCase() === "c" && inGrid) {
      const focused = this.grids[this.side()].current();
      if (!focused) return;
      event.preventDefault();
      const columns = this.grids[this.side()].columns();
      const index = columns.findIndex((column) => column.name === focused.column?.name);
      // the first column stands for the whole row
      void copy(index < 0 ? tabbed([focused.row], columns, true) : textOf(focused.row.cells[index]), this.client);
    }
  }

  // -- rows and columns that belong together --------------------------------------------------

  private events(side: Side): GridEvents {
    const other: Side = side === "raw" ? "tidy" : "raw";
    const follow = debounced(120, (row: number) => void this.followRow(other, row));
    return {
      focus: (focused) => {
        this.lastSide = side;
        this.light([side, focused.column?.name ?? ""], focused.row.row);
        this.say(this.wordsOf(focused));
        if (this.memory.follow && this.memory.layout === "both" && focused.row.row !== null) follow(focused.row.row);
      },
      enter: (focused) => void this.story(side, focused),
      column: (column) => this.light(column === null ? null : [side, column], this.lit.row),
      row: (row) => this.light(this.lit.column, row),
      total: (rows) => {
        this.totals[side] = rows;
        this.drawCaptions();
      },
    };
  }

  private wordsOf({ row, column }: Focused): string {
    const { text } = this.client;
    const parts = [row.row === null ? text("preview.row.unknown") : text("preview.row.at", { row: row.row })];
    if (column) parts.push(`${column.name} (${column.type})`);
    if (row.source) parts.push(row.source);
    return parts.join(" · ");
  }

  private async followRow(other: Side, row: number): Promise<void> {
    const grid = this.grids[other];
    const place = await this.locate(grid, row);
    if (place === null) {
      if (other === "tidy") this.say(this.client.text("preview.row.gone", { row }));
      return;
    }
    grid.reveal(place);
    setTimeout(() => this.light(this.lit.column, this.lit.row), 80);
  }

  /** Lights up the row of the file on both sides, and the columns that belong to one. */
  private light(column: [Side, string] | null, row: number | null): void {
    this.lit = { column, row };
    const rules: string[] = [];
    if (row !== null) {
      for (const side of ["raw", "tidy"] as const) {
        for (const place of this.grids[side].placesOf(row)) {
          rules.push(`.wb-pv-grid--${side} .ag-row[row-index="${place}"]{background-color:var(--wb-row-lit)}`);
        }
      }
    }
    const [side, name] = column ?? ["tidy", ""];
    if (name) {
      const belonging = side === "raw" ? this.links.targets.get(name) : this.links.sources.get(name);
      const other: Side = side === "raw" ? "tidy" : "raw";
      const marks: [Side, string[]][] = [
        [other, this.grids[other].colIds(belonging ?? [])],
        [side, this.grids[side].colIds([name])],
      ];
      for (const [each, ids] of marks) {
        for (const id of ids) rules.push(`.wb-pv-grid--${each} [col-id="${id}"]{box-shadow:inset 2px 0 var(--wb-brand),inset -2px 0 var(--wb-brand)}`);
      }
    }
    this.timeline.trace(side === "tidy" && name ? name : null);
    // places and numbers only: nothing of the data stands in this style
    this.styles.textContent = rules.map((rule) => `.wb-panel ${rule}`).join("\n");
  }

  private async story(side: Side, { row, column }: Focused): Promise<void> {
    const { shown } = this.session;
    if (!column || !shown) return;
    const grid = this.grids[side];
    const { value, kind } = storyKind(row, grid.columns(), column, side === "raw");
    const step = side === "raw" ? 0 : Math.min(this.memory.step, stopped(shown.view) ? stopped(shown.view) - 1 : Infinity);
    const received = shown.view.input.columns;
    const sources = side === "tidy" ? [...(this.links.sources.get(column.name) ?? [])] : [];
    const [found, origins] = await Promise.all([
      this.client
        .call<Statistics>("statistics", { revision: shown.revision, column: column.name, step, raw: side === "raw" })
        .catch(() => null),
      row.row === null || sources.length === 0 || sources.length > 40 ? [] : this.origins(row.row, sources),
    ]);
    const checks = shown.checks?.checks ?? [];
    const fails = row.failing.flatMap((number) => {
      const check = checks.find((each) => each.number === number);
      return check && (check.columns.includes(column.name) || !check.columns.length) ? [check] : [];
    });
    await showCell(
      {
        column, row, raw: side === "raw", value, kind, fails,
        origins: origins.filter((each) => received.some((one) => one.name === each.column)),
        statistics: found ? wordsOf(found, this.client) : "",
      },
      this.client,
      this.root,
    );
  }

  private async origins(row: number, sources: string[]): Promise<{ column: string; value: any; kind: any }[]> {
    const { shown } = this.session;
    if (!shown) return [];
    const view = { revision: shown.revision, step: 0, raw: true };
    try {
      const place = await this.client.call<number | null>("locate", { view, row });
      if (place === null) return [];
      const window = await this.client.call<WindowOfRows>("window", { view, offset: place, limit: 1 });
      const [found] = rowsOf(window);
      const columns = shown.view.input.columns;
      return found
        ? sources.flatMap((name) => {
            const column = columns.find((each) => each.name === name);
            return column ? [{ column: name, ...storyKind(found, columns, column, true) }] : [];
          })
        : [];
    } catch {
      return []; // the cell is shown without them
    }
  }
}

export default definePanel(
  (root, client) => {
    const panel = new PreviewPanel(root, client);
    return () => panel.destroy();
  },
  { datasets: true },
);

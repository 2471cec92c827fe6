/** A grid over rows that stay in the kernel: only the windows that are looked at come over. */
import {
  CellApiModule,
  CellStyleModule,
  ColumnApiModule,
  createGrid,
  EventApiModule,
  InfiniteRowModelModule,
  ModuleRegistry,
  RenderApiModule,
  RowApiModule,
  ScrollApiModule,
  themeQuartz,
  type CellFocusedEvent,
  type ColDef,
  type GridApi,
  type ICellRendererParams,
  type IDatasource,
} from "ag-grid-community";
import type { Client } from "../client.ts";
import { h } from "../dom.ts";
import { icon } from "../icons.ts";
import { CallError } from "../transport.ts";
import { isNumeric, kindOf, pieces, textOf } from "./cells.ts";
import { ColumnHeader, type HeaderContext } from "./header.ts";
import { rowsOf, type Check, type Column, type Filter, type Look, type Row, type Sort, type Statistics, type WindowOfRows } from "./types.ts";

ModuleRegistry.registerModules([
  InfiniteRowModelModule,
  CellApiModule,
  CellStyleModule,
  ColumnApiModule,
  EventApiModule,
  RenderApiModule,
  RowApiModule,
  ScrollApiModule,
]);

const theme = themeQuartz.withParams({
  accentColor: "var(--wb-brand)",
  backgroundColor: "var(--wb-ground)",
  borderColor: "var(--wb-line-soft)",
  browserColorScheme: "inherit",
  cellHorizontalPadding: 8,
  cellTextColor: "var(--wb-text)",
  columnBorder: true,
  fontFamily: "inherit",
  fontSize: 12,
  foregroundColor: "var(--wb-text)",
  headerBackgroundColor: "var(--wb-ground-soft)",
  headerHeight: 68,
  headerTextColor: "var(--wb-text)",
  oddRowBackgroundColor: "var(--wb-ground)",
  rowHeight: 26,
  rowHoverColor: "transparent",
  spacing: 4,
  wrapperBorderRadius: 2,
});

/** How many headers may ask for statistics at once, and after how long (ms): rows come first. */
const ASKING = 2;
const SETTLING = 600;
/** At most how long they wait (ms) for rows that are being computed. */
export const COMPUTING = 5000;
/** Rows of a block. */
const BLOCK = 100;
/** Statistics that are remembered. */
const KNOWN = 2000;

export interface GridView {
  revision: string;
  /** The same key means the same rows, whatever the checks say of them. */
  key: string;
  step: number;
  raw: boolean;
  columns: Column[];
  rows: number;
  checks: readonly Check[];
  filters: readonly Filter[];
  failing: number | null;
  mark: (column: string) => { sign: string; kind: string; words: string } | null;
  /** Rows that have come already, and what they were asked with. */
  ahead?: { look: Look; rows: WindowOfRows } | null;
}

export interface Focused {
  row: Row;
  index: number;
  column: Column | null;
}

export interface GridEvents {
  focus: (focused: Focused) => void;
  enter: (focused: Focused) => void;
  /** The pointer or the focus is on a column; null: it left. */
  column: (column: string | null) => void;
  row: (row: number | null) => void;
  total: (rows: number) => void;
}

export class Grid {
  readonly element: HTMLElement;
  private readonly host = h("div", { class: "wb-pv-grid-host" });
  private readonly api: GridApi<Row>;
  private readonly headers = new Set<ColumnHeader>();
  private readonly waiting: (() => void)[] = [];
  private asking = 0;
  private view: GridView | null = null;
  private shape = "";
  private sort: Sort[] = [];
  private focused: Focused | null = null;
  private expected: { index: number; colId: string } | null = null;
  private readonly known = new Map<string, Promise<Statistics | null>>();
  private settled = 0;

  constructor(
    private readonly client: Client,
    label: string,
    name: string,
    styles: HTMLElement,
    private readonly events: GridEvents,
  ) {
    this.element = h("div", { class: `wb-pv-grid wb-pv-grid--${name}` }, this.host);
    const context: HeaderContext = {
      client,
      headers: this.headers,
      column: (colId) => this.columnOf(colId),
      mark: (colId) => {
        const column = this.columnOf(colId);
        return column ? (this.view?.mark(column.name) ?? null) : null;
      },
      statistics: (colId) => this.statistics(colId),
    };
    this.api = createGrid<Row>(this.host, {
      theme,
      themeStyleContainer: styles,
      rowModelType: "infinite",
      context,
      columnDefs: [],
      defaultColDef: {
        sortable: true,
        resizable: true,
        minWidth: 70,
        width: 140,
        sortingOrder: ["asc", "desc", null],
        headerComponentParams: { innerHeaderComponent: ColumnHeader },
      },
      cacheBlockSize: BLOCK,
      maxBlocksInCache: 30,
      maxConcurrentDatasourceRequests: 2,
      blockLoadDebounceMillis: 20,
      infiniteInitialRowCount: 1,
      animateRows: false,
      suppressColumnVirtualisation: false,
      suppressMovableColumns: true,
      suppressCellFocus: false,
      enableCellTextSelection: false,
      ariaLabel: label,
      suppressNoRowsOverlay: true,
      onCellFocused: (event) => this.onFocus(event),
      onCellMouseOver: (event) => {
        this.events.row(event.data?.row ?? null);
        this.events.column(this.columnOf(event.column.getColId())?.name ?? null);
      },
      onCellDoubleClicked: () => this.focused && this.events.enter(this.focused),
      onCellKeyDown: (event) => {
        const key = event.event as KeyboardEvent | null;
        if (key?.key === "Enter" && this.focused) {
          key.preventDefault();
          this.events.enter(this.focused);
        }
      },
      onSortChanged: () => {
        this.sort = this.sortNow();
        this.client.announce(this.sortWords());
      },
      onHeaderFocused: (event) => {
        const colId = "getColId" in event.column ? event.column.getColId() : "";
        this.events.column(this.columnOf(colId)?.name ?? null);
      },
    } as Parameters<typeof createGrid<Row>>[1]);
    this.element.addEventListener("mouseleave", () => {
      this.events.column(this.focused?.column?.name ?? null);
      this.events.row(this.focused?.row.row ?? null);
    });
    this.element.addEventListener("mouseover", (event) => {
      const head = (event.target as Element).closest?.(".ag-header-cell");
      if (head) this.events.column(this.columnOf(head.getAttribute("col-id") ?? "")?.name ?? null);
    });
  }

  /** Shows other rows; what is on the screen stays until the new rows are there. */
  show(view: GridView): void {
    const before = this.view;
    this.view = view;
    const shape = JSON.stringify([view.step, view.raw, view.columns.map((column) => [column.name, column.type])]);
    const reshaped = shape !== this.shape;
    const moved = !before || before.key !== view.key || before.step !== view.step;
    const judged = !view.raw && before?.revision !== view.revision;
    if (reshaped) {
      this.shape = shape;
      this.sort = this.sort.filter((each) => view.columns.some((column) => column.name === each.column));
      this.api.setGridOption("columnDefs", this.definitions(view));
    }
    this.settle();
    if (!before) this.api.setGridOption("datasource", this.datasource());
    else if (moved || judged || before.failing !== view.failing || before.filters !== view.filters) {
      if (reshaped || before.step !== view.step) this.api.setGridOption("datasource", this.datasource());
      else {
        this.api.setRowCount(this.isNarrowed() ? this.api.getDisplayedRowCount() : view.rows, true);
        this.api.refreshInfiniteCache();
        this.showAhead(view);
      }
    } else if (before.checks !== view.checks) this.api.refreshCells({ force: true });
    if (!reshaped) for (const header of this.headers) header.load();
  }

  /** Rows that have come already are shown at once: the cache waits a little with what it loads. */
  private showAhead(view: GridView): void {
    const from = view.ahead?.rows.offset ?? 0;
    const rows = rowsAhead(view, this.sort, from, from + (view.ahead?.rows.cells.length ?? 0));
    if (!rows) return;
    rows.forEach((row, index) => this.api.getDisplayedRowAtIndex(from + index)?.setData(row));
    this.arrive(from, from + rows.length);
    this.seen(view, view.ahead!.rows.total);
  }

  private seen(view: GridView, total: number): void {
    this.element.dataset["shown"] = view.revision;
    this.events.total(total);
  }

  /** What every question about these rows is asked with. */
  question(): object {
    const { revision, step, raw, filters, failing } = this.view!;
    return { revision, step, raw, sort: this.sort, filters, failing: raw ? null : failing };
  }

  /** The blocks on screen, as they will be asked for when the draft has changed. */
  look(last: boolean): Look | null {
    const { view } = this;
    if (!view) return null;
    const [from, to] = [this.api.getFirstDisplayedRowIndex(), this.api.getLastDisplayedRowIndex()];
    const offset = Math.floor(Math.max(0, from) / BLOCK) * BLOCK;
    const { step, filters, failing } = view;
    const limit = Math.floor(Math.max(0, to) / BLOCK) * BLOCK + BLOCK - offset;
    return { step: last ? -1 : step, sort: this.sortNow(), filters, failing, offset, limit };
  }

  /** Headers wait with their questions for `time` ms: the rows are about to change. */
  settle(time = SETTLING): void {
    this.settled = performance.now() + time;
  }

  current(): Focused | null {
    return this.focused;
  }

  columns(): readonly Column[] {
    return this.view?.columns ?? [];
  }

  /** Scrolls to a row, and focuses a cell of it if asked. */
  reveal(index: number, column?: string, focus = false): void {
    this.api.ensureIndexVisible(index, "middle");
    const place = this.columns().findIndex((each) => each.name === column);
    const colId = place >= 0 ? `c${place}` : "row";
    if (place >= 0) this.api.ensureColumnVisible(colId);
    if (focus) this.api.setFocusedCell(index, colId);
  }

  /** Places (from 0) of the rows on screen that descend from a row of the file. */
  placesOf(row: number): number[] {
    return this.api
      .getRenderedNodes()
      .filter((node) => node.data?.row === row)
      .map((node) => node.rowIndex ?? -1);
  }

  /** The colId of columns by name, for marking them. */
  colIds(names: Iterable<string>): string[] {
    const wanted = new Set(names);
    return this.columns().flatMap((column, index) => (wanted.has(column.name) ? [`c${index}`] : []));
  }

  destroy(): void {
    this.api.destroy();
  }

  private isNarrowed(): boolean {
    return Boolean(this.view && (this.view.filters.length || (this.view.failing !== null && !this.view.raw)));
  }

  private definitions(view: GridView): ColDef<Row>[] {
    const sorted = new Map(this.sort.map((each) => [each.column, each.descending ? "desc" : "asc"] as const));
    return [
      {
        colId: "row",
        headerName: this.client.text("preview.row"),
        headerComponentParams: {},
        width: 76,
        pinned: "left",
        sortable: false,
        cellClass: "wb-pv-cell-row",
        valueGetter: (params) => params.data?.row ?? "",
      },
      ...view.columns.map((column, index): ColDef<Row> => {
        const numeric = isNumeric(column) && !view.raw;
        return {
          colId: `c${index}`,
          headerName: column.name,
          width: Math.min(300, Math.max(156, 46 + 7.4 * Math.max(column.name.length, 12))),
          sort: sorted.get(column.name) ?? null,
          headerClass: numeric ? "wb-pv-column-numeric" : "",
          cellClass: numeric ? "wb-pv-cell-number" : "",
          valueGetter: (params) => textOf(params.data?.cells[index]),
          cellRenderer: (params: ICellRendererParams<Row>) => this.cell(params, index),
        };
      }),
    ];
  }

  private cell(params: ICellRendererParams<Row>, index: number): HTMLElement {
    const { data } = params;
    const view = this.view;
    if (!data || !view) return h("span", { class: "wb-soft" }, "…");
    const { text } = this.client;
    const value = data.cells[index];
    const marked = data.marked.includes(index);
    const kind = kindOf(value, view.raw, marked);
    const column = view.columns[index];
    const fails = view.raw || !column ? [] : this.failing(data, column.name);
    const words = fails.map((check) => check.words).join("; ");
    const shown =
      kind === "missing" || kind === "null" || kind === "empty"
        ? h("span", { class: `wb-pv-void wb-pv-void--${kind}` }, text(`preview.cell.${kind}`))
        : h(
            "span",
            null,
            pieces(textOf(value), 200).map((piece) =>
              piece.sign ? h("span", { class: "wb-pv-sign", title: piece.sign }, piece.text) : piece.text,
            ),
            marked && h("span", { class: "wb-pv-void wb-pv-void--marker" }, ` ${text("preview.cell.marker")}`),
          );
    if (!fails.length) return shown;
    return h(
      "span",
      { class: "wb-pv-fails", title: words },
      icon("warning"),
      h("span", { class: "wb-hidden" }, ` ${text("preview.cell.fails", { words })} `),
      shown,
    );
  }

  private failing(row: Row, column: string): Check[] {
    return row.failing.flatMap((number) => {
      const check = this.view?.checks.find((each) => each.number === number);
      return check && (check.columns.includes(column) || check.columns.length === 0) ? [check] : [];
    });
  }

  private datasource(): IDatasource {
    return {
      getRows: (params) => {
        const view = this.view;
        if (!view) return params.failCallback();
        this.sort = this.sortNow();
        const arrived = (rows: Row[], total: number): void => {
          params.successCallback(rows, total);
          this.arrive(params.startRow, params.endRow);
          if (!isSameQuestion(view, this.view)) return;
          this.seen(view, total);
        };
        const here = rowsAhead(view, this.sort, params.startRow, params.endRow);
        if (here) return arrived(here, view.ahead!.rows.total);
        this.client
          .call<WindowOfRows>("window", {
            view: this.question(),
            offset: params.startRow,
            limit: params.endRow - params.startRow,
          })
          .then((found) => arrived(rowsOf(found), found.total))
          .catch((error: unknown) => {
            params.failCallback();
            if (isSameQuestion(view, this.view) && !(error instanceof CallError && error.cancelled)) this.client.showError(error);
          });
      },
    };
  }

  private sortNow(): Sort[] {
    return this.api
      .getColumnState()
      .filter((state) => state.sort)
      .sort((one, other) => (one.sortIndex ?? 0) - (other.sortIndex ?? 0))
      .flatMap((state) => {
        const column = this.columnOf(state.colId);
        return column ? [{ column: column.name, descending: state.sort === "desc" }] : [];
      });
  }

  private sortWords(): string {
    const [first] = this.sort;
    if (!first) return this.client.text("preview.sorted.none");
    return this.client.text(first.descending ? "preview.sorted.down" : "preview.sorted.up", { column: first.column });
  }

  private onFocus(event: CellFocusedEvent<Row>): void {
    if (event.rowIndex === null || !event.column || typeof event.column === "string") return;
    this.focusOn(event.rowIndex, event.column.getColId());
  }

  private focusOn(index: number, colId: string): void {
    const row = this.api.getDisplayedRowAtIndex(index)?.data;
    // a row that has not come yet is told about when it has
    this.expected = row ? null : { index, colId };
    if (!row) return;
    this.focused = { row, index, column: this.columnOf(colId) ?? null };
    this.events.focus(this.focused);
  }

  private arrive(from: number, to: number): void {
    const { expected, focused } = this;
    if (expected && expected.index >= from && expected.index < to) return this.focusOn(expected.index, expected.colId);
    // the row under the focus may be another one now
    if (focused && focused.index >= from && focused.index < to) {
      const row = this.api.getDisplayedRowAtIndex(focused.index)?.data;
      if (row) this.focused = { ...focused, row };
    }
  }

  private columnOf(colId: string): Column | undefined {
    return colId.startsWith("c") ? this.view?.columns[Number(colId.slice(1))] : undefined;
  }

  /** Asked once for the same rows; a few at a time, when the rows themselves have come. */
  private statistics(colId: string): Promise<Statistics | null> {
    const { view } = this;
    const column = this.columnOf(colId);
    if (!view || !column) return Promise.resolve(null);
    const place = JSON.stringify([view.key, view.raw, column.name]);
    const known = this.known.get(place);
    if (known) return known;
    const asked = this.turn(async () => {
      for (let wait = 1; wait > 0; ) {
        wait = this.settled - performance.now();
        if (wait > 0) await new Promise((done) => setTimeout(done, wait));
      }
      // rows that are not on show any more: another header will ask for the new ones
      if (this.view?.key !== view.key) throw new Error("moot");
      return await this.client.call<Statistics>("statistics", {
        revision: this.view.revision,
        column: column.name,
        step: view.step,
        raw: view.raw,
      });
    }).catch(() => {
      this.known.delete(place); // the header shows name and type; rows tell what is wrong
      return null;
    });
    if (this.known.size > KNOWN) this.known.clear();
    this.known.set(place, asked);
    return asked;
  }

  private async turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.asking >= ASKING) await new Promise<void>((next) => this.waiting.push(next));
    this.asking++;
    try {
      return await work();
    } finally {
      this.asking--;
      this.waiting.shift()?.();
    }
  }
}

/** The rows of a block, if they came with the timeline. */
function rowsAhead(view: GridView, sort: readonly Sort[], from: number, to: number): Row[] | null {
  if (!view.ahead) return null;
  const { look, rows } = view.ahead;
  const end = rows.offset + rows.cells.length;
  const isThere = rows.offset <= from && (to <= end || (end === rows.total && from <= end));
  const isSame =
    rows.step === view.step &&
    look.failing === view.failing &&
    JSON.stringify([look.sort, look.filters]) === JSON.stringify([sort, view.filters]);
  return isThere && isSame ? rowsOf(rows).slice(from - rows.offset, to - rows.offset) : null;
}

/** Whether rows that were asked for one view are those of another. */
function isSameQuestion(one: GridView, other: GridView | null): boolean {
  return (
    other !== null &&
    one.revision === other.revision &&
    one.step === other.step &&
    one.raw === other.raw &&
    one.filters === other.filters &&
    one.failing === other.failing
  );
}

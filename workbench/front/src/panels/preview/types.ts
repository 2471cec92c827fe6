/** What the kernel side answers with; see `workbench/steps/preview/model.py`. */

export type Scope = "sample" | "whole";
export type Cell = string | number | boolean | null | readonly unknown[] | Record<string, unknown>;

export interface Column {
  name: string;
  type: string;
  original?: string | null;
  description?: string;
}

export interface Fault {
  message: string;
  where?: string | null;
  remedy?: string | null;
}

export interface Changes {
  added: string[];
  removed: string[];
  renamed: { before: string; after: string }[];
  retyped: { name: string; before: string; after: string }[];
  changed: string[];
}

export interface Ledger {
  rows_in: number;
  rows_out: number;
  expanded: number;
  filtered: number;
  deduplicated: number;
  collapsed: number;
  quarantined: number;
}

export interface Step {
  number: number;
  /** The same key means the same rows. */
  key: string;
  name: string;
  summary: string;
  enabled: boolean;
  rows: number | null;
  columns: Column[];
  changes: Changes;
  origins: { column: string; source: string; kind: string }[];
  ledger: Ledger | null;
  reasons: [string, number][];
  fault: Fault | null;
}

export interface Timeline {
  dataset: string;
  key: string;
  scope: Scope;
  input: {
    file: string;
    size: number;
    scope: Scope;
    rows: number;
    whole_rows: number | null;
    columns: Column[];
    ledger: { records: number; unparseable: number; notes: Record<string, number> } | null;
    warnings: string[];
  };
  steps: Step[];
  columns: Column[];
  fault: Fault | null;
  seconds: number;
}

/** Rows that a grid will ask for as soon as a preview is open; step -1: the last one. */
export interface Look {
  step: number;
  sort: Sort[];
  filters: readonly Filter[];
  failing: number | null;
  offset: number;
  limit: number;
}

export interface Opened {
  revision: string;
  view: Timeline;
  checks: Checks | null;
  faulty: boolean;
  /** The rows of the look that was given, if they can be shown. */
  rows?: WindowOfRows | null;
  look?: Look | null;
}

export interface Check {
  number: number;
  name: string;
  severity: "stop" | "quarantine" | "warn";
  success: boolean | null;
  failing: number | null;
  looked: number | null;
  columns: string[];
  words: string;
  rowwise: boolean;
  observed: string | null;
  error: string | null;
}

export interface Checks {
  checks: Check[];
  rows: number;
  failing_rows: number;
  scope: Scope;
}

export interface WindowOfRows {
  step: number;
  offset: number;
  total: number;
  positions: number[];
  rows: (number | null)[];
  sources: (string | null)[];
  cells: Cell[][];
  failing: number[][];
  marked: number[][];
}

export interface Row {
  position: number;
  row: number | null;
  source: string | null;
  cells: Cell[];
  failing: number[];
  marked: number[];
}

export interface Statistics {
  column: string;
  type: string;
  rows: number;
  null: number;
  blank_in_file: number | null;
  markers: [string, number][];
  became_null: number | null;
  empty: number;
  blank: number;
  invisible: number;
  distinct: number | null;
  minimum: string | null;
  maximum: string | null;
  mean: number | null;
  top: [string, number][];
  histogram: [number, number, number][];
}

export interface FileChoice {
  name: string;
  size: number;
  modified: string;
  received: boolean;
  sha256: string | null;
}

export interface Sort {
  column: string;
  descending: boolean;
}

export interface Filter {
  column: string;
  operator: string;
  values: (string | null)[];
}

export interface Detail {
  number: number;
  removed: Record<string, Cell>[];
  refused: { row: number | null; reasons: string[]; values: Record<string, Cell> }[];
  changed: { column: string; cells: number; examples: { row: number | null; before: Cell; after: Cell }[] }[];
}

/** Rows of a window one by one. */
export function rowsOf(window: WindowOfRows): Row[] {
  return window.cells.map((cells, index) => ({
    position: window.positions[index] ?? -1,
    row: window.rows[index] ?? null,
    source: window.sources[index] ?? null,
    cells,
    failing: window.failing[index] ?? [],
    marked: window.marked[index] ?? [],
  }));
}

/** What the kernel tells of a dataset's key and targets, and of the plan of its loads. */
import type { Problem } from "../client.ts";

export const STRATEGIES = ["append", "truncate_insert", "delete_insert", "upsert"] as const;
export type Strategy = (typeof STRATEGIES)[number];

export interface Target {
  written: { connection?: string; schema?: string; table?: string; strategy?: Strategy; on?: string[]; provenance?: boolean };
  strategy: Strategy | null;
  connection: string;
  table: string;
}

/** What is written in the draft. */
export interface Written {
  dataset: string;
  file: string;
  dirty: boolean;
  outdated: boolean;
  can_undo: boolean;
  can_redo: boolean;
  changed_lines: number[];
  problems: Problem[];
  key: string[];
  update: string | null;
  targets: Target[];
}

export interface Kind {
  type: string;
  title: string;
  features: Record<string, { can: boolean; reason: string }>;
}

/** What may be chosen. */
export interface Choices {
  connections: { name: string; type: string; title: string }[];
  kinds: Kind[];
  columns: { name: string; type: string }[];
}

export interface Counts {
  candidate: number;
  inserted: number;
  updated: number;
  unchanged: number;
  rejected: number;
  before: number;
  deleted: number;
  after: number;
}

export interface Load {
  target: string;
  connection: string;
  type: string;
  table: string;
  strategy: Strategy;
  key: string[];
  location: string;
  holds: number | null;
  done: boolean;
  /** It should hold this version, and its rows are others. */
  drifted: boolean;
  before: number;
  ledger: Counts | null;
  kept: number | null;
  statements: string[];
  changes: string[];
  refusal: string;
  unavailable: string;
  remedy: string;
}

export interface Plan {
  dataset: string;
  version: number;
  rows: number | null;
  published_at: string;
  rebuild: boolean;
  loads: Load[];
  fingerprint: string;
}

export interface Unpublished {
  unpublished: string;
}

export interface Moved {
  what: "spec" | "version" | "targets" | "table" | "rows";
  target: string;
  before: string;
  now: string;
}

export interface Conflict {
  message: string;
  file: string;
  gone: boolean;
  diff: string[];
}

export interface Answer {
  started?: { run_id: string; by: "workers" | "background"; waits: string | null };
  moved?: Moved[];
  plan?: Plan;
  conflict?: Conflict;
}

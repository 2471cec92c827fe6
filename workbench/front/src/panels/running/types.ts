/** What the kernel tells of runs; times are ISO texts in UTC. */

export type Status = "PENDING" | "QUEUED" | "RUNNING" | "SUCCESS" | "FAILED" | "CANCELLED" | "SKIPPED";

export interface StepRow {
  step_id: string;
  dataset: string;
  verb: string;
  status: Status;
  attempt: number;
  needs: number;
  met: number;
  started_at: string | null;
  finished_at: string | null;
  not_before: string | null;
  waiting_for: string | null;
  error: string | null;
  has_notebook: boolean;
  usual_seconds: number | null;
}

export interface RunRow {
  id: string;
  workflow: string;
  status: Status;
  trigger: string;
  triggered_by: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  cancel_requested: boolean;
  owned: boolean;
  correction: boolean;
  error: string | null;
  steps: StepRow[];
}

export interface RunsPage {
  runs: RunRow[];
  more: boolean;
  workers: number;
  quarantined: Record<string, number>;
  live: boolean;
  now: string;
}

export interface Told {
  message?: string;
  where?: string | null;
  remedy?: string | null;
}

export interface Ledger {
  kind: string;
  name: string;
  terms: Record<string, number>;
}

export interface Check {
  expectation: string;
  kwargs: Record<string, unknown>;
  severity: string;
  success: boolean;
  error: string | null;
  unexpected: number | null;
}

export interface StepDetail {
  error: Told | null;
  skipped: string | null;
  warnings: string[];
  ledgers: Ledger[];
  checks: Check[];
  refused: Record<string, number>;
}

export interface Attempt {
  step_id: string;
  number: number;
  status: Status;
  worker: string;
  started_at: string;
  finished_at: string | null;
  error: string | null;
}

export interface RunDetail {
  error: Told | null;
  params: Record<string, unknown>;
  full: boolean;
  steps: Record<string, StepDetail>;
  attempts: Attempt[];
}

export interface StepLog {
  notebook: string | null;
  entries: { cell: number; kind: "out" | "err" | "error"; text: string; cut: boolean }[];
  cells: number;
  done: number;
}

/** What is told when something has changed. */
export interface Change {
  runs: string[];
  quarantine: boolean;
  cells: Record<string, [number, number]>;
  live: boolean;
}

export interface Started {
  run_id: string;
  by: "workers" | "background";
  waits: string | null;
}

import { expect, test } from "vitest";
import { fraction, parts, seconds, span, turned } from "./progress.ts";
import type { RunRow, Status, StepRow } from "./types.ts";

const step = (status: Status, more: Partial<StepRow> = {}): StepRow => ({
  step_id: "a.ingest", dataset: "a", verb: "ingest", status, attempt: 1, needs: 0, met: 0, started_at: null, finished_at: null,
  not_before: null, waiting_for: null, error: null, has_notebook: false, usual_seconds: null, ...more,
});
const run = (id: string, status: Status, steps: StepRow[] = []): RunRow => ({
  id, workflow: "a", status, trigger: "MANUAL", triggered_by: "", created_at: "", started_at: null, finished_at: null,
  cancel_requested: false, owned: false, correction: false, error: null, steps,
});
const START = "2024-01-01T00:00:00Z";
const now = Date.parse("2024-01-01T00:00:05Z");

test("a running step is as far as its cells, else as its usual time, else nobody knows", () => {
  const running = step("RUNNING", { started_at: START });
  expect(fraction(running, [3, 6], now)).toBe(0.5);
  expect(fraction(running, [6, 6], now)).toBe(0.98); // done is what its status says
  expect(fraction({ ...running, usual_seconds: 10 }, undefined, now)).toBe(0.5);
  expect(fraction({ ...running, usual_seconds: 1 }, undefined, now)).toBe(0.95);
  expect(fraction(running, undefined, now)).toBeNull();
  expect(fraction(step("SUCCESS"), undefined, now)).toBe(1);
  expect(fraction(step("PENDING"), [1, 2], now)).toBe(0);
});

test("times run on until they end, and are never negative", () => {
  expect(seconds(START, null, now)).toBe(5);
  expect(seconds(START, "2024-01-01T00:00:02Z", now)).toBe(2);
  expect(seconds(START, null, now - 60_000)).toBe(0);
  expect(seconds(null, null, now)).toBeNull();
});

test("spans in the units that matter", () => {
  expect([0.04, 9.94, 61, 3700, null].map((value) => span(value, "en").replaceAll("\u202f", " "))).toEqual(["0.0 s", "9.9 s", "1 min 1 s", "1 h 1 min", ""]);
  expect(span(1.25, "es").startsWith("1,3")).toBe(true);
});

test("neighbours of one status are one part", () => {
  const steps = (["SUCCESS", "SUCCESS", "FAILED", "SKIPPED", "SKIPPED"] as const).map((status) => step(status));
  expect(parts(run("r", "FAILED", steps))).toEqual([
    { status: "SUCCESS", steps: 2 }, { status: "FAILED", steps: 1 }, { status: "SKIPPED", steps: 2 },
  ]);
});

test("runs that are new, or as before, are not told", () => {
  const before = [run("a", "RUNNING"), run("b", "RUNNING")];
  const after = [run("a", "SUCCESS"), run("b", "RUNNING"), run("c", "FAILED")];
  expect(turned(before, after).map((each) => each.id)).toEqual(["a"]);
});

// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { FakeModel, until } from "../testing.ts";
import panel from "./index.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";
const step = (status: string, more: object = {}): object => ({
  step_id: "sales.ingest", dataset: HOSTILE, verb: "ingest", status, attempt: 1, needs: 0, met: 0, started_at: "2024-01-01T00:00:00Z",
  finished_at: null, not_before: null, waiting_for: null, error: null, has_notebook: false, usual_seconds: null, ...more,
});
const run = (id: string, status: string): object => ({
  id, workflow: HOSTILE, status, trigger: "MANUAL", triggered_by: HOSTILE, created_at: "2024-01-01T00:00:00Z", started_at: "2024-01-01T00:00:00Z",
  finished_at: status === "RUNNING" ? null : "2024-01-01T00:00:09Z", cancel_requested: false, owned: true, correction: false, error: null, steps: [step(status)],
});

function open(kernel: Record<string, (args: any) => unknown>): { model: FakeModel; el: HTMLElement; calls: [string, any][] } {
  const calls: [string, any][] = [];
  const model = new FakeModel({ panel: "runs", language: "en", texts: { "runs.turned": "{run} is {status}", "runs.status.SUCCESS": "Succeeded" } }, (name, args) => {
    calls.push([name, args]);
    if (name === "datasets") return [HOSTILE];
    if (name === "run") return { error: null, params: {}, full: false, steps: {}, attempts: [] };
    if (name === "log") return { notebook: null, entries: [{ cell: 1, kind: "out", text: HOSTILE, cut: false }], cells: 1, done: 1 };
    return kernel[name]?.(args);
  });
  const el = document.createElement("div");
  document.body.append(el);
  panel.render({ model: model as never, el });
  return { model, el, calls };
}

beforeEach(() => document.body.replaceChildren());

test("names stay text, and a run that ends is said", async () => {
  let status = "RUNNING";
  const page = () => ({ runs: [run("0123456789ab", status)], more: false, workers: 0, quarantined: {}, live: true, now: "2024-01-01T00:00:04Z" });
  const { model, el } = open({ runs: page });
  await until(() => el.querySelector(".wb-log-out"));
  expect(el.querySelector("img")).toBeNull();
  expect(el.textContent).toContain(HOSTILE);
  expect(el.querySelector("progress")).not.toBeNull();
  status = "SUCCESS";
  model.fire("msg:custom", { event: "runs", data: { runs: ["0123456789ab"], quarantine: false, cells: {}, live: true } }, []);
  await until(() => el.querySelector("[role=status]")?.textContent?.includes("is Succeeded"));
  expect(el.querySelector("progress")).toBeNull();
});

test("cells that have begun move the bar without asking again", async () => {
  const { model, el, calls } = open({ runs: () => ({ runs: [run("0123456789ab", "RUNNING")], more: false, workers: 0, quarantined: {}, live: true, now: "2024-01-01T00:00:04Z" }) });
  await until(() => el.querySelector("progress"));
  const asked = calls.filter(([name]) => name === "runs").length;
  model.fire("msg:custom", { event: "runs", data: { runs: [], quarantine: false, cells: { "0123456789ab sales.ingest": [3, 6] }, live: true } }, []);
  await until(() => el.querySelector("progress")?.value === 0.5);
  expect(calls.filter(([name]) => name === "runs").length).toBe(asked);
});

test("the focus stays where it was when the list is drawn anew", async () => {
  const runs = ["a", "b"].map((name) => run(name.repeat(12), "RUNNING"));
  const { model, el, calls } = open({ runs: () => ({ runs, more: false, workers: 0, quarantined: {}, live: true, now: "2024-01-01T00:00:04Z" }) });
  await until(() => el.querySelectorAll("[data-run]").length === 2);
  el.querySelector<HTMLElement>('[data-run="bbbbbbbbbbbb"]')!.focus();
  const before = calls.length;
  model.fire("msg:custom", { event: "runs", data: { runs: ["b".repeat(12)], quarantine: false, cells: {}, live: true } }, []);
  await until(() => calls.length > before + 2);
  expect((document.activeElement as HTMLElement).dataset["run"]).toBe("bbbbbbbbbbbb");
});

test("corrections are sent with the rows they belong to; a conflict shows what is there now", async () => {
  let lines = 0;
  const { el, calls, model } = open({
    runs: () => ({ runs: [], more: false, workers: 0, quarantined: { sales: 1 }, live: true, now: "2024-01-01T00:00:04Z" }),
    quarantine: () => ({ datasets: { sales: 1 }, states: { open: 1, resubmitted: 0, dismissed: 0, superseded: 0 }, reasons: [{ parts: ["amount: ", " is odd"], rows: 1 }] }),
    lines: () => (lines++, { columns: ["amount"], total: 1, places: 1, rows: [{ ids: ["x"], source: HOSTILE, row: 2, run_id: "r", created_at: "2024-01-01T00:00:00Z", reasons: ["amount: 'two' is odd"], values: { amount: "two" }, refused: [], resolved_run: null }] }),
    resubmit: () => { throw new Error("row 2 was mended already"); },
  });
  await until(() => el.querySelectorAll("[role=tab]").length === 3);
  el.querySelectorAll<HTMLElement>("[role=tab]")[2]!.click();
  await until(() => el.querySelector(".wb-cell"));
  const cell = el.querySelector<HTMLInputElement>(".wb-cell")!;
  expect(cell.getAttribute("aria-invalid")).toBe("true");
  cell.value = "2";
  cell.dispatchEvent(new Event("input", { bubbles: true }));
  el.querySelector<HTMLElement>('[data-key="send"]')!.click();
  await until(() => el.querySelector(".wb-error"));
  expect(calls.find(([name]) => name === "resubmit")?.[1]).toEqual({ dataset: "sales", rows: [{ ids: ["x"], values: { amount: "2" } }] });
  // what was typed is not lost by it, nor by a change elsewhere
  model.fire("msg:custom", { event: "runs", data: { runs: [], quarantine: true, cells: {}, live: true } }, []);
  await until(() => el.querySelector('[data-key="moved"]'));
  expect(el.querySelector<HTMLInputElement>(".wb-cell")!.value).toBe("2");
  expect(lines).toBe(1);
});

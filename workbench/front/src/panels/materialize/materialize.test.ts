// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { FakeModel, until } from "../testing.ts";
import { atFirst, bar, features, lines, lost, stateOf, stillChosen, toggled } from "./choosing.ts";
import panel from "./index.ts";
import type { Kind, Load, Plan } from "./types.ts";

const counts = { candidate: 3, inserted: 1, updated: 1, unchanged: 1, rejected: 0, before: 2, deleted: 0, after: 3 };
const load = (target: string, more: Partial<Load> = {}): Load => ({
  target, connection: "warehouse", type: "duckdb", table: "t", strategy: "upsert", key: ["id"], location: "/w", holds: null,
  done: false, drifted: false, before: 2, ledger: counts, kept: null, statements: [], changes: [], refusal: "", unavailable: "", remedy: "", ...more,
});
const plan = (...loads: Load[]): Plan => ({
  dataset: "ventas", version: 4, rows: 3, published_at: "2024-01-01T00:00:00Z", rebuild: false, loads, fingerprint: "f1",
});

test("what lacks the version and can be loaded is chosen at first", () => {
  const all = plan(load("a"), load("b", { done: true, drifted: true }), load("c", { ledger: null, refusal: "no" }), load("d", { ledger: null, unavailable: "down" }));
  expect([...atFirst(all)]).toEqual(["a"]);
  expect([...stillChosen(new Set(["b", "c", "gone"]), all)]).toEqual(["b"]);
  expect(all.loads.map(stateOf)).toEqual(["ready", "drifted", "refused", "unavailable"]);
});

test("rows that are deleted and come again are not lost", () => {
  expect(lost(load("a", { ledger: { ...counts, deleted: 5 }, kept: 4 }))).toBe(1);
  expect(lost(load("a"))).toBe(0);
  expect(lost(load("a", { ledger: null }))).toBe(0);
});

test("the bar shows what there is one of", () => {
  const parts = bar({ ...counts, inserted: 1, updated: 0, unchanged: 1_000_000 });
  expect(parts.map((part) => part.kind)).toEqual(["inserted", "unchanged"]);
  expect(parts[0]!.length).toBeGreaterThan(0.009);
  expect(parts.reduce((sum, part) => sum + part.length, 0)).toBeCloseTo(1);
  expect(bar({ ...counts, inserted: 0, updated: 0, unchanged: 0 })).toEqual([]);
});

test("differences between kinds stand first", () => {
  const kinds: Kind[] = [
    { type: "x", title: "X", features: { upsert: { can: true, reason: "" }, schemas: { can: false, reason: "none" } } },
    { type: "y", title: "Y", features: { upsert: { can: true, reason: "" }, schemas: { can: true, reason: "" } } },
  ];
  expect(features(kinds)).toEqual(["schemas", "upsert"]);
});

test("columns are toggled and lines put together", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  expect(lines([1, 3, 4, 5, 9])).toBe("1, 3–5, 9");
  expect(lines([])).toBe("");
});

const HOSTILE = "<img src=x onerror=alert(1)>";
const state = {
  dataset: "ventas", file: "specs/datasets/ventas.yml", dirty: false, outdated: false, can_undo: false, can_redo: false,
  changed_lines: [], problems: [], key: [HOSTILE], update: "merge",
  targets: [{ written: { connection: "warehouse" }, strategy: "upsert", connection: "warehouse", table: "ventas" }],
  connections: [{ name: "warehouse", type: "duckdb", title: "" }],
  kinds: [{ type: "duckdb", title: "DuckDB", features: { upsert: { can: true, reason: "" }, schemas: { can: false, reason: "it has none" } } }],
  columns: [{ name: "id", type: "integer" }],
};

let calls: [string, any][];
let answers: Record<string, unknown>;

function open(): HTMLElement {
  const model = new FakeModel({ panel: "materialize", language: "en", texts: {}, dataset: "ventas" }, (name, args) => {
    calls.push([name, args]);
    const found = answers[name];
    if (found instanceof Error) throw found;
    return found;
  });
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  panel.render({ model, el });
  return el;
}

beforeEach(() => {
  calls = [];
  answers = { state, datasets: ["ventas"], plan: plan(load("warehouse.ventas", { changes: [HOSTILE], statements: [HOSTILE] })), runs: { runs: [] } };
});

const byKey = (el: HTMLElement, key: string): HTMLElement => el.querySelector<HTMLElement>(`[data-key="${key}"]`)!;

test("names are text, and what a kind cannot do cannot be typed", async () => {
  const el = open();
  await until(() => byKey(el, "look"));
  byKey(el, "look").click();
  await until(() => el.querySelector(".wb-mat-load"));
  expect(el.querySelector("img")).toBeNull();
  expect(el.textContent).toContain(HOSTILE);
  expect(byKey(el, "0 schema").hasAttribute("disabled")).toBe(true);
  expect(byKey(el, "0 schema").getAttribute("title")).toBe("it has none");
});

test("a change goes to the draft, and an old plan cannot be confirmed", async () => {
  const el = open();
  await until(() => byKey(el, "look"));
  byKey(el, "look").click();
  await until(() => el.querySelector(".wb-mat-load"));
  expect((byKey(el, "confirm") as HTMLButtonElement).disabled).toBe(false);
  answers["set_target"] = { ...state, dirty: true };
  const select = byKey(el, "0 strategy") as HTMLSelectElement;
  select.value = "append";
  select.dispatchEvent(new Event("change"));
  await until(() => (byKey(el, "confirm") as HTMLButtonElement).disabled);
  expect(calls.at(-1)).toEqual(["set_target", { index: 0, field: "strategy", value: "append" }]);
});

test("what moved is said, and the new plan takes the old one's place", async () => {
  const el = open();
  await until(() => byKey(el, "look"));
  byKey(el, "look").click();
  await until(() => el.querySelector(".wb-mat-load"));
  const moved = [{ what: "table", target: "warehouse.ventas", before: "2", now: "1" }];
  answers["load"] = { moved, plan: { ...plan(load("warehouse.ventas", { before: 1 })), fingerprint: "f2" } };
  byKey(el, "confirm").click();
  await until(() => el.querySelector("dialog"));
  el.querySelector<HTMLElement>(".wb-dialog-foot .wb-button--primary")!.click();
  await until(() => el.querySelector(".wb-mat-moved"));
  expect(calls.filter(([name]) => name === "load")).toEqual([["load", { fingerprint: "f1", targets: ["warehouse.ventas"] }]]);
  byKey(el, "confirm").click();
  await until(() => el.querySelector("dialog"));
  answers["load"] = { started: { run_id: "abc", by: "background", waits: null } };
  el.querySelector<HTMLElement>(".wb-dialog-foot .wb-button--primary")!.click();
  await until(() => calls.filter(([name]) => name === "load").length === 2);
  expect(calls.findLast(([name]) => name === "load")![1].fingerprint).toBe("f2");
});

test("what was never published is run first, and saved before that", async () => {
  answers["plan"] = { unpublished: `never published ${HOSTILE}` };
  answers["state"] = { ...state, dirty: true };
  answers["save"] = { ...state, dirty: false, conflict: null };
  answers["start"] = { run_id: "abc", by: "background", waits: null };
  const el = open();
  await until(() => byKey(el, "look"));
  byKey(el, "look").click();
  await until(() => byKey(el, "start"));
  expect(el.querySelector("img")).toBeNull();
  byKey(el, "start").click();
  await until(() => calls.some(([name]) => name === "start"));
  expect(calls.map(([name]) => name).filter((name) => name === "save" || name === "start")).toEqual(["save", "start"]);
});

test("a dialog that is closed loads nothing", async () => {
  const el = open();
  await until(() => byKey(el, "look"));
  byKey(el, "look").click();
  await until(() => el.querySelector(".wb-mat-load"));
  byKey(el, "confirm").click();
  await until(() => el.querySelector("dialog"));
  el.querySelector<HTMLElement>(".wb-dialog-head button")!.click();
  await until(() => !el.querySelector("dialog"));
  expect(calls.some(([name]) => name === "load")).toBe(false);
});

import { describe, expect, it } from "vitest";
import { linksTo, wayOf } from "./lineage.ts";
import type { Step } from "./types.ts";

const NONE = { added: [], removed: [], renamed: [], retyped: [], changed: [] };

function step(number: number, columns: string[], origins: [string, string][], more: Partial<Step> = {}): Step {
  return {
    number, key: String(number), name: `t${number}`, summary: "", enabled: true, rows: 1, changes: NONE, ledger: null, reasons: [], fault: null,
    columns: columns.map((name) => ({ name, type: "text" })),
    origins: origins.map(([column, source]) => ({ column, source, kind: "direct" })),
    ...more,
  };
}

const steps = [
  step(0, ["a", "jan", "feb"], []),
  step(1, ["key", "jan", "feb"], [["key", "a"], ["jan", "jan"], ["feb", "feb"]], { changes: { ...NONE, renamed: [{ before: "a", after: "key" }] } }),
  step(2, ["key", "month", "value"], [["key", "key"], ["value", "jan"], ["value", "feb"]], { changes: { ...NONE, added: ["month", "value"], removed: ["jan", "feb"] } }),
  step(3, [], [], { enabled: false, columns: ["key", "month", "value"].map((name) => ({ name, type: "text" })) }),
  step(4, ["key", "value"], [["key", "key"], ["value", "value"]], { changes: { ...NONE, changed: ["value"], removed: ["month"] } }),
];

describe("lineage", () => {
  it("follows columns through renames and melts, and past what is switched off", () => {
    const { sources, targets } = linksTo(steps, 4);
    expect([...(sources.get("value") ?? [])]).toEqual(["jan", "feb"]);
    expect([...(sources.get("key") ?? [])]).toEqual(["a"]);
    expect([...(targets.get("feb") ?? [])]).toEqual(["value"]);
  });

  it("is that of the chosen step", () => {
    expect([...(linksTo(steps, 0).sources.get("a") ?? [])]).toEqual(["a"]);
    expect(linksTo(steps, 2).sources.get("month")?.size).toBe(0);
  });

  it("names the steps that touched a column", () => {
    expect(wayOf(steps, 4, "value").map(({ step }) => step.number)).toEqual([2, 4]);
    expect(wayOf(steps, 4, "key").map(({ step }) => step.number)).toEqual([1]);
  });
});

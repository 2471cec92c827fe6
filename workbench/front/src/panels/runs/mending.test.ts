import { expect, test } from "vitest";
import { atFault, toSend, valueOf, written, type Line } from "./mending.ts";

const line = (more: Partial<Line> = {}): Line => ({
  ids: ["x", "y"], source: "a.csv", row: 2, run_id: "r", created_at: "", reasons: [], values: { id: "1", amount: "two", note: null }, refused: [], resolved_run: null, ...more,
});

test("a cell that was written is an edit until it is as received again", () => {
  let edits = written({}, line(), "amount", "2");
  expect(edits).toEqual({ "x y": { amount: "2" } });
  expect(valueOf(edits, line(), "amount")).toBe("2");
  edits = written(edits, line(), "note", "n");
  edits = written(edits, line(), "amount", "two");
  expect(edits).toEqual({ "x y": { note: "n" } });
  expect(written(edits, line(), "note", "")).toEqual({}); // empty is missing, as received
  expect(valueOf({}, line(), "amount")).toBe("two");
});

test("an empty cell is sent as missing, and not forgotten", () => {
  const edits = written({}, line(), "amount", "");
  expect(valueOf(edits, line(), "amount")).toBeNull();
  expect(toSend(edits, [])).toEqual([{ ids: ["x", "y"], values: { amount: null } }]);
});

test("ticked rows are sent as they are, edited ones once", () => {
  const edits = written({}, line(), "amount", "2");
  expect(toSend(edits, ["z", "x y"])).toEqual([
    { ids: ["x", "y"], values: { amount: "2" } },
    { ids: ["z"], values: {} },
  ]);
});

test("columns that a reason names are marked, and no others", () => {
  const columns = ["id", "amount", "am", "day"];
  expect([...atFault(line({ reasons: ["amount: 'two' does not read as integer"] }), columns)]).toEqual(["amount"]);
  expect([...atFault(line({ reasons: ["day is missing (expect_column_values_to_not_be_null)"] }), columns)]).toEqual(["day"]);
  expect([...atFault(line({ reasons: ["the length of id is not 3"] }), columns)]).toEqual(["id"]);
  expect([...atFault(line({ reasons: ["id, day: (1, x) is not in zones"] }), columns)]).toEqual(["id", "day"]);
  expect([...atFault(line({ reasons: ["another: 'x' is odd"] }), columns)]).toEqual([]);
});

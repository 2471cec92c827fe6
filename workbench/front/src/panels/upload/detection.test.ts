import { expect, test } from "vitest";
import { choices, shownValue, stated, writtenWith, type Detection } from "./detection.ts";

test.each([
  ["header", { line: 3, rows: 1 }, "3"],
  ["header", { line: 1, rows: 0 }, "none"],
  ["header", "none", "none"],
  ["delimiter", "\t", "tab"],
  ["delimiter", ";", ";"],
  ["footer", 0, "none"],
  ["footer", 2, "2"],
  ["null_values", ["NA", "-"], "NA, -"],
  ["null_values", [], ""],
  ["decimal", null, ""],
  ["sheet", "Hoja 1", "Hoja 1"],
])("%s %j is shown as %j", (key, value, shown) => expect(shownValue(key, value)).toBe(shown));

test.each([
  ["header", "3", 3],
  ["header", "none", "none"],
  ["footer", "2", 2],
  ["footer", "x", "x"],
  ["null_values", " NA, -,", ["NA", "-"]],
  ["delimiter", "tab", "tab"],
  ["encoding", "", undefined],
])("%s written as %j states %j", (key, written, value) => expect(stated(key, written)).toEqual(value));

test("workbooks have sheets and texts have encodings", () => {
  const found = { format: "excel", sheets_there: ["a", "b"] } as Detection;
  expect(choices(found).map(({ key }) => key)).toEqual(["sheet", "header", "decimal", "thousands", "footer", "null_values"]);
  expect(choices(found)[0]!.values).toEqual(["a", "b"]);
  expect(choices({ format: "csv" } as Detection).map(({ key }) => key)).toContain("encoding");
});

test.each([
  ["decimal(18,2)", "marks"],
  ["integer", "marks"],
  ["date", "format"],
  ["text", null],
])("%s is written with %j", (type, how) => expect(writtenWith(type)).toBe(how));

import { describe, expect, test } from "vitest";
import { type Cell, csv, csvField, folded, guess, matches, parseNumber, sorted } from "./tableModel.ts";

const cells = (...values: string[]): Cell[] => values.map((value) => ({ text: value, value }));
const order = (values: string[], kind: "text" | "number" | "date", descending = false) =>
  sorted(cells(...values), kind, "en", descending).map((index) => values[index]);

describe("sorting", () => {
  test("numbers by value, what is no number last either way", () => {
    expect(order(["10", "9", "", "–", "1,000"], "number")).toEqual(["9", "10", "1,000", "", "–"]);
    expect(order(["10", "9", ""], "number", true)).toEqual(["10", "9", ""]);
  });
  test("texts as people do: accents, case and numbers within", () => {
    expect(order(["zeta", "Árbol", "abeja", "item 10", "item 9"], "text")).toEqual([
      "abeja",
      "Árbol",
      "item 9",
      "item 10",
      "zeta",
    ]);
  });
  test("equal rows keep their order", () => {
    expect(sorted(cells("b", "a", "b", "a"), "text", "en", true)).toEqual([0, 2, 1, 3]);
  });
  test("times by their text in ISO", () => {
    expect(order(["2025-01-10T00:00Z", "2025-01-09T00:00Z"], "date")[0]).toBe("2025-01-09T00:00Z");
  });
});

test.each([
  ["1,234.5", "en", 1234.5],
  ["1.234,5", "es", 1234.5],
  ["−5 %", "en", -5],
  ["1 234,5", "es", 1234.5],
])("%s in %s is a number", (text, language, value) => {
  expect(parseNumber(text, language)).toBe(value);
});

test("a column of numbers is known by all its cells", () => {
  expect(guess(cells("1", "2.5", "", "–"), "en")).toBe("number");
  expect(guess(cells("1", "a"), "en")).toBe("text");
  expect(guess(cells("", ""), "en")).toBe("text");
});

test("filtering knows no case and no accents, and wants every word", () => {
  expect(matches("region árica", folded("ARICA · Región 15"))).toBe(true);
  expect(matches("arica 16", folded("ARICA · Región 15"))).toBe(false);
});

describe("CSV", () => {
  test.each(["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\t=1", " =1", "-1+1"])("%s is no formula", (text) => {
    expect(csvField(text)).toContain("'");
  });
  test.each(["-5", "+1.5", "1e9", "-.5", "abc", "a=b"])("%s stays as it is", (text) => {
    expect(csvField(text)).toBe(text);
  });
  test("quotes, commas and lines are quoted", () => {
    expect(csvField('a "b", c')).toBe('"a ""b"", c"');
    expect(csvField("a\nb")).toBe('"a\nb"');
  });
  test("lines end as the standard says, after a mark of the encoding", () => {
    expect(csv([["a", "b"], ["1", "ñ"]])).toBe("\ufeffa,b\r\n1,ñ\r\n");
  });
});

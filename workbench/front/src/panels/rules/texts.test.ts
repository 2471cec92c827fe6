/** Lines, scalars and places: what the Rules panel does with texts. */
import { describe, expect, it } from "vitest";
import { common, compare, merge, plain, positionOf, replacement, withBreaks } from "./lines.ts";
import { placeAt } from "./place.ts";
import { brief, read, readLines, shown } from "./scalars.ts";

/** The place of the mark `|` in a text. */
function at(marked: string) {
  const position = marked.indexOf("|");
  const { path, at: kind, prefix, existing, flow } = placeAt(marked.slice(0, position) + marked.slice(position + 1), position);
  return { path: path.join("/"), kind, prefix, existing, flow };
}

describe("the place of a cursor in YAML", () => {
  it.each([
    ["data|", "", "key", "data"],
    ["dataset: x\ntransforms:\n  - tr|", "transforms/0", "key", "tr"],
    ["transforms:\n  - trim: {}\n  - me|", "transforms/1", "key", "me"],
    ["transforms:\n- trim: {}\n- me|", "transforms/1", "key", "me"],
    ["transforms:\n  - melt:\n      na|", "transforms/0/melt", "key", "na"],
    ["transforms:\n  - melt:\n      columns: a|", "transforms/0/melt/columns", "value", "a"],
    ["transforms:\n  - melt: {columns: al|", "transforms/0/melt/columns", "value", "al"],
    ["transforms:\n  - melt: {columns: all, na|}", "transforms/0/melt", "key", "na"],
    ["transforms:\n  - melt: {columns: [a, b|]}", "transforms/0/melt/columns/1", "value", "b"],
    ["transforms:\n  - map_categories:\n      mapping: {a: 1,\n                b|: 2}", "transforms/0/map_categories/mapping", "key", "b"],
    ["transforms:\n  - trim: {}\nke|", "", "key", "ke"],
    ["transforms:\n  - trim:\n      columns: all\n  |", "transforms", "key", ""],
    ["columns:\n  \"a b\": {des|}", "columns/a b", "key", "des"],
    ["key:\n  - one\n  - tw|", "key/1", "key", "tw"],
    ["description: |\n  text: wi|", "description", "value", ""],
    ["schedule:\n  cron: '0 6 * * *'\n  time|", "schedule", "key", "time"],
    ["a: 'x # y' # b\nc|", "", "key", "c"],
    ["a: [1, 2\nb|", "a/1", "value", "b"],
  ])("%j", (marked, path, kind, prefix) => {
    if (marked.startsWith("description")) {
      const text = "description: |\n  text: wi";
      expect(placeAt(text, text.length)).toMatchObject({ path: ["description"], at: "value" });
    } else expect(at(marked)).toMatchObject({ path, kind, prefix });
  });

  it("knows the keys that a mapping has already, above and below", () => {
    expect(at("a: 1\n|\nb: 2").existing).toEqual(["a", "b"]);
    expect(at("t:\n  - m: {x: 1, |, y: 2}").existing).toEqual(["x", "y"]);
  });
});

describe("scalars", () => {
  it.each([["5", 5], ["-2.5", -2.5], ["1e3", 1000], ["true", true], ["null", null], ["01", "01"], ['"5"', "5"], ["'it''s'", "it's"], ["", undefined], ["12345678901234567890", "12345678901234567890"], ["a: b", "a: b"], ["-", "-"], ["2024-01-31", "2024-01-31"]])("%j is read as %j", (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it("shows every value so that it reads as itself", () => {
    for (const value of [5, 0.5, true, null, "5", "true", "null", " a ", "a\nb", '"quoted"', "'q'", "~", "x", "", "01", "-"]) {
      expect(read(shown(value))).toEqual(value);
    }
  });

  it("reads lists one value a line, and tells options in short", () => {
    expect(readLines('a\n\n 5 \n"5"')).toEqual(["a", 5, "5"]);
    expect(brief({ column: "a", min_value: 1, enabled: false, severity: "warn" })).toBe("a · min_value: 1");
    expect(brief({ columns: Array(99).fill("long") }).length).toBe(120);
  });
});

describe("lines", () => {
  it("keeps line breaks of lines that stayed, and the mark", () => {
    expect(withBreaks("\ufeffa\r\nb\r\nc", "a\nx\nb\nc")).toBe("\ufeffa\r\nx\r\nb\r\nc");
    expect(withBreaks("a\nb\r\nc\n", "a\nb\nc\nd\n")).toBe("a\nb\r\nc\nd\n");
    expect(withBreaks("a\nb", "a\nb\n")).toBe("a\nb\n");
    for (const text of ["", "a", "a\r\n", "a\rb", "\ufeffa\nb\r\n\r\n"]) expect(withBreaks(text, plain(text))).toBe(text);
  });

  it("replaces only what differs", () => {
    expect(replacement("abcd", "abXd")).toEqual({ from: 2, to: 3, insert: "X" });
    expect(replacement("aa", "aaa")).toEqual({ from: 2, to: 2, insert: "a" });
    expect(replacement("a", "a")).toBeNull();
  });

  it("finds places by characters, not by UTF-16", () => {
    expect(positionOf("a\n𝄞x", 2, 2)).toBe(4);
    expect(positionOf("a", 9, 9)).toBe(1);
  });

  it("puts two sets of changes together, or says that it cannot", () => {
    const base = "a\nb\nc\nd\ne";
    expect(merge(base, "A\nb\nc\nd\ne", "a\nb\nc\nd\nE")).toBe("A\nb\nc\nd\nE");
    expect(merge(base, "a\nb\nnew\nc\nd\ne", "a\nc\nd\ne")).toBe(null);
    expect(merge(base, "a\nb\nc\nd\ne\nf", "a\nc\nd\ne")).toBe("a\nc\nd\ne\nf");
    expect(merge(base, "a\nX\nc\nd\ne", "a\nY\nc\nd\ne")).toBeNull();
    expect(merge(base, "a\nX\nc\nd\ne", "a\nX\nc\nd\ne")).toBe("a\nX\nc\nd\ne");
    expect(merge(base, base, "z")).toBe("z");
  });

  it("shows two texts side by side", () => {
    const pieces = compare("a\nb\nc", "a\nx\ny\nc");
    expect(pieces.map(({ kind }) => kind)).toEqual(["same", "changed", "same"]);
    expect(pieces[1]).toEqual({ kind: "changed", mine: ["b"], theirs: ["x", "y"] });
    expect(common(["a"], ["b"])).toEqual([]);
    expect(pieces.flatMap(({ mine }) => mine).join("\n")).toBe("a\nb\nc");
  });
});

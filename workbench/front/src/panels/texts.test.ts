import { expect, test } from "vitest";
import { duration, fillIn, size } from "./texts.ts";

const texts = { hello: "Hello {name}", "rows.one": "{count} row", "rows.other": "{count} rows", open: "{name} and {other}" };

test("values are filled in and numbers written as the language does", () => {
  expect(fillIn(texts, "en", "hello", { name: "<b>" })).toBe("Hello <b>");
  expect(fillIn(texts, "en", "rows", { count: 1 })).toBe("1 row");
  expect(fillIn(texts, "en", "rows", { count: 12345 })).toBe("12,345 rows");
  expect(fillIn(texts, "es", "rows", { count: 12345 })).toBe("12.345 rows");
});

test("what is missing is seen", () => {
  expect(fillIn(texts, "en", "no.such")).toBe("no.such");
  expect(fillIn(texts, "en", "open", { name: "a" })).toBe("a and {other}");
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1500, "1.5 kB"],
  [4_600_000, "4.6 MB"],
  [2e9, "2 GB"],
  [5e12, "5,000 GB"],
])("%d bytes are %s", (bytes, said) => expect(size(bytes, "en").replace("\u202f", " ")).toBe(said));

test.each([
  [0.4, "0 s"],
  [59.4, "59 s"],
  [75, "1 min 15 s"],
  [7260, "2 h 1 min"],
  [Infinity, ""],
  [-1, ""],
])("%d seconds are %s", (seconds, said) => expect(duration(seconds).replaceAll("\u202f", " ")).toBe(said));

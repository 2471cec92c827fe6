import { beforeAll, describe, expect, test } from "vitest";
import { type Entry, marked, SearchIndex, words } from "./searchIndex.ts";

const kinds = ["dataset", "column", "run", "term"];
const entries: Entry[] = [
  [1, "customer_id", "d/orders.html#customer_id", "orders", "who bought"],
  [0, "orders", "d/orders.html", "silver", "lines of orders"],
  [0, "customers", "d/customers.html", "silver", "people"],
  [1, "orderDate", "d/orders.html#orderDate", "orders", ""],
  [3, "Región", "g.html#region", "glossary", "where"],
  [2, "20250131-orders", "r/1.html", "failed", ""],
];

const titles = (index: SearchIndex, query: string) => index.search(query).entries.map((entry) => entry[1]);

describe.each([["at once", false], ["with the index", true]])("%s", (_, prepared) => {
  const index = new SearchIndex({ kinds, entries });
  beforeAll(async () => {
    if (prepared) await index.prepare(() => Promise.resolve());
  });
  test("a dataset of that name comes first", () => {
    expect(titles(index, "orders")[0]).toBe("orders");
  });
  test("beginnings, parts and accents", () => {
    expect(titles(index, "cust")).toContain("customer_id");
    expect(titles(index, "tomer")).toContain("customers");
    expect(titles(index, "REGION")).toEqual(["Región"]);
  });
  test("every word must be found, wherever it stands", () => {
    expect(titles(index, "orders customer")).toEqual(["customer_id"]);
  });
  test("nothing typed, nothing found", () => {
    expect(index.search("  ")).toEqual({ entries: [], total: 0 });
    expect(index.search("zzzzzz").total).toBe(0);
  });
});

test("typing errors are forgiven once the index is there", async () => {
  const index = new SearchIndex({ kinds, entries });
  expect(titles(index, "custoner")).toEqual([]);
  await index.prepare(() => Promise.resolve());
  expect(titles(index, "custoner")).toContain("customers");
});

test("names are cut into words", () => {
  expect(words("customerId customer_id HTTPCode2x Año")).toEqual(
    ["customer", "id", "customer", "id", "httpcode2x", "ano"],
  );
});

test.each([
  ["customer_id", "tom", ["cus", "tom", "er_id"]],
  ["Región", "regi", ["Regi", "ón"]],
  ["Región", "ion", ["Reg", "ión"]],
  ["<b>", "b", ["<", "b", ">"]],
  ["abc", "x", ["abc"]],
])("what was typed is marked in %s", (text, query, pieces) => {
  expect(marked(text, query).map((piece) => piece.text)).toEqual(pieces);
});

test("marking never loses or adds a letter, whatever the text", () => {
  for (const text of ["🙂 a🙂b", "e\u0301e\u0301", "ﬁ İ ß", "\u202eabc"]) {
    expect(marked(text, "a").map((piece) => piece.text).join("")).toBe(text);
  }
});

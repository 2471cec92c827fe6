import { expect, test, vi } from "vitest";

// these modules look at the page when they are loaded
vi.stubGlobal("document", { currentScript: null, baseURI: "file:///site/index.html", documentElement: { lang: "es" } });
vi.stubGlobal("HTMLScriptElement", class {});
vi.stubGlobal("matchMedia", () => ({ matches: false }));
const { ago, freshness } = await import("./page.ts");
const { count, ENGLISH, say, word } = await import("./messages.ts");
const { home, page } = await import("./site.ts");

const HOUR = 3_600_000;

test.each([
  [-30 * 1000, "this minute"],
  [-5 * 60_000, "5 minutes ago"],
  [-3 * HOUR, "3 hours ago"],
  [-24 * HOUR, "yesterday"],
  [-60 * 24 * HOUR, "2 months ago"],
  [2 * HOUR, "in 2 hours"],
])("%i ms is %s", (then, words) => {
  expect(ago(then, 0, "en")).toBe(words);
});

test("data are late when the next were due, and stale a period later", () => {
  expect([0, 1, 60_001].map((now) => freshness(0, 60, now))).toEqual(["fresh", "late", "stale"]);
});

test("texts fill in values, and numbers as the language writes them", () => {
  expect(say("search.found.more", { count: 12345, shown: 40 })).toBe("12.345 results, the best 40 shown");
  expect(count("table.rows", 1)).toBe("1 row");
  expect(say("search.none", { query: "{count}" })).toBe("Nothing found for “{count}”.");
});

test("the page's catalogue goes before, and unknown words stay", () => {
  vi.stubGlobal("window", { PORTAL_MESSAGES: { "table.filter": "Filtrar filas", "layer.x": "capa" } });
  expect(say("table.filter")).toBe("Filtrar filas");
  expect(say("table.columns")).toBe(ENGLISH["table.columns"]);
  expect(word("layer", "x")).toBe("capa");
  expect(word("status", "toString")).toBe("toString");
});

test("links stay on the site", () => {
  expect(home.href).toBe("file:///es/");
  expect(page("datasets/a.html#b")).toBe("file:///es/datasets/a.html#b");
  for (const away of ["javascript:alert(1)", "https://elsewhere/", "data:text/html,x"]) {
    expect(page(away)).toBe(home.href);
  }
});

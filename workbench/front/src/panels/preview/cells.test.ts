import { describe, expect, it } from "vitest";
import { isNumeric, kindOf, pieces, signName, tabbed, textOf } from "./cells.ts";
import type { Row } from "./types.ts";

const signs = (text: string): string => pieces(text).map((piece) => (piece.sign ? `[${piece.sign}]` : piece.text)).join("");

describe("a cell", () => {
  it("tells apart what is missing, null, a marker and an empty text", () => {
    expect(kindOf(null, true, false)).toBe("missing");
    expect(kindOf(null, false, false)).toBe("null");
    expect(kindOf("N/A", true, true)).toBe("marker");
    expect(kindOf("", false, false)).toBe("empty");
    expect(kindOf(" ", false, false)).toBe("text");
    expect(kindOf("10.50", false, false, "decimal(10,2)")).toBe("number");
    expect(kindOf("2024-01-01", false, false, "date")).toBe("moment");
    expect([kindOf(0, false, false), kindOf(false, false, false), kindOf([1], false, false)]).toEqual(["number", "boolean", "several"]);
  });

  it("shows signs that cannot be seen, and blanks at the ends", () => {
    expect(signs("plain text, ñ 日本 👍")).toBe("plain text, ñ 日本 👍");
    expect(signs(" a  b ")).toBe("[space]a  b[space]");
    expect(signs("a\u200bb\tc\u00a0d\n")).toBe("a[zero-width space]b[tab]c[no-break space]d[line feed]");
    expect(signs("\u202eabc")).toBe("[U+202E]abc");
    expect(signName("\u0000")).toBe("U+0000");
    expect(signName("x")).toBeNull();
  });

  it("cuts a long text and says so", () => {
    expect(pieces("x".repeat(400), 300)).toEqual([{ text: `${"x".repeat(300)}…` }]);
  });

  it("keeps markup and code as text", () => {
    expect(signs("<img src=x onerror=alert(1)>")).toBe("<img src=x onerror=alert(1)>");
  });

  it("has a text for the clipboard, and none for null", () => {
    expect([textOf(null), textOf(1.5), textOf(false), textOf({ a: [1] })]).toEqual(["", "1.5", "false", '{"a":[1]}']);
    const row = (cells: Row["cells"]): Row => ({ position: 0, row: 1, source: null, cells, failing: [], marked: [] });
    const columns = [{ name: "a", type: "text" }, { name: 'b"', type: "text" }];
    expect(tabbed([row(["x\ty", null]), row([1, 'q"'])], columns, true)).toBe('a\t"b"""\n"x\ty"\t\n1\t"q"""');
  });

  it("stands to the right if its column holds numbers", () => {
    expect(["integer", "decimal(10,2)", "number", "text", "date"].map((type) => isNumeric({ name: "x", type }))).toEqual([true, true, true, false, false]);
  });
});

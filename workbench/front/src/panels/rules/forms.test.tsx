// @vitest-environment happy-dom
/**
 * Forms of every transform and expectation, from the real schema: `WORKBENCH_SCHEMA` names a file of
 * it, which `tests/front/test_scripts.py` writes.
 */
import { act } from "react";
import { createRoot } from "react-dom/client";
import { describe, expect, it, vi } from "vitest";
import { putTogether, takenApart } from "./columns.tsx";
import { shownOptions, written as castWritten } from "./casts.tsx";
import { PanelContext, type Panel } from "./context.ts";
import { meaningAt, offered, written } from "./completion.ts";
import { mapperRows } from "./mapper.tsx";
import { optionChange, type ListName, type Rule } from "./model.ts";
import { RuleForm } from "./rule_form.tsx";
import { field, fits, ruleSchemas, schemasAt, type Schema } from "./schema.ts";
import { ruleOf } from "./suggestions.tsx";

// types of Node are not among those of the panels
const file: string | undefined = (globalThis as any).process.env.WORKBENCH_SCHEMA;
const { readFileSync } = await import(["node", "fs"].join(":"));
const root: Schema = file ? JSON.parse(readFileSync(file, "utf8")) : {};
const columns = [{ name: "a", type: "text", original: null }, { name: "b", type: "integer", original: "B!" }];
vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);

const LISTS: ListName[] = ["transforms", "expectations"];
const all = LISTS.flatMap((list) => Object.keys(ruleSchemas(root, list)).map((name) => [list, name] as const));

/** A value that a schema allows, as simple as can be. */
function example(schema: Schema, text = "a"): unknown {
  const kind = field(schema, root);
  switch (kind.kind) {
    case "boolean":
      return true;
    case "enum":
      return kind.values.at(-1);
    case "number":
      return kind.minimum ?? 1;
    case "columns":
      return ["a"];
    case "list":
      return [example(kind.item), "b"];
    case "map":
      return { a: example(kind.values, "b") };
    case "object":
      return Object.fromEntries(kind.required.map((key) => [key, example(kind.properties[key]!)]));
    case "choice":
      return example(kind.options[0]!);
    case "text":
      return kind.examples[0] ?? text;
    case "scalar":
      return 5;
    case "json":
      return { any: ["thing"] };
  }
}

function shown(rule: Rule): { element: HTMLElement; changes: any[]; close: () => void } {
  const changes: any[] = [];
  const known = { schema: root, datasets: ["other"], connections: ["warehouse"], functions: [] };
  const steps = [0, 1].map((number) => ({ number, rows: 3, columns, reasons: [], fault: null, summary: "" }));
  const store: any = {
    known, dataset: "d", scope: "sample", state: { readable: true, problems: [], rules: [rule] }, look: { file: "f", rows: 3, steps, checks: [] },
    edit: (...some: any[]) => (changes.push(...some), Promise.resolve()),
    call: () => Promise.reject(Object.assign(new Error("no kernel"), { cancelled: true })),
    subscribe: () => () => undefined, snapshot: () => 0,
  };
  const panel: Panel = { client: {} as any, store, text: (key) => key };
  const element = document.createElement("div");
  document.body.append(element);
  const view = createRoot(element);
  act(() => view.render(<PanelContext value={panel}><RuleForm rule={rule} /></PanelContext>));
  return { element, changes, close: () => (act(() => view.unmount()), element.remove()) };
}

const rule = (list: ListName, name: string, options: Record<string, unknown>): Rule => ({ list, index: 0, name, options, bare: false, enabled: true, number: 0, lines: [1, 1] });

describe.skipIf(!file)("forms of all rules", () => {
  it("knows many", () => expect(all.length).toBeGreaterThan(60));

  it.each(all)("%s: %s opens, shows every option, and changes nothing by being shown", (list, name) => {
    const schema = ruleSchemas(root, list)[name]!;
    const options = Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([key]) => key !== "enabled").map(([key, each]) => [key, example(each)]));
    for (const given of [options, {}]) {
      const { element, changes, close } = shown(rule(list, name, given));
      const text = element.textContent ?? "";
      const own = { melt: ["columns", "keep"], map_categories: ["mapping"], type_cast: ["columns"] }[name] ?? [];
      for (const key of Object.keys(schema.properties ?? {})) {
        if (key !== "enabled" && !(list === "transforms" && own.includes(key))) expect(text).toContain(key);
      }
      expect(element.querySelectorAll("input,select,textarea,button,[contenteditable]").length).toBeGreaterThan(0);
      close();
      expect(changes).toEqual([]);
    }
  });

  it.each(all)("%s: %s: every simple option is edited as its own key", async (list, name) => {
    const schema = ruleSchemas(root, list)[name]!;
    const { element, changes, close } = shown(rule(list, name, {}));
    for (const [key, each] of Object.entries(schema.properties ?? {})) {
      const kind = field(each, root);
      if (key === "enabled" || !["boolean", "enum", "number", "text", "scalar"].includes(kind.kind)) continue;
      if (kind.kind === "text" && kind.format === "expression") continue;
      changes.length = 0;
      const label = [...element.querySelectorAll("label.wb-form-key")].find((one) => one.firstChild?.textContent === key) as HTMLLabelElement;
      const input = element.querySelector<HTMLInputElement>(`[id="${label.htmlFor}"]`)!;
      expect(input, key).toBeTruthy();
      await act(async () => {
        if (kind.kind === "boolean" && input.type === "checkbox") input.click();
        else if (input.tagName === "SELECT") {
          const values = [...(input as unknown as HTMLSelectElement).options].map(({ value }) => value);
          input.value = values.find((value) => value !== input.value) ?? values[0]!;
          input.dispatchEvent(new Event("change", { bubbles: true }));
        } else {
          const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), "value")!.set!;
          set.call(input, kind.kind === "text" ? "word" : "7");
          input.dispatchEvent(new Event("input", { bubbles: true }));
          input.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
        }
      });
      if (kind.kind === "enum" && kind.values.length === 1) continue;
      expect(changes[0], key).toMatchObject({ kind: "set", path: [list, 0, name, key] });
      if (kind.kind === "number" || kind.kind === "scalar") expect(changes[0].value, key).toBe(7);
    }
    close();
  });

  it("a value of a kind that the form does not expect is shown and stays", () => {
    for (const odd of [{ deep: [1] }, [[]], 5, true, null]) {
      const { element, changes, close } = shown(rule("expectations", "expect_column_values_to_be_between", { column: odd, min_value: odd, strange: odd }));
      expect(element.textContent).toContain("strange");
      close();
      expect(changes).toEqual([]);
    }
  });

  it("offers keys, values, columns and rules where they fit", () => {
    const names = { columns: () => columns, datasets: ["other"], connections: ["warehouse"] };
    const labels = (marked: string): string[] => offered(marked.replace("|", ""), marked.indexOf("|"), root, names)?.options.map(({ label }) => label) ?? [];
    expect(labels("dat|")).toEqual(expect.arrayContaining(["dataset", "transforms", "schedule"]));
    expect(labels("transforms:\n  - |")).toEqual(expect.arrayContaining(["melt", "trim", "type_cast"]));
    expect(labels("transforms:\n  - melt:\n      columns: all\n      n|")).toEqual(expect.arrayContaining(["names_to", "drop_nulls"]));
    expect(labels("transforms:\n  - melt:\n      columns: all\n      n|")).not.toContain("columns");
    expect(labels("transforms:\n  - lookup: {dataset: |}")).toEqual(["other"]);
    expect(labels("transforms:\n  - type_cast:\n      columns: {b: {type: dat|}}")).toContain("date");
    expect(labels("transforms:\n  - drop: {columns: [|]}")).toEqual(expect.arrayContaining(["a", "b"]));
    expect(labels("expectations:\n  - expect_column_values_to_be_unique: {column: a, severity: |}")).toEqual(["stop", "quarantine", "warn"]);
    expect(labels("targets:\n  - {connection: |}")).toEqual(["warehouse"]);
    expect(labels("# a comment |")).toEqual([]);
    expect(schemasAt(root, ["no", "such"])).toEqual([]);
  });

  it("tells what a key, a rule or a value means", () => {
    const meaning = (marked: string) => meaningAt(marked.replace("|", ""), marked.indexOf("|"), root);
    expect(meaning("da|taset: x")).toMatchObject({ key: "dataset", from: 0, to: 7 });
    expect(meaning("transforms:\n  - me|lt: {names_to: x}")!.words).toContain("wide columns");
    expect(meaning("transforms:\n  - melt: {names_to|: x}")!.words).toContain("new column");
    expect(meaning("transforms:\n  - tr|im")!.words).toMatch(/\w/);
    expect(meaning("update: mer|ge")!.words).toContain("batch");
    expect(meaning("title: some wo|rds")).toBeNull();
    expect(meaning("a |")).toBeNull();
  });
});

describe("values of forms", () => {
  it("a selection is taken apart and put together", () => {
    for (const value of ["a", ["a"], ["a", "b"], "all", { pattern: "^q" }, { except: ["a"] }, { except: "a" }, { except: { pattern: "x" } }]) {
      expect(putTogether(takenApart(value), value)).toEqual(value);
    }
    expect(takenApart("all", [{ name: "all" }]).way).toBe("names");
  });

  it("a cast stays as short or as long as it was", () => {
    expect(castWritten({ type: "date" }, "text")).toBe("date");
    expect(castWritten({ type: "date" }, { type: "text" })).toEqual({ type: "date" });
    expect(castWritten({ type: "date", format: "%Y" }, "date")).toEqual({ type: "date", format: "%Y" });
    expect(shownOptions({ type: "decimal(10,2)" })).toContain("thousands");
    expect(shownOptions({ type: "text", odd: 1 })).toContain("odd");
  });

  it("found values meet the mapping, whatever their case and accents", () => {
    const found = [{ value: "Ño ", count: 3 }, { value: "x", count: 2 }, { value: null, count: 1 }];
    expect(mapperRows(found, { no: 1, gone: 2 }, true)).toEqual([
      { value: "Ño ", count: 3, key: "no" },
      { value: "x", count: 2, key: null },
      { value: "gone", count: null, key: "gone" },
    ]);
    expect(mapperRows(found, { no: 1 }, false)[0]!.key).toBeNull();
  });

  it("an option of a bare rule makes it a mapping", () => {
    const bare: Rule = { ...rule("transforms", "trim", {}), bare: true };
    expect(optionChange(bare, "collapse", true)).toEqual({ kind: "set", path: ["transforms", 0], value: { trim: { collapse: true } } });
    expect(optionChange(rule("transforms", "trim", { a: 1 }), "a", undefined)).toEqual({ kind: "remove", path: ["transforms", 0, "trim", "a"] });
  });

  it("names are quoted where YAML would read something else", () => {
    expect(written("a b", true)).toBe("a b");
    for (const text of ["no", "1", "a: b", "a, b", " a", "#x", ""]) expect(written(text, true)).toBe(JSON.stringify(text));
  });

  it("a default severity is not written", () => {
    const suggestion = { name: "n", kwargs: { column: "a" }, severity: "stop", evidence: "rows", figures: {}, earlier: null };
    expect(ruleOf(suggestion)).toEqual({ n: { column: "a" } });
    expect(ruleOf({ ...suggestion, severity: "warn" })).toEqual({ n: { column: "a", severity: "warn" } });
  });

  it("tells kinds of values apart", () => {
    expect(fits("x", { type: "string" })).toBe(true);
    expect(fits({ b: 1 }, { type: "object", properties: { a: {} } })).toBe(false);
    expect(fits([], { type: "array" })).toBe(true);
    expect(fits(1.5, { type: "integer" })).toBe(false);
  });
});

// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { h } from "../dom.ts";
import { redrawKeeping } from "../keeping.ts";
import { FakeModel, until } from "../testing.ts";
import panel from "./index.ts";
import type { Column, Facts, Overview } from "./types.ts";
import { keyOf, listed, percent, placeOf, shownColumns, together } from "./words.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";
const column = (name: string, more: Partial<Column> = {}): Column => ({
  name, type: "text", original: null, key: false, nullable: true, published: true, description: "", term: null, mask: null, nulls: 0, distinct: 3, ...more,
});

test("lists are written with commas, and each word once", () => {
  expect(listed("a, b c,, a;d\ne")).toEqual(["a", "b c", "d", "e"]);
  expect(listed(" ")).toEqual([]);
});

test("a term gets a key of its own", () => {
  expect(keyOf("Región de ventas", [])).toBe("region_de_ventas");
  expect(keyOf("Sale", ["sale", "sale_2"])).toBe("sale_3");
  expect(keyOf("!!", [])).toBe("term");
});

test("search results lead to their place", () => {
  expect(placeOf("column", "ventas#monto")).toEqual({ kind: "dataset", name: "ventas", column: "monto" });
  expect(placeOf("dataset", "ventas")).toEqual({ kind: "dataset", name: "ventas", column: "" });
  expect(placeOf("term", "a#b")).toEqual({ kind: "term", name: "a#b", column: "" });
});

test("what is described is added up, and little is not nothing", () => {
  const one = { name: "a", title: "", layer: "silver", said: 1, total: 4 };
  expect(together([one, { ...one, said: 2 }])).toEqual([3, 8]);
  expect([0, 0.0001, 0.015, 0.5, 0.99995, 1].map(percent)).toEqual(["0 %", "<0.1 %", "1.5 %", "50 %", ">99.9 %", "100 %"]);
});

test("only columns without a description, and the one that is looked at", () => {
  const all = [column("a", { description: "x" }), column("b"), column("c", { description: "y" })];
  expect(shownColumns(all, true, "c").map((each) => each.name)).toEqual(["b", "c"]);
  expect(shownColumns(all, false, "")).toHaveLength(3);
});

test("what is being typed stays when all is drawn anew", () => {
  const root = h("div");
  document.body.replaceChildren(root);
  const draw = (): void => root.replaceChildren(h("input", { "data-key": "x", value: "old" }));
  draw();
  const input = root.querySelector("input")!;
  input.focus();
  input.value = "half a wo";
  input.setSelectionRange(4, 4);
  redrawKeeping(root, draw);
  const again = root.querySelector("input")!;
  expect(again).not.toBe(input);
  expect(document.activeElement).toBe(again);
  expect(again.value).toBe("half a wo");
  expect(again.selectionStart).toBe(4);
});

const draft = { file: "specs/datasets/ventas.yml", dirty: false, can_undo: false, can_redo: false, changed_lines: [], problems: [] };
const facts: Facts = {
  name: "ventas", title: "Sales", description: "", owner: "Office", tags: ["a"], layer: "silver", file: "specs/datasets/ventas.yml", version: 2, rows: 10,
  published_at: "2024-01-01T00:00:00Z", columns: [column("monto", { description: HOSTILE, term: "venta", original: HOSTILE }), column("dia")], needs: [], used_by: ["report"],
  targets: [], said: [2, 4], draft,
};
const overview: Overview = {
  search: {
    kinds: ["dataset", "column", "term"],
    entries: [[0, "ventas", "ventas", "Sales", ""], [1, "monto", "ventas#monto", "ventas", "amount"], [1, "dia", "ventas#dia", "ventas", ""], [2, "Sale", "venta", "Units", ""]],
  },
  datasets: [{ name: "ventas", title: HOSTILE, layer: "silver", said: 2, total: 4 }],
  terms: [{ key: "venta", name: "Sale", definition: "", synonyms: [], owner: "", uses: [["ventas", "monto"]] }],
  unknown: {}, problems: [], unsaved: [],
};

let calls: [string, any][];
let answers: Record<string, unknown>;

function open(): HTMLElement {
  const model = new FakeModel({ panel: "catalog", language: "en", texts: {}, dataset: "ventas" }, (name, args) => {
    calls.push([name, args]);
    const found = answers[name];
    if (found instanceof Error) throw found;
    return found;
  });
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  panel.render({ model, el });
  return el;
}

beforeEach(() => {
  calls = [];
  answers = { overview, dataset_facts: facts, datasets: ["ventas"] };
});

const byKey = <E extends HTMLElement>(el: HTMLElement, key: string): E => el.querySelector<E>(`[data-key="${key}"]`)!;

test("words are text wherever they come from", async () => {
  const el = open();
  await until(() => byKey(el, "column monto"));
  expect(el.querySelector("img")).toBeNull();
  expect(byKey<HTMLInputElement>(el, "column monto").value).toBe(HOSTILE);
  expect(el.textContent).toContain(HOSTILE);
});

test("a description is committed when its field is left, and the next one is there", async () => {
  const el = open();
  await until(() => byKey(el, "column dia"));
  answers["describe_column"] = { ...facts, said: [3, 4] };
  const input = byKey<HTMLInputElement>(el, "column dia");
  input.focus();
  input.value = "The day ";
  input.dispatchEvent(new Event("change"));
  await until(() => calls.some(([name]) => name === "describe_column"));
  expect(calls.find(([name]) => name === "describe_column")![1]).toEqual({ dataset: "ventas", column: "dia", field: "description", value: "The day" });
});

test("a search finds columns by parts of their names and leads there", async () => {
  const el = open();
  await until(() => byKey(el, "column dia"));
  const input = el.querySelector<HTMLInputElement>("input[type=search]")!;
  input.value = "mont";
  input.dispatchEvent(new Event("input"));
  await until(() => el.querySelector(".wb-cat-list mark"));
  expect(el.querySelectorAll(".wb-cat-list button.wb-cat-entry")).toHaveLength(1);
  el.querySelector<HTMLElement>(".wb-cat-list button.wb-cat-entry")!.click();
  await until(() => el.querySelector(".wb-cat-here"));
  expect(el.querySelector(".wb-cat-here")!.getAttribute("data-column")).toBe("monto");
});

test("a term shows its columns and cannot go while there are some", async () => {
  const el = open();
  await until(() => byKey(el, "go term venta "));
  byKey(el, "go term venta ").click();
  await until(() => byKey(el, "remove term"));
  expect(byKey<HTMLButtonElement>(el, "remove term").disabled).toBe(true);
  answers["describe_column"] = facts;
  byKey(el, "unlink ventas.monto").click();
  await until(() => calls.some(([name]) => name === "describe_column"));
  expect(calls.find(([name]) => name === "describe_column")![1]).toEqual({ dataset: "ventas", column: "monto", field: "term", value: null });
});

test("a conflict is shown with both texts, and whose stays is chosen", async () => {
  answers["overview"] = { ...overview, unsaved: ["specs/datasets/ventas.yml"] };
  const conflict = { message: "changed on disk", file: "specs/datasets/ventas.yml", gone: false, diff: ["-title: theirs", "+title: mine", " key"] };
  answers["save"] = { saved: [], conflicts: [conflict], overview };
  const el = open();
  await until(() => byKey<HTMLButtonElement>(el, "save") && !byKey<HTMLButtonElement>(el, "save").disabled);
  byKey(el, "save").click();
  await until(() => el.querySelector("dialog"));
  expect(el.querySelector("dialog ins")!.textContent).toBe("+title: mine");
  answers["save"] = { saved: ["specs/datasets/ventas.yml"], conflicts: [], overview };
  el.querySelector<HTMLElement>(".wb-dialog-foot .wb-button--danger")!.click();
  await until(() => calls.filter(([name]) => name === "save").length === 2);
  expect(calls.findLast(([name]) => name === "save")![1]).toEqual({ overwrite: ["specs/datasets/ventas.yml"] });
});

test("the dataset that is opened is the one of the other panels, too", async () => {
  answers["overview"] = { ...overview, datasets: [...overview.datasets, { name: "report", title: "", layer: "gold", said: 0, total: 2 }] };
  const el = open();
  await until(() => byKey(el, "go dataset report "));
  answers["dataset_facts"] = { ...facts, name: "report", columns: [] };
  byKey(el, "go dataset report ").click();
  await until(() => el.querySelector(".wb-cat-title")?.textContent === "report");
  await until(() => el.querySelector(".wb-cat-entry[aria-current]")?.textContent?.includes("report"));
  expect(calls.filter(([name, args]) => name === "dataset_facts" && args.dataset === "report")).toHaveLength(1);
});

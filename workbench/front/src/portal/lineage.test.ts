import { describe, expect, test } from "vitest";
import { arrange, path, WIDTH } from "./lineageArrange.ts";
import { type Edge, Graph, type Table } from "./lineageGraph.ts";
import { read, START, written } from "./lineageState.ts";
import { fitted } from "./lineageView.ts";

const table = (id: string, rank: number, y = 0): Table => ({
  id, name: id, kind: "dataset", layer: "silver", url: null, status: null, rank, y,
  columns: [["id", "integer"], ["amount", "number"], ["name", "text"]],
});
const edge = (s: number, t: number, columns: Edge["columns"] = []): Edge => ({ s, t, kinds: ["direct"], columns });

// a → b → c, a → c; b → d by aggregation, filtered by a name; d → e without column lineage
const nodes = [table("a", 0), table("b", 1), table("c", 2, 10), table("d", 2, 90), table("e", 3)];
const edges = [
  edge(0, 1, [[0, 0, "direct"], [1, 1, "derived"]]),
  edge(1, 2, [[1, 1, "direct"]]),
  edge(0, 2, [[0, 0, "direct"]]),
  edge(1, 3, [[1, 1, "aggregated"], [2, -1, "filter"]]),
  edge(3, 4),
];
const graph = new Graph({ nodes, edges });

describe("reach", () => {
  test("goes as far as asked, one way", () => {
    expect([...graph.reach(0, 1, false).keys()].sort()).toEqual([1, 2]);
    expect(graph.reach(0, Infinity, false).get(4)).toBe(3);
    expect([...graph.reach(2, Infinity, true).keys()].sort()).toEqual([0, 1]);
  });
  test("ends in a cycle too", () => {
    const loop = new Graph({ nodes: nodes.slice(0, 2), edges: [edge(0, 1), edge(1, 0)] });
    expect([...loop.reach(0, Infinity, false)]).toEqual([[1, 1]]);
    expect(loop.impact(0, 0).columns.size).toBe(1);
    expect([...loop.impact(0, 0).tables.keys()]).toEqual([1]);
  });
  test("around leaves siblings out", () => {
    expect([...graph.around(3, 2, "both")].sort()).toEqual([0, 1, 3, 4]);
    expect([...graph.around(3, 2, "down")].sort()).toEqual([3, 4]);
  });
});

describe("impact", () => {
  test("of a table is all that is made from it", () => {
    expect([...graph.impact(1).tables]).toEqual([[2, 1], [3, 1], [4, 2]]);
  });
  test("of a column follows what is computed from it", () => {
    const { columns, rows, tables } = graph.impact(0, 1);
    expect([...columns.keys()]).toEqual(["1:1", "2:1", "3:1", "4:1"]); // e has the column by name
    expect(rows.size).toBe(0);
    expect(tables.has(2)).toBe(true);
  });
  test("of a filter's column is on rows, and on all that follows", () => {
    const { columns, rows } = graph.impact(1, 2);
    expect(columns.size).toBe(0);
    expect([...rows].sort()).toEqual([3, 4]);
  });
  test("of what nobody uses is nothing", () => {
    expect(graph.impact(4).tables.size).toBe(0);
    expect(graph.impact(2, 2).tables.size).toBe(0);
  });
});

test("a target without columns takes those of its dataset", () => {
  const target: Table = { ...table("t", 3), kind: "target", columns: [] };
  const loaded = new Graph({ nodes: [...nodes.slice(0, 4), target], edges: [...edges.slice(0, 4), edge(3, 4)] });
  expect([...loaded.impact(3, 1).columns.keys()]).toEqual(["4:1"]);
  expect(loaded.impact(3, 1).rows.size).toBe(0);
  expect(target.columns).toEqual([]); // the page's data stay as they are
});

test("origins go all the way up", () => {
  expect([...graph.origins(3, 1).keys()]).toEqual(["1:1", "0:1"]);
  expect([...graph.origins(4, 1).keys()]).toEqual(["3:1", "1:1", "0:1"]);
});

describe("arranging", () => {
  const heights = (index: number) => 40 + 30 * index;
  const plan = arrange(nodes, edges, new Set([0, 1, 2, 3, 4]), heights);
  test("keeps ranks and order, without overlap", () => {
    expect(plan.ranks).toEqual([[0], [1], [2, 3], [4]]);
    const [above, below] = [plan.boxes.get(2), plan.boxes.get(3)];
    expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThan(below?.y ?? 0);
  });
  test("edges go from side to side, long ones through the ranks between", () => {
    const route = plan.routes.get("0:2") ?? [];
    expect(route.length).toBe(4);
    expect(route[0]?.[0]).toBe((plan.boxes.get(0)?.x ?? 0) + WIDTH);
    expect(route.at(-1)?.[0]).toBe(plan.boxes.get(2)?.x);
    const way = plan.boxes.get(1);
    const y = route[1]?.[1] ?? 0;
    expect(y < (way?.y ?? 0) || y > (way?.y ?? 0) + (way?.height ?? 0)).toBe(true);
  });
  test("ranks that are not shown are closed up", () => {
    const part = arrange(nodes, edges, new Set([0, 4]), heights);
    expect(part.boxes.get(4)?.x).toBe(WIDTH + 90);
    expect(part.routes.size).toBe(0);
  });
  test("nothing shown is nothing drawn", () => {
    expect(arrange(nodes, edges, new Set(), heights)).toMatchObject({ width: 0, height: 0 });
  });
  test("an edge that goes back is drawn back", () => {
    const back = arrange(nodes, [edge(2, 0)], new Set([0, 2]), heights).routes.get("2:0") ?? [];
    expect((back[0]?.[0] ?? 0) > (back.at(-1)?.[0] ?? 0)).toBe(true);
  });
});

test("a path bends between ranks", () => {
  expect(path([[0, 0], [10, 20], [30, 20], [40, 0]])).toBe("M0 0C5 0 5 20 10 20H30C35 20 35 0 40 0");
});

describe("the address", () => {
  test("of a state gives the state back", () => {
    const state = { focus: 'a b&c="', column: "ñ=1", depth: Infinity, direction: "up", level: "column", impact: true } as const;
    expect(read(written(state))).toEqual(state);
    expect(written(START)).toBe("");
  });
  test("that says nonsense is the start", () => {
    expect(read("#depth=-1&direction=x&level=y&impact=z")).toEqual(START);
  });
});

test.each([["orders", 10, "orders"], ["customer_orders", 10, "customer_…"], ["売上高の合計", 6, "売上…"]])(
  "%s is cut to %i", (text, room, shown) => expect(fitted(text, room)).toBe(shown),
);

import { expect, test } from "vitest";
import { arranged, closesCircle, possible, towards, turned, type GraphData, type GraphEdge, type GraphNode } from "./model.ts";

const node = (id: string, kind = "dataset"): GraphNode => ({ id, kind, name: id, dataset: id, layer: "", verb: "", detail: "", file: "" });
const edge = (source: string, target: string, kind = "source"): GraphEdge => ({ id: `${kind}:${source}>${target}`, source, target, kind });
const kinds = [
  { name: "source", from_kind: "dataset", to_kind: "dataset", line: "solid", can_add: true, can_remove: false },
  { name: "join", from_kind: "dataset", to_kind: "dataset", line: "dashed", can_add: true, can_remove: true },
  { name: "next", from_kind: "step", to_kind: "step", line: "solid", can_add: false, can_remove: false },
  // what workflows may bring: nothing here knows these names
  { name: "then", from_kind: "condition", to_kind: "task", line: "solid", can_add: true, can_remove: true },
];
const graph = (nodes: GraphNode[], edges: GraphEdge[]): GraphData => ({
  nodes, edges, node_kinds: [], edge_kinds: kinds, states: {}, connections: [], problems: [], undo: 0, live: false, now: "",
});

test("what is made from something stands to the right of it, and nothing stands on another", () => {
  const nodes = ["a", "b", "c", "d"].map((id) => node(id));
  const places = arranged(nodes, [edge("a", "c"), edge("b", "c"), edge("c", "d"), edge("c", "gone")]);
  expect(places["c"]!.x).toBeGreaterThan(places["a"]!.x);
  expect(places["d"]!.x).toBeGreaterThan(places["c"]!.x);
  expect(Math.abs(places["a"]!.y - places["b"]!.y)).toBeGreaterThanOrEqual(78);
  expect(new Set(Object.values(places).map(({ x, y }) => `${x} ${y}`)).size).toBe(4);
});

test("two edges between the same nodes, and circles, are arranged all the same", () => {
  const nodes = [node("a"), node("b")];
  const places = arranged(nodes, [edge("a", "b"), edge("a", "b", "join"), edge("b", "a")]);
  expect(Object.keys(places)).toEqual(["a", "b"]);
});

test("arrows follow edges to the right and left, and go to the nearest above and below", () => {
  const places = { a: { x: 0, y: 0 }, b: { x: 0, y: 100 }, c: { x: 300, y: 100 }, d: { x: 300, y: 0 } };
  const edges = [edge("a", "c")];
  expect(towards("a", "right", places, edges)).toBe("c"); // though d is nearer
  expect(towards("b", "right", places, edges)).toBe("c");
  expect(towards("c", "left", places, edges)).toBe("a");
  expect(towards("a", "down", places, edges)).toBe("b");
  expect(towards("c", "up", places, edges)).toBe("d");
  expect(towards("a", "left", places, edges)).toBeNull();
  expect(towards("gone", "left", places, edges)).toBeNull();
});

test("every node is reached by arrows", () => {
  const nodes = Array.from({ length: 14 }, (_, at) => node(`n${at}`));
  const edges = [edge("n0", "n5"), edge("n1", "n5"), edge("n5", "n9"), edge("n2", "n7"), edge("n9", "n13"), edge("n7", "n13")];
  const places = arranged(nodes, edges);
  const seen = new Set(["n0"]);
  const front = ["n0"];
  while (front.length) {
    const at = front.pop()!;
    for (const direction of ["left", "right", "up", "down"] as const) {
      const to = towards(at, direction, places, edges);
      if (to && !seen.has(to)) seen.add(to), front.push(to);
    }
  }
  expect(seen.size).toBe(14);
});

test("what may be connected comes from the kinds, whatever they are called", () => {
  const data = graph([node("a"), node("b"), node("s", "step"), node("if", "condition"), node("t", "task")], [edge("a", "b")]);
  expect(possible(data, "a", "b").map((kind) => kind.name)).toEqual(["join"]); // it is made from a already
  expect(possible(data, "b", "a").map((kind) => kind.name)).toEqual(["source", "join"]);
  expect(possible(data, "a", "a")).toEqual([]);
  expect(possible(data, "s", "a")).toEqual([]);
  expect(possible(data, "if", "t").map((kind) => kind.name)).toEqual(["then"]);
});

test("an edge to what something is made from would close a circle", () => {
  const data = graph(["a", "b", "c"].map((id) => node(id)), [edge("a", "b"), edge("b", "c")]);
  expect(closesCircle(data, "c", "a")).toBe(true);
  expect(closesCircle(data, "a", "a")).toBe(true);
  expect(closesCircle(data, "a", "c")).toBe(false);
});

test("only a status that is another one is told", () => {
  const state = { status: "RUNNING" } as never;
  expect(turned({ a: state }, { a: state, b: { status: "FAILED" } as never, c: { status: null } as never })).toEqual(["b"]);
});

/** The graph as plain values: where nodes stand, how keys move among them, what may be connected. Pure. */
import { Graph as Layout, layout } from "@dagrejs/dagre";
import type { Status } from "../running/types.ts";

export interface GraphNode {
  id: string;
  kind: string;
  name: string;
  dataset: string;
  layer: string;
  verb: string;
  detail: string;
  file: string;
}

export interface GraphEdge {
  id: string;
  source: string;
  target: string;
  kind: string;
}

export interface NodeKind {
  name: string;
  shape: string;
  holds_state: boolean;
}

export interface EdgeKind {
  name: string;
  from_kind: string;
  to_kind: string;
  line: string;
  can_add: boolean;
  can_remove: boolean;
}

export interface NodeState {
  status: Status | null;
  run_id: string | null;
  step_id: string | null;
  met: number;
  needs: number;
  done: number;
  steps: number;
  attempt: number;
  started_at: string | null;
  finished_at: string | null;
  waiting_for: string | null;
  error: string | null;
  version: number | null;
  rows: number | null;
  published_at: string | null;
  quarantined: number;
}

export type States = Record<string, NodeState>;

export interface GraphData {
  nodes: GraphNode[];
  edges: GraphEdge[];
  node_kinds: NodeKind[];
  edge_kinds: EdgeKind[];
  states: States;
  connections: string[];
  problems: { file: string; line: number; column: number; message: string; remedy: string | null }[];
  undo: number;
  live: boolean;
  now: string;
}

export interface Point {
  x: number;
  y: number;
}

export const WIDTH = 208;
export const HEIGHT = 78;

/** Where each node stands, left to right, so that few edges cross; the upper left corner. */
export function arranged(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Record<string, Point> {
  const graph = new Layout({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 28, ranksep: 112, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  const known = new Set(nodes.map((node) => node.id));
  for (const node of nodes) graph.setNode(node.id, { width: WIDTH, height: HEIGHT });
  for (const edge of edges) {
    if (known.has(edge.source) && known.has(edge.target)) graph.setEdge(edge.source, edge.target, {}, edge.id);
  }
  layout(graph as never);
  const found: Record<string, Point> = {};
  for (const node of nodes) {
    const { x, y } = graph.node(node.id) as unknown as Point;
    found[node.id] = { x: Math.round(x - WIDTH / 2), y: Math.round(y - HEIGHT / 2) };
  }
  return found;
}

export type Direction = "left" | "right" | "up" | "down";

/**
 * The node that an arrow key leads to: along an edge to the right and left, the nearest one above
 * and below; where no edge leads on, the nearest in that direction. `null` if there is none.
 */
export function towards(from: string, direction: Direction, places: Record<string, Point>, edges: readonly GraphEdge[]): string | null {
  const here = places[from];
  if (!here) return null;
  const linked =
    direction === "right"
      ? edges.filter((edge) => edge.source === from).map((edge) => edge.target)
      : direction === "left"
        ? edges.filter((edge) => edge.target === from).map((edge) => edge.source)
        : [];
  const ahead = (id: string): { along: number; aside: number } => {
    const there = places[id] ?? here;
    const [dx, dy] = [there.x - here.x, there.y - here.y];
    if (direction === "left" || direction === "right") return { along: direction === "right" ? dx : -dx, aside: Math.abs(dy) };
    return { along: direction === "down" ? dy : -dy, aside: Math.abs(dx) };
  };
  const nearest = (ids: readonly string[], weight: number): string | null => {
    const all = ids
      .filter((id) => id !== from && places[id])
      .map((id) => ({ id, ...ahead(id) }))
      .filter((each) => each.along > 0)
      .sort((a, b) => a.along + weight * a.aside - (b.along + weight * b.aside) || a.id.localeCompare(b.id));
    return all[0]?.id ?? null;
  };
  return nearest(linked, 1) ?? nearest(Object.keys(places), 2.5);
}

/** The kinds of edges that may be added between two nodes. */
export function possible(data: GraphData, source: string, target: string): EdgeKind[] {
  const from = data.nodes.find((node) => node.id === source);
  const to = data.nodes.find((node) => node.id === target);
  if (!from || !to || from === to) return [];
  return data.edge_kinds.filter(
    (kind) =>
      kind.can_add && kind.from_kind === from.kind && kind.to_kind === to.kind && !(kind.name === "source" && linkedBy(data, source, target, "source")),
  );
}

function linkedBy(data: GraphData, source: string, target: string, kind: string): boolean {
  return data.edges.some((edge) => edge.source === source && edge.target === target && edge.kind === kind);
}

/** Whether `target` is among what `source` is made from: an edge would close a circle. */
export function closesCircle(data: GraphData, source: string, target: string): boolean {
  const above = new Set<string>();
  const front = [source];
  while (front.length) {
    const at = front.pop() as string;
    if (above.has(at)) continue;
    above.add(at);
    front.push(...data.edges.filter((edge) => edge.target === at).map((edge) => edge.source));
  }
  return above.has(target);
}

/** The nodes whose status is another now. */
export function turned(before: States, after: States): string[] {
  return Object.keys(after).filter((id) => after[id]?.status && before[id]?.status !== after[id]?.status);
}

/** What nodes are called. */
import type { GraphNode } from "./model.ts";

type Say = (key: string, values?: Record<string, string | number>) => string;

/** A step without its dataset: its verb, and the table that it loads. */
export function stepName(node: GraphNode, say: Say): string {
  const target = node.verb === "materialize" ? ` ${node.name.split(".").slice(1).join(".")}` : "";
  return `${say(`runs.verb.${node.verb}`)}${target}`;
}

/** A node by its whole name. */
export function shownName(node: GraphNode, say: Say): string {
  return node.kind === "step" ? `${node.dataset} · ${stepName(node, say)}` : node.name;
}

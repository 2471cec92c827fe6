/** What is known about the table in focus, and what breaks if it changes, in words. */
import { element, icon } from "./dom.ts";
import { type Graph, type Impact, type Place, strongest } from "./lineageGraph.ts";
import { count, say, word } from "./messages.ts";
import { page } from "./site.ts";

export interface Actions {
  focus(id: string, column?: string): void;
  close(): void;
}

export function panel(graph: Graph, at: Place, impact: Impact | null, actions: Actions): Node[] {
  const table = graph.tables[at.table];
  if (!table) return [];
  const close = element(
    "button",
    { type: "button", class: "wb-button wb-button--icon wb-explorer__close", "aria-label": say("lineage.close") },
    icon("close"),
  );
  close.addEventListener("click", () => actions.close());
  const column = at.column < 0 ? "" : (table.columns[at.column]?.[0] ?? "");
  const about = [table.layer ? word("layer", table.layer) : word("lineage", table.kind)];
  const parts: Node[] = [
    close,
    element("h2", {}, element("bdi", {}, column ? `${table.name}.${column}` : table.name)),
    element("p", { class: "wb-facts" }, element("span", { class: "wb-chip" }, ...about), statusOf(table.status)),
  ];
  if (table.url) parts.push(element("p", {}, element("a", { href: page(table.url) }, say("lineage.open"))));
  if (impact) parts.push(...impactParts(graph, at, column, impact, actions));
  parts.push(element("h3", {}, say("lineage.from")));
  parts.push(neighbours(graph, graph.into(at.table).map((edge) => [edge.s, word("edge", strongest(edge.kinds))]), actions));
  parts.push(element("h3", {}, say("lineage.to")));
  parts.push(neighbours(graph, graph.outOf(at.table).map((edge) => [edge.t, word("edge", strongest(edge.kinds))]), actions));
  return parts;
}

function statusOf(status: string | null): HTMLElement | null {
  if (!status) return null;
  const known = /^[a-z]+$/.test(status) ? status : "unknown";
  return element("span", { class: `wb-status wb-status--${known}` }, word("status", status));
}

function neighbours(graph: Graph, found: [number, string][], actions: Actions): HTMLElement {
  if (!found.length) return element("p", { class: "wb-muted" }, say("lineage.nothing"));
  const sorted = [...found].sort((a, b) => name(graph, a[0]).localeCompare(name(graph, b[0])));
  const rows = sorted.map(([table, note]) => element("li", {}, go(graph, table, actions), " ", muted(note)));
  return element("ul", {}, ...rows);
}

function go(graph: Graph, table: number, actions: Actions, column = ""): HTMLElement {
  const text = column ? `${name(graph, table)}.${column}` : name(graph, table);
  const button = element("button", { type: "button" }, element("bdi", {}, text));
  button.addEventListener("click", () => actions.focus(graph.tables[table]?.id ?? "", column));
  return button;
}

const name = (graph: Graph, table: number): string => graph.tables[table]?.name ?? "";
const muted = (text: string): HTMLElement => element("span", { class: "wb-muted wb-small" }, text);

/** One sentence: what breaks. */
export function impactSentence(graph: Graph, impact: Impact): string {
  const { tables, columns, rows } = impact;
  if (!tables.size) return say("lineage.impact.none");
  const parts = [count("lineage.impact.tables", tables.size)];
  const targets = [...tables.keys()].filter((table) => graph.tables[table]?.kind === "target").length;
  if (targets) parts.push(count("lineage.impact.targets", targets));
  if (columns.size) parts.push(count("lineage.impact.columns", columns.size));
  if (rows.size) parts.push(count("lineage.impact.rows", rows.size));
  return `${parts.join("; ")}.`;
}

function impactParts(graph: Graph, at: Place, column: string, impact: Impact, actions: Actions): Node[] {
  const title = column ? `${name(graph, at.table)}.${column}` : name(graph, at.table);
  const box = element(
    "div",
    { class: "wb-callout wb-callout--warn", role: "note" },
    element("p", { class: "wb-callout__title" }, say("lineage.impact.title", { name: title })),
    element("p", {}, impactSentence(graph, impact)),
  );
  const parts: Node[] = [box];
  if (impact.columns.size) {
    parts.push(element("h3", {}, say("lineage.impact.values")));
    const rows = [...impact.columns.values()].map(({ table, column: index, kind }) =>
      element("li", {}, go(graph, table, actions, graph.tables[table]?.columns[index]?.[0] ?? ""), " ", muted(word("edge", kind))),
    );
    parts.push(element("ul", {}, ...rows));
  }
  const others = column ? impact.rows : new Set(impact.tables.keys());
  if (others.size) {
    if (column) parts.push(element("h3", {}, say("lineage.impact.membership")));
    const near = [...others].sort(
      (a, b) => (impact.tables.get(a) ?? 0) - (impact.tables.get(b) ?? 0) || name(graph, a).localeCompare(name(graph, b)),
    );
    const rows = near.map((table) =>
      element("li", {}, go(graph, table, actions), " ", muted(count("lineage.steps", impact.tables.get(table) ?? 1))),
    );
    parts.push(element("ul", {}, ...rows));
  }
  return parts;
}

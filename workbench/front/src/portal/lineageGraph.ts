/** Questions to the lineage graph: what a table comes from, what uses it, what breaks. Pure. */

export type EdgeKind = "direct" | "derived" | "aggregated" | "filter" | "join" | "dedupe";
export type Direction = "both" | "up" | "down";

export interface Table {
  id: string;
  name: string;
  kind: "source" | "dataset" | "target";
  layer: string;
  url: string | null;
  status: string | null;
  rank: number;
  y: number;
  /** Name and type. */
  columns: [string, string][];
}

export interface Edge {
  s: number;
  t: number;
  kinds: EdgeKind[];
  /** Source column, target column, kind; -1 stands for the rows as a whole. */
  columns: [number, number, EdgeKind][];
}

export interface LineageData {
  nodes: Table[];
  edges: Edge[];
}

/** A column of a table, both by index. */
export interface Place {
  table: number;
  column: number;
}

/** What depends on something: tables with their distance, columns, and tables whose rows do. */
export interface Impact {
  tables: Map<number, number>;
  columns: Map<string, Place & { kind: EdgeKind }>;
  rows: Set<number>;
}

export const placeKey = (place: Place): string => `${place.table}:${place.column}`;

/** Strongest first: what a table edge is drawn as when it is several things. */
const STRENGTH: EdgeKind[] = ["aggregated", "derived", "direct", "join", "filter", "dedupe"];

export function strongest(kinds: readonly EdgeKind[]): EdgeKind {
  return STRENGTH.find((kind) => kinds.includes(kind)) ?? "direct";
}

export class Graph {
  readonly tables: Table[];
  readonly edges: Edge[];
  private readonly byId = new Map<string, number>();
  private readonly ups: Edge[][];
  private readonly downs: Edge[][];

  constructor(data: LineageData) {
    this.tables = data.nodes.map((node) => ({ ...node }));
    this.edges = data.edges.map((edge) => this.loaded({ ...edge }));
    this.ups = data.nodes.map(() => []);
    this.downs = data.nodes.map(() => []);
    data.nodes.forEach((node, index) => this.byId.set(node.id, index));
    for (const edge of this.edges) {
      this.downs[edge.s]?.push(edge);
      this.ups[edge.t]?.push(edge);
    }
  }

  /** A load into a target that lists no columns: it takes those of the dataset as they are. */
  private loaded(edge: Edge): Edge {
    const [source, target] = [this.tables[edge.s], this.tables[edge.t]];
    if (!source || target?.kind !== "target" || edge.columns.length) return edge;
    if (!target.columns.length) target.columns = source.columns;
    const places = new Map(target.columns.map(([name], index) => [name, index]));
    edge.columns = source.columns.flatMap(([name], index): Edge["columns"] => {
      const place = places.get(name);
      return place === undefined ? [] : [[index, place, "direct"]];
    });
    return edge;
  }

  find(id: string): number {
    return this.byId.get(id) ?? -1;
  }

  /** Edges into a table. */
  into(table: number): Edge[] {
    return this.ups[table] ?? [];
  }

  /** Edges out of a table. */
  outOf(table: number): Edge[] {
    return this.downs[table] ?? [];
  }

  /** Tables within `depth` steps on one side, with their distance; without the table itself. */
  reach(table: number, depth: number, up: boolean): Map<number, number> {
    const found = new Map<number, number>();
    let front = [table];
    for (let distance = 1; distance <= depth && front.length; distance += 1) {
      const next: number[] = [];
      for (const here of front) {
        for (const edge of up ? this.into(here) : this.outOf(here)) {
          const other = up ? edge.s : edge.t;
          if (other === table || found.has(other)) continue;
          found.set(other, distance);
          next.push(other);
        }
      }
      front = next;
    }
    return found;
  }

  /** The tables to show around one. */
  around(table: number, depth: number, direction: Direction): Set<number> {
    const shown = new Set([table]);
    if (direction !== "down") for (const other of this.reach(table, depth, true).keys()) shown.add(other);
    if (direction !== "up") for (const other of this.reach(table, depth, false).keys()) shown.add(other);
    return shown;
  }

  /** What depends on a table: everything downstream. On a column: what is computed from it. */
  impact(table: number, column = -1): Impact {
    const distances = this.reach(table, Infinity, false);
    if (column < 0) return { tables: distances, columns: new Map(), rows: new Set() };
    const impact: Impact = { tables: new Map(), columns: new Map(), rows: new Set() };
    const queue: Place[] = [{ table, column }];
    const seen = new Set([placeKey({ table, column })]);
    const rowsOf: number[] = [];
    for (let place = queue.shift(); place; place = queue.shift()) {
      for (const edge of this.outOf(place.table)) {
        for (const [target, kind] of this.followed(edge, place.column)) {
          if (edge.t !== table) impact.tables.set(edge.t, distances.get(edge.t) ?? 1);
          if (target < 0) {
            rowsOf.push(edge.t);
            continue;
          }
          const next = { table: edge.t, column: target };
          if (seen.has(placeKey(next))) continue;
          seen.add(placeKey(next));
          impact.columns.set(placeKey(next), { ...next, kind });
          queue.push(next);
        }
      }
    }
    // a table whose rows change passes that on to all that is made from it
    for (const start of rowsOf) {
      impact.rows.add(start);
      for (const other of this.reach(start, Infinity, false).keys()) {
        impact.rows.add(other);
        impact.tables.set(other, distances.get(other) ?? 1);
      }
    }
    return impact;
  }

  /** Columns that a column is computed from, all the way up. */
  origins(table: number, column: number): Map<string, Place> {
    const found = new Map<string, Place>();
    const queue: Place[] = [{ table, column }];
    for (let place = queue.shift(); place; place = queue.shift()) {
      for (const edge of this.into(place.table)) {
        for (const source of this.sources(edge, place.column)) {
          const next = { table: edge.s, column: source };
          if (found.has(placeKey(next))) continue;
          found.set(placeKey(next), next);
          queue.push(next);
        }
      }
    }
    return found;
  }

  /** Where a column goes along an edge. Without column lineage: to the column of that name. */
  private followed(edge: Edge, column: number): [number, EdgeKind][] {
    if (edge.columns.length) {
      return edge.columns.flatMap(([s, t, kind]) => (s === column ? [[t, kind] as [number, EdgeKind]] : []));
    }
    const name = this.tables[edge.s]?.columns[column]?.[0];
    const same = this.tables[edge.t]?.columns.findIndex(([other]) => other === name) ?? -1;
    return [[same, strongest(edge.kinds)]];
  }

  private sources(edge: Edge, column: number): number[] {
    if (edge.columns.length) {
      return edge.columns.flatMap(([s, t]) => (t === column && s >= 0 ? [s] : []));
    }
    const name = this.tables[edge.t]?.columns[column]?.[0];
    const same = this.tables[edge.s]?.columns.findIndex(([other]) => other === name) ?? -1;
    return same < 0 ? [] : [same];
  }
}

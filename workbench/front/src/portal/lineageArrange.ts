/**
 * Where the tables shown stand. The whole graph was laid out when the site was built; what is shown
 * of it keeps its ranks and its order from top to bottom, so that nothing jumps about, and closes up.
 */
import type { Edge, Table } from "./lineageGraph.ts";

export const WIDTH = 240;
const ACROSS = 90;
const DOWN = 18;
const WAY = 10; // height of a long edge where it passes a rank
const ROUNDS = 8;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Arranged {
  boxes: Map<number, Box>;
  /** Points of each edge between its two tables, by `s:t`. */
  routes: Map<string, [number, number][]>;
  /** Tables of each rank from top to bottom. */
  ranks: number[][];
  width: number;
  height: number;
}

interface Item {
  table: number; // -1: an edge that passes
  rank: number;
  wish: number;
  height: number;
  gap: number;
  middle: number;
  left: Item[];
  right: Item[];
}

export function arrange(
  tables: readonly Table[],
  edges: readonly Edge[],
  shown: ReadonlySet<number>,
  heightOf: (table: number) => number,
): Arranged {
  const used = [...new Set([...shown].map((table) => tables[table]?.rank ?? 0))].sort((a, b) => a - b);
  const rankOf = new Map(used.map((rank, index) => [rank, index]));
  const items = new Map<number, Item>();
  const rows: Item[][] = used.map(() => []);
  const add = (item: Item) => {
    rows[item.rank]?.push(item);
    return item;
  };
  for (const table of [...shown].sort((a, b) => a - b)) {
    const node = tables[table];
    if (!node) continue;
    const rank = rankOf.get(node.rank) ?? 0;
    items.set(table, add(item(table, rank, node.y, heightOf(table), DOWN)));
  }
  const chains = new Map<string, Item[]>();
  for (const edge of edges) {
    const ends = [items.get(edge.s), items.get(edge.t)] as const;
    const [source, target] = ends;
    if (!source || !target) continue;
    const forward = source.rank < target.rank;
    const [first, last] = forward ? [source, target] : [target, source];
    const chain = [first];
    for (let rank = first.rank + 1; rank < last.rank; rank += 1) {
      const part = (rank - first.rank) / (last.rank - first.rank);
      chain.push(add(item(-1, rank, first.wish + part * (last.wish - first.wish), WAY, DOWN / 3)));
    }
    chain.push(last);
    for (let i = 1; i < chain.length; i += 1) {
      const [here, next] = [chain[i - 1], chain[i]];
      if (!here || !next || here.rank === next.rank) continue;
      here.right.push(next);
      next.left.push(here);
    }
    chains.set(`${edge.s}:${edge.t}`, forward ? chain : chain.reverse());
  }
  for (const row of rows) row.sort((a, b) => a.wish - b.wish);
  place(rows);
  return finished(rows, items, chains);
}

function item(table: number, rank: number, wish: number, height: number, gap: number): Item {
  return { table, rank, wish, height, gap, middle: 0, left: [], right: [] };
}

function place(rows: Item[][]): void {
  for (const row of rows) apart(row, row.map(() => 0));
  for (let round = 0; round < ROUNDS; round += 1) {
    const forward = round % 2 === 0;
    const last = round >= ROUNDS - 2;
    for (const row of forward ? rows : [...rows].reverse()) {
      apart(
        row,
        row.map((each) => {
          const one = forward ? each.left : each.right;
          const beside = last ? [...each.left, ...each.right] : one.length ? one : [...each.left, ...each.right];
          return beside.length ? beside.reduce((sum, other) => sum + other.middle, 0) / beside.length : each.middle;
        }),
      );
    }
  }
}

/** Middles as near to the wished ones as order and distances allow (isotonic regression). */
function apart(row: Item[], wished: number[]): void {
  const offsets: number[] = [];
  const pools: { mean: number; count: number }[] = [];
  row.forEach((each, index) => {
    const above = row[index - 1];
    const room = above ? (above.height + each.height) / 2 + Math.max(above.gap, each.gap) : 0;
    offsets.push((offsets[index - 1] ?? 0) + room);
    let mean = (wished[index] ?? 0) - (offsets[index] ?? 0);
    let count = 1;
    for (let top = pools.at(-1); top && top.mean > mean; top = pools.at(-1)) {
      mean = (mean * count + top.mean * top.count) / (count + top.count);
      count += top.count;
      pools.pop();
    }
    pools.push({ mean, count });
  });
  let index = 0;
  for (const { mean, count } of pools) {
    for (let n = 0; n < count; n += 1, index += 1) {
      const each = row[index];
      if (each) each.middle = mean + (offsets[index] ?? 0);
    }
  }
}

function finished(rows: Item[][], items: Map<number, Item>, chains: Map<string, Item[]>): Arranged {
  const all = rows.flat();
  const top = Math.min(...all.map((each) => each.middle - each.height / 2), Infinity);
  const x = (rank: number) => rank * (WIDTH + ACROSS);
  const boxes = new Map<number, Box>();
  for (const [table, each] of items) {
    const y = each.middle - each.height / 2 - top;
    boxes.set(table, { x: x(each.rank), y, width: WIDTH, height: each.height });
  }
  const routes = new Map<string, [number, number][]>();
  for (const [key, chain] of chains) {
    const points = chain.flatMap((each): [number, number][] => {
      const y = each.middle - top;
      const ends: [number, number][] = [
        [x(each.rank), y],
        [x(each.rank) + WIDTH, y],
      ];
      const backwards = (chain[0]?.rank ?? 0) > (chain.at(-1)?.rank ?? 0);
      return backwards ? ends.reverse() : ends;
    });
    routes.set(key, points.slice(1, -1));
  }
  return {
    boxes,
    routes,
    ranks: rows.map((row) => row.flatMap((each) => (each.table < 0 ? [] : [each.table]))),
    width: rows.length ? x(rows.length - 1) + WIDTH : 0,
    height: Math.max(...[...boxes.values()].map((box) => box.y + box.height), 0),
  };
}

/** A smooth path: bends between ranks, level where it passes one. */
export function path(points: readonly [number, number][]): string {
  const [start, ...rest] = points;
  if (!start) return "";
  let [x, y] = start;
  let d = `M${round(x)} ${round(y)}`;
  rest.forEach(([toX, toY], index) => {
    const middle = round((x + toX) / 2);
    d += index % 2 ? `H${round(toX)}` : `C${middle} ${round(y)} ${middle} ${round(toY)} ${round(toX)} ${round(toY)}`;
    [x, y] = [toX, toY];
  });
  return d;
}

const round = (value: number): number => Math.round(value * 10) / 10;

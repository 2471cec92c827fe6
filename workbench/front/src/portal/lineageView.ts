/** Draws an arranged graph: tables, their columns, edges. What is in view decides `lineageMotion`. */
import { svg } from "./dom.ts";
import { type Arranged, type Box, path, WIDTH } from "./lineageArrange.ts";
import { type EdgeKind, type Graph, type Place, placeKey, strongest, type Table } from "./lineageGraph.ts";
import { count, word } from "./messages.ts";

export const HEAD = 46;
const ROW = 22;
const FITS = 24;

/** What is highlighted; everything else steps back. */
export interface Trace {
  tables: ReadonlySet<number>;
  columns: ReadonlySet<string>;
  /** Tables that would break. */
  hit: ReadonlySet<number>;
}

export interface Scene {
  graph: Graph;
  arranged: Arranged;
  /** Columns drawn in each table; none at table level. */
  columns: ReadonlyMap<number, readonly number[]>;
  focus: number;
  chosen: Place | null;
  trace: Trace | null;
}

export function heightOf(columns: number, more: boolean): number {
  return HEAD + (columns ? columns * ROW + 6 : 0) + (more ? ROW : 0);
}

const TONES: Record<string, string> = {
  success: "good",
  failed: "bad",
  running: "info",
  queued: "info",
};

/** A piece of the picture, made only once it comes into view. */
export interface Part {
  kind: "node" | "edge";
  left: number;
  top: number;
  right: number;
  bottom: number;
  make(): SVGElement;
}

/** All pieces of a scene: a thousand tables are listed quickly, and drawn where one looks. */
export function parts(scene: Scene): Part[] {
  const made: Part[] = [];
  const edge = (points: [number, number][], make: () => SVGElement) => {
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    made.push({ kind: "edge", left, right, top: Math.min(...ys), bottom: Math.max(...ys), make });
  };
  for (const each of scene.graph.edges) {
    const points = scene.arranged.routes.get(`${each.s}:${each.t}`);
    if (!points) continue;
    const pairs = scene.columns.size ? each.columns.filter(([s, t]) => visible(scene, each, s, t)) : [];
    if (!pairs.length) {
      const on = scene.trace ? scene.trace.tables.has(each.s) && scene.trace.tables.has(each.t) : false;
      edge(points, () => line(scene, each.s, each.t, strongest(each.kinds), each.kinds, points, on));
      continue;
    }
    for (const [s, t, kind] of pairs) {
      const ends = [...points];
      ends[0] = [points[0]?.[0] ?? 0, rowY(scene, each.s, s)];
      ends[ends.length - 1] = [points.at(-1)?.[0] ?? 0, rowY(scene, each.t, t)];
      const on = scene.trace ? traced(scene.trace, each.s, s) && traced(scene.trace, each.t, t) : false;
      edge(ends, () => line(scene, each.s, each.t, kind, [kind], ends, on));
    }
  }
  for (const [table, box] of scene.arranged.boxes) {
    const { x, y } = box;
    made.push({
      kind: "node",
      left: x,
      top: y,
      right: x + box.width,
      bottom: y + box.height,
      make: () => node(scene, table, box),
    });
  }
  return made;
}

function visible(scene: Scene, edge: { s: number; t: number }, s: number, t: number): boolean {
  const has = (table: number, column: number) =>
    column < 0 || (scene.columns.get(table)?.includes(column) ?? false);
  return has(edge.s, s) && has(edge.t, t);
}

function traced(trace: Trace, table: number, column: number): boolean {
  return column < 0 ? trace.tables.has(table) : trace.columns.has(placeKey({ table, column }));
}

/** The middle of a column's row, or of the table's name for the rows as a whole. */
function rowY(scene: Scene, table: number, column: number): number {
  const box = scene.arranged.boxes.get(table);
  if (!box) return 0;
  const at = scene.columns.get(table)?.indexOf(column) ?? -1;
  return at < 0 ? box.y + HEAD / 2 : box.y + HEAD + at * ROW + ROW / 2;
}

function line(
  scene: Scene,
  s: number,
  t: number,
  kind: EdgeKind,
  kinds: readonly EdgeKind[],
  points: [number, number][],
  on: boolean,
): SVGGElement {
  const [x, y] = points.at(-1) ?? [0, 0];
  const back = (points[0]?.[0] ?? 0) > x ? 7 : -7;
  const names = `${scene.graph.tables[s]?.name ?? ""} → ${scene.graph.tables[t]?.name ?? ""}`;
  return svg(
    "g",
    { class: `wb-edge wb-edge--${kind}${on ? " wb-on" : ""}` },
    svg("title", {}, `${names}: ${kinds.map((each) => word("edge", each)).join(", ")}`),
    svg("path", { class: "wb-edge__line", d: path(points) }),
    svg("path", { class: "wb-edge__tip", d: `M${x} ${y}L${x + back} ${y - 4}V${y + 4}Z` }),
  );
}

function node(scene: Scene, index: number, box: Box): SVGGElement {
  const table = scene.graph.tables[index];
  if (!table) return svg("g");
  const about = [table.layer ? word("layer", table.layer) : word("lineage", table.kind)];
  if (table.status) about.push(word("status", table.status));
  const { trace } = scene;
  const classes = ["wb-node", `wb-node--${table.kind}`];
  if (index === scene.focus) classes.push("wb-node--focus");
  if (trace?.tables.has(index)) classes.push("wb-on");
  if (trace?.hit.has(index)) classes.push("wb-hit");
  const tone = TONES[table.status ?? ""];
  const made = svg(
    "g",
    {
      class: classes.join(" "),
      transform: `translate(${box.x} ${Math.round(box.y * 10) / 10})`,
      "data-table": index,
    },
    svg(
      "g",
      {
        class: "wb-node__head",
        role: "button",
        tabindex: -1,
        "aria-pressed": String(index === scene.focus),
        "data-stop": `${index}:-1`,
      },
      svg("title", {}, `${table.name}, ${about.join(", ")}`),
      svg("rect", { class: "wb-node__box", width: box.width, height: box.height, rx: 4 }),
      svg("path", {
        class: `wb-node__layer wb-layer--${layer(table)}`,
        d: `M5 0H4a4 4 0 0 0-4 4v${box.height - 8}a4 4 0 0 0 4 4h1z`,
      }),
      // cut once more where the font is wide
      svg(
        "svg",
        { x: 16, width: WIDTH - 38, height: HEAD, "aria-hidden": "true" },
        svg("text", { class: "wb-node__name", y: 20 }, fitted(table.name, FITS)),
        svg("text", { class: "wb-node__about", y: 36 }, fitted(about.join(" · "), FITS + 4)),
      ),
      tone ? svg("circle", { class: `wb-node__status wb-tone--${tone}`, cx: WIDTH - 12, cy: 12, r: 3.5 }) : null,
    ),
  );
  const columns = scene.columns.get(index) ?? [];
  if (columns.length) made.append(svg("line", { class: "wb-node__rule", x1: 5, x2: WIDTH, y1: HEAD, y2: HEAD }));
  columns.forEach((column, number) => made.append(row(scene, table, { table: index, column }, number)));
  const more = columns.length ? table.columns.length - columns.length : 0;
  if (more > 0) {
    const y = HEAD + columns.length * ROW + 18;
    made.append(svg("text", { class: "wb-node__about", x: 16, y }, count("lineage.more", more)));
  }
  return made;
}

function row(scene: Scene, table: Table, place: Place, number: number): SVGGElement {
  const [name, type] = table.columns[place.column] ?? ["", ""];
  const chosen = scene.chosen?.table === place.table && scene.chosen.column === place.column;
  const on = scene.trace?.columns.has(placeKey(place)) ?? false;
  const y = HEAD + number * ROW;
  return svg(
    "g",
    {
      class: `wb-column${chosen ? " wb-column--chosen" : ""}${on ? " wb-on" : ""}`,
      role: "button",
      tabindex: -1,
      "aria-pressed": String(chosen),
      "data-stop": placeKey(place),
    },
    svg("title", {}, `${table.name}.${name}, ${type}`),
    svg("rect", { class: "wb-column__row", x: 7, y: y + 2, width: WIDTH - 10, height: ROW - 2, rx: 3 }),
    svg("text", { x: 16, y: y + 16, "aria-hidden": "true" }, fitted(name, 21)),
    svg("text", { x: WIDTH - 10, y: y + 16, "text-anchor": "end", "aria-hidden": "true" }, fitted(type, 11)),
  );
}

function layer(table: Table): string {
  return ["raw", "bronze", "silver", "gold", "target"].includes(table.layer) ? table.layer : "other";
}

/** Text cut to about `room` letters; wide letters count double. */
export function fitted(text: string, room: number): string {
  const letters = [...text];
  let used = 0;
  for (let i = 0; i < letters.length; i += 1) {
    const letter = letters[i] ?? "";
    if (/\p{M}/u.test(letter)) continue;
    used += /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}]/u.test(letter) ? 2 : 1;
    if (used > room) return `${letters.slice(0, Math.max(1, i - 1)).join("").trimEnd()}…`;
  }
  return text;
}

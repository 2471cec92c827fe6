/** What the explorer shows, kept in the address, so that a view can be sent to somebody. */
import type { Direction } from "./lineageGraph.ts";

export interface State {
  /** Id of the table in focus; empty: the whole graph. */
  focus: string;
  /** Name of a column of that table. */
  column: string;
  /** Steps away from the focus; Infinity: all. */
  depth: number;
  direction: Direction;
  level: "table" | "column";
  impact: boolean;
}

export const START: State = {
  focus: "",
  column: "",
  depth: 2,
  direction: "both",
  level: "table",
  impact: false,
};

export function read(hash: string): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const direction = given.get("direction");
  const depth = given.get("depth");
  const steps = depth === "all" ? Infinity : Number.parseInt(depth ?? "", 10);
  return {
    focus: given.get("focus") ?? "",
    column: given.get("column") ?? "",
    depth: steps >= 1 ? steps : START.depth,
    direction: direction === "up" || direction === "down" ? direction : "both",
    level: given.get("level") === "column" ? "column" : "table",
    impact: given.get("impact") === "1",
  };
}

/** The address of a state, without what is as at the start. */
export function written(state: State): string {
  const given = new URLSearchParams();
  if (state.focus) given.set("focus", state.focus);
  if (state.column) given.set("column", state.column);
  if (state.depth !== START.depth) given.set("depth", state.depth === Infinity ? "all" : String(state.depth));
  if (state.direction !== START.direction) given.set("direction", state.direction);
  if (state.level !== START.level) given.set("level", state.level);
  if (state.impact) given.set("impact", "1");
  const text = given.toString();
  return text ? `#${text}` : "";
}

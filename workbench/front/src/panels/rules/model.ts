/** What the kernel tells of a draft, its rules and its rows. */
import type { Problem } from "../client.ts";
import type { Schema } from "./schema.ts";

export type ListName = "transforms" | "expectations";

export interface Rule {
  list: ListName;
  index: number;
  name: string;
  options: Record<string, unknown>;
  bare: boolean;
  enabled: boolean;
  /** Its place among the enabled ones of its list. */
  number: number | null;
  /** First and last line, from 1. */
  lines: [number, number];
}

export interface State {
  dataset: string;
  file: string;
  text: string;
  dirty: boolean;
  outdated: boolean;
  can_undo: boolean;
  can_redo: boolean;
  changed_lines: number[];
  problems: Problem[];
  rules: Rule[];
  readable: boolean;
  /** The file that the draft began with. */
  base: string;
  valid: boolean;
  known_columns: string[];
  conflict?: Conflict;
}

export interface Conflict {
  mine: string;
  theirs: string | null;
  base: string;
}

export interface Column {
  name: string;
  type: string;
  original: string | null;
}

export interface Step {
  number: number;
  name: string;
  rows: number | null;
  columns: Column[];
  reasons: [string, number][];
  fault: { message: string; where: string | null; remedy: string | null } | null;
  summary: string;
}

export interface Check {
  number: number;
  name: string;
  success: boolean | null;
  failing: number | null;
  looked: number | null;
  words: string;
  error: string | null;
}

/** What the rows say of the rules. */
export interface Look {
  dataset: string;
  scope: Scope;
  file: string;
  rows: number;
  whole_rows: number | null;
  steps: Step[];
  checks: Check[];
  failing_rows: number | null;
}

export type Scope = "sample" | "whole";

export interface Known {
  schema: Schema;
  datasets: string[];
  connections: string[];
  functions: { name: string; usage: string; meaning: string }[];
}

export interface Suggestion {
  name: string;
  kwargs: Record<string, unknown>;
  severity: string;
  evidence: string;
  figures: Record<string, string | number>;
  earlier: number | null;
}

export interface Trial {
  rows: number;
  failing: number;
  nulls: number;
  distinct: number;
  values: { text: string | null; value: string | null; failed: boolean; reason: string | null; count: number }[];
}

export type Path = (string | number)[];

export type Change =
  | { kind: "set"; path: Path; value: unknown }
  | { kind: "insert"; path: Path; index: number; value: unknown }
  | { kind: "remove"; path: Path }
  | { kind: "move"; path: Path; index: number; to: number }
  | { kind: "rename"; path: Path; key: string };

export const ruleKey = (rule: { list: ListName; index: number }): string => `${rule.list}:${rule.index}`;

/** The rules of one list. */
export function rulesOf(state: State | null, list: ListName): Rule[] {
  return state ? state.rules.filter((rule) => rule.list === list) : [];
}

/** The problems within the lines of a rule. */
export function problemsOf(state: State | null, rule: Rule): Problem[] {
  return (state?.problems ?? []).filter(({ line }) => line >= rule.lines[0] && line <= rule.lines[1]);
}

/** The columns that a rule sees: a transform those before it, an expectation the final ones. */
export function columnsFor(look: Look | null, rule: { list: ListName; index: number }): Column[] {
  if (!look) return [];
  const step = rule.list === "transforms" ? Math.min(rule.index, look.steps.length - 1) : look.steps.length - 1;
  return look.steps[step]?.columns ?? [];
}

/** The change that gives an option of a rule a value, or (`undefined`) takes it out. */
export function optionChange(rule: Rule, key: string, value: unknown): Change {
  const item: Path = [rule.list, rule.index];
  if (rule.bare) return { kind: "set", path: item, value: { [rule.name]: value === undefined ? {} : { [key]: value } } };
  const path = [...item, rule.name, key];
  return value === undefined ? { kind: "remove", path } : { kind: "set", path, value };
}

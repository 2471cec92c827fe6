/** What may be written at a place of a spec, and what it means: from the JSON Schema. */
import { ruleSchemas, schemasAt, type Schema } from "./schema.ts";
import { placeAt } from "./place.ts";
import { shown } from "./scalars.ts";

/** Names that the schema cannot know. */
export interface Names {
  /** The columns that the rule at a path sees. */
  columns: (path: readonly (string | number)[]) => readonly { name: string; type: string }[];
  datasets: readonly string[];
  connections: readonly string[];
}

export interface Option {
  label: string;
  insert: string;
  detail: string;
  info: string;
  type: "property" | "enum" | "variable" | "constant" | "class";
}

export interface Offered {
  from: number;
  options: Option[];
}

/** What fits at a position; nothing within comments. */
export function offered(text: string, position: number, root: Schema, names: Names): Offered | null {
  const line = text.slice(text.lastIndexOf("\n", position - 1) + 1, position);
  if (/(^|\s)#[^"']*$/.test(line)) return null;
  const place = placeAt(text, position);
  const schemas = schemasAt(root, place.path);
  const options = new Map<string, Option>();
  const add = (option: Option): void => void (options.has(option.label) || options.set(option.label, option));
  if (place.at === "key") {
    const taken = new Set(place.existing);
    for (const schema of schemas) {
      for (const [key, each] of Object.entries(schema.properties ?? {})) {
        if (taken.has(key)) continue;
        add({ label: key, insert: `${key}: `, detail: kindOf(each, root), info: told(each), type: "property" });
      }
      if (schema.propertyNames?.format === "column") {
        for (const { name, type } of names.columns(place.path)) {
          if (!taken.has(name)) add({ label: name, insert: `${written(name, place.flow)}: `, detail: type, info: "", type: "variable" });
        }
      }
    }
  }
  const last = place.path.at(-1);
  if (place.at === "value" || typeof last === "number") {
    for (const schema of schemas) for (const option of valuesOf(schema, place.path, place.flow, names)) add(option);
  }
  return options.size ? { from: place.from, options: [...options.values()] } : null;
}

function* valuesOf(schema: Schema, path: readonly (string | number)[], flow: boolean, names: Names): Generator<Option> {
  const info = schema.description ?? "";
  const option = (value: unknown, type: Option["type"], detail = ""): Option => {
    const label = shown(value);
    return { label, insert: typeof value === "string" ? written(value, flow) : label, detail, info, type };
  };
  if (schema.const !== undefined) yield option(schema.const, "enum");
  for (const value of schema.enum ?? []) yield option(value, "enum", value === schema.default ? "default" : "");
  for (const value of schema.examples ?? []) yield option(value, "constant");
  const kinds = [schema.type].flat();
  if (kinds.includes("boolean")) for (const value of [true, false]) yield option(value, "constant");
  if (schema.format === "column" || schema.format === "columns") {
    if (schema.format === "columns") yield option("all", "constant");
    for (const { name, type } of names.columns(path)) yield option(name, "variable", type);
  }
  if (schema.format === "dataset") for (const name of names.datasets) yield option(name, "class");
  if (schema.format === "connection") for (const name of names.connections) yield option(name, "class");
}

/** A text as YAML writes it where it stands. */
export function written(text: string, flow: boolean): string {
  const plain = flow ? /^[\p{L}_][\p{L}\p{N}_ ./-]*$/u : /^[\p{L}_][\p{L}\p{N}_ ./,()-]*$/u;
  const word = /^(y|n|yes|no|on|off|true|false|null)$/i;
  return plain.test(text) && text === text.trim() && !word.test(text) ? text : JSON.stringify(text);
}

/** The key at a position with its meaning, for a hint; `null` where there is none. */
export function meaningAt(text: string, position: number, root: Schema): { key: string; words: string; from: number; to: number } | null {
  let from = position;
  let to = position;
  while (from > 0 && /[\p{L}\p{N}_-]/u.test(text[from - 1]!)) from--;
  while (to < text.length && /[\p{L}\p{N}_-]/u.test(text[to]!)) to++;
  if (from === to) return null;
  const word = text.slice(from, to);
  const place = placeAt(text, Math.min(to, text.length));
  const isKey = /^["']?\s*:(\s|$)/.test(text.slice(to, to + 3));
  const bare = place.path.length === 2 && (place.path[0] === "transforms" || place.path[0] === "expectations");
  if (isKey || bare) {
    const found = schemasAt(root, [...place.path, word]).find(({ description }) => description);
    return found ? { key: word, words: told(found), from, to } : null;
  }
  const found = schemasAt(root, place.path).find((each) => each.enum?.includes(word) && each.description);
  return found ? { key: word, words: told(found), from, to } : null;
}

/** What a schema says of itself, with its default. */
export function told(schema: Schema): string {
  const value = schema.default;
  const usual = value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
  return [schema.description ?? "", usual ? "" : `(${shown(value)})`].filter(Boolean).join(" ");
}

function kindOf(schema: Schema, root: Schema): string {
  const named = schemasAt({ ...root, properties: { x: schema } }, ["x"]).flatMap((each) => (each.enum ? ["one of"] : [each.type ?? ""].flat()));
  return [...new Set(named.filter((each) => each && each !== "null"))].join(" | ");
}

/** All rules that may be added, with what they do. */
export function kinds(root: Schema, list: "transforms" | "expectations"): { name: string; words: string }[] {
  return Object.entries(ruleSchemas(root, list)).map(([name, schema]) => ({ name, words: schema.description ?? "" }));
}

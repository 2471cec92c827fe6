/** JSON Schemas as fields of a form: which kind of control fits, and what it may hold. */

export interface Schema {
  type?: string | string[];
  format?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  examples?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  items?: Schema;
  prefixItems?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
}

interface Common {
  nullable: boolean;
  schema: Schema;
}

export type Field = Common &
  (
    | { kind: "boolean" }
    | { kind: "enum"; values: unknown[] }
    | { kind: "text"; format: string | undefined; examples: string[] }
    | { kind: "number"; integer: boolean; minimum: number | undefined; maximum: number | undefined }
    | { kind: "scalar" }
    | { kind: "columns" }
    /** `single`: one value may be written without a list. */
    | { kind: "list"; item: Schema; format: string | undefined; single: boolean }
    | { kind: "map"; keys: Schema; values: Schema }
    | { kind: "object"; properties: Record<string, Schema>; required: string[] }
    | { kind: "choice"; options: Schema[] }
    /** Anything else, as JSON. */
    | { kind: "json" }
  );

/** The schema that a reference leads to, with what stands beside the reference. */
export function resolved(schema: Schema, root: Schema): Schema {
  if (!schema.$ref) return schema;
  const name = schema.$ref.split("/").pop() ?? "";
  const { $ref: _, ...beside } = schema;
  return { ...resolved(root.$defs?.[name] ?? {}, root), ...beside };
}

const SCALARS = new Set(["string", "integer", "number", "boolean"]);

function types(schema: Schema): string[] {
  return schema.type === undefined ? [] : Array.isArray(schema.type) ? schema.type : [schema.type];
}

/** What control a schema wants. */
export function field(given: Schema, root: Schema): Field {
  const schema = resolved(given, root);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return ofBranches(schema, branches.map((each) => resolved(each, root)), root);
  const named = types(schema);
  const nullable = named.includes("null");
  const common = { schema, nullable };
  const [type] = named.filter((each) => each !== "null");
  if (schema.enum) return { ...common, kind: "enum", values: schema.enum };
  if (schema.format === "columns") return { ...common, kind: "columns" };
  switch (type) {
    case "boolean":
      return { ...common, kind: "boolean" };
    case "integer":
    case "number":
      return { ...common, kind: "number", integer: type === "integer", minimum: schema.minimum, maximum: schema.maximum };
    case "string":
      return { ...common, kind: "text", format: schema.format, examples: (schema.examples ?? []).map(String) };
    case "array":
      if (!schema.items) return { ...common, kind: "json" };
      return ofList(common, resolved(schema.items, root), false);
    case "object":
      if (schema.properties) {
        return { ...common, kind: "object", properties: schema.properties, required: schema.required ?? [] };
      }
      if (typeof schema.additionalProperties === "object") {
        return { ...common, kind: "map", keys: schema.propertyNames ?? {}, values: schema.additionalProperties };
      }
      return { ...common, kind: "json" };
    default:
      return { ...common, kind: "json" };
  }
}

function ofList(common: Common, item: Schema, single: boolean): Field {
  const simple = isScalar(item) || (item.anyOf ?? []).length > 0 && (item.anyOf ?? []).every(isScalar);
  if (!simple) return { ...common, kind: "json" };
  return { ...common, kind: "list", item, format: item.format, single };
}

function isScalar(schema: Schema): boolean {
  return types(schema).some((type) => SCALARS.has(type)) && types(schema).every((type) => SCALARS.has(type) || type === "null");
}

function ofBranches(schema: Schema, all: Schema[], root: Schema): Field {
  const branches = all.filter((each) => !(types(each).length === 1 && types(each)[0] === "null"));
  const common = { schema, nullable: branches.length < all.length };
  if (schema.format === "columns" || branches.some((each) => each.format === "columns")) return { ...common, kind: "columns" };
  const beside: Schema = { ...schema };
  delete beside.anyOf;
  delete beside.oneOf;
  const [first] = branches;
  if (first && branches.length === 1) {
    const { default: _, ...own } = first;
    return { ...field({ ...own, ...beside }, root), ...common };
  }
  if (branches.every(isScalar)) {
    if (branches.every((each) => types(each)[0] === "string")) {
      return { ...common, kind: "text", format: schema.format ?? branches.find((each) => !each.format)?.format, examples: [] };
    }
    if (branches.every((each) => ["integer", "number"].includes(types(each)[0] ?? ""))) {
      return { ...common, kind: "number", integer: false, minimum: first?.minimum, maximum: first?.maximum };
    }
    return { ...common, kind: "scalar" };
  }
  const list = branches.find((each) => types(each)[0] === "array");
  if (branches.length === 2 && list?.items && branches.some((each) => types(each)[0] === "string")) {
    return ofList(common, resolved(list.items, root), true);
  }
  return { ...common, kind: "choice", options: branches };
}

/** Whether a value is of the kind that a schema describes, as far as a choice needs to know. */
export function fits(value: unknown, schema: Schema): boolean {
  const named = types(schema);
  if (Array.isArray(value)) return named.includes("array");
  if (value === null || value === undefined) return named.includes("null");
  if (typeof value === "object") {
    if (!named.includes("object")) return false;
    const known = schema.properties;
    return !known || Object.keys(value).every((key) => key in known);
  }
  if (typeof value === "string") return named.includes("string");
  if (typeof value === "boolean") return named.includes("boolean");
  return named.includes("number") || (named.includes("integer") && Number.isInteger(value));
}

/** The forms of a list of rules: a schema for each name that may stand there. */
export function ruleSchemas(root: Schema, list: "transforms" | "expectations"): Record<string, Schema> {
  const items = root.properties?.[list]?.items ?? {};
  const mapping = (items.anyOf ?? [items]).find((each) => each.properties);
  return mapping?.properties ?? {};
}

/** Names of a list of rules that may stand without options. */
export function bareNames(root: Schema, list: "transforms" | "expectations"): string[] {
  const items = root.properties?.[list]?.items ?? {};
  return ((items.anyOf ?? [items]).find((each) => each.enum)?.enum ?? []).map(String);
}

/** Every schema that may hold at a path of a spec. */
export function schemasAt(root: Schema, path: readonly (string | number)[]): Schema[] {
  let here = [root];
  for (const key of path) {
    here = here.flatMap((schema) => alternatives(schema, root)).flatMap((schema): Schema[] => {
      if (typeof key === "number") return schema.prefixItems?.[key] ? [schema.prefixItems[key]] : schema.items ? [schema.items] : [];
      const own = schema.properties?.[key];
      if (own) return [own];
      return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
    });
  }
  return here.flatMap((schema) => alternatives(schema, root));
}

/** A schema, or those of its alternatives, each resolved; what is said of the whole goes to each. */
export function alternatives(given: Schema, root: Schema): Schema[] {
  const schema = resolved(given, root);
  const branches = schema.anyOf ?? schema.oneOf;
  if (!branches) return [schema];
  return branches.flatMap((branch) =>
    alternatives(branch, root).map((each) => ({
      ...each,
      ...(schema.description ? { description: schema.description } : {}),
      ...(schema.format && !each.format ? { format: schema.format } : {}),
    })),
  );
}

/** The controls of a form, one for each kind of field; what a form does not know is JSON. */
import { useId, type ReactNode } from "react";
import { ColumnsInput } from "./columns.tsx";
import { usePanel } from "./context.ts";
import { ExpressionInput } from "./expression.tsx";
import { Button } from "./icon.tsx";
import { JsonInput, LinesInput, ScalarInput, TextInput, useChosen, useTyped } from "./inputs.tsx";
import { field, fits, type Field, type Schema } from "./schema.ts";
import type { Column } from "./model.ts";

/** What fields need to know of their surroundings. */
export interface Around {
  root: Schema;
  columns: readonly Column[];
  datasets: readonly string[];
  connections: readonly string[];
  /** The step whose columns are meant: 0 as received. */
  step: number;
  disabled: boolean;
}

export interface FieldProps {
  schema: Schema;
  value: unknown;
  /** `undefined` takes the key out. */
  change: (value: unknown) => void;
  around: Around;
  id?: string;
  label: string;
  described?: string;
  invalid?: boolean;
}

export function FieldEditor(props: FieldProps): ReactNode {
  const { schema, value, change, around, id, label, described, invalid } = props;
  const { text } = usePanel();
  const kind = field(schema, around.root);
  const input = { id, label: id ? undefined : label, described, invalid: invalid === true, disabled: around.disabled } as const;
  switch (kind.kind) {
    case "boolean":
      return <BooleanInput {...props} fallback={kind.schema.default === true} nullable={kind.nullable} />;
    case "enum":
      return <EnumInput {...props} kind={kind} />;
    case "number":
      return <NumberInput {...props} kind={kind} />;
    case "scalar":
      return <ScalarInput {...input} value={value} placeholder={placeholder(kind)} commit={(next) => change(next)} />;
    case "text":
      if (kind.format === "expression") return <ExpressionInput value={String(value ?? "")} commit={(next) => change(next === "" ? undefined : next)} columns={around.columns} label={label} disabled={around.disabled} />;
      return <TextField {...props} format={kind.format} examples={kind.examples} placeholder={placeholder(kind)} />;
    case "columns":
      return <ColumnsInput value={value} change={change} columns={around.columns} step={around.step} label={label} disabled={around.disabled} />;
    case "list": {
      const all = value === undefined ? (Array.isArray(kind.schema.default) ? kind.schema.default : []) : Array.isArray(value) ? value : [value];
      if (kind.format === "column") {
        return <ColumnsInput value={value === undefined ? [] : value} change={change} columns={around.columns} step={around.step} label={label} disabled={around.disabled} plain />;
      }
      return <LinesInput {...input} value={all} placeholder={text("rules.field.lines")} {...(kind.single ? { rows: Math.max(1, all.length) } : {})} commit={(values) => change(values.length === 0 ? undefined : kind.single && values.length === 1 && !Array.isArray(value) ? values[0] : typed(values, kind.item, around.root))} />;
    }
    case "map":
      return <MapInput {...props} kind={kind} />;
    case "object":
      return <ObjectInput {...props} kind={kind} />;
    case "choice":
      return <ChoiceInput {...props} kind={kind} />;
    case "json":
      return <JsonInput {...input} value={value} commit={change} />;
  }
}

/** Values of a list whose items are texts stay texts, whatever they look like. */
function typed(values: unknown[], item: Schema, root: Schema): unknown[] {
  return field(item, root).kind === "text" ? values.map((each) => (typeof each === "string" ? each : String(each))) : values;
}

function placeholder({ schema }: Field): string {
  const value = schema.default;
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}

function EnumInput({ value, change, around, id, label, described, kind }: FieldProps & { kind: Field & { kind: "enum" } }): ReactNode {
  const [shown, choose] = useChosen(JSON.stringify(value ?? kind.schema.default ?? null), (text) => change(JSON.parse(text)));
  return (
    <select id={id} className="wb-select" aria-label={id ? undefined : label} aria-describedby={described} disabled={around.disabled} value={shown} onChange={(event) => choose(event.target.value)}>
      {value === undefined && kind.schema.default === undefined && <option value="null">—</option>}
      {kind.values.map((each) => (
        <option key={String(each)} value={JSON.stringify(each)}>
          {String(each)}
        </option>
      ))}
    </select>
  );
}

function BooleanInput({ value, change, around, id, label, described, fallback, nullable }: FieldProps & { fallback: boolean; nullable: boolean }): ReactNode {
  const { text } = usePanel();
  const given = typeof value === "boolean" ? value : undefined;
  const [shown, choose] = useChosen(nullable ? given : (given ?? fallback), (next) => change(next === (nullable ? undefined : fallback) ? undefined : next));
  if (nullable) {
    return (
      <select id={id} className="wb-select" aria-label={id ? undefined : label} disabled={around.disabled} value={shown === undefined ? "" : String(shown)} onChange={(event) => choose(event.target.value === "" ? undefined : event.target.value === "true")}>
        <option value="">{text("rules.field.default")}</option>
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    );
  }
  return (
    <input
      id={id}
      type="checkbox"
      className="wb-check"
      aria-label={id ? undefined : label}
      aria-describedby={described}
      disabled={around.disabled}
      checked={shown === true}
      onChange={(event) => choose(event.target.checked)}
    />
  );
}

function NumberInput({ value, change, around, id, label, described, invalid, kind }: FieldProps & { kind: Field & { kind: "number" } }): ReactNode {
  const { text, type, done } = useTyped(value === undefined || value === null ? "" : String(value), (typed) => {
    if (typed.trim() === "") return change(undefined);
    const number = Number(typed);
    // what is no number goes into the YAML as it is: the problem is told there, and here
    change(Number.isFinite(number) && (!kind.integer || Number.isSafeInteger(number)) ? number : typed);
  });
  return (
    <input
      id={id}
      type="text"
      inputMode="decimal"
      className="wb-input wb-number-input"
      aria-label={id ? undefined : label}
      aria-describedby={described}
      aria-invalid={invalid || undefined}
      disabled={around.disabled}
      placeholder={placeholder(kind)}
      value={text}
      onChange={(event) => type(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => event.key === "Enter" && done()}
    />
  );
}

function TextField({ value, change, around, id, label, described, invalid, schema, format, examples, placeholder }: FieldProps & { format: string | undefined; examples: string[]; placeholder: string }): ReactNode {
  const long = typeof value === "string" && value.includes("\n");
  const known = format === "column" || format === "new-column" ? around.columns.map(({ name }) => name) : format === "dataset" ? around.datasets : format === "connection" ? around.connections : examples;
  const usual = typeof schema.default === "string" ? schema.default : undefined;
  return (
    <TextInput
      {...(id ? { id } : { label })}
      described={described}
      invalid={invalid === true}
      disabled={around.disabled}
      placeholder={placeholder}
      multiline={long}
      mono={format === "regex" || format === "column"}
      options={[...known]}
      value={value === undefined || value === null ? "" : String(value)}
      commit={(next) => change(next === "" || (next === usual && value === undefined) ? undefined : next)}
    />
  );
}

/** Keys with values, a row each; a key that is renamed keeps its place. */
function MapInput({ value, change, around, label, kind }: FieldProps & { kind: Field & { kind: "map" } }): ReactNode {
  const { text } = usePanel();
  const entries = Object.entries(value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : {});
  const known = kind.keys.format === "column" ? around.columns.map(({ name }) => name) : [];
  const put = (next: [string, unknown][]): void => change(next.length ? Object.fromEntries(next) : undefined);
  const taken = new Set(entries.map(([key]) => key));
  const free = known.find((name) => !taken.has(name)) ?? nextName(taken, text("rules.field.newKey"));
  return (
    <div className="wb-map">
      {entries.map(([key, each], at) => (
        <div className="wb-map-row" key={at}>
          <TextInput
            label={`${label}: ${text("rules.field.key")} ${at + 1}`}
            mono
            disabled={around.disabled}
            options={known}
            value={key}
            commit={(name) => name && !taken.has(name) && put(entries.map((entry, index) => (index === at ? [name, entry[1]] : entry)))}
          />
          <span aria-hidden="true">→</span>
          <div className="wb-map-value">
            <FieldEditor schema={kind.values} value={each} change={(next) => put(entries.map((entry, index) => (index === at ? [entry[0], next ?? ""] : entry)))} around={around} label={`${label}: ${key}`} />
          </div>
          <Button kind="icon" icon="trash" label={text("rules.field.remove", { name: key })} disabled={around.disabled} onClick={() => put(entries.filter((_, index) => index !== at))} />
        </div>
      ))}
      <Button icon="add" label={text("rules.field.add")} disabled={around.disabled} onClick={() => put([...entries, [free, starter(kind.values, around.root)]])} />
    </div>
  );
}

function nextName(taken: ReadonlySet<string>, stem: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? stem : `${stem}_${number}`;
    if (!taken.has(name)) return name;
  }
}

/** A first value of a kind, for a row that was just added. */
export function starter(schema: Schema, root: Schema): unknown {
  const kind = field(schema, root);
  if (kind.schema.default !== undefined && kind.schema.default !== null) return kind.schema.default;
  switch (kind.kind) {
    case "boolean":
      return false;
    case "number":
      return kind.minimum ?? 0;
    case "enum":
      return kind.values[0];
    case "list":
      return [];
    case "object":
      return Object.fromEntries(kind.required.map((key) => [key, starter(kind.properties[key] ?? {}, root)]));
    case "map":
      return {};
    case "choice":
      return starter(kind.options[0] ?? {}, root);
    case "text":
      return kind.examples[0] ?? "";
    default:
      return "";
  }
}

function ObjectInput({ value, change, around, label, kind }: FieldProps & { kind: Field & { kind: "object" } }): ReactNode {
  const given = value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
  return (
    <fieldset className="wb-object">
      <legend className="wb-hidden">{label}</legend>
      {Object.entries(kind.properties).map(([key, schema]) => (
        <ObjectEntry
          key={key}
          name={key}
          schema={schema}
          value={given[key]}
          around={around}
          change={(next) => {
            const { [key]: _, ...rest } = given;
            change(next === undefined ? rest : key in given ? { ...given, [key]: next } : { ...rest, [key]: next });
          }}
        />
      ))}
    </fieldset>
  );
}

function ObjectEntry({ name, schema, value, around, change }: { name: string; schema: Schema; value: unknown; around: Around; change: (value: unknown) => void }): ReactNode {
  const id = useId();
  const wide = !["boolean", "enum", "number", "text", "scalar"].includes(field(schema, around.root).kind);
  return (
    <div className="wb-form-row">
      <label className="wb-form-key" htmlFor={wide ? undefined : id} title={schema.description}>
        {name}
      </label>
      <FieldEditor schema={schema} value={value} change={change} around={around} label={name} {...(wide ? {} : { id })} />
    </div>
  );
}

/** One of several kinds of values: what is there says which, and another can be chosen. */
function ChoiceInput({ value, change, around, label, kind, invalid }: FieldProps & { kind: Field & { kind: "choice" } }): ReactNode {
  const { text } = usePanel();
  const now = Math.max(0, kind.options.findIndex((each) => fits(value, each)));
  const chosen = kind.options[now] ?? {};
  return (
    <div className="wb-rule-choice">
      <select className="wb-select" aria-label={text("rules.field.kind", { name: label })} disabled={around.disabled} value={now} onChange={(event) => change(starter(kind.options[Number(event.target.value)] ?? {}, around.root))}>
        {kind.options.map((each, at) => (
          <option key={at} value={at}>
            {text(`rules.kind.${nameOf(each)}`)}
          </option>
        ))}
      </select>
      <FieldEditor schema={chosen} value={value} change={change} around={around} label={label} {...(invalid ? { invalid } : {})} />
    </div>
  );
}

function nameOf(schema: Schema): "text" | "list" | "options" | "pairs" | "anything" {
  const [type] = [schema.type].flat();
  if (type === "string") return "text";
  if (type === "array") return "list";
  if (type === "object") return schema.properties ? "options" : "pairs";
  return "anything";
}

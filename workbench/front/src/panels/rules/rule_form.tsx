/** The form of one rule: its own editor where it has one, and a control for every option. */
import { useId, type ReactNode } from "react";
import { Casts } from "./casts.tsx";
import { usePanel } from "./context.ts";
import { FieldEditor, type Around } from "./fields.tsx";
import { Icon } from "./icon.tsx";
import { Mapper } from "./mapper.tsx";
import { Melt } from "./melt.tsx";
import { columnsFor, optionChange, problemsOf, type Change, type Rule } from "./model.ts";
import { field, resolved, ruleSchemas, type Schema } from "./schema.ts";

/** Options that an editor of its own shows. */
const SPECIAL: Record<string, readonly string[]> = { melt: ["columns", "keep"], map_categories: ["mapping"], type_cast: ["columns"] };
/** Shown apart: the switch of the list shows it, or the head of the form. */
const APART = new Set(["enabled"]);
/** What is seldom needed comes last. */
const LATE = ["severity", "row_condition", "description"];

export function RuleForm({ rule }: { rule: Rule }): ReactNode {
  const { store, text } = usePanel();
  const root = store.known?.schema;
  const schema = root && ruleSchemas(root, rule.list)[rule.name];
  const problems = problemsOf(store.state, rule);
  const edit = (...changes: Change[]): void => void store.edit(...changes);
  const last = (store.look?.steps.length ?? 1) - 1;
  const around: Around = {
    root: root ?? {},
    columns: columnsFor(store.look, rule),
    datasets: (store.known?.datasets ?? []).filter((name) => name !== store.dataset),
    connections: store.known?.connections ?? [],
    step: rule.list === "transforms" ? Math.min(rule.index, Math.max(last, 0)) : Math.max(last, 0),
    disabled: !store.state?.readable,
  };
  const special = rule.list === "transforms" ? (SPECIAL[rule.name] ?? []) : [];
  const known = Object.keys(schema?.properties ?? {}).sort((a, b) => LATE.indexOf(a) - LATE.indexOf(b));
  const others = Object.keys(rule.options).filter((key) => !known.includes(key) && !APART.has(key));
  const rows = (required: boolean): ReactNode =>
    known
      .filter((key) => !APART.has(key) && !special.includes(key) && (schema?.required?.includes(key) ?? false) === required)
      .map((key) => <Row key={key} name={key} schema={schema!.properties![key]!} rule={rule} around={around} required={required} edit={edit} />);
  return (
    <div className="wb-form">
      {schema?.description && <p className="wb-soft wb-form-about">{firstSentences(schema.description)}</p>}
      {problems.map((problem, at) => (
        <div className="wb-problem" key={at} role="alert">
          <Icon name="error" />
          <div>
            {problem.message}
            {problem.remedy && <div className="wb-remedy">→ {problem.remedy}</div>}
          </div>
        </div>
      ))}
      {!schema && <p className="wb-soft">{text("rules.unknown", { name: rule.name || "?" })}</p>}
      {rows(true)}
      {special.length > 0 && rule.name === "melt" && <Melt rule={rule} around={around} edit={edit} />}
      {special.length > 0 && rule.name === "map_categories" && <Mapper rule={rule} step={around.step} disabled={around.disabled} edit={edit} />}
      {special.length > 0 && rule.name === "type_cast" && <Casts rule={rule} around={around} edit={edit} />}
      {rows(false)}
      {others.length > 0 && (
        <p className="wb-soft">
          {text("rules.others")} <code>{others.join(", ")}</code>
        </p>
      )}
    </div>
  );
}

/** What a rule does, without the notes for those who program it. */
function firstSentences(text: string): string {
  return text.split("\n\n").slice(0, 2).join(" ");
}

function Row({ name, schema, rule, around, required, edit }: { name: string; schema: Schema; rule: Rule; around: Around; required: boolean; edit: (...changes: Change[]) => void }): ReactNode {
  const id = useId();
  const about = useId();
  const { text } = usePanel();
  const kind = field(schema, around.root).kind;
  const labelled = ["boolean", "enum", "number", "text", "scalar"].includes(kind) && field(schema, around.root).schema.format !== "expression";
  const words = resolved(schema, around.root).description ?? "";
  const value = rule.options[name];
  const missing = required && value === undefined;
  return (
    <div className={`wb-form-row ${value === undefined && !required ? "wb-form-row--unset" : ""}`}>
      <label className="wb-form-key" htmlFor={labelled ? id : undefined}>
        {name}
        {required && (
          <span className="wb-required" title={text("rules.required")}>
            *<span className="wb-hidden"> {text("rules.required")}</span>
          </span>
        )}
      </label>
      <div className="wb-form-control">
        <FieldEditor
          schema={schema}
          value={value}
          change={(next) => {
            if (next === undefined && value === undefined) return;
            edit(optionChange(rule, name, next));
          }}
          around={around}
          label={name}
          described={about}
          invalid={missing}
          {...(labelled ? { id } : {})}
        />
        {words && (
          <div className="wb-form-words" id={about}>
            {words}
          </div>
        )}
      </div>
    </div>
  );
}

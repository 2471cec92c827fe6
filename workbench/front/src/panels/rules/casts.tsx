/** type_cast: a type for each column, and a tester of what texts become by it. */
import { useEffect, useState, type ReactNode } from "react";
import { CallError } from "../client.ts";
import { usePanel } from "./context.ts";
import { FieldEditor, type Around } from "./fields.tsx";
import { Button, Icon } from "./icon.tsx";
import { TextInput } from "./inputs.tsx";
import { resolved, type Schema } from "./schema.ts";
import type { Change, Path, Rule, Trial } from "./model.ts";

type Cast = Record<string, unknown> & { type?: unknown };

const TYPES = ["text", "integer", "decimal", "number", "boolean", "date", "timestamp", "time"];
/** Which options mean something to which type. */
const OPTIONS: Record<string, readonly string[]> = {
  text: ["null_values"],
  integer: ["thousands", "decimal", "negative", "strip", "round", "null_values"],
  decimal: ["decimal", "thousands", "negative", "strip", "round", "null_values"],
  number: ["decimal", "thousands", "negative", "strip", "round", "null_values"],
  boolean: ["true_values", "false_values", "null_values"],
  date: ["format", "locale", "null_values"],
  timestamp: ["format", "locale", "null_values"],
  time: ["format", "null_values"],
};

const asCast = (value: unknown): Cast => (value !== null && typeof value === "object" ? (value as Cast) : { type: value });

/** A cast as short as it can be written; one that was a mapping stays one. */
export function written(cast: Cast, before: unknown): unknown {
  const keys = Object.keys(cast).filter((key) => cast[key] !== undefined);
  const kept = Object.fromEntries(keys.map((key) => [key, cast[key]]));
  return keys.length === 1 && (before === undefined || typeof before !== "object") ? cast.type : kept;
}

/** The options that are shown for a cast: those of its type, and whatever is set. */
export function shownOptions(cast: Cast): string[] {
  const type = String(cast.type ?? "").replace(/\(.*$/, "").trim();
  const own = OPTIONS[type] ?? [];
  return [...own, ...Object.keys(cast).filter((key) => key !== "type" && !own.includes(key))];
}

export function Casts({ rule, around, edit }: { rule: Rule; around: Around; edit: (...changes: Change[]) => void }): ReactNode {
  const { text } = usePanel();
  const casts = (rule.options.columns ?? {}) as Record<string, unknown>;
  const names = Object.keys(casts);
  const [chosen, setChosen] = useState(names[0] ?? "");
  const open = names.includes(chosen) ? chosen : (names[0] ?? "");
  const schema = resolved({ $ref: "#/$defs/Cast" }, around.root);
  const path: Path = [rule.list, rule.index, rule.name, "columns"];
  const free = around.columns.filter(({ name }) => !names.includes(name));
  const add = (name: string): void => {
    if (!name || names.includes(name)) return;
    edit(rule.bare ? { kind: "set", path: [rule.list, rule.index], value: { [rule.name]: { columns: { [name]: "text" } } } } : { kind: "set", path: [...path, name], value: "text" });
    setChosen(name);
  };
  return (
    <div className="wb-casts">
      <div className="wb-table-region" role="region" tabIndex={0} aria-label={text("rules.cast.table")}>
        <table className="wb-table">
          <thead>
            <tr>
              <th scope="col">{text("rules.cast.column")}</th>
              <th scope="col">{text("rules.cast.type")}</th>
              <th scope="col">{text("rules.cast.options")}</th>
              <th scope="col"><span className="wb-hidden">{text("rules.cast.actions")}</span></th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => {
              const cast = asCast(casts[name]);
              const others = Object.entries(cast).filter(([key]) => key !== "type");
              const missing = around.columns.length > 0 && !around.columns.some((each) => each.name === name || each.original === name);
              return (
                <tr key={name} aria-selected={name === open} className={name === open ? "wb-chosen" : ""}>
                  <td>
                    <button type="button" className="wb-linklike" aria-expanded={name === open} onClick={() => setChosen(name)}>
                      {missing && <Icon name="warning" />}
                      {name}
                    </button>
                  </td>
                  <td>
                    <TextInput
                      label={text("rules.cast.typeOf", { name })}
                      mono
                      disabled={around.disabled}
                      options={TYPES}
                      value={String(cast.type ?? "")}
                      commit={(type) => type && edit({ kind: "set", path: [...path, name], value: written({ ...cast, type }, casts[name]) })}
                    />
                  </td>
                  <td className="wb-mono wb-soft">{others.map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join(" · ")}</td>
                  <td>
                    <Button kind="icon" icon="trash" label={text("rules.field.remove", { name })} disabled={around.disabled} onClick={() => edit({ kind: "remove", path: [...path, name] })} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <select className="wb-select" aria-label={text("rules.cast.add")} disabled={around.disabled} value="" onChange={(event) => add(event.target.value)}>
        <option value="">{text("rules.cast.add")}</option>
        {free.map(({ name, type }) => (
          <option key={name} value={name}>{`${name} (${type})`}</option>
        ))}
      </select>
      {open && (
        <fieldset className="wb-cast" key={open}>
          <legend>{text("rules.cast.of", { name: open })}</legend>
          {shownOptions(asCast(casts[open])).map((key) => {
            const option: Schema | undefined = schema.properties?.[key];
            if (!option) return null;
            const cast = asCast(casts[open]);
            return (
              <div className="wb-form-row" key={key}>
                <span className="wb-form-key" title={option.description}>{key}</span>
                <FieldEditor
                  schema={option}
                  value={cast[key]}
                  label={`${open}: ${key}`}
                  around={around}
                  change={(value) => {
                    const { [key]: _, ...rest } = cast;
                    edit({ kind: "set", path: [...path, open], value: written(value === undefined ? rest : { ...cast, [key]: value }, casts[open]) });
                  }}
                />
              </div>
            );
          })}
          <Tester column={open} cast={asCast(casts[open])} step={around.step} />
        </fieldset>
      )}
    </div>
  );
}

/** What the cast makes of the column's values, or of what somebody types. */
function Tester({ column, cast, step }: { column: string; cast: Cast; step: number }): ReactNode {
  const { store, text } = usePanel();
  const [typed, setTyped] = useState("");
  const [trial, setTrial] = useState<Trial | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const written = JSON.stringify(cast);
  const scope = store.scope;
  useEffect(() => {
    let here = true;
    const texts = typed.split("\n").filter((line) => line !== "");
    const timer = setTimeout(() => {
      store
        .call<Trial>("try_cast", { cast: JSON.parse(written), ...(texts.length ? { texts } : { column, step, scope }) })
        .then((found) => {
          if (!here) return;
          setTrial(found);
          setProblem(null);
        })
        .catch((error: unknown) => {
          if (!here || (error instanceof CallError && error.cancelled)) return;
          setTrial(null);
          setProblem(error instanceof Error ? error.message : String(error));
        });
    }, 250);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [column, written, step, typed, scope, store]);
  return (
    <div className="wb-tester">
      <div className="wb-tester-head">
        <strong>{text("rules.try.title")}</strong>
        {trial && (
          <span className={trial.failing ? "wb-bad" : "wb-good"} role="status">
            <Icon name={trial.failing ? "warning" : "check"} />
            {trial.failing ? text("rules.try.failing", { count: trial.failing, total: trial.rows }) : text("rules.try.good", { count: trial.rows })}
          </span>
        )}
      </div>
      <textarea className="wb-textarea wb-mono" rows={2} aria-label={text("rules.try.samples")} placeholder={text("rules.try.samples")} value={typed} spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
      {problem && <div className="wb-bad"><Icon name="warning" />{problem}</div>}
      {trial && (
        <div className="wb-table-region wb-tester-table" role="region" tabIndex={0} aria-label={text("rules.try.table")}>
          <table className="wb-table">
            <thead>
              <tr>
                <th scope="col">{text("rules.try.text")}</th>
                <th scope="col" className="wb-number">{text("rules.map.rows")}</th>
                <th scope="col">{text("rules.try.becomes")}</th>
              </tr>
            </thead>
            <tbody>
              {trial.values.slice(0, 60).map((each, at) => (
                <tr key={at}>
                  <td className="wb-mono">{each.text ?? <em className="wb-soft">{text("rules.try.missing")}</em>}</td>
                  <td className="wb-number">{each.count}</td>
                  <td>
                    {each.failed ? (
                      <span className="wb-bad"><Icon name="warning" />{each.reason ?? text("rules.try.fails")}</span>
                    ) : each.value === null ? (
                      <em className="wb-soft">{text("rules.try.missing")}</em>
                    ) : (
                      <span className="wb-mono">{each.value}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

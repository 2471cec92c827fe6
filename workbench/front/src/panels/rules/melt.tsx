/** melt: which columns become rows, seen before it is done. */
import { useState, type ReactNode } from "react";
import { ColumnsInput } from "./columns.tsx";
import { usePanel } from "./context.ts";
import { optionChange, type Change, type Rule } from "./model.ts";
import type { Around } from "./fields.tsx";

export function Melt({ rule, around, edit }: { rule: Rule; around: Around; edit: (...changes: Change[]) => void }): ReactNode {
  const { store, text } = usePanel();
  const given = rule.options.keep !== undefined && rule.options.columns === undefined ? "keep" : "columns";
  const [wanted, setWanted] = useState<"columns" | "keep" | null>(null);
  const empty = rule.options.keep === undefined && rule.options.columns === undefined;
  const way = empty ? (wanted ?? "columns") : given;
  const before = store.look?.steps[rule.index];
  const after = store.look?.steps[rule.index + 1];
  const turn = (next: "columns" | "keep"): void => {
    setWanted(next);
    const other = next === "keep" ? "columns" : "keep";
    const selection = rule.options[other];
    if (selection === undefined) return;
    // the same columns, said from the other side
    const turned = selection !== null && typeof selection === "object" && !Array.isArray(selection) && "except" in selection
      ? (selection as { except: unknown }).except
      : { except: selection === "all" ? [] : selection };
    edit({ kind: "remove", path: [rule.list, rule.index, rule.name, other] }, { kind: "set", path: [rule.list, rule.index, rule.name, next], value: turned });
  };
  return (
    <fieldset className="wb-melt">
      <legend className="wb-form-key">{text("rules.melt.which")}</legend>
      <div className="wb-row">
        {(["columns", "keep"] as const).map((each) => (
          <label key={each} className="wb-row">
            <input type="radio" className="wb-check" name={`melt-${rule.index}`} checked={way === each} disabled={around.disabled} onChange={() => turn(each)} />
            {text(`rules.melt.${each}`)}
          </label>
        ))}
      </div>
      <ColumnsInput
        key={way}
        value={rule.options[way]}
        change={(value) => (value === undefined && rule.options[way] === undefined ? undefined : edit(optionChange(rule, way, value)))}
        columns={around.columns}
        step={around.step}
        label={text(`rules.melt.${way}`)}
        disabled={around.disabled}
      />
      {before?.rows != null && after?.rows != null && rule.enabled && (
        <div className="wb-soft">{text("rules.melt.rows", { before: before.rows, after: after.rows, columns: before.columns.length, left: after.columns.length })}</div>
      )}
    </fieldset>
  );
}

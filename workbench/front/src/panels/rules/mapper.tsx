/** map_categories: the values that were found, how often, and what each becomes. */
import { useEffect, useState, type ReactNode } from "react";
import { CallError } from "../client.ts";
import { usePanel } from "./context.ts";
import { Button, Icon } from "./icon.tsx";
import { ScalarInput } from "./inputs.tsx";
import type { Change, Path, Rule } from "./model.ts";

interface Found {
  column: string;
  total: number;
  values: { value: string | null; count: number }[];
}

export interface Row {
  value: string;
  /** Rows that have it; `null` for keys that were not found. */
  count: number | null;
  /** The key of the mapping that maps it. */
  key: string | null;
}

/** Found values and keys of the mapping in one list: found ones first, then what nothing matched. */
export function mapperRows(found: readonly { value: string | null; count: number }[], mapping: Record<string, unknown>, insensitive: boolean): Row[] {
  const fold = (text: string): string => (insensitive ? text.trim().toLowerCase().normalize("NFD").replace(/\p{M}/gu, "") : text);
  const keys = new Map(Object.keys(mapping).map((key) => [fold(key), key]));
  const used = new Set<string>();
  const rows: Row[] = [];
  for (const { value, count } of found) {
    if (value === null) continue;
    const key = value in mapping ? value : (keys.get(fold(value)) ?? null);
    if (key !== null) used.add(key);
    rows.push({ value, count, key });
  }
  for (const key of Object.keys(mapping)) if (!used.has(key)) rows.push({ value: key, count: null, key });
  return rows;
}

export function Mapper({ rule, step, disabled, edit }: { rule: Rule; step: number; disabled: boolean; edit: (...changes: Change[]) => void }): ReactNode {
  const { store, text } = usePanel();
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [search, setSearch] = useState("");
  const [only, setOnly] = useState(false);
  const column = typeof rule.options.column === "string" ? rule.options.column : "";
  const mapping = (rule.options.mapping ?? {}) as Record<string, unknown>;
  const seen = `${store.look?.file} ${store.look?.rows} ${step} ${store.look?.steps[step]?.rows}`;
  const scope = store.scope;

  useEffect(() => {
    if (!column) return setFound(null);
    let here = true;
    const timer = setTimeout(() => {
      store
        .call<Found>("distinct", { column, step, search, scope })
        .then((values) => {
          if (!here) return;
          setFound(values);
          setProblem(null);
        })
        .catch((error: unknown) => {
          if (!here || (error instanceof CallError && error.cancelled)) return;
          setFound(null);
          setProblem(error instanceof Error ? error.message : String(error));
        });
    }, 200);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [column, step, search, scope, seen, store]);

  const all = mapperRows(found?.values ?? [], mapping, rule.options.insensitive === true);
  const open = all.filter(({ key }) => key === null);
  const rows = (only ? open : all).filter(({ value }) => !search || value.toLowerCase().includes(search.toLowerCase()));
  const at: Path = rule.bare ? [] : [rule.list, rule.index, rule.name, "mapping"];
  const set = (row: Row, value: unknown): void => {
    if (value === undefined) {
      if (row.key !== null) edit({ kind: "remove", path: [...at, row.key] });
    } else edit({ kind: "set", path: [...at, row.key ?? row.value], value });
  };

  return (
    <div className="wb-mapper">
      <div className="wb-row">
        <input type="search" className="wb-input" aria-label={text("rules.map.search")} placeholder={text("rules.map.search")} value={search} onChange={(event) => setSearch(event.target.value)} />
        <label className="wb-row">
          <input type="checkbox" className="wb-check" checked={only} onChange={(event) => setOnly(event.target.checked)} />
          {text("rules.map.only")}
        </label>
        <span className="wb-soft" role="status">
          {text("rules.map.count", { mapped: all.filter(({ key, count }) => key !== null && count !== null).length, count: found?.total ?? 0 })}
        </span>
        {open.length > 0 && (
          <Button
            icon="add"
            label={text("rules.map.keep", { count: open.length })}
            title={text("rules.map.keepHint")}
            disabled={disabled || !column}
            onClick={() => edit(...open.map(({ value }): Change => ({ kind: "set", path: [...at, value], value })))}
          />
        )}
      </div>
      {problem && <div className="wb-bad"><Icon name="warning" />{problem}</div>}
      {!column && <div className="wb-soft">{text("rules.map.noColumn")}</div>}
      <div className="wb-table-region wb-mapper-table" role="region" tabIndex={0} aria-label={text("rules.map.table")}>
        <table className="wb-table">
          <thead>
            <tr>
              <th scope="col">{text("rules.map.found")}</th>
              <th scope="col" className="wb-number">{text("rules.map.rows")}</th>
              <th scope="col">{text("rules.map.becomes")}</th>
              <th scope="col"><span className="wb-hidden">{text("rules.map.remove")}</span></th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, 300).map((row) => (
              <tr key={`${row.key ?? ""}\0${row.value}`} className={row.key === null ? "wb-unmapped" : ""}>
                <td>
                  <span className="wb-value">{row.value === "" ? <em className="wb-soft">{text("rules.map.empty")}</em> : row.value}</span>
                </td>
                <td className="wb-number">{row.count ?? <span className="wb-soft" title={text("rules.map.notFoundHint")}>{text("rules.map.notFound")}</span>}</td>
                <td>
                  <ScalarInput
                    label={text("rules.map.becomesOf", { value: row.value })}
                    value={row.key === null ? undefined : mapping[row.key]}
                    placeholder={row.key === null ? text("rules.map.unmapped") : ""}
                    disabled={disabled}
                    commit={(value) => set(row, value)}
                  />
                </td>
                <td>
                  {row.key !== null && <Button kind="icon" icon="trash" label={text("rules.field.remove", { name: row.key })} disabled={disabled} onClick={() => set(row, undefined)} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > 300 && <div className="wb-soft">{text("rules.map.more", { count: rows.length - 300 })}</div>}
    </div>
  );
}

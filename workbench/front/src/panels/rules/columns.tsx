/** Choosing columns: by name, by a pattern, all, or all except some; with those that it means. */
import { useEffect, useId, useState, type ReactNode } from "react";
import { CallError } from "../client.ts";
import { usePanel } from "./context.ts";
import { Icon } from "./icon.tsx";
import { TextInput } from "./inputs.tsx";
import type { Column } from "./model.ts";

type Way = "names" | "pattern" | "all" | "except" | "exceptPattern";

const WAYS: readonly Way[] = ["names", "pattern", "all", "except", "exceptPattern"];

export interface Chosen {
  way: Way;
  names: string[];
  pattern: string;
}

/** A selection of a spec, taken apart. */
export function takenApart(value: unknown, columns: readonly { name: string }[] = []): Chosen {
  const names = (given: unknown): string[] => (Array.isArray(given) ? given.map(String) : typeof given === "string" && given !== "" ? [given] : []);
  if (value === "all" && !columns.some(({ name }) => name === "all")) return { way: "all", names: [], pattern: "" };
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    const given = value as { pattern?: unknown; except?: unknown };
    if (given.except !== undefined) {
      const inner = given.except;
      if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) {
        return { way: "exceptPattern", names: [], pattern: String((inner as { pattern?: unknown }).pattern ?? "") };
      }
      return { way: "except", names: names(inner), pattern: "" };
    }
    return { way: "pattern", names: [], pattern: String(given.pattern ?? "") };
  }
  return { way: "names", names: names(value), pattern: "" };
}

/** The same put together; one name that was written without a list stays so. */
export function putTogether({ way, names, pattern }: Chosen, before: unknown): unknown {
  switch (way) {
    case "all":
      return "all";
    case "pattern":
      return { pattern };
    case "exceptPattern":
      return { except: { pattern } };
    case "except": {
      const was = before !== null && typeof before === "object" && !Array.isArray(before) ? (before as { except?: unknown }).except : undefined;
      return { except: names.length === 1 && typeof was === "string" ? names[0] : names };
    }
    case "names":
      return names.length === 1 && typeof before === "string" && before !== "all" ? names[0] : names;
  }
}

interface Props {
  value: unknown;
  change: (value: unknown) => void;
  columns: readonly Column[];
  step: number;
  label: string;
  disabled: boolean;
  /** Only names: a list of columns, and nothing else. */
  plain?: boolean;
}

export function ColumnsInput({ value, change, columns, step, label, disabled, plain = false }: Props): ReactNode {
  const { text } = usePanel();
  const chosen = takenApart(value, columns);
  const [way, setWay] = useState<Way | null>(null);
  const shownWay = value === undefined ? (way ?? "names") : chosen.way;
  const put = (next: Partial<Chosen>): void => change(putTogether({ ...chosen, way: shownWay, ...next }, value));
  return (
    <div className="wb-columns">
      {!plain && (
        <select
          className="wb-select"
          aria-label={text("rules.columns.how", { name: label })}
          disabled={disabled}
          value={shownWay}
          onChange={(event) => {
            const next = event.target.value as Way;
            setWay(next);
            if (next === "all") change("all");
            else if (next === "pattern" || next === "exceptPattern") put({ way: next, pattern: chosen.pattern || ".*" });
            else put({ way: next, names: chosen.names });
          }}
        >
          {WAYS.map((each) => (
            <option key={each} value={each}>
              {text(`rules.columns.way.${each}`)}
            </option>
          ))}
        </select>
      )}
      {(shownWay === "names" || shownWay === "except") && (
        <Chips
          names={chosen.names}
          columns={columns}
          label={label}
          disabled={disabled}
          change={(names) => (names.length === 0 && shownWay === "names" && !Array.isArray(value) ? change(undefined) : put({ names }))}
        />
      )}
      {(shownWay === "pattern" || shownWay === "exceptPattern") && (
        <TextInput label={text("rules.columns.pattern", { name: label })} mono disabled={disabled} value={chosen.pattern} placeholder="^q[1-4]$" commit={(pattern) => pattern && put({ pattern })} />
      )}
      {!plain && value !== undefined && shownWay !== "names" && <Meant selection={value} step={step} total={columns.length} />}
    </div>
  );
}

function Chips({ names, columns, label, disabled, change }: { names: string[]; columns: readonly Column[]; label: string; disabled: boolean; change: (names: string[]) => void }): ReactNode {
  const { text } = usePanel();
  const [typed, setTyped] = useState("");
  const list = useId();
  const known = new Set(columns.flatMap(({ name, original }) => (original ? [name, original] : [name])));
  const free = columns.filter(({ name }) => !names.includes(name));
  const add = (name: string): void => {
    const wanted = name.trim();
    setTyped("");
    if (wanted && !names.includes(wanted)) change([...names, wanted]);
  };
  return (
    <div className="wb-chips">
      {names.map((name) => (
        <span key={name} className={`wb-chip ${columns.length && !known.has(name) ? "wb-chip--unknown" : ""}`}>
          {columns.length > 0 && !known.has(name) && <Icon name="warning" />}
          <span title={columns.length > 0 && !known.has(name) ? text("rules.columns.unknown") : undefined}>{name}</span>
          <button type="button" className="wb-chip-remove" disabled={disabled} aria-label={text("rules.field.remove", { name })} title={text("rules.field.remove", { name })} onClick={() => change(names.filter((each) => each !== name))}>
            <Icon name="cancel" />
          </button>
        </span>
      ))}
      <input
        type="text"
        className="wb-input wb-mono wb-chip-input"
        autoComplete="off"
        list={list}
        disabled={disabled}
        aria-label={text("rules.columns.add", { name: label })}
        placeholder={text("rules.columns.addShort")}
        value={typed}
        onChange={(event) => {
          const next = event.target.value;
          // a name picked from the list arrives whole, without a key for each letter
          if (free.some(({ name }) => name === next) && !(event.nativeEvent as InputEvent).inputType?.startsWith("insertText")) add(next);
          else setTyped(next);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" || event.key === ",") {
            event.preventDefault();
            add(typed);
          } else if (event.key === "Backspace" && typed === "" && names.length) change(names.slice(0, -1));
        }}
        onBlur={() => typed && add(typed)}
      />
      <datalist id={list}>
        {free.map(({ name, type, original }) => (
          <option key={name} value={name}>
            {original && original !== name ? `${type} · ${original}` : type}
          </option>
        ))}
      </datalist>
    </div>
  );
}

/** The columns that a selection means, as the kernel says. */
function Meant({ selection, step, total }: { selection: unknown; step: number; total: number }): ReactNode {
  const { store, text } = usePanel();
  const [names, setNames] = useState<string[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const written = JSON.stringify(selection);
  const seen = JSON.stringify(store.look?.steps[step]?.columns.map(({ name }) => name) ?? []);
  useEffect(() => {
    let here = true;
    const timer = setTimeout(() => {
      store
        .call<string[]>("chosen", { selection: JSON.parse(written), step })
        .then((found) => {
          if (!here) return;
          setNames(found);
          setProblem(null);
        })
        .catch((error: unknown) => {
          if (!here || (error instanceof CallError && error.cancelled)) return;
          setNames(null);
          setProblem(error instanceof Error ? error.message : String(error));
        });
    }, 150);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [written, step, seen, store]);
  if (problem) return <div className="wb-meant wb-bad"><Icon name="warning" />{problem}</div>;
  if (!names) return null;
  return (
    <div className="wb-meant" role="group" aria-label={text("rules.columns.meant")}>
      <span className="wb-soft">{text("rules.columns.count", { count: names.length, total })}</span>
      {names.slice(0, 40).map((name) => (
        <span key={name} className="wb-chip wb-chip--plain">{name}</span>
      ))}
      {names.length > 40 && <span className="wb-soft">{text("rules.columns.more", { count: names.length - 40 })}</span>}
    </div>
  );
}

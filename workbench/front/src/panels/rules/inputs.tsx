/** Inputs that keep what is being typed until it is a value: sent after a pause, or on leaving. */
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { read, readLines, shown } from "./scalars.ts";

const PAUSE = 180;
/** A choice that was not taken up within so many milliseconds was refused. */
const REFUSED = 5000;

/** A text that is typed; `commit` gets it after a pause, on Enter and on leaving. */
export function useTyped(value: string, commit: (text: string) => void): {
  text: string;
  type: (text: string) => void;
  done: () => void;
} {
  const [text, setText] = useState(value);
  const pending = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const send = useRef(commit);
  send.current = commit;
  useEffect(() => {
    if (pending.current === null) setText(value);
  }, [value]);
  const done = (): void => {
    clearTimeout(timer.current);
    const waiting = pending.current;
    pending.current = null;
    if (waiting !== null) send.current(waiting);
  };
  // a form that is closed still sends what was typed in it
  useEffect(() => done, []);
  return {
    text,
    done,
    type(next) {
      setText(next);
      pending.current = next;
      clearTimeout(timer.current);
      timer.current = setTimeout(done, PAUSE);
    },
  };
}

/** A value that shows what was chosen at once, until the kernel's answer says what it is. */
export function useChosen<T>(value: T, commit: (value: T) => void): [T, (value: T) => void] {
  const [soon, setSoon] = useState<{ value: T } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setSoon(null), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return [
    soon ? soon.value : value,
    (next) => {
      setSoon({ value: next });
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setSoon(null), REFUSED); // nothing came of it
      commit(next);
    },
  ];
}

export interface InputProps {
  id?: string | undefined;
  label?: string | undefined;
  described?: string | undefined;
  invalid?: boolean;
  disabled?: boolean;
  placeholder?: string;
  mono?: boolean;
}

interface TextProps extends InputProps {
  value: string;
  commit: (text: string) => void;
  options?: readonly string[];
  multiline?: boolean;
  rows?: number;
}

/** A text, with known values offered where there are some. */
export function TextInput({ value, commit, options, multiline, rows, id, label, described, invalid, disabled, placeholder, mono }: TextProps): ReactNode {
  const { text, type, done } = useTyped(value, commit);
  const list = useId();
  const common = {
    id,
    "aria-label": label,
    "aria-describedby": described,
    "aria-invalid": invalid || undefined,
    disabled,
    placeholder,
    spellCheck: false,
    value: text,
    onBlur: done,
  };
  if (multiline) {
    return (
      <textarea {...common} className={`wb-textarea ${mono ? "wb-mono" : ""}`} rows={rows ?? Math.min(12, Math.max(2, text.split("\n").length + 1))} onChange={(event) => type(event.target.value)} />
    );
  }
  return (
    <>
      <input
        {...common}
        type="text"
        autoComplete="off"
        className={`wb-input ${mono ? "wb-mono" : ""}`}
        list={options?.length ? list : undefined}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && done()}
      />
      {options && options.length > 0 && (
        <datalist id={list}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** A number, text or truth value as it would be written: `5`, `"5"`, `true`. */
export function ScalarInput({ value, commit, ...rest }: InputProps & { value: unknown; commit: (value: unknown) => void; options?: readonly string[] }): ReactNode {
  return <TextInput {...rest} value={shown(value)} commit={(text) => commit(read(text))} mono />;
}

/** Several values, one a line. */
export function LinesInput({ value, commit, ...rest }: InputProps & { value: readonly unknown[]; commit: (values: unknown[]) => void; rows?: number }): ReactNode {
  return <TextInput {...rest} value={value.map(shown).join("\n")} commit={(text) => commit(readLines(text))} multiline mono />;
}

/** Anything, as JSON; what is no JSON is not taken. */
export function JsonInput({ value, commit, ...rest }: InputProps & { value: unknown; commit: (value: unknown) => void }): ReactNode {
  const [bad, setBad] = useState(false);
  return (
    <TextInput
      {...rest}
      mono
      multiline
      invalid={bad || rest.invalid === true}
      value={value === undefined ? "" : JSON.stringify(value, null, 1)}
      commit={(text) => {
        if (text.trim() === "") return setBad(false), commit(undefined);
        try {
          commit(JSON.parse(text));
          setBad(false);
        } catch {
          setBad(true);
        }
      }}
    />
  );
}

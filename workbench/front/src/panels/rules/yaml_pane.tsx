/** The YAML beside the forms: the same draft, seen as text. */
import { useEffect, useRef, type ReactNode } from "react";
import { usePanel, useStore } from "./context.ts";
import { openEditor, type Editor } from "./editor.ts";
import { columnsFor } from "./model.ts";
import { Icon } from "./icon.tsx";

export function YamlPane({ save }: { save: () => void }): ReactNode {
  const store = useStore();
  const { text } = usePanel();
  const holder = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const saving = useRef(save);
  saving.current = save;

  useEffect(() => {
    const names = {
      columns: (path: readonly (string | number)[]) => {
        const [list, index] = path;
        const inTransform = list === "transforms" && typeof index === "number";
        const rule = inTransform ? ({ list: "transforms", index } as const) : ({ list: "expectations", index: 0 } as const);
        const found = columnsFor(store.look, rule);
        return found.length ? found : (store.state?.known_columns ?? []).map((name) => ({ name, type: "" }));
      },
      get datasets() {
        return store.known?.datasets ?? [];
      },
      get connections() {
        return store.known?.connections ?? [];
      },
    };
    const made = openEditor(holder.current!, {
      label: text("rules.yaml.label"),
      schema: () => store.known?.schema ?? null,
      names,
      typed: (typed) => store.type(typed),
      visited: (line) => {
        const rule = store.state?.rules.find(({ lines }) => line >= lines[0] && line <= lines[1]);
        const open = store.open;
        if (rule && !(open?.list === rule.list && open.index === rule.index)) store.show(rule);
      },
      undo: () => void store.undo(),
      redo: () => void store.redo(),
      save: () => saving.current(),
      phrases: {
        Find: text("rules.find"), Replace: text("rules.find.replace"), next: text("rules.find.next"), previous: text("rules.find.previous"), all: text("rules.find.all"),
        "match case": text("rules.find.case"), regexp: text("rules.find.regexp"), "by word": text("rules.find.word"), replace: text("rules.find.replace"), "replace all": text("rules.find.replaceAll"), close: text("shared.close"),
        Diagnostics: text("rules.find.problems"), "No diagnostics": text("rules.find.noProblems"), Completions: text("rules.find.completions"),
      },
    });
    editor.current = made;
    return () => made.destroy();
  }, [store, text]);

  const state = store.state;
  const rule = store.open && state?.rules.find((each) => each.list === store.open!.list && each.index === store.open!.index);
  const lines = rule?.lines.join("-") ?? "";
  const changed = state?.changed_lines.join(",") ?? "";
  useEffect(() => {
    const made = editor.current;
    if (!made || !state || store.typed !== null) return;
    made.setText(store.text);
    made.setProblems(state.problems);
    made.setMarks(state.changed_lines, rule ? rule.lines : null);
  }, [state, store, lines, changed]);
  useEffect(() => {
    const made = editor.current;
    if (!made || !rule || made.view.hasFocus) return;
    made.show(rule.lines[1]);
    made.show(rule.lines[0]);
  }, [store.open?.list, store.open?.index, lines]);

  return (
    <section className="wb-yaml" aria-label={text("rules.yaml")}>
      <div className="wb-rules-head">
        <h3 className="wb-heading">{text("rules.yaml")}</h3>
        <code className="wb-soft">{state?.file}</code>
      </div>
      {state && !state.readable && (
        <div className="wb-problem" role="alert">
          <Icon name="error" />
          <div>
            {text("rules.unreadable")}
            <div className="wb-remedy">
              {state.problems[0] && `${state.problems[0].line}:${state.problems[0].column} ${state.problems[0].message}`}
            </div>
          </div>
        </div>
      )}
      <div className="wb-yaml-editor" ref={holder} />
      <p className="wb-soft wb-yaml-keys">{text("rules.yaml.keys")}</p>
    </section>
  );
}

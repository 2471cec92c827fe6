/** An expression over the columns of a row, with columns and functions offered while it is typed. */
import { acceptCompletion, autocompletion, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, tooltips } from "@codemirror/view";
import { useEffect, useRef, type ReactNode } from "react";
import { usePanel } from "./context.ts";
import { replacement } from "./lines.ts";
import type { Column } from "./model.ts";

interface Props {
  value: string;
  commit: (text: string) => void;
  columns: readonly Column[];
  label: string;
  disabled: boolean;
}

const PAUSE = 250;

/** A column as expressions write it. */
export function quotedColumn(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

export function ExpressionInput({ value, commit, columns, label, disabled }: Props): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const { store } = usePanel();
  const now = useRef({ commit, columns, waiting: false });
  now.current.commit = commit;
  now.current.columns = columns;

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const done = (): void => {
      clearTimeout(timer);
      if (now.current.waiting && view.current) {
        now.current.waiting = false;
        now.current.commit(view.current.state.doc.toString());
      }
    };
    const complete = (context: CompletionContext): CompletionResult | null => {
      const word = context.matchBefore(/["\p{L}_:][\p{L}\p{N}_]*/u);
      if (!word && !context.explicit) return null;
      return {
        from: word?.from ?? context.pos,
        options: [
          ...now.current.columns.map(({ name, type }) => ({ label: name, apply: quotedColumn(name), detail: type, type: "variable", boost: 2 })),
          ...(store.known?.functions ?? []).map(({ name, usage, meaning }) => ({ label: name, apply: `${name}(`, detail: usage, info: meaning, type: "function" })),
          ...["and", "or", "not", "is null", "is not null", "between", "in", "like", "case when"].map((word) => ({ label: word, type: "keyword", boost: -1 })),
        ],
        validFor: /^["\p{L}\p{N}_]*$/u,
      };
    };
    const made = new EditorView({
      parent: holder.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(),
          tooltips({ parent: holder.current!.closest<HTMLElement>(".wb-panel") ?? holder.current!, position: "absolute" }),
          autocompletion({ override: [complete], icons: false }),
          keymap.of([
            { key: "Enter", run: (editor) => acceptCompletion(editor) || (done(), true) },
            { key: "Tab", run: acceptCompletion },
            ...completionKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          EditorView.lineWrapping,
          EditorView.editable.of(!disabled),
          EditorView.contentAttributes.of({ "aria-label": label, "aria-multiline": "true", spellcheck: "false", tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((each) => each.isUserEvent("set"))) return;
            now.current.waiting = true;
            clearTimeout(timer);
            timer = setTimeout(done, PAUSE);
          }),
          EditorView.domEventHandlers({ blur: () => void done() }),
        ],
      }),
    });
    view.current = made;
    return () => {
      done();
      made.destroy();
      view.current = undefined;
    };
  }, [disabled, label, store]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || now.current.waiting) return;
    const change = replacement(editor.state.doc.toString(), value);
    if (change) editor.dispatch({ changes: change, userEvent: "set" });
  }, [value]);

  return <div className="wb-expression wb-input" ref={holder} />;
}

/** The YAML of a spec in CodeMirror: completion, hints and problems at their lines. */
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, startCompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, indentLess, indentMore } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, RangeSetBuilder, StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, EditorView, crosshairCursor, drawSelection, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers, tooltips, type DecorationSet } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { h } from "../dom.ts";
import { meaningAt, offered, type Names } from "./completion.ts";
import { positionOf, replacement } from "./lines.ts";
import type { Problem } from "../client.ts";
import type { Schema } from "./schema.ts";

export interface EditorOptions {
  label: string;
  schema: () => Schema | null;
  names: Names;
  /** The text as typed; not called for texts that are set from outside. */
  typed: (text: string) => void;
  /** The cursor came to a line (from 1) by a click or a key. */
  visited: (line: number) => void;
  undo: () => void;
  redo: () => void;
  save: () => void;
  phrases: Record<string, string>;
}

export interface Editor {
  readonly view: EditorView;
  /** Another text; only what differs is replaced, so cursor and scroll stay. */
  setText: (text: string) => void;
  setProblems: (problems: readonly Problem[]) => void;
  /** Marks lines that are not saved, and those of the rule that is looked at. */
  setMarks: (changed: readonly number[], rule: readonly [number, number] | null) => void;
  show: (line: number) => void;
  destroy: () => void;
}

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--jp-mirror-editor-comment-color, #607d8b)", fontStyle: "italic" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--wb-yaml-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--wb-yaml-string)" },
  { tag: [tags.content, tags.attributeValue], color: "var(--wb-text)" },
  { tag: [tags.bracket, tags.squareBracket, tags.brace, tags.separator, tags.punctuation], color: "var(--wb-text-soft)" },
  { tag: [tags.keyword, tags.meta, tags.typeName], color: "var(--wb-yaml-word)" },
]);

/** What CodeMirror would colour itself comes from the panel's own style. */
const look = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--wb-text)", fontSize: "var(--jp-code-font-size, 13px)", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--wb-mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--wb-text)", padding: "6px 0" },
  ".cm-cursor": { borderLeftColor: "var(--wb-text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection": { backgroundColor: "var(--wb-yaml-selection) !important" },
  ".cm-gutters": { backgroundColor: "var(--wb-ground-soft)", color: "var(--wb-text-soft)", borderRight: "1px solid var(--wb-line-soft)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--wb-yaml-line)" },
  ".cm-tooltip": { backgroundColor: "var(--wb-ground)", color: "var(--wb-text)", border: "1px solid var(--wb-line)", boxShadow: "0 4px 14px rgb(0 0 0 / 25%)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--wb-yaml-chosen)", color: "var(--wb-text)" },
  ".cm-completionDetail": { color: "var(--wb-text-soft)" },
  ".cm-panels": { backgroundColor: "var(--wb-ground-soft)", color: "var(--wb-text)" },
});

interface Marks {
  changed: readonly number[];
  rule: readonly [number, number] | null;
}

const setMarksEffect = StateEffect.define<Marks>();
const changedLine = Decoration.line({ class: "wb-yaml-changed" });
const ruleLine = Decoration.line({ class: "wb-yaml-rule" });

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    let next = value.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setMarksEffect)) continue;
      const { changed, rule } = effect.value;
      const builder = new RangeSetBuilder<Decoration>();
      const doc = transaction.state.doc;
      for (let line = 1; line <= doc.lines; line++) {
        const at = doc.line(line).from;
        if (changed.includes(line)) builder.add(at, at, changedLine);
        if (rule && line >= rule[0] && line <= rule[1]) builder.add(at, at, ruleLine);
      }
      next = builder.finish();
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export function openEditor(parent: HTMLElement, options: EditorOptions): Editor {
  let silent = false;
  const complete = (context: CompletionContext): CompletionResult | null => {
    const schema = options.schema();
    if (!schema) return null;
    const found = offered(context.state.doc.toString(), context.pos, schema, options.names);
    if (!found || (!context.explicit && found.from === context.pos && !/[\s:[{,-]$/.test(context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos)))) return null;
    if (!context.explicit && found.from === context.pos) return null;
    return {
      from: found.from,
      options: found.options.map(({ label, insert, detail, info, type }) => ({
        label, detail, type, apply: insert, ...(info ? { info: () => h("div", { class: "wb-yaml-info" }, info) } : {}),
      })),
      validFor: /^[\p{L}\p{N}_-]*$/u,
    };
  };
  const hint = hoverTooltip((view, pos) => {
    const schema = options.schema();
    const found = schema && meaningAt(view.state.doc.toString(), pos, schema);
    if (!found) return null;
    return {
      pos: found.from,
      end: found.to,
      above: true,
      create: () => ({ dom: h("div", { class: "wb-yaml-hint" }, h("strong", null, found.key), h("div", null, found.words)) }),
    };
  });
  const extensions: Extension[] = [
    lineNumbers(),
    lintGutter(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    drawSelection(),
    crosshairCursor(),
    EditorState.allowMultipleSelections.of(true),
    indentOnInput(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    bracketMatching(),
    closeBrackets(),
    highlightSelectionMatches(),
    // beyond the edges of the editor, and still within the panel and its style
    tooltips({ parent: parent.closest<HTMLElement>(".wb-panel") ?? parent, position: "absolute" }),
    search({ top: true }),
    yaml(),
    syntaxHighlighting(colours),
    autocompletion({ override: [complete], activateOnTyping: true, icons: false }),
    hint,
    marks,
    look,
    EditorState.phrases.of(options.phrases),
    EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "false", tabindex: "0" }),
    keymap.of([
      { key: "Mod-z", preventDefault: true, run: () => (options.undo(), true) },
      { key: "Mod-y", mac: "Mod-Shift-z", preventDefault: true, run: () => (options.redo(), true) },
      { key: "Mod-Shift-z", preventDefault: true, run: () => (options.redo(), true) },
      { key: "Mod-s", preventDefault: true, run: () => (options.save(), true) },
      { key: "Mod-Space", run: startCompletion },
      { key: "Tab", run: (view) => acceptCompletion(view) || (view.state.selection.main.empty ? false : indentMore(view)), shift: (view) => (view.state.selection.main.empty ? false : indentLess(view)) },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...lintKeymap,
      ...defaultKeymap,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !silent) options.typed(update.state.doc.toString());
      if (update.selectionSet && !silent && update.transactions.some((each) => each.isUserEvent("select"))) {
        options.visited(update.state.doc.lineAt(update.state.selection.main.head).number);
      }
    }),
  ];
  const view = new EditorView({ parent, state: EditorState.create({ doc: "", extensions }) });

  return {
    view,
    setText(text) {
      const change = replacement(view.state.doc.toString(), text);
      if (!change) return;
      silent = true;
      view.dispatch({ changes: change });
      silent = false;
    },
    setProblems(problems) {
      const text = view.state.doc.toString();
      const found = problems.map(({ line, column, message, remedy }): Diagnostic => {
        const from = positionOf(text, line, column);
        const rest = /^("[^"\n]*"|'[^'\n]*'|[^\s,\]}]+:?|[^\n])/.exec(text.slice(from))?.[0].replace(/:$/, "").length ?? 0;
        const words = remedy ? `${message}\n→ ${remedy}` : message;
        return { from, to: Math.min(from + Math.max(rest, 1), text.length), severity: "error", message: words };
      });
      view.dispatch(setDiagnostics(view.state, found.map((each) => ({ ...each, from: Math.min(each.from, each.to) }))));
    },
    setMarks(changed, rule) {
      view.dispatch({ effects: setMarksEffect.of({ changed, rule }) });
    },
    show(line) {
      const doc = view.state.doc;
      const at = doc.line(Math.max(1, Math.min(line, doc.lines))).from;
      view.dispatch({ effects: EditorView.scrollIntoView(at, { y: "nearest", yMargin: 60 }) });
    },
    destroy: () => view.destroy(),
  };
}

/** Save, undo, redo, and in words: what is not saved, and which rows are looked at. */
import type { ReactNode } from "react";
import { openDialog } from "../dialog.ts";
import { h } from "../dom.ts";
import { usePanel, useStore } from "./context.ts";
import { Button, Icon } from "./icon.tsx";
import type { Scope } from "./model.ts";
import type { Store } from "./store.ts";

/** Saves; a spec with problems only after a question. */
export async function saveAsked(store: Store, within: Element, text: (key: string, values?: Record<string, string | number>) => string): Promise<void> {
  await store.flush();
  const state = store.state;
  if (!state || !state.dirty) return;
  if (state.problems.length === 0) return void (await store.save());
  const answer = await openDialog({
    title: text("rules.save.faulty"),
    body: [
      h("p", null, text("rules.save.faultyAbout", { count: state.problems.length })),
      h("ul", null, ...state.problems.slice(0, 8).map((each) => h("li", null, h("code", null, `${each.line}:${each.column}`), ` ${each.message}`))),
    ],
    buttons: [{ label: text("rules.save.anyway"), value: "save", kind: "danger" }],
    close: text("shared.cancel"),
    within,
  });
  if (answer === "save") await store.save({ faulty: true });
}

export function Toolbar({ save }: { save: () => void }): ReactNode {
  const store = useStore();
  const { text } = usePanel();
  const state = store.state;
  const look = store.look;
  if (!state) return null;
  return (
    <div className="wb-rules-bar" role="toolbar" aria-label={text("rules.toolbar")}>
      <Button kind="primary" icon="save" label={text("shared.save")} shortcut="Ctrl+S" disabled={!state.dirty} onClick={save} />
      <Button kind="icon" icon="undo" label={text("rules.undo")} shortcut="Ctrl+Z" disabled={!state.can_undo} onClick={() => void store.undo()} />
      <Button kind="icon" icon="redo" label={text("rules.redo")} shortcut="Ctrl+Y" disabled={!state.can_redo} onClick={() => void store.redo()} />
      <span className="wb-rules-bar-state">
        {state.dirty ? (
          <span className="wb-badge wb-badge--warning"><Icon name="edit" />{state.changed_lines.length ? text("rules.unsaved", { count: state.changed_lines.length }) : text("rules.unsaved.removed")}</span>
        ) : (
          <span className="wb-soft">{text("rules.clean")}</span>
        )}
        {state.outdated && <span className="wb-badge wb-badge--warning"><Icon name="warning" />{text("rules.outdated")}</span>}
        {state.problems.length > 0 && <span className="wb-badge wb-badge--error"><Icon name="error" />{text("rules.problems", { count: state.problems.length })}</span>}
      </span>
      <span className="wb-rules-bar-look">
        {store.lookError ? (
          <span className="wb-soft" title={store.lookError}><Icon name="info" /> {store.lookError}</span>
        ) : (
          look && (
            <span className="wb-soft" aria-live="off">
              {text(look.scope === "whole" ? "rules.scope.whole" : "rules.scope.sample", { count: look.rows, file: look.file })}
              {look.failing_rows !== null && ` · ${text("rules.failingRows", { count: look.failing_rows })}`}
            </span>
          )
        )}
        <select className="wb-select" aria-label={text("rules.scope")} value={store.scope} onChange={(event) => store.setScope(event.target.value as Scope)}>
          <option value="sample">{text("rules.scope.useSample")}</option>
          <option value="whole">{text("rules.scope.useWhole")}</option>
        </select>
      </span>
    </div>
  );
}

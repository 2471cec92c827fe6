/** The panel as a whole: rules as forms at the left, the same as YAML at the right. */
import { useCallback, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Conflict } from "./conflict.tsx";
import { PanelContext, useStore, type Panel } from "./context.ts";
import { Button } from "./icon.tsx";
import { RuleList } from "./rule_list.tsx";
import { Suggestions } from "./suggestions.tsx";
import { saveAsked, Toolbar } from "./toolbar.tsx";
import { YamlPane } from "./yaml_pane.tsx";

export function App({ panel }: { panel: Panel }): ReactNode {
  return (
    <PanelContext value={panel}>
      <Body panel={panel} />
    </PanelContext>
  );
}

function Body({ panel }: { panel: Panel }): ReactNode {
  const store = useStore();
  const { text } = panel;
  const [view, setView] = useState<"forms" | "yaml" | "both">("both");
  const root = useRef<HTMLDivElement>(null);
  const save = useCallback(() => {
    if (root.current) void saveAsked(store, root.current, text);
  }, [store, text]);
  const keys = useMemo(
    () => (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const key = event.key.toLowerCase();
      const typing = (event.target as HTMLElement).closest("input[type=text],input[type=search],textarea,[contenteditable=true]");
      if (key === "s") {
        event.preventDefault();
        event.stopPropagation();
        (document.activeElement as HTMLElement | null)?.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
        save();
      } else if (!typing && key === "z") {
        event.preventDefault();
        event.stopPropagation();
        void (event.shiftKey ? store.redo() : store.undo());
      } else if (!typing && key === "y") {
        event.preventDefault();
        event.stopPropagation();
        void store.redo();
      }
    },
    [store, save],
  );
  if (store.loading) return <p className="wb-soft">{text("shared.loading")}</p>;
  if (!store.state) return <p className="wb-soft">{text("rules.choose")}</p>;
  return (
    <div className="wb-rules-panel" ref={root} onKeyDown={keys} key={store.dataset}>
      <Toolbar save={save} />
      {store.conflict && <Conflict conflict={store.conflict} />}
      <div className="wb-view" role="group" aria-label={text("rules.view")}>
        {(["forms", "yaml", "both"] as const).map((each) => (
          <Button key={each} label={text(`rules.view.${each}`)} aria-pressed={view === each} onClick={() => setView(each)} />
        ))}
      </div>
      <div className="wb-rules-halves" data-view={view}>
        <div className="wb-rules-forms">
          {!store.state.readable && <div className="wb-notice" role="status">{text("rules.lastGood")}</div>}
          <RuleList list="transforms" />
          <RuleList list="expectations" />
          <Suggestions />
        </div>
        <YamlPane save={save} />
      </div>
    </div>
  );
}

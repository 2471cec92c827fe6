/** A new rule: search by name or by what it does. */
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { kinds } from "./completion.ts";
import { usePanel, useStore } from "./context.ts";
import { Button } from "./icon.tsx";
import { rulesOf, type ListName } from "./model.ts";

export function AddRule({ list, disabled }: { list: ListName; disabled: boolean }): ReactNode {
  const store = useStore();
  const { text } = usePanel();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const button = useRef<HTMLDivElement>(null);
  const root = store.known?.schema;
  const words = typed.toLowerCase().split(/[\s_]+/).filter(Boolean);
  const found = root ? kinds(root, list).filter((each) => words.every((word) => `${each.name} ${each.words}`.toLowerCase().includes(word))) : [];
  const sorted = [...found].sort((a, b) => Number(b.name.includes(typed.toLowerCase().replaceAll(" ", "_"))) - Number(a.name.includes(typed.toLowerCase().replaceAll(" ", "_"))));
  const close = (back: boolean): void => {
    setOpen(false);
    setTyped("");
    setAt(0);
    if (back) requestAnimationFrame(() => button.current?.querySelector("button")?.focus());
  };
  const add = async (name: string): Promise<void> => {
    close(false);
    const index = rulesOf(store.state, list).length;
    await store.edit({ kind: "insert", path: [list], index, value: { [name]: {} } });
    store.show({ list, index });
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-rule="${list}:${index}"] .wb-form :is(input,select,textarea,[contenteditable="true"])`)?.focus());
  };
  const keys = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1 };
    const to = steps[event.key];
    if (to !== undefined && sorted.length) {
      event.preventDefault();
      const next = (to + sorted.length) % sorted.length;
      setAt(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && sorted[at]) {
      event.preventDefault();
      void add(sorted[at].name);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close(true);
    }
  };
  return (
    <div className="wb-add" ref={button}>
      {!open && <Button icon="add" label={text(`rules.add.${list}`)} disabled={disabled} onClick={() => setOpen(true)} />}
      {open && (
        <div
          className="wb-add-box"
          onBlur={(event) => {
            if (!event.currentTarget.contains(event.relatedTarget)) close(false);
          }}
        >
          <input
            type="text"
            role="combobox"
            className="wb-input"
            autoFocus
            aria-label={text(`rules.add.${list}`)}
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={sorted[at] ? `${id}-${at}` : undefined}
            aria-autocomplete="list"
            placeholder={text("rules.add.search")}
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              setAt(0);
            }}
            onKeyDown={keys}
          />
          <ul role="listbox" id={`${id}-list`} className="wb-add-list" aria-label={text(`rules.add.${list}`)}>
            {sorted.map((each, index) => (
              <li
                key={each.name}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                className="wb-add-option"
                // before the blur that would close the list
                onMouseDown={(event) => {
                  event.preventDefault();
                  void add(each.name);
                }}
                onMouseMove={() => setAt(index)}
              >
                <span className="wb-rule-name">{each.name}</span>
                <span className="wb-soft">{each.words.split("\n\n")[0]}</span>
              </li>
            ))}
            {sorted.length === 0 && <li className="wb-soft wb-add-option" role="option" aria-selected="false" aria-disabled="true">{text("rules.add.none")}</li>}
          </ul>
        </div>
      )}
    </div>
  );
}

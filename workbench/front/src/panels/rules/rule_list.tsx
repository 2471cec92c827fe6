/** A list of rules: opened, switched, moved by mouse and keys, doubled, removed, and added. */
import { useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { AddRule } from "./add_rule.tsx";
import { Counts } from "./counts.tsx";
import { usePanel, useStore } from "./context.ts";
import { Button, Icon } from "./icon.tsx";
import { useChosen } from "./inputs.tsx";
import { optionChange, problemsOf, ruleKey, rulesOf, type Change, type ListName, type Rule } from "./model.ts";
import { RuleForm } from "./rule_form.tsx";
import { brief } from "./scalars.ts";

export function RuleList({ list }: { list: ListName }): ReactNode {
  const store = useStore();
  const { client, text } = usePanel();
  const rules = rulesOf(store.state, list);
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const items = useRef<HTMLOListElement>(null);
  const readable = store.state?.readable ?? false;

  const focus = (index: number): void => {
    requestAnimationFrame(() => items.current?.querySelectorAll<HTMLElement>(".wb-rule-open")[index]?.focus());
  };
  const move = async (rule: Rule, to: number): Promise<void> => {
    if (to < 0 || to >= rules.length || to === rule.index) return;
    await store.move(rule, to);
    client.announce(text("rules.moved", { name: rule.name, place: to + 1, count: rules.length }));
    focus(to);
  };
  const drop = (): void => {
    const rule = dragged === null ? undefined : rules[dragged];
    if (rule && over !== null) void move(rule, over > rule.index ? over - 1 : over);
    setDragged(null);
    setOver(null);
  };

  return (
    <section className="wb-rules" aria-label={text(`rules.list.${list}`)}>
      <div className="wb-rules-head">
        <h3 className="wb-heading">
          {text(`rules.list.${list}`)} <span className="wb-soft">({rules.length})</span>
        </h3>
        <AddRule list={list} disabled={!readable} />
      </div>
      {rules.length === 0 && <p className="wb-soft">{text(`rules.none.${list}`)}</p>}
      <ol
        className="wb-rule-list"
        ref={items}
        onDragOver={(event) => {
          if (dragged === null) return;
          event.preventDefault();
          event.stopPropagation();
          const rows = [...(items.current?.children ?? [])];
          const at = rows.findIndex((row) => event.clientY < row.getBoundingClientRect().top + row.getBoundingClientRect().height / 2);
          setOver(at < 0 ? rows.length : at);
        }}
        onDrop={(event) => {
          event.preventDefault();
          event.stopPropagation();
          drop();
        }}
      >
        {rules.map((rule) => (
          <RuleItem
            key={ruleKey(rule)}
            rule={rule}
            count={rules.length}
            readable={readable}
            dropped={over === rule.index ? "before" : over === rules.length && rule.index === rules.length - 1 ? "after" : null}
            move={(to) => void move(rule, to)}
            drag={(on) => (on ? setDragged(rule.index) : (setDragged(null), setOver(null)))}
            focusNear={(index) => focus(Math.max(0, Math.min(index, rules.length - 2)))}
          />
        ))}
      </ol>
    </section>
  );
}

interface ItemProps {
  rule: Rule;
  count: number;
  readable: boolean;
  dropped: "before" | "after" | null;
  move: (to: number) => void;
  drag: (on: boolean) => void;
  focusNear: (index: number) => void;
}

function RuleItem({ rule, count, readable, dropped, move, drag, focusNear }: ItemProps): ReactNode {
  const store = useStore();
  const { client, text } = usePanel();
  const open = store.open?.list === rule.list && store.open.index === rule.index;
  const problems = problemsOf(store.state, rule).length;
  const edit = (...changes: Change[]): Promise<void> => store.edit(...changes);
  const [on, setOn] = useChosen(rule.enabled, (next) => void edit(optionChange(rule, "enabled", next ? undefined : false)));
  const item = { kind: "insert" as const, path: [rule.list], index: rule.index + 1, value: rule.bare ? rule.name : { [rule.name]: rule.options } };
  const remove = async (): Promise<void> => {
    if (open) store.show(null);
    await edit({ kind: "remove", path: [rule.list, rule.index] });
    client.announce(text("rules.removed", { name: rule.name }));
    focusNear(rule.index);
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      event.stopPropagation();
      move(rule.index + (event.key === "ArrowUp" ? -1 : 1));
    } else if (event.key === "Delete") {
      event.preventDefault();
      void remove();
    }
  };
  return (
    <li
      className={["wb-rule", open && "wb-rule--open", !rule.enabled && "wb-rule--off", dropped && `wb-rule--drop-${dropped}`].filter(Boolean).join(" ")}
      data-rule={ruleKey(rule)}
    >
      <div className="wb-rule-head">
        <span
          className="wb-rule-grip"
          draggable={readable}
          title={text("rules.drag")}
          aria-hidden="true"
          onDragStart={(event) => {
            event.dataTransfer.effectAllowed = "move";
            event.dataTransfer.setData("text/plain", rule.name);
            event.stopPropagation();
            drag(true);
          }}
          onDragEnd={() => drag(false)}
        >
          <Icon name="drag" />
        </span>
        <input
          type="checkbox"
          role="switch"
          className="wb-check"
          checked={on}
          disabled={!readable}
          aria-label={text("rules.enabled", { name: rule.name })}
          title={text("rules.enabled", { name: rule.name })}
          onChange={(event) => {
            setOn(event.target.checked);
          }}
        />
        <button type="button" className="wb-rule-open" aria-expanded={open} aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown Delete" title={text("rules.openHint")} onClick={() => store.show(open ? null : rule)} onKeyDown={keys}>
          <Icon name={open ? "chevronDown" : "chevronRight"} />
          <span className="wb-rule-text">
            <span className="wb-rule-name" title={rule.name}>{rule.name || text("rules.nameless")}</span>
            <span className="wb-rule-brief">{brief(rule.options)}</span>
          </span>
          {problems > 0 && (
            <span className="wb-badge wb-badge--error">
              <Icon name="error" />
              {text("rules.problems", { count: problems })}
            </span>
          )}
        </button>
        <Counts rule={rule} />
        <span className="wb-rule-actions">
          <Button kind="icon" icon="arrowUp" label={text("rules.up", { name: rule.name })} shortcut="Alt+↑" disabled={!readable || rule.index === 0} onClick={() => move(rule.index - 1)} />
          <Button kind="icon" icon="arrowDown" label={text("rules.down", { name: rule.name })} shortcut="Alt+↓" disabled={!readable || rule.index === count - 1} onClick={() => move(rule.index + 1)} />
          <Button kind="icon" icon="copy" label={text("rules.duplicate", { name: rule.name })} disabled={!readable} onClick={() => void edit(item).then(() => store.show({ list: rule.list, index: rule.index + 1 }))} />
          <Button kind="icon" icon="trash" label={text("rules.remove", { name: rule.name })} shortcut="Del" disabled={!readable} onClick={() => void remove()} />
        </span>
      </div>
      {open && <RuleForm rule={rule} />}
    </li>
  );
}

/** Expectations that the rows suggest: each with its evidence, taken by a click. */
import { useState, type ReactNode } from "react";
import { usePanel, useStore } from "./context.ts";
import { Button } from "./icon.tsx";
import { rulesOf, type Scope, type Suggestion } from "./model.ts";
import { brief } from "./scalars.ts";

const keyOf = (each: Suggestion): string => `${each.name} ${JSON.stringify(each.kwargs)}`;

/** What goes into the spec for a suggestion; what a severity is by default is not written. */
export function ruleOf({ name, kwargs, severity }: Suggestion): Record<string, unknown> {
  return { [name]: { ...kwargs, ...(severity === "stop" ? {} : { severity }) } };
}

export function Suggestions(): ReactNode {
  const store = useStore();
  const { client, text } = usePanel();
  const [found, setFound] = useState<{ scope: Scope; suggestions: Suggestion[] } | null>(null);
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const ask = async (): Promise<void> => {
    await store.flush();
    const answer = await client.busy(text("rules.suggest.busy"), (options) =>
      store.call<{ scope: Scope; suggestions: Suggestion[] }>("suggest", { scope: store.scope }, options),
    );
    if (!answer) return;
    setFound(answer);
    setGone(new Set());
    client.announce(text("rules.suggest.found", { count: answer.suggestions.length }));
  };
  const take = async (...some: Suggestion[]): Promise<void> => {
    const index = rulesOf(store.state, "expectations").length;
    await store.edit(...some.map((each, at) => ({ kind: "insert" as const, path: ["expectations"], index: index + at, value: ruleOf(each) })));
    setGone(new Set([...gone, ...some.map(keyOf)]));
    client.announce(text("rules.suggest.taken", { count: some.length }));
  };
  const open = (found?.suggestions ?? []).filter((each) => !gone.has(keyOf(each)));
  return (
    <section className="wb-suggest" aria-label={text("rules.suggest")}>
      <div className="wb-rules-head">
        <h3 className="wb-heading">{text("rules.suggest")}</h3>
        <span className="wb-row">
          {open.length > 1 && <Button icon="check" label={text("rules.suggest.all", { count: open.length })} disabled={!store.state?.readable} onClick={() => void take(...open)} />}
          <Button icon="search" label={text(found ? "rules.suggest.again" : "rules.suggest.ask")} disabled={!store.state?.valid} onClick={() => void ask()} />
        </span>
      </div>
      {!found && <p className="wb-soft">{text("rules.suggest.about")}</p>}
      {found && open.length === 0 && <p className="wb-soft">{text("rules.suggest.none")}</p>}
      {found && open.length > 0 && (
        <>
          <p className="wb-soft">{text(`rules.suggest.scope.${found.scope}`)}</p>
          <ul className="wb-suggest-list">
            {open.map((each) => (
              <li key={keyOf(each)} className="wb-suggestion">
                <div className="wb-rule-text">
                  <span className="wb-rule-name">{each.name}</span>
                  <span className="wb-rule-brief">{brief(each.kwargs)}</span>
                  <span className="wb-evidence">
                    {text(`rules.evidence.${each.evidence}`, each.figures)}
                    {each.earlier !== null && ` ${text("rules.evidence.earlier", { count: each.earlier })}`}
                  </span>
                </div>
                <span className="wb-badge" title={text(`rules.severity.${each.severity}`)}>{each.severity}</span>
                <span className="wb-row">
                  <Button icon="add" label={text("rules.suggest.take")} aria-label={text("rules.suggest.takeOf", { name: `${each.name} ${brief(each.kwargs, 60)}` })} disabled={!store.state?.readable} onClick={() => void take(each)} />
                  <Button kind="icon" icon="cancel" label={text("rules.suggest.dismiss", { name: `${each.name} ${brief(each.kwargs, 60)}` })} onClick={() => setGone(new Set([...gone, keyOf(each)]))} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

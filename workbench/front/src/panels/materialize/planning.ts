/** The plan of the loads: what would happen to each target, which of them are chosen. */
import type { Client } from "../client.ts";
import { h, put, s, type Child } from "../dom.ts";
import { icon, type IconName } from "../icons.ts";
import { button, moment, redraw } from "../running/parts.ts";
import { bar, canLoad, lost, stateOf, type State } from "./choosing.ts";
import type { Load, Moved, Plan } from "./types.ts";

export interface Planning {
  element: HTMLElement;
  draw: () => void;
}

export interface Shown {
  plan: Plan | null;
  chosen: Set<string>;
  moved: Moved[];
  /** The draft changed after the plan was made. */
  stale: boolean;
  /** Why there is nothing to load yet. */
  unpublished: string;
}

const MARKS: Record<State, IconName> = { ready: "play", done: "check", drifted: "warning", refused: "error", unavailable: "warning" };
const WIDTH = 240;

export function planning(client: Client, shown: Shown, look: () => void, confirm: () => void, start: () => void): Planning {
  const say = client.text;
  const element = h("section", { class: "wb-mat-section", "aria-label": say("materialize.plan") });

  function draw(): void {
    const { plan, chosen } = shown;
    redraw(element, () =>
      put(
        element,
        h(
          "div",
          { class: "wb-row" },
          h("h3", { class: "wb-heading" }, say("materialize.plan")),
          h("span", { class: "wb-mat-push" }),
          button([icon("search"), say(plan ? "materialize.look.again" : "materialize.look")], look, {
            kind: plan && !shown.stale ? "" : "primary",
            key: "look",
            title: `${say("materialize.look")} (Alt+Enter)`,
          }),
        ),
        !plan && !shown.unpublished && h("p", { class: "wb-soft" }, say("materialize.plan.none")),
        shown.unpublished &&
          h(
            "div",
            { class: "wb-notice" },
            icon("info"),
            h("div", null, h("p", null, shown.unpublished), h("p", { class: "wb-soft" }, say("materialize.unpublished"))),
            button([icon("play"), say("materialize.start")], start, { kind: "primary", key: "start" }),
          ),
        shown.moved.length > 0 && movedView(),
        plan && shown.stale && h("p", { class: "wb-notice" }, icon("info"), h("span", null, say("materialize.stale"))),
        plan && aboutView(plan),
        plan?.loads.map(loadView),
        plan &&
          h(
            "div",
            { class: "wb-row wb-mat-confirm" },
            button([icon("play"), say("materialize.load", { count: chosen.size })], confirm, {
              kind: "primary",
              disabled: chosen.size === 0 || shown.stale,
              key: "confirm",
            }),
            h("span", { class: "wb-soft" }, say(plan.rebuild ? "materialize.load.rebuild" : "materialize.load.words")),
          ),
      ),
    );
  }

  function movedView(): Child {
    return h(
      "div",
      { class: "wb-notice wb-mat-moved", role: "alert" },
      icon("warning"),
      h(
        "div",
        null,
        h("strong", null, say("materialize.moved")),
        h(
          "ul",
          null,
          shown.moved.map((each) => h("li", null, say(`materialize.moved.${each.what}`, { target: each.target, before: each.before, now: each.now }))),
        ),
      ),
    );
  }

  function aboutView(plan: Plan): Child {
    return h(
      "p",
      null,
      say("materialize.version", { version: plan.version, rows: plan.rows ?? 0 }),
      " ",
      h("span", { class: "wb-soft" }, moment(plan.published_at, client.language)),
      plan.rebuild && h("span", { class: "wb-mat-warned" }, icon("warning"), say("materialize.rebuild")),
    );
  }

  function loadView(load: Load): HTMLElement {
    const state = stateOf(load);
    const box = h("input", {
      type: "checkbox",
      disabled: !canLoad(load),
      "data-key": `choose ${load.target}`,
      onchange: () => {
        if (box.checked) shown.chosen.add(load.target);
        else shown.chosen.delete(load.target);
        draw();
      },
    });
    box.checked = shown.chosen.has(load.target);
    const key = load.key.length ? say("materialize.by", { key: load.key.join(", ") }) : "";
    return h(
      "article",
      { class: `wb-mat-load wb-mat-load--${state}`, "aria-label": load.target },
      h(
        "div",
        { class: "wb-row" },
        h("label", { class: "wb-mat-choice" }, box, h("code", null, load.target)),
        h("span", { class: "wb-soft" }, [load.type, load.strategy, key].filter(Boolean).join(" · ")),
        h("span", { class: "wb-mat-push" }),
        h("span", { class: `wb-mat-state wb-mat-state--${state}` }, icon(MARKS[state]), say(`materialize.state.${state}`)),
      ),
      load.location && h("div", { class: "wb-soft wb-where" }, load.location),
      h("div", { class: "wb-soft" }, load.holds === null ? say("materialize.holds.none", { rows: load.before }) : say("materialize.holds", { version: load.holds, rows: load.before })),
      (load.refusal || load.unavailable) &&
        h("div", { class: "wb-mat-told" }, h("strong", null, load.refusal || load.unavailable), load.remedy && h("div", { class: "wb-soft" }, `→ ${load.remedy}`)),
      load.ledger && countsView(load),
      load.changes.length > 0 && h("ul", { class: "wb-mat-changes" }, load.changes.map((said) => h("li", null, said))),
      load.statements.length > 0 &&
        h(
          "details",
          null,
          h("summary", { "data-key": `sql ${load.target}` }, say("materialize.sql", { count: load.statements.length })),
          h("pre", { class: "wb-mat-sql", tabindex: 0, role: "region", "aria-label": "SQL" }, load.statements.map((each) => `${each};`).join("\n")),
        ),
    );
  }

  function countsView(load: Load): Child {
    const counts = load.ledger;
    if (!counts) return null;
    const terms = ["before", "inserted", "updated", "unchanged", "deleted", "rejected", "after"] as const;
    const parts = bar(counts);
    const picture = s("svg", { class: "wb-mat-bar-picture", viewBox: `0 0 ${WIDTH} 10`, "aria-hidden": "true", focusable: "false", preserveAspectRatio: "none" });
    picture.append(...parts.map((part) => s("rect", { class: `wb-mat-part--${part.kind}`, x: part.from * WIDTH, width: part.length * WIDTH, height: 10 })));
    return [
      h(
        "dl",
        { class: "wb-mat-counts" },
        terms.map((term) =>
          h(
            "div",
            { class: `wb-mat-count wb-mat-count--${term}${counts[term] ? "" : " wb-mat-count--none"}` },
            h("dt", null, say(`materialize.rows.${term}`)),
            h("dd", null, counts[term].toLocaleString(client.language)),
          ),
        ),
      ),
      parts.length > 0 && picture,
      load.kept !== null && counts.deleted > 0 &&
        h("p", { class: lost(load) > 0 ? "wb-mat-warned" : "wb-soft" }, say("materialize.kept", { deleted: counts.deleted, kept: load.kept, lost: lost(load) })),
    ];
  }

  return { element, draw };
}

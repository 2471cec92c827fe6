/** A dataset: what it is, what is said of it, and its columns. */
import type { Client } from "../client.ts";
import { h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { redrawKeeping } from "../keeping.ts";
import { button, moment } from "../running/parts.ts";
import { field, saidBar } from "./fields.ts";
import type { Column, Facts, Place, Term } from "./types.ts";
import { listed, percent, shownColumns } from "./words.ts";

export interface DatasetView {
  element: HTMLElement;
  show: (facts: Facts, terms: readonly Term[], column: string) => void;
}

export interface Acts {
  call: (name: string, args: object) => void;
  open: (place: Place) => void;
}

export function datasetView(client: Client, acts: Acts): DatasetView {
  const say = client.text;
  const { language } = client;
  const element = h("div", { class: "wb-cat-detail" });
  const kept = client.keep("columns", () => ({ missing: false }));
  let facts: Facts;
  let terms: readonly Term[];
  let column = "";

  function draw(): void {
    redrawKeeping(element, () => put(element, head(), problems(), about(), columns()));
  }

  function describe(name: string, value: unknown): void {
    acts.call("describe", { dataset: facts.name, field: name, value });
  }

  function head(): Child {
    const [said, total] = facts.said;
    return h(
      "div",
      { class: "wb-row" },
      h("h3", { class: "wb-cat-title" }, facts.name),
      h("span", { class: "wb-badge" }, facts.layer),
      facts.draft.dirty && h("span", { class: "wb-badge wb-badge--warning" }, say("catalog.unsaved")),
      saidBar(said, total, say("catalog.said", { said, total })),
    );
  }

  function problems(): Child {
    if (!facts.draft.problems.length) return null;
    return h(
      "ul",
      { class: "wb-cat-problems", "aria-label": say("catalog.problems") },
      facts.draft.problems.map((each) => h("li", null, icon("error"), h("code", null, `${each.file}:${each.line}`), ` ${each.message}`)),
    );
  }

  function about(): Child {
    const text = (name: "title" | "description" | "owner", long = false): HTMLElement =>
      field({ label: say(`catalog.field.${name}`), value: facts[name], key: `dataset ${name}`, long, commit: (value) => describe(name, value || null), class: long ? "wb-cat-wide" : "" });
    return h(
      "div",
      { class: "wb-cat-form" },
      text("title"),
      text("owner"),
      field({ label: say("catalog.tags"), value: facts.tags.join(", "), key: "dataset tags", title: say("catalog.tags.words"), commit: (value) => describe("tags", listed(value)) }),
      text("description", true),
      h(
        "dl",
        { class: "wb-cat-facts wb-cat-wide" },
        fact("catalog.published", facts.version === null ? say("catalog.published.never") : [say("catalog.version", { version: facts.version, rows: facts.rows ?? 0 }), " ", moment(facts.published_at, language)]),
        facts.needs.length > 0 && fact("catalog.needs", links(facts.needs)),
        facts.used_by.length > 0 && fact("catalog.used", links(facts.used_by)),
        facts.targets.length > 0 && fact("catalog.targets", h("code", null, facts.targets.join(", "))),
        fact("catalog.file", h("code", null, facts.file)),
      ),
    );
  }

  function fact(key: string, value: Child): Child {
    return h("div", null, h("dt", null, say(key)), h("dd", null, value));
  }

  function links(names: readonly string[]): Child {
    return names.map((name) => button(h("code", null, name), () => acts.open({ kind: "dataset", name, column: "" }), { kind: "link", key: `dataset ${name}` }));
  }

  function columns(): Child {
    const shown = shownColumns(facts.columns, kept.missing, column);
    const left = facts.columns.filter((each) => !each.description).length;
    const only = h("input", { type: "checkbox", "data-key": "missing", onchange: () => ((kept.missing = only.checked), draw()) });
    only.checked = kept.missing;
    return [
      h(
        "div",
        { class: "wb-row" },
        h("h4", { class: "wb-heading" }, say("catalog.columns", { count: facts.columns.length })),
        h("label", { class: "wb-cat-choice" }, only, say("catalog.missing", { count: left })),
      ),
      facts.columns.length === 0 && h("p", { class: "wb-soft" }, say("catalog.columns.none")),
      facts.columns.length > 0 &&
        h(
          "div",
          { class: "wb-table-region", tabindex: 0, role: "region", "aria-label": say("catalog.columns.of", { dataset: facts.name }), "data-scroll": "columns" },
          h(
            "table",
            { class: "wb-table wb-cat-columns" },
            h("caption", { class: "wb-hidden" }, say("catalog.columns.of", { dataset: facts.name })),
            h("thead", null, h("tr", null, ["column", "type", "nulls", "distinct", "description", "term"].map((name) => h("th", { scope: "col", class: `wb-cat-col--${name}${name === "nulls" || name === "distinct" ? " wb-number" : ""}` }, say(`catalog.col.${name}`))))),
            h("tbody", null, shown.map(row), shown.length === 0 && h("tr", null, h("td", { colspan: 6, class: "wb-empty" }, say("catalog.missing.none")))),
          ),
        ),
    ];
  }

  function row(each: Column): HTMLElement {
    const say_ = (name: string, value: unknown): void => acts.call("describe_column", { dataset: facts.name, column: each.name, field: name, value });
    return h(
      "tr",
      { class: each.name === column ? "wb-cat-here" : null, "data-column": each.name },
      h(
        "th",
        { scope: "row" },
        h("code", null, each.name),
        each.key && h("span", { class: "wb-badge" }, say("catalog.key")),
        each.mask && h("span", { class: "wb-badge" }, say("catalog.mask")),
        h("div", { class: "wb-soft wb-cat-narrow" }, narrow(each)),
        each.original && each.original !== each.name && h("div", { class: "wb-soft" }, each.original),
        !each.published && h("div", { class: "wb-soft" }, say("catalog.unpublished")),
      ),
      h("td", { class: "wb-cat-col--type" }, each.type || "–"),
      h("td", { class: "wb-cat-col--nulls wb-number" }, each.nulls === null ? "–" : percent(each.nulls)),
      h("td", { class: "wb-cat-col--distinct wb-number" }, each.distinct === null ? "–" : each.distinct.toLocaleString(language)),
      h(
        "td",
        { class: each.description ? null : "wb-cat-lacks" },
        field({
          label: say("catalog.description.of", { column: each.name }), hideLabel: true, value: each.description, key: `column ${each.name}`,
          placeholder: say("catalog.description.none"), commit: (value) => say_("description", value || null),
        }),
      ),
      h("td", null, termPicker(each, (value) => say_("term", value || null))),
    );
  }

  /** What the columns that a narrow page has no room for would say. */
  function narrow(each: Column): string {
    return [each.type, each.nulls !== null && say("catalog.nulls.share", { share: percent(each.nulls) }), each.distinct !== null && say("catalog.distinct.count", { count: each.distinct })]
      .filter(Boolean)
      .join(" · ");
  }

  function termPicker(each: Column, choose: (key: string) => void): Child {
    const known = terms.some((term) => term.key === each.term);
    const select = h(
      "select",
      { class: "wb-select", "aria-label": say("catalog.term.of", { column: each.name }), "data-key": `term ${each.name}`, onchange: () => choose(select.value) },
      h("option", { value: "" }, say("shared.none")),
      each.term && !known && h("option", { value: each.term }, say("catalog.term.gone", { term: each.term })),
      terms.map((term) => h("option", { value: term.key }, term.name)),
    );
    select.value = each.term ?? "";
    return h(
      "div",
      { class: "wb-row wb-cat-term" },
      select,
      each.term && known && button(icon("link"), () => acts.open({ kind: "term", name: each.term ?? "", column: "" }), { kind: "icon", label: say("catalog.term.open", { term: each.term }), title: say("catalog.term.open", { term: each.term }), key: `open ${each.name}` }),
    );
  }

  return {
    element,
    show(now, all, at) {
      const other = facts?.name !== now.name || column !== at;
      facts = now;
      terms = all;
      column = at;
      draw();
      if (other && at) element.querySelector(`[data-column="${CSS.escape(at)}"]`)?.scrollIntoView({ block: "nearest" });
    },
  };
}

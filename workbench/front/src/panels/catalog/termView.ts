/** A term of the glossary: what it means, and the columns that stand for it. */
import type { Client } from "../client.ts";
import { h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { redrawKeeping } from "../keeping.ts";
import { button } from "../running/parts.ts";
import type { Acts } from "./datasetView.ts";
import { field } from "./fields.ts";
import type { Overview, Term } from "./types.ts";
import { listed } from "./words.ts";

export interface TermView {
  element: HTMLElement;
  show: (term: Term, overview: Overview) => void;
}

export function termView(client: Client, acts: Acts): TermView {
  const say = client.text;
  const element = h("div", { class: "wb-cat-detail" });
  let term: Term;
  let overview: Overview;

  function draw(): void {
    redrawKeeping(element, () =>
      put(
        element,
        h("div", { class: "wb-row" }, h("h3", { class: "wb-cat-title" }, term.name), h("code", { class: "wb-soft" }, term.key)),
        h(
          "div",
          { class: "wb-cat-form" },
          word("name"),
          word("owner"),
          field({ label: say("catalog.synonyms"), value: term.synonyms.join(", "), key: "term synonyms", title: say("catalog.tags.words"), commit: (value) => describe("synonyms", listed(value)) }),
          word("definition", true),
        ),
        h("h4", { class: "wb-heading" }, say("catalog.uses", { count: term.uses.length })),
        uses(),
        linking(),
        h(
          "div",
          { class: "wb-row" },
          button([icon("trash"), say("catalog.term.remove")], () => acts.call("remove_term", { key: term.key }), {
            disabled: term.uses.length > 0,
            title: term.uses.length > 0 ? say("catalog.term.used") : say("catalog.term.remove"),
            key: "remove term",
          }),
          term.uses.length > 0 && h("span", { class: "wb-soft" }, say("catalog.term.used")),
        ),
      ),
    );
  }

  function describe(name: string, value: unknown): void {
    acts.call("describe_term", { key: term.key, field: name, value });
  }

  function word(name: "name" | "owner" | "definition", long = false): HTMLElement {
    return field({ label: say(`catalog.field.${name}`), value: term[name], key: `term ${name}`, long, commit: (value) => describe(name, value || null), class: long ? "wb-cat-wide" : "" });
  }

  function uses(): Child {
    if (!term.uses.length) return h("p", { class: "wb-soft" }, say("catalog.uses.none"));
    return h(
      "ul",
      { class: "wb-cat-uses" },
      term.uses.map(([dataset, column]) =>
        h(
          "li",
          { class: "wb-row" },
          button(h("code", null, `${dataset}.${column}`), () => acts.open({ kind: "dataset", name: dataset, column }), { kind: "link", key: `use ${dataset}.${column}` }),
          button(icon("cancel"), () => acts.call("describe_column", { dataset, column, field: "term", value: null }), {
            kind: "icon",
            label: say("catalog.unlink", { column: `${dataset}.${column}` }),
            title: say("catalog.unlink", { column: `${dataset}.${column}` }),
            key: `unlink ${dataset}.${column}`,
          }),
        ),
      ),
    );
  }

  /** A field with all columns to choose from, as `dataset.column`. */
  function linking(): Child {
    const kinds = overview.search.kinds;
    const columns = overview.search.entries.filter((entry) => kinds[entry[0]] === "column").map((entry) => entry[2].replace("#", "."));
    const id = `wb-columns-${term.key.replace(/\W/g, "-")}`;
    const input = h("input", { class: "wb-input", list: id, "aria-label": say("catalog.link"), placeholder: say("catalog.link.words"), "data-key": "link", onkeydown: (event: KeyboardEvent) => event.key === "Enter" && link() });
    const link = (): void => {
      const at = input.value.trim().indexOf(".");
      if (!columns.includes(input.value.trim())) return client.announce(say("catalog.link.unknown"));
      acts.call("describe_column", { dataset: input.value.trim().slice(0, at), column: input.value.trim().slice(at + 1), field: "term", value: term.key });
      input.value = "";
    };
    return h(
      "div",
      { class: "wb-row" },
      input,
      h("datalist", { id }, columns.map((name) => h("option", { value: name }))),
      button([icon("link"), say("catalog.link")], link, { key: "link button" }),
    );
  }

  return {
    element,
    show(now, all) {
      term = now;
      overview = all;
      draw();
    },
  };
}

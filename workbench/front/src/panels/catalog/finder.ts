/** What there is, on the left: all datasets and terms, or what a search finds, best first. */
import { marked, SearchIndex } from "../../portal/searchIndex.ts";
import type { Client } from "../client.ts";
import { debounced, freshId, h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { button, redraw } from "../running/parts.ts";
import { saidBar } from "./fields.ts";
import type { Overview, Place } from "./types.ts";
import { placeOf } from "./words.ts";

export interface Finder {
  element: HTMLElement;
  show: (overview: Overview, place: Place) => void;
  focus: () => void;
}

const MOST = 60;

export function finder(client: Client, open: (place: Place) => void, add: () => void): Finder {
  const say = client.text;
  const list = h("div", { class: "wb-cat-list" });
  const kept = client.keep("query", () => ({ query: "" }));
  const id = freshId("find");
  const input = h("input", {
    id,
    class: "wb-input wb-cat-search",
    type: "search",
    value: kept.query,
    placeholder: say("catalog.search.words"),
    title: `${say("catalog.search")} (/)`,
    autocomplete: "off",
    spellcheck: "false",
    oninput: debounced(60, () => ((kept.query = input.value), draw(true))),
    onkeydown: (event: KeyboardEvent) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        const first = list.querySelector<HTMLElement>("button.wb-cat-entry");
        if (event.key === "Enter") first?.click();
        else first?.focus();
      } else if (event.key === "Escape" && input.value) {
        event.stopPropagation();
        input.value = kept.query = "";
        draw(true);
      }
    },
  });
  const element = h(
    "nav",
    { class: "wb-cat-finder", "aria-label": say("catalog.found") },
    h("label", { for: id, class: "wb-hidden" }, say("catalog.search")),
    input,
    list,
  );
  list.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll<HTMLElement>("button.wb-cat-entry")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    if (to < 0) input.focus();
    else all[Math.min(to, all.length - 1)]?.focus();
  });
  let overview: Overview;
  let place: Place;
  let index: SearchIndex | null = null;

  function draw(tell = false): void {
    const query = kept.query.trim();
    redraw(list, () => put(list, query ? found(query, tell) : everything()));
  }

  function entry(to: Place, content: Child): HTMLElement {
    const here = place.kind === to.kind && place.name === to.name && (!to.column || place.column === to.column);
    return h(
      "li",
      null,
      h(
        "button",
        { type: "button", class: "wb-cat-entry", "aria-current": here ? "true" : null, "data-key": `go ${to.kind} ${to.name} ${to.column}`, onclick: () => open(to) },
        content,
      ),
    );
  }

  function found(query: string, tell: boolean): Child {
    index ??= new SearchIndex(overview.search);
    const { entries, total } = index.search(query, MOST);
    const words = say("catalog.results", { count: total });
    if (tell) client.announce(words);
    return [
      h("p", { class: "wb-soft" }, words),
      h(
        "ul",
        null,
        entries.map(([kind, title, url, context]) => {
          const name = overview.search.kinds[kind] ?? "";
          return entry(placeOf(name, url), [
            h("span", { class: "wb-cat-name" }, marked(title, query).map((piece) => (piece.hit ? h("mark", null, piece.text) : piece.text))),
            h("span", { class: "wb-badge" }, say(`catalog.kind.${name}`)),
            context && h("span", { class: "wb-soft wb-cat-context" }, context),
          ]);
        }),
      ),
    ];
  }

  function everything(): Child {
    return [
      h("h3", { class: "wb-heading" }, say("catalog.datasets", { count: overview.datasets.length })),
      h(
        "ul",
        null,
        overview.datasets.map((each) =>
          entry({ kind: "dataset", name: each.name, column: "" }, [
            h("span", { class: "wb-cat-name" }, each.name),
            saidBar(each.said, each.total, `${each.said}/${each.total}`),
            each.title && h("span", { class: "wb-soft wb-cat-context" }, each.title),
          ]),
        ),
      ),
      h(
        "div",
        { class: "wb-row wb-cat-terms" },
        h("h3", { class: "wb-heading" }, say("catalog.terms", { count: overview.terms.length })),
        button([icon("add"), say("catalog.term.add")], add, { key: "add term" }),
      ),
      h(
        "ul",
        null,
        overview.terms.map((term) =>
          entry({ kind: "term", name: term.key, column: "" }, [
            h("span", { class: "wb-cat-name" }, term.name),
            h("span", { class: "wb-soft" }, say("catalog.uses", { count: term.uses.length })),
          ]),
        ),
      ),
    ];
  }

  return {
    element,
    show(all, now) {
      if (overview?.search !== all.search) {
        index = new SearchIndex(all.search);
        // words in any order and with typing errors: ready in a moment
        void index.prepare(() => new Promise((done) => setTimeout(done, 0)));
      }
      overview = all;
      place = now;
      draw();
    },
    focus: () => input.focus(),
  };
}

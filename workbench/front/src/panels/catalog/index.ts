/** The Catalog panel: find datasets, columns and terms, and say what they mean. */
import { definePanel } from "../client.ts";
import { conflictDialog, type Differing } from "../conflict.ts";
import { openDialog } from "../dialog.ts";
import { h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import { button, redraw } from "../running/parts.ts";
import { datasetView } from "./datasetView.ts";
import { field, saidBar } from "./fields.ts";
import { finder } from "./finder.ts";
import { termView } from "./termView.ts";
import type { Facts, Overview, Place, Saved } from "./types.ts";
import { keyOf, together } from "./words.ts";

const GLOSSARY = "specs/glossary.yml";

export default definePanel((root, client) => {
  const say = client.text;
  const place = client.keep<Place>("place", () => ({ kind: "dataset", name: String(client.get("dataset") || ""), column: "" }));
  const bar = h("div", { class: "wb-row wb-cat-bar" });
  const detail = h("div", { class: "wb-cat-main" });
  let overview: Overview | null = null;
  let facts: Facts | null = null;
  let asking = 0;

  const acts = { call: (name: string, args: object) => void act(name, args), open: (to: Place) => void open(to) };
  const dataset = datasetView(client, acts);
  const term = termView(client, acts);
  const found = finder(client, (to) => void open(to), () => void add());
  root.append(bar, h("div", { class: "wb-cat" }, found.element, detail));

  async function load(): Promise<void> {
    const mine = ++asking;
    try {
      const all = await client.call<Overview>("overview");
      if (mine !== asking) return;
      overview = all;
      if (place.kind === "dataset" && !place.name) place.name = all.datasets[0]?.name ?? "";
      if (place.kind === "term" && !all.terms.some((each) => each.key === place.name)) Object.assign(place, { kind: "dataset", name: all.datasets[0]?.name ?? "", column: "" });
      if (place.kind === "dataset" && place.name) facts = await client.call<Facts>("dataset_facts", { dataset: place.name });
      if (mine !== asking) return;
      draw();
    } catch (error) {
      if (mine === asking) client.showError(error);
    }
  }

  function draw(): void {
    if (!overview) return;
    const all = overview;
    drawBar(all);
    found.show(all, place);
    const here = all.terms.find((each) => each.key === place.name);
    if (place.kind === "term" && here) {
      term.show(here, all);
      show(term.element);
    } else if (facts && facts.name === place.name) {
      dataset.show(facts, all.terms, place.column);
      show(dataset.element);
    } else put(detail, h("p", { class: "wb-soft" }, say("catalog.nothing")));
  }

  function show(element: HTMLElement): void {
    if (detail.firstChild !== element) put(detail, element);
  }

  function drawBar(all: Overview): void {
    const [said, total] = together(all.datasets);
    const file = place.kind === "term" ? GLOSSARY : (facts?.draft.file ?? "");
    const unknown = Object.keys(all.unknown);
    redraw(bar, () =>
      put(
        bar,
        saidBar(said, total, say("catalog.said.all", { said, total })),
        h("span", { class: "wb-cat-push" }),
        all.unsaved.length > 0 && h("span", { class: "wb-cat-unsaved", title: all.unsaved.join("\n") }, icon("edit"), say("catalog.unsaved.files", { count: all.unsaved.length })),
        button(icon("undo"), () => acts.call("undo", { file }), { kind: "icon", label: say("catalog.undo"), disabled: !undoable(false), key: "undo", title: `${say("catalog.undo")} (Ctrl+Z)` }),
        button(icon("redo"), () => acts.call("undo", { file, redo: true }), { kind: "icon", label: say("catalog.redo"), disabled: !undoable(true), key: "redo", title: `${say("catalog.redo")} (Ctrl+Shift+Z)` }),
        button([icon("save"), say("shared.save")], () => void save([]), { kind: all.unsaved.length ? "primary" : "", disabled: all.unsaved.length === 0, key: "save", title: `${say("shared.save")} (Ctrl+S)` }),
        all.problems.length > 0 && h("p", { class: "wb-cat-problem" }, icon("error"), `${all.problems[0]?.file}:${all.problems[0]?.line} ${all.problems[0]?.message}`),
        unknown.length > 0 && h("p", { class: "wb-cat-problem" }, icon("warning"), say("catalog.unknown", { terms: unknown.join(", ") })),
      ),
    );
  }

  function undoable(redo: boolean): boolean {
    if (place.kind === "term") return true; // the kernel knows; a step too many does nothing
    return redo ? (facts?.draft.can_redo ?? false) : (facts?.draft.can_undo ?? false);
  }

  async function open(to: Place): Promise<void> {
    Object.assign(place, to);
    const mine = ++asking;
    try {
      if (to.kind === "dataset" && facts?.name !== to.name) {
        const now = await client.call<Facts>("dataset_facts", { dataset: to.name });
        if (mine !== asking) return;
        facts = now;
      }
      client.clearError();
      draw();
      // the other panels of the workspace show it too
      if (to.kind === "dataset" && client.get("dataset") !== to.name) client.set("dataset", to.name);
      client.announce(say("catalog.opened", { name: to.column ? `${to.name}.${to.column}` : to.name }));
    } catch (error) {
      client.showError(error);
    }
  }

  async function act(name: string, args: object): Promise<void> {
    asking++; // an answer that is under way would show what was before
    try {
      const answer = await client.call<Facts | Overview>(name, args);
      client.clearError();
      if ("search" in answer) overview = answer;
      else if (answer.name === place.name && place.kind === "dataset") facts = answer;
      draw();
    } catch (error) {
      client.showError(error);
      draw(); // what was typed and refused is taken back
    }
    await load();
  }

  async function save(overwrite: string[]): Promise<void> {
    const done = await client.busy(say("catalog.saving"), () => client.call<Saved>("save", { overwrite }));
    if (!done) return;
    overview = done.overview;
    if (done.saved.length) client.announce(say("catalog.saved", { count: done.saved.length }));
    for (const conflict of done.conflicts) await settle(conflict);
    await load();
  }

  async function settle(conflict: Differing): Promise<void> {
    const choice = await conflictDialog(client, root, conflict);
    if (choice === "mine") await save([conflict.file]);
    if (choice === "theirs") await act("reload", { file: conflict.file });
  }

  async function add(): Promise<void> {
    const taken = overview?.terms.map((each) => each.key) ?? [];
    let name = "";
    const body = field({ label: say("catalog.field.name"), value: "", key: "new term", commit: () => {} });
    const input = body.querySelector("input");
    input?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      body.closest("dialog")?.querySelector<HTMLElement>(".wb-button--primary")?.click();
    });
    const choice = await openDialog({
      title: say("catalog.term.add"),
      within: root,
      close: say("shared.close"),
      body,
      buttons: [
        { label: say("shared.cancel"), value: false },
        { label: say("catalog.term.add"), value: true, kind: "primary" },
      ],
    });
    name = input?.value.trim() ?? "";
    if (!choice || !name) return;
    const key = keyOf(name, taken);
    Object.assign(place, { kind: "term", name: key, column: "" });
    await act("add_term", { key, word: name });
  }

  root.addEventListener("keydown", (event) => {
    const target = event.target as Element;
    const typing = target.matches("input:not([type=checkbox]), textarea, select");
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const file = place.kind === "term" ? GLOSSARY : (facts?.draft.file ?? "");
    const todo =
      control && key === "s" ? () => ((document.activeElement as HTMLElement | null)?.blur(), void Promise.resolve().then(() => save([])))
      : control && key === "z" && !typing ? () => acts.call("undo", { file, redo: event.shiftKey })
      : event.key === "/" && !typing ? () => found.focus()
      : null;
    if (!todo) return;
    event.preventDefault();
    event.stopPropagation();
    todo();
  });
  client.onTrait("dataset", () => {
    const name = String(client.get("dataset") || "");
    if (name && !(place.kind === "dataset" && place.name === name)) void open({ kind: "dataset", name, column: "" });
  });
  client.on("draft", () => void load());
  void load();
});

/** The files as a list: name, size, how far they are, and what can be done with each. */
import type { Client } from "../client.ts";
import { h, put } from "../dom.ts";
import { icon, type IconName } from "../icons.ts";
import { duration, size } from "../texts.ts";
import type { Item, Shelf, State } from "./shelf.ts";

const ICONS: Record<State, IconName> = {
  sending: "upload",
  left: "warning",
  fetching: "download",
  ready: "check",
  failed: "error",
  done: "check",
};

interface Row {
  element: HTMLElement;
  draw: () => void;
}

export function list(client: Client, shelf: Shelf): { element: HTMLElement; draw: () => void } {
  const { text } = client;
  const rows = new Map<number, Row>();
  const body = h("ul", { class: "wb-files", "aria-label": text("upload.files") });
  const draw = (): void => {
    for (const key of rows.keys()) if (!shelf.items.some((item) => item.key === key)) rows.delete(key);
    const elements = shelf.items.map((item) => {
      let row = rows.get(item.key);
      if (!row) rows.set(item.key, (row = rowOf(client, shelf, item)));
      row.draw();
      return row.element;
    });
    // rows stay where they are, so that focus does
    const there = [...body.children];
    if (elements.length !== there.length || elements.some((element, at) => element !== there[at])) put(body, elements);
    body.hidden = elements.length === 0;
  };
  return { element: body, draw };
}

function rowOf(client: Client, shelf: Shelf, item: Item): Row {
  const { text, language } = client;
  const name = h("button", { type: "button", class: "wb-file-name", onclick: () => shelf.select(item) });
  const mark = h("span", { class: "wb-file-mark" });
  const state = h("span", { class: "wb-soft wb-file-state" });
  const bar = h("progress", { class: "wb-progress", max: 1 });
  const actions = h("span", { class: "wb-row" });
  const picker = h("input", { type: "file", class: "wb-hidden", tabindex: -1, "aria-hidden": "true" });
  picker.addEventListener("change", () => {
    const file = picker.files?.[0];
    if (!file) return;
    item.file = file;
    item.state = "sending";
    shelf.changed();
    void shelf.send(item);
  });
  const element = h("li", { class: "wb-file" }, mark, name, bar, state, actions, picker);
  let drawn = "";

  function button(key: "cancel" | "again" | "remove", iconName: IconName, act: () => void): HTMLElement {
    const label = key === "cancel" ? text("shared.cancel") : text(`upload.do.${key}`);
    return h(
      "button",
      { type: "button", class: "wb-button", "aria-label": `${label}: ${item.name}`, onclick: act },
      icon(iconName),
      label,
    );
  }

  function draw(): void {
    const running = item.state === "sending" || item.state === "fetching";
    const selected = shelf.selected === item;
    element.classList.toggle("wb-file--selected", selected);
    name.setAttribute("aria-pressed", String(selected));
    name.textContent = item.name;
    bar.hidden = !running;
    bar.setAttribute("aria-label", item.name);
    if (item.size) bar.value = item.sent / item.size;
    else bar.removeAttribute("value");
    state.textContent = said();
    if (drawn === item.state) return;
    const had = element.contains(document.activeElement) && actions.contains(document.activeElement);
    drawn = item.state;
    name.disabled = item.state !== "ready";
    put(mark, icon(ICONS[item.state]));
    mark.dataset["state"] = item.state;
    put(
      actions,
      running && button("cancel", "cancel", () => shelf.cancel(item)),
      item.state === "left" && button("again", "play", () => (item.file ? again() : picker.click())),
      !running && button("remove", "trash", () => void shelf.remove(item)),
    );
    if (had) actions.querySelector("button")?.focus();
    if (item.state === "done") {
      // what was below has gone, and the focus with it: the page would look at nothing
      element.scrollIntoView({ block: "center" });
      actions.querySelector("button")?.focus({ preventScroll: true });
    }
  }

  function again(): void {
    item.state = "sending";
    shelf.changed();
    void shelf.send(item);
  }

  function said(): string {
    const whole = size(item.size, language);
    if (item.note) return item.note;
    if (item.state === "ready") return item.archive ? text("upload.state.archive", { size: whole }) : whole;
    if (item.state === "left") {
      const key = item.file ? "upload.state.paused" : "upload.state.left";
      return text(key, { done: size(item.sent, language), size: whole });
    }
    const rate = item.rate.perSecond;
    const speed = rate ? ` · ${size(rate, language)}/s` : "";
    const rest = rate && item.size > item.sent ? ` · ${duration((item.size - item.sent) / rate)}` : "";
    if (item.state === "sending" && item.size && item.sent === item.size) return text("upload.state.proving");
    return `${size(item.sent, language)}${item.size ? ` / ${whole}` : ""}${speed}${rest}`;
  }

  return { element, draw };
}

/** Fields that are committed when they are left: Enter commits, Escape takes back. */
import { freshId, h } from "../dom.ts";

export interface FieldOptions {
  label: string;
  value: string;
  key: string;
  commit: (value: string) => void;
  long?: boolean;
  hideLabel?: boolean;
  placeholder?: string;
  title?: string;
  class?: string;
}

export function field(options: FieldOptions): HTMLElement {
  const id = freshId("word");
  const attributes = {
    id,
    class: options.long ? "wb-textarea wb-cat-long" : "wb-input",
    "data-key": options.key,
    placeholder: options.placeholder,
    title: options.title,
    "aria-label": options.hideLabel ? options.label : null,
    onchange: () => input.value.trim() !== options.value && options.commit(input.value.trim()),
    onkeydown: (event: KeyboardEvent) => {
      if (event.key === "Escape" && input.value !== options.value) {
        event.stopPropagation();
        input.value = options.value;
      } else if (event.key === "Enter" && (!options.long || event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        next(input);
      }
    },
  };
  const input = options.long ? h("textarea", { ...attributes, rows: 2 }, options.value) : h("input", { ...attributes, value: options.value });
  return h("div", { class: ["wb-field", options.class].filter(Boolean).join(" ") }, !options.hideLabel && h("label", { for: id }, options.label), input);
}

/** Leaves a field, which commits it, for the next one of its column. */
function next(input: HTMLElement): void {
  const below = input.closest("tr")?.nextElementSibling?.querySelector<HTMLElement>(".wb-input");
  if (below) below.focus();
  else input.blur();
}

/** How much is said, as a bar and in words. */
export function saidBar(said: number, total: number, words: string): HTMLElement {
  return h(
    "span",
    { class: "wb-cat-said" },
    h("progress", { class: "wb-progress", max: Math.max(1, total), value: said, "aria-label": words }),
    h("span", { class: said < total ? "" : "wb-cat-all" }, words),
  );
}

/** A button that opens a short list of actions; arrows move, Escape closes and gives focus back. */
import { freshId, h, type Child } from "./dom.ts";

export interface MenuItem {
  label: string;
  act: () => void;
  disabled?: boolean;
  danger?: boolean;
  /** A key combination that does the same, shown beside it. */
  shortcut?: string;
}

export function menuButton(label: string, content: Child, items: () => readonly MenuItem[], className = "wb-button"): HTMLElement {
  const id = freshId("menu");
  const list = h("div", { id, role: "menu", class: "wb-menu", "aria-label": label, hidden: true, onkeydown: move });
  const button = h(
    "button",
    {
      type: "button",
      class: className,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-controls": id,
      "aria-label": label,
      title: label,
      onclick: () => (list.hidden ? open() : close(true)),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "ArrowDown" && list.hidden) {
          event.preventDefault();
          open();
        }
      },
    },
    content,
  );
  const element = h("div", { class: "wb-menu-holder" }, button, list);

  function entries(): HTMLButtonElement[] {
    return [...list.querySelectorAll<HTMLButtonElement>("button:not([disabled])")];
  }

  function open(): void {
    list.replaceChildren(
      ...items().map((item) =>
        h(
          "button",
          {
            type: "button",
            role: "menuitem",
            tabindex: -1,
            class: item.danger ? "wb-menu-item wb-menu-item--danger" : "wb-menu-item",
            disabled: item.disabled,
            onclick: () => {
              close(true);
              item.act();
            },
          },
          h("span", null, item.label),
          item.shortcut && h("kbd", null, item.shortcut),
        ),
      ),
    );
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    entries()[0]?.focus();
    document.addEventListener("pointerdown", outside, true);
  }

  function close(back: boolean): void {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    if (back) button.focus();
  }

  function outside(event: Event): void {
    if (!element.contains(event.target as Node)) close(false);
  }

  function move(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      return close(true);
    }
    if (event.key === "Tab") return close(false);
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[(to + all.length) % all.length]?.focus();
  }

  return element;
}

/** Tabs: arrows move between them, the chosen one is in the order of Tab; bodies are made when first shown. */
import { freshId, h } from "./dom.ts";

export interface Tab {
  key: string;
  label: string;
  /** Fills the body, once, when the tab is first shown. */
  mount: (body: HTMLElement) => void;
}

export interface Tabs {
  element: HTMLElement;
  show: (key: string) => void;
  readonly current: string;
}

export function tabs(label: string, all: readonly Tab[], onShow?: (key: string) => void): Tabs {
  const id = freshId("tab");
  const mounted = new Set<string>();
  let current = "";
  const buttons = all.map((tab) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `${id}-${tab.key}`,
        class: "wb-tab",
        "aria-controls": `${id}-${tab.key}-body`,
        "aria-selected": "false",
        tabindex: -1,
        "data-key": tab.key,
        onclick: () => show(tab.key),
      },
      tab.label,
    ),
  );
  const bodies = all.map((tab) =>
    h("div", {
      role: "tabpanel",
      id: `${id}-${tab.key}-body`,
      class: "wb-tab-body",
      "aria-labelledby": `${id}-${tab.key}`,
      hidden: true,
    }),
  );
  const list = h("div", { role: "tablist", class: "wb-tabs", "aria-label": label, onkeydown: move }, buttons);

  function show(key: string): void {
    const at = all.findIndex((tab) => tab.key === key);
    const tab = all[at];
    const body = bodies[at];
    if (!tab || !body || key === current) return;
    current = key;
    buttons.forEach((button, index) => {
      button.setAttribute("aria-selected", String(index === at));
      button.tabIndex = index === at ? 0 : -1;
    });
    bodies.forEach((other, index) => (other.hidden = index !== at));
    if (!mounted.has(key)) {
      mounted.add(key);
      tab.mount(body);
    }
    onShow?.(key);
  }

  function move(event: KeyboardEvent): void {
    const at = all.findIndex((tab) => tab.key === current);
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = all[(to + all.length) % all.length];
    if (!tab) return;
    show(tab.key);
    buttons[all.indexOf(tab)]?.focus();
  }

  return {
    element: h("div", { class: "wb-tabbed" }, list, bodies),
    show,
    get current() {
      return current;
    },
  };
}

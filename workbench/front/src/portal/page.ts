/** Small things of every page: theme, sections in view, tabs, copying, times. */
import { element, icon } from "./dom.ts";
import { say } from "./messages.ts";
import { language } from "./site.ts";
import { keepTheme, type Theme } from "./themeChoice.ts";

const dark = matchMedia("(prefers-color-scheme: dark)");

function theme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === "dark" || chosen === "light" ? chosen : dark.matches ? "dark" : "light";
}

/** A button that turns light into dark and back; told to other tabs of the site. */
export function themeSwitch(): HTMLButtonElement {
  const button = element("button", { type: "button", class: "wb-button wb-button--icon wb-theme" });
  const look = () => {
    const other = theme() === "dark" ? "light" : "dark";
    button.replaceChildren(icon(other === "dark" ? "moon" : "sun"));
    button.setAttribute("aria-label", say(`theme.${other}`));
    button.title = say(`theme.${other}`);
  };
  button.addEventListener("click", () => {
    const other: Theme = theme() === "dark" ? "light" : "dark";
    document.documentElement.dataset["theme"] = other;
    keepTheme(other);
    look();
    document.dispatchEvent(new Event("wb-theme"));
  });
  dark.addEventListener("change", look);
  look();
  return button;
}

/** Tells the stylesheet that a local navigation stays below the header. */
export function noteSections(): void {
  const sections = document.querySelector(".wb-sections") !== null;
  document.documentElement.classList.toggle("wb-with-sections", sections);
}

/** Marks the section in view in the local navigation and in the table of contents. */
export function followSections(): void {
  for (const nav of document.querySelectorAll<HTMLElement>(".wb-sections, .wb-toc nav")) {
    const links = new Map<Element, HTMLAnchorElement>();
    for (const link of nav.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')) {
      const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (target) links.set(target, link);
    }
    if (!links.size) continue;
    const current = () => {
      const line = 140;
      let best: Element | undefined;
      for (const target of links.keys()) {
        if (target.getBoundingClientRect().top <= line) best = target;
      }
      const end = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
      if (end && scrollY > 0) best = [...links.keys()].at(-1);
      best ??= links.keys().next().value;
      for (const [target, link] of links) {
        if (target === best) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    };
    let waiting = false;
    addEventListener(
      "scroll",
      () => {
        if (waiting) return;
        waiting = true;
        requestAnimationFrame(() => {
          waiting = false;
          current();
        });
      },
      { passive: true },
    );
    current();
  }
}

/** Panels of `.wb-tabs` one at a time; arrows move, and a link to a panel opens it. */
export function enhanceTabs(): void {
  document.querySelectorAll<HTMLElement>(".wb-tabs").forEach((holder, group) => {
    const panels = [...holder.querySelectorAll<HTMLElement>(":scope > .wb-tab")];
    if (panels.length < 2) return;
    const list = element("div", {
      class: "wb-tabs__list",
      role: "tablist",
      "aria-label": holder.dataset["label"] ?? null,
    });
    const tabs = panels.map((panel, number) => {
      panel.id ||= `wb-tab-${group}-${number}`;
      const tab = element("button", {
        type: "button",
        class: "wb-tabs__tab",
        role: "tab",
        id: `${panel.id}-tab`,
        "aria-controls": panel.id,
      });
      tab.textContent = panel.querySelector(".wb-tab__title")?.textContent ?? String(number + 1);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      list.append(tab);
      return tab;
    });
    const choose = (chosen: number) => {
      tabs.forEach((tab, number) => {
        tab.setAttribute("aria-selected", String(number === chosen));
        tab.tabIndex = number === chosen ? 0 : -1;
        const panel = panels[number];
        if (panel) panel.hidden = number !== chosen;
      });
    };
    list.addEventListener("click", (event) => {
      const number = tabs.indexOf(event.target as HTMLButtonElement);
      if (number >= 0) choose(number);
    });
    list.addEventListener("keydown", (event) => {
      const at = tabs.indexOf(document.activeElement as HTMLButtonElement);
      const moves: Record<string, number> = {
        ArrowRight: (at + 1) % tabs.length,
        ArrowLeft: (at - 1 + tabs.length) % tabs.length,
        Home: 0,
        End: tabs.length - 1,
      };
      const to = moves[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      choose(to);
      tabs[to]?.focus();
    });
    const linked = () => {
      const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      const number = target ? panels.findIndex((panel) => panel.contains(target)) : -1;
      if (number < 0) return;
      choose(number);
      if (target) target.scrollIntoView();
    };
    holder.prepend(list);
    holder.classList.add("wb-tabs--live");
    choose(0);
    linked();
    addEventListener("hashchange", linked);
  });
}

/** A button on each block of code. */
export function enhanceCode(): void {
  for (const block of document.querySelectorAll<HTMLElement>(".wb-code, .wb-diff")) {
    const code = block.querySelector("pre");
    if (!code) continue;
    const button = element("button", { type: "button", class: "wb-button wb-copy" }, icon("copy"), say("code.copy"));
    const label = button.lastChild;
    button.addEventListener("click", async () => {
      const done = await copy(code.textContent ?? "");
      if (label) label.textContent = say(done ? "code.copied" : "code.failed");
      button.dataset["done"] = "";
      setTimeout(() => {
        if (label) label.textContent = say("code.copy");
        delete button.dataset["done"];
      }, 1600);
    });
    block.append(button);
  }
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // no clipboard here (an insecure origin): the older way
    const area = element("textarea", { class: "wb-hidden-text", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long ago a time is, in words. */
export function ago(then: number, now: number, lang: string): string {
  const seconds = (then - now) / 1000;
  const format = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size);
  return unit ? format.format(Math.round(seconds / unit[1]), unit[0]) : format.format(0, "minute");
}

/** How fresh data are: `late` once the next were due, `stale` after a whole period more. */
export function freshness(due: number, period: number, now: number): "fresh" | "late" | "stale" {
  return now <= due ? "fresh" : now <= due + 1000 * period ? "late" : "stale";
}

/** Pages are static: whether data are late is known only when they are read. */
export function judgeFreshness(): void {
  const now = Date.now();
  for (const status of document.querySelectorAll<HTMLElement>(".wb-status[data-due]")) {
    const due = Date.parse(status.dataset["due"] ?? "");
    const period = Number(status.dataset["period"] ?? 0);
    if (Number.isNaN(due) || Number.isNaN(period)) continue;
    const judged = freshness(due, period, now);
    status.classList.remove("wb-status--fresh", "wb-status--late", "wb-status--stale");
    status.classList.add(`wb-status--${judged}`);
    status.textContent = say(`status.${judged}`);
  }
}

/** Pages are static: how long ago something was is known only when they are read. */
export function tellTimes(): void {
  const now = Date.now();
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
    const then = Date.parse(time.dateTime);
    if (!Number.isNaN(then) && !time.title) time.title = ago(then, now, language);
  }
}

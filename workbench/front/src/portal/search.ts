/** The search dialog: `/` or Ctrl-K opens it, arrows choose, Enter goes there. */
import { element, icon } from "./dom.ts";
import { count, say, word } from "./messages.ts";
import { marked, type SearchData, SearchIndex } from "./searchIndex.ts";
import { language, load, page } from "./site.ts";

declare global {
  interface Window {
    PORTAL_SEARCH?: SearchData;
  }
}

/** Lets the browser draw and answer keys between two pieces of work. */
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** The dialog and the button that opens it. */
export class Search {
  readonly button: HTMLButtonElement;
  private readonly dialog: HTMLDialogElement;
  private readonly input: HTMLInputElement;
  private readonly list: HTMLElement;
  private readonly status: HTMLElement;
  private index: SearchIndex | null = null;
  private options: HTMLAnchorElement[] = [];
  private chosen = -1;

  constructor() {
    this.button = element(
      "button",
      { type: "button", class: "wb-button wb-search-open", "aria-haspopup": "dialog", "aria-label": say("search.label") },
      icon("search"),
      element("span", {}, say("search.open")),
      element("kbd", { "aria-hidden": "true" }, "/"),
    );
    this.list = element("div", {
      id: "wb-search-results",
      class: "wb-search__results",
      role: "listbox",
      "aria-label": say("search.results"),
      hidden: true,
    });
    this.status = element("p", { class: "wb-search__status", role: "status", "aria-live": "polite" });
    this.input = element("input", {
      class: "wb-search__input",
      type: "text",
      role: "combobox",
      "aria-label": say("search.label"),
      "aria-autocomplete": "list",
      "aria-controls": "wb-search-results",
      "aria-expanded": "false",
      placeholder: say("search.placeholder"),
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      enterkeyhint: "go",
    });
    const close = element(
      "button",
      { type: "button", class: "wb-button wb-button--icon", "aria-label": say("search.close") },
      icon("close"),
    );
    this.dialog = element(
      "dialog",
      { class: "wb-search", "aria-label": say("search.label") },
      element("div", { class: "wb-search__field" }, icon("search"), this.input, close),
      this.list,
      this.status,
      element("div", { class: "wb-search__keys", "aria-hidden": "true" }, ...this.keys()),
    );
    document.body.append(this.dialog);
    this.button.addEventListener("click", () => void this.open());
    close.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close(); // the backdrop
    });
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("keydown", (event) => this.shortcut(event));
  }

  private keys(): Node[] {
    const pairs = [
      ["↑ ↓", say("search.key.move")],
      ["Enter", say("search.key.open")],
      ["Esc", say("search.key.close")],
    ] as const;
    return pairs.map(([key, does]) => element("span", {}, element("kbd", {}, key), ` ${does}`));
  }

  private shortcut(event: KeyboardEvent): void {
    const field = (event.target as Element | null)?.closest?.("input, textarea, select, [contenteditable]");
    const typing = field && field !== this.input; // which keeps the focus for a moment after Escape
    const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const control = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey;
    if (!(slash || control) || this.dialog.open) return;
    event.preventDefault();
    void this.open();
  }

  private async open(): Promise<void> {
    this.dialog.showModal();
    this.input.focus();
    this.input.select();
    if (this.index) return this.show();
    this.status.textContent = say("search.loading");
    try {
      await load(`search-${language}.js`);
      if (!window.PORTAL_SEARCH) throw new Error("empty");
      this.index = new SearchIndex(window.PORTAL_SEARCH);
    } catch {
      this.status.textContent = say("search.failed");
      return;
    }
    this.show();
    await this.index.prepare(pause);
    if (this.dialog.open && this.chosen <= 0) this.show();
  }

  private show(): void {
    if (!this.index) return;
    const query = this.input.value.trim();
    const { entries, total } = this.index.search(query);
    this.options = entries.map(([kind, title, url, context], number) => {
      const name = element("span", { class: "wb-search__title" });
      for (const piece of marked(title, query)) {
        name.append(piece.hit ? element("mark", {}, piece.text) : piece.text);
      }
      return element(
        "a",
        {
          class: "wb-search__result",
          role: "option",
          id: `wb-search-${number}`,
          href: page(url),
          tabindex: -1,
          "aria-selected": "false",
        },
        element("bdi", {}, name),
        element("bdi", { class: "wb-search__context" }, context),
        element("span", { class: "wb-search__kind" }, word("kind", this.index?.data.kinds[kind] ?? "")),
      );
    });
    this.list.replaceChildren(...this.options);
    this.list.hidden = entries.length === 0;
    this.list.scrollTop = 0;
    this.input.setAttribute("aria-expanded", String(entries.length > 0));
    this.choose(entries.length ? 0 : -1);
    this.status.textContent = !query
      ? say("search.hint")
      : !total
        ? say("search.none", { query })
        : total > entries.length
          ? say("search.found.more", { count: total, shown: entries.length })
          : count("search.found", total);
  }

  private choose(number: number): void {
    this.options[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = number;
    const option = this.options[number];
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  private key(event: KeyboardEvent): void {
    const last = this.options.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: this.chosen >= last ? 0 : this.chosen + 1,
      ArrowUp: this.chosen <= 0 ? last : this.chosen - 1,
      PageDown: Math.min(last, this.chosen + 8),
      PageUp: Math.max(0, this.chosen - 8),
    };
    const to = moves[event.key];
    if (to !== undefined && last >= 0) {
      event.preventDefault();
      this.choose(to);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = this.options[this.chosen];
      if (!option) return;
      this.dialog.close();
      if (event.ctrlKey || event.metaKey) window.open(option.href, "_blank", "noopener");
      else location.assign(option.href);
    }
  }
}

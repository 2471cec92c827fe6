/** What stands around every panel: title, dataset picker, live region, errors, busy bar, notice. */
import { freshId, h, put } from "./dom.ts";
import { icon } from "./icons.ts";
import type { Values } from "./texts.ts";
import { CallError, type Progress } from "./transport.ts";

interface Picking {
  call<T>(name: string): Promise<T>;
  get(trait: string): any;
  set(trait: string, value: any): void;
  onTrait(trait: string, listener: () => void): () => void;
  on(event: string, listener: (data: any) => void): () => void;
  showError(error: unknown): void;
}

/** Work shorter than this shows no bar: it would only flicker. */
const PATIENCE = 150;

export class Frame {
  readonly element: HTMLElement;
  readonly body = h("div", { class: "wb-body" });
  readonly header: HTMLElement;
  private readonly live = h("div", { class: "wb-hidden", role: "status", "aria-live": "polite" });
  private readonly errors = h("div", { class: "wb-errors" });
  private readonly notices = h("div", { class: "wb-notices" });
  private readonly bars = h("div", { class: "wb-bars" });

  constructor(
    name: string,
    language: string,
    private readonly text: (key: string, values?: Values) => string,
  ) {
    const title = text(`${name}.title`);
    this.header = h("header", { class: "wb-header" }, h("h2", { class: "wb-title" }, title));
    this.element = h(
      "section",
      {
        class: `wb-panel wb-panel--${name}`,
        lang: language,
        "aria-label": title,
        "data-lm-suppress-shortcuts": "true",
      },
      this.header,
      this.live,
      this.notices,
      this.errors,
      this.body,
      this.bars,
    );
    this.element.addEventListener("focusin", this.keepShortcutsAway);
    this.element.addEventListener("keydown", this.submit);
  }

  /**
   * JupyterLab's shortcuts look at the focused element before its ancestors, so the attribute that
   * keeps them away must be on what has focus: else Enter in a field would edit the cell above.
   */
  private readonly keepShortcutsAway = (event: FocusEvent): void => {
    if (event.target instanceof Element) event.target.setAttribute("data-lm-suppress-shortcuts", "true");
  };

  /** Within JupyterLab's notebook, Enter in a field does not submit its form by itself. */
  private readonly submit = (event: KeyboardEvent): void => {
    const field = event.target;
    if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
    if (!(field instanceof HTMLInputElement) || !field.form) return;
    event.preventDefault();
    field.form.requestSubmit();
  };

  announce(text: string): void {
    // the same text twice is said twice only if it changes
    this.live.textContent = this.live.textContent === text ? `${text}\u00a0` : text;
  }

  showError(error: unknown): void {
    const told = error instanceof CallError ? error : null;
    const message = error instanceof Error ? error.message : String(error);
    const problems = told?.problems ?? [];
    if (told?.gone) return this.showGone();
    put(
      this.errors,
      h(
        "div",
        { class: "wb-error", role: "alert" },
        icon("error"),
        h(
          "div",
          { class: "wb-error-text" },
          h("strong", null, message),
          told?.where && h("div", { class: "wb-where" }, told.where),
          problems.length > 0 &&
            h(
              "ul",
              null,
              problems.map((problem) =>
                h(
                  "li",
                  null,
                  h("code", null, `${problem.file}:${problem.line}:${problem.column}`),
                  ` ${problem.message}`,
                  problem.remedy && h("div", { class: "wb-remedy" }, `→ ${problem.remedy}`),
                ),
              ),
            ),
          told?.remedy && h("div", { class: "wb-remedy" }, `→ ${told.remedy}`),
        ),
        h(
          "button",
          {
            type: "button",
            class: "wb-button wb-button--icon",
            "aria-label": this.text("shared.dismiss"),
            title: this.text("shared.dismiss"),
            onclick: () => this.clearError(),
          },
          icon("cancel"),
        ),
      ),
    );
  }

  clearError(): void {
    this.errors.replaceChildren();
  }

  showGone(): void {
    if (this.notices.querySelector(".wb-gone")) return;
    const said = this.text("shared.gone");
    this.notices.append(h("div", { class: "wb-notice wb-gone", role: "alert" }, icon("warning"), h("span", null, said)));
    this.element.classList.add("wb-panel--gone");
  }

  /** Shows a bar until `end`; it can be cancelled. */
  busy(text: string, cancel: () => void): { progress: (progress: Progress) => void; end: () => void } {
    const bar = h("progress", { class: "wb-progress", "aria-label": text });
    const words = h("span", { class: "wb-busy-text" }, text);
    const element = h(
      "div",
      { class: "wb-busy" },
      words,
      bar,
      h("button", { type: "button", class: "wb-button", onclick: cancel }, icon("cancel"), this.text("shared.cancel")),
    );
    const timer = setTimeout(() => {
      this.bars.append(element);
      this.announce(text);
    }, PATIENCE);
    return {
      progress: ({ done, total, text: said }) => {
        if (total) {
          bar.max = total;
          bar.value = done;
        }
        if (said) words.textContent = said;
      },
      end: () => {
        clearTimeout(timer);
        element.remove();
      },
    };
  }

  /** The picker of the dataset; returns what ends it. */
  pickDataset(client: Picking): () => void {
    const id = freshId("dataset");
    const select = h("select", { id, class: "wb-select" });
    let names: string[] = [];
    const draw = (): void => {
      const current = String(client.get("dataset") ?? "");
      const all = current && !names.includes(current) ? [current, ...names] : names;
      put(
        select,
        h("option", { value: "" }, this.text("shared.dataset.none")),
        all.map((name) => h("option", { value: name }, name)),
      );
      select.value = current;
    };
    const ask = async (): Promise<void> => {
      try {
        names = await client.call<string[]>("datasets");
      } catch (error) {
        client.showError(error);
      }
      draw();
    };
    select.addEventListener("change", () => client.set("dataset", select.value));
    const offs = [client.onTrait("dataset", draw), client.on("datasets", () => void ask())];
    this.header.append(h("label", { class: "wb-picker", for: id }, this.text("shared.dataset"), select));
    draw();
    void ask();
    return () => offs.forEach((off) => off());
  }
}

/** Above the grids: what to show, find, go to a row, filters. */
import type { Client } from "../client.ts";
import { freshId, h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import { openDialog } from "../dialog.ts";
import type { Column, Filter } from "./types.ts";

export type Layout = "both" | "received" | "tidy";

export interface ToolEvents {
  layout: (layout: Layout) => void;
  follow: (on: boolean) => void;
  find: (text: string, backwards: boolean) => void;
  go: (row: number) => void;
  filters: (filters: Filter[]) => void;
  columns: () => readonly Column[];
}

const OPERATORS = [
  "contains", "not_contains", "equals", "not_equals", "starts", "ends", "less", "at_most", "greater",
  "at_least", "between", "missing", "present", "empty", "blank",
] as const;
const WITHOUT_VALUE = new Set<string>(["missing", "present", "empty", "blank"]);

export class Tools {
  readonly element: HTMLElement;
  private readonly chips = h("span", { class: "wb-row wb-filters" });
  private readonly findBox: HTMLInputElement;
  private readonly layouts = h("div", { class: "wb-pv-segments", role: "group" });
  private filters: Filter[] = [];
  private layout: Layout;

  constructor(
    private readonly client: Client,
    layout: Layout,
    follow: boolean,
    private readonly events: ToolEvents,
  ) {
    const { text } = client;
    this.layout = layout;
    this.layouts.setAttribute("aria-label", text("preview.layout"));
    const findId = freshId("find");
    const goId = freshId("go");
    const followId = freshId("follow");
    this.findBox = h("input", {
      id: findId,
      class: "wb-input wb-pv-find",
      type: "search",
      maxlength: 500,
      title: text("preview.find.title"),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        this.find(event.shiftKey);
      },
    });
    const go = h("input", {
      id: goId,
      class: "wb-input wb-pv-go",
      type: "number",
      min: 1,
      title: text("preview.go.title"),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== "Enter" || !go.value) return;
        event.preventDefault();
        events.go(Number(go.value));
      },
    });
    this.element = h(
      "div",
      { class: "wb-row wb-pv-tools" },
      this.layouts,
      h(
        "span",
        { class: "wb-pv-tool" },
        h("label", { for: findId }, text("preview.find")),
        this.findBox,
        h("button", button(text("preview.find.back"), () => this.find(true)), icon("arrowUp")),
        h("button", button(text("preview.find.next"), () => this.find(false)), icon("arrowDown")),
      ),
      h("span", { class: "wb-pv-tool" }, h("label", { for: goId }, text("preview.go")), go),
      h("button", { type: "button", class: "wb-button", onclick: () => void this.add() }, icon("add"), text("preview.filter")),
      this.chips,
      h(
        "label",
        { class: "wb-pv-tool", for: followId, title: text("preview.follow.title") },
        h("input", {
          id: followId,
          type: "checkbox",
          checked: follow,
          onchange: (event: Event) => events.follow((event.target as HTMLInputElement).checked),
        }),
        text("preview.follow"),
      ),
    );
    this.drawLayouts();
  }

  focusFind(): void {
    this.findBox.focus();
    this.findBox.select();
  }

  /** Filters on columns that are gone go too. */
  keepFilters(columns: readonly Column[]): Filter[] {
    const kept = this.filters.filter((filter) => columns.some((column) => column.name === filter.column));
    if (kept.length !== this.filters.length) {
      this.filters = kept;
      this.drawFilters();
    }
    return this.filters;
  }

  private find(backwards: boolean): void {
    if (this.findBox.value) this.events.find(this.findBox.value, backwards);
  }

  private drawLayouts(): void {
    put(
      this.layouts,
      (["both", "received", "tidy"] as const).map((layout) =>
        h(
          "button",
          {
            type: "button",
            class: "wb-button",
            "aria-pressed": String(this.layout === layout),
            onclick: () => {
              this.layout = layout;
              this.drawLayouts();
              this.layouts.querySelector<HTMLElement>("[aria-pressed=true]")?.focus();
              this.events.layout(layout);
            },
          },
          this.client.text(`preview.layout.${layout}`),
        ),
      ),
    );
  }

  private set(filters: Filter[]): void {
    this.filters = filters;
    this.drawFilters();
    this.events.filters(filters);
  }

  private drawFilters(): void {
    put(
      this.chips,
      this.filters.map((filter, index) => {
        const words = this.words(filter);
        return h(
          "button",
          {
            type: "button",
            class: "wb-button wb-pv-filter",
            "aria-label": this.client.text("preview.filter.remove", { filter: words }),
            title: this.client.text("preview.filter.remove", { filter: words }),
            onclick: () => this.set(this.filters.filter((_, other) => other !== index)),
          },
          h("span", null, words),
          icon("cancel"),
        );
      }),
    );
  }

  private words(filter: Filter): string {
    const values = filter.values.map((value) => `“${value}”`).join(` ${this.client.text("preview.filter.and")} `);
    return `${filter.column} ${this.client.text(`preview.operator.${filter.operator}`)} ${values}`.trim();
  }

  private async add(): Promise<void> {
    const { text } = this.client;
    const ids = { column: freshId("column"), operator: freshId("operator"), first: freshId("first"), second: freshId("second") };
    const column = h("select", { id: ids.column, class: "wb-select" }, this.events.columns().map((each) => h("option", { value: each.name }, each.name)));
    const first = h("input", { id: ids.first, class: "wb-input", maxlength: 1000 });
    const second = h("input", { id: ids.second, class: "wb-input", maxlength: 1000 });
    const firstField = h("div", { class: "wb-field" }, h("label", { for: ids.first }, text("preview.filter.value")), first);
    const secondField = h("div", { class: "wb-field", hidden: true }, h("label", { for: ids.second }, text("preview.filter.upto")), second);
    const operator = h(
      "select",
      {
        id: ids.operator,
        class: "wb-select",
        onchange: () => {
          firstField.hidden = WITHOUT_VALUE.has(operator.value);
          secondField.hidden = operator.value !== "between";
        },
      },
      OPERATORS.map((each) => h("option", { value: each }, text(`preview.operator.${each}`))),
    );
    const chosen = await openDialog<"add">({
      title: text("preview.filter.title"),
      body: [
        h("div", { class: "wb-field" }, h("label", { for: ids.column }, text("preview.column")), column),
        h("div", { class: "wb-field" }, h("label", { for: ids.operator }, text("preview.filter.operator")), operator),
        firstField,
        secondField,
      ],
      buttons: [{ label: text("preview.filter.add"), value: "add", kind: "primary" }],
      close: text("shared.cancel"),
      within: this.element,
    });
    if (!chosen || !column.value) return;
    const values = WITHOUT_VALUE.has(operator.value) ? [] : operator.value === "between" ? [first.value, second.value] : [first.value];
    this.set([...this.filters, { column: column.value, operator: operator.value, values }]);
  }
}

function button(label: string, act: () => void): Record<string, any> {
  return { type: "button", class: "wb-button wb-button--icon", "aria-label": label, title: label, onclick: act };
}

/** Tables that can be sorted, filtered, exported, and have their columns chosen. */
import { debounced, element, icon } from "./dom.ts";
import { count, say } from "./messages.ts";
import { language } from "./site.ts";
import { type Cell, csv, folded, guess, type Kind, matches, sorted } from "./tableModel.ts";

const TOOLS_FROM = 8; // rows
const TALL_FROM = 25;

export function enhanceTables(): void {
  for (const holder of document.querySelectorAll<HTMLElement>(".wb-table")) {
    const table = holder.querySelector("table");
    if (table && !holder.classList.contains("wb-table--live")) new DataTable(holder, table);
  }
}

class DataTable {
  private readonly rows: HTMLTableRowElement[];
  private readonly heads: HTMLTableCellElement[];
  private readonly cells = new Map<number, Cell[]>();
  private readonly words: string[];
  private readonly name: string;
  private shown: boolean[];
  private order: number[];
  private status: HTMLElement | null = null;
  private empty: HTMLElement | null = null;

  constructor(
    private readonly holder: HTMLElement,
    private readonly table: HTMLTableElement,
  ) {
    this.rows = [...(table.tBodies[0]?.rows ?? [])];
    this.heads = [...(table.tHead?.rows[0]?.cells ?? [])];
    this.words = this.rows.map((row) => folded(row.textContent ?? ""));
    this.shown = this.rows.map(() => true);
    this.order = this.rows.map((_, index) => index);
    this.name = holder.dataset["name"] || document.title;
    holder.classList.add("wb-table--live");
    const scroll = this.scroller();
    const merged = table.querySelector("tbody [colspan], tbody [rowspan], thead [colspan]");
    if (!this.heads.length || merged) return;
    this.sortable();
    this.hideColumns();
    const tools = holder.dataset["tools"];
    if (tools !== "no" && (tools !== undefined || this.rows.length >= TOOLS_FROM)) {
      scroll.before(this.toolbar());
      this.empty = element("p", { class: "wb-table__none", hidden: true }, say("table.none"));
      scroll.after(this.empty);
    }
  }

  /** The table in a box that scrolls sideways, which the keyboard reaches when it does. */
  private scroller(): HTMLElement {
    const box = element("div", { class: "wb-table__scroll" });
    this.table.before(box);
    box.append(this.table);
    if (this.rows.length >= TALL_FROM) this.holder.classList.add("wb-table--tall");
    const label = this.table.caption?.textContent?.trim() || this.name;
    const look = () => {
      const wide = box.scrollWidth > box.clientWidth + 1;
      this.holder.classList.toggle("wb-table--moved", wide);
      if (wide || box.scrollHeight > box.clientHeight + 1) {
        box.tabIndex = 0;
        box.setAttribute("role", "group"); // no landmark: a page may have many
        box.setAttribute("aria-label", label);
      } else {
        box.removeAttribute("tabindex");
        box.removeAttribute("role");
        box.removeAttribute("aria-label");
      }
    };
    new ResizeObserver(look).observe(box);
    look();
    return box;
  }

  private column(index: number): Cell[] {
    let cells = this.cells.get(index);
    if (!cells) {
      cells = this.rows.map((row) => {
        const cell = row.cells[index];
        const text = (cell?.textContent ?? "").replace(/\s+/g, " ").trim();
        const time = cell?.querySelector("time")?.dateTime;
        return { text, value: cell?.dataset["value"] ?? time ?? text };
      });
      this.cells.set(index, cells);
    }
    return cells;
  }

  private kind(index: number): Kind {
    const said = this.heads[index]?.dataset["type"];
    if (said === "none" || said === "text" || said === "date") return said;
    if (said) return "number";
    return guess(this.column(index), language);
  }

  private sortable(): void {
    if (this.rows.length < 2) return;
    this.heads.forEach((head, index) => {
      if (head.dataset["type"] === "none" || !head.textContent?.trim()) return;
      const button = element("button", { type: "button", class: "wb-table__sort" });
      button.append(...head.childNodes);
      head.append(button);
      const said = head.dataset["sorted"];
      if (said) head.setAttribute("aria-sort", said === "desc" ? "descending" : "ascending");
      button.addEventListener("click", () => this.sort(index));
    });
  }

  private sort(index: number): void {
    const head = this.heads[index];
    if (!head) return;
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of this.heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    this.order = sorted(this.column(index), this.kind(index), language, descending);
    const body = this.table.tBodies[0];
    body?.append(...this.order.flatMap((row) => this.rows[row] ?? []));
  }

  private filter(query: string): void {
    const words = query.trim();
    this.rows.forEach((row, index) => {
      const shown = !words || matches(words, this.words[index] ?? "");
      this.shown[index] = shown;
      row.hidden = !shown;
    });
    this.tell();
  }

  private tell(): void {
    const shown = this.shown.filter(Boolean).length;
    const all = this.rows.length;
    if (this.empty) this.empty.hidden = shown > 0;
    if (this.status) {
      this.status.textContent =
        shown === all ? count("table.rows", all) : say("table.filtered", { shown, count: all });
    }
  }

  private toolbar(): HTMLElement {
    const input = element("input", {
      type: "search",
      class: "wb-input wb-table__filter",
      placeholder: say("table.filter"),
      "aria-label": say("table.filter"),
      spellcheck: "false",
      autocomplete: "off",
    });
    input.addEventListener("input", debounced(80, () => this.filter(input.value)));
    this.status = element("span", { class: "wb-table__count", role: "status" });
    this.tell();
    const save = element(
      "button",
      { type: "button", class: "wb-button", title: say("table.export.label") },
      icon("download"),
      say("table.export"),
    );
    save.addEventListener("click", () => this.download());
    const menu = this.heads.length > 2 ? this.chooser() : null;
    return element("div", { class: "wb-table__tools" }, input, this.status, menu, save);
  }

  private chooser(): HTMLElement {
    const panel = element("div", { class: "wb-menu__panel", hidden: true, role: "group", "aria-label": say("table.columns") });
    const button = element(
      "button",
      { type: "button", class: "wb-button", "aria-expanded": "false" },
      icon("columns"),
      say("table.columns"),
    );
    this.heads.forEach((head, index) => {
      const name = head.textContent?.trim() ?? "";
      if (index === 0 || !name) return; // the first column names the row
      const box = element("input", { type: "checkbox" });
      box.checked = !head.hidden;
      box.addEventListener("change", () => {
        this.showColumn(index, box.checked);
        this.keepColumns();
      });
      panel.append(element("label", {}, box, name));
    });
    const menu = element("div", { class: "wb-menu" }, button, panel);
    const open = (yes: boolean) => {
      panel.hidden = !yes;
      button.setAttribute("aria-expanded", String(yes));
    };
    button.addEventListener("click", () => open(panel.hidden !== false));
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || panel.hidden) return;
      open(false);
      button.focus();
      event.stopPropagation();
    });
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target as Node)) open(false);
    });
    menu.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !menu.contains(event.relatedTarget as Node)) open(false);
    });
    return menu;
  }

  private showColumn(index: number, shown: boolean): void {
    const head = this.heads[index];
    if (head) head.hidden = !shown;
    for (const row of this.rows) {
      const cell = row.cells[index];
      if (cell) cell.hidden = !shown;
    }
  }

  private get key(): string {
    return `workbench-columns:${this.name}`;
  }

  /** Columns that the page hides at first, or those that this reader chose before. */
  private hideColumns(): void {
    let hidden = this.heads.flatMap((head, i) => (head.dataset["hidden"] === undefined ? [] : [i]));
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.key) ?? "null");
      const names = Array.isArray(kept) ? kept : null;
      if (names) hidden = this.heads.flatMap((h, i) => (names.includes(h.textContent?.trim()) ? [i] : []));
    } catch {
      // nothing was kept, or storage is forbidden
    }
    for (const index of hidden) if (index > 0) this.showColumn(index, false);
  }

  private keepColumns(): void {
    const names = this.heads.filter((head) => head.hidden).map((head) => head.textContent?.trim());
    try {
      localStorage.setItem(this.key, JSON.stringify(names));
    } catch {
      // storage is forbidden: the choice holds for this page
    }
  }

  private download(): void {
    const columns = this.heads.flatMap((head, index) =>
      head.hidden || head.dataset["export"] === "no" ? [] : [index],
    );
    const lines = [columns.map((index) => this.heads[index]?.textContent?.trim() ?? "")];
    for (const row of this.order) {
      if (!this.shown[row]) continue;
      lines.push(columns.map((index) => this.column(index)[row]?.value ?? ""));
    }
    const url = URL.createObjectURL(new Blob([csv(lines)], { type: "text/csv;charset=utf-8" }));
    const link = element("a", { href: url, download: `${this.name.replace(/[^\p{L}\p{N}_-]+/gu, "-")}.csv` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

/** The controls above the graph. */
import { element, icon } from "./dom.ts";
import type { Direction, Graph } from "./lineageGraph.ts";
import type { State } from "./lineageState.ts";
import { type Key, say, word } from "./messages.ts";
import { folded, matches } from "./tableModel.ts";

const MOST = 60;

/** A field with suggestions: which table to focus on. */
export class TablePicker {
  readonly root: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly list: HTMLElement;
  private readonly names: string[];
  private options: HTMLElement[] = [];
  private chosen = -1;
  private current = "";

  constructor(
    private readonly graph: Graph,
    private readonly choose: (id: string) => void,
  ) {
    this.names = graph.tables.map((table) => folded(`${table.name} ${table.layer}`));
    this.list = element("ul", {
      id: "wb-lineage-tables",
      class: "wb-options",
      role: "listbox",
      "aria-label": say("lineage.focus"),
      hidden: true,
    });
    this.input = element("input", {
      type: "text",
      class: "wb-input",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": "wb-lineage-tables",
      placeholder: say("lineage.focus.all"),
      autocomplete: "off",
      spellcheck: "false",
    });
    const field = element("label", {}, say("lineage.focus"), this.input);
    this.root = element("div", { class: "wb-explorer__focus" }, field, this.list);
    this.input.addEventListener("input", () => this.open());
    this.input.addEventListener("click", () => this.open());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    // keeps the focus in the field, so that the click arrives before the list closes
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (option) this.take(option);
    });
  }

  show(name: string): void {
    this.current = name;
    this.input.value = name;
  }

  private open(): void {
    const query = this.input.value;
    // what stands there from before is not a query
    const all = query.trim() === "" || query === this.current;
    const found = this.graph.tables.flatMap((table, index) =>
      all || matches(query, this.names[index] ?? "") ? [table] : [],
    );
    found.sort((a, b) => a.name.localeCompare(b.name));
    this.options = found.slice(0, MOST).map((table, number) => {
      const about = table.layer ? word("layer", table.layer) : word("lineage", table.kind);
      return element(
        "li",
        { role: "option", id: `wb-lineage-table-${number}`, "data-id": table.id, "aria-selected": "false" },
        element("bdi", {}, table.name),
        element("small", {}, about),
      );
    });
    this.list.replaceChildren(...this.options);
    this.list.hidden = !this.options.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.select(-1);
  }

  private close(): void {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.select(-1);
  }

  private select(number: number): void {
    this.options[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = number;
    const option = this.options[number];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  private take(option: HTMLElement): void {
    this.close();
    this.choose(option.dataset["id"] ?? "");
  }

  private key(event: KeyboardEvent): void {
    const last = this.options.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) return this.open();
      const down = event.key === "ArrowDown";
      this.select(down ? (this.chosen >= last ? 0 : this.chosen + 1) : this.chosen <= 0 ? last : this.chosen - 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = this.options[Math.max(0, this.chosen)];
      if (this.input.value.trim() === "") this.choose("");
      else if (option && !this.list.hidden) this.take(option);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.close();
    }
  }
}

type Change = (part: Partial<State>) => void;

/** All controls; `update` shows a state in them. */
export class Tools {
  readonly root: HTMLElement;
  private readonly picker: TablePicker;
  private readonly depth: HTMLSelectElement;
  private readonly direction: HTMLSelectElement;
  private readonly level: HTMLSelectElement;
  private readonly impact: HTMLButtonElement;
  private readonly clear: HTMLButtonElement;

  constructor(
    private readonly graph: Graph,
    change: Change,
  ) {
    this.picker = new TablePicker(graph, (focus) => change({ focus, column: "" }));
    this.depth = select([
      ["1", "1"],
      ["2", "2"],
      ["3", "3"],
      ["4", "4"],
      ["Infinity", say("lineage.depth.all")],
    ]);
    this.direction = select(directions.map((key) => [key, say(`lineage.direction.${key}` as Key)]));
    this.level = select([
      ["table", say("lineage.level.table")],
      ["column", say("lineage.level.column")],
    ]);
    this.impact = element("button", { type: "button", class: "wb-button", "aria-pressed": "false" }, say("lineage.impact"));
    this.clear = element("button", { type: "button", class: "wb-button" }, icon("close"), say("lineage.clear"));
    this.depth.addEventListener("change", () => change({ depth: Number(this.depth.value) }));
    this.direction.addEventListener("change", () => change({ direction: this.direction.value as Direction }));
    this.level.addEventListener("change", () => change({ level: this.level.value as State["level"] }));
    this.impact.addEventListener("click", () =>
      change({ impact: this.impact.getAttribute("aria-pressed") !== "true" }),
    );
    this.clear.addEventListener("click", () => change({ focus: "", column: "", impact: false }));
    this.root = element(
      "div",
      { class: "wb-explorer__tools" },
      this.picker.root,
      element("label", {}, say("lineage.depth"), this.depth),
      element("label", {}, say("lineage.direction"), this.direction),
      element("label", {}, say("lineage.level"), this.level),
      this.impact,
      this.clear,
    );
  }

  update(state: State): void {
    const table = this.graph.tables[this.graph.find(state.focus)];
    this.picker.show(table?.name ?? "");
    this.depth.value = this.depthOption(state.depth);
    this.direction.value = state.direction;
    this.level.value = state.level;
    this.impact.setAttribute("aria-pressed", String(state.impact && table !== undefined));
    for (const control of [this.impact, this.depth, this.direction]) control.disabled = !table;
    this.clear.hidden = !table;
  }

  private depthOption(depth: number): string {
    const value = String(depth);
    const known = [...this.depth.options].some((option) => option.value === value);
    if (!known) this.depth.append(new Option(value, value));
    return value;
  }
}

const directions: Direction[] = ["both", "up", "down"];

function select(options: [string, string][]): HTMLSelectElement {
  const made = element("select", { class: "wb-input" });
  made.append(...options.map(([value, text]) => new Option(text, value)));
  return made;
}

/** A stop (`table:column`) as indexes; -1 where it names none. */
export function indexes(stop: string): [number, number] {
  const [table = -1, column = -1] = stop ? stop.split(":").map(Number) : [];
  return [table, column];
}

/** What the lines mean. */
export function legend(): HTMLElement {
  const kinds = ["direct", "derived", "aggregated", "filter"] as const;
  return element(
    "div",
    { class: "wb-explorer__legend" },
    ...kinds.map((kind) => element("span", { class: `wb-kind wb-kind--${kind}` }, word("edge", kind))),
  );
}

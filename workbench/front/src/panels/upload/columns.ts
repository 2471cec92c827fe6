/** The columns of a file: type and how it is written, each correctable, and what does not read. */
import type { Client } from "../client.ts";
import { h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import { TYPES, writtenWith, type ColumnGuess, type Detection } from "./detection.ts";
import type { Item, TypeChoice } from "./shelf.ts";

export function columns(
  client: Client,
  item: Item,
  changed: () => void,
): { element: HTMLElement; draw: (found: Detection) => void } {
  const { text } = client;
  const body = h("tbody");
  const caption = text("upload.columns");
  const heads = ["column", "type", "written", "reads", "evidence"].map((key) =>
    h("th", { scope: "col" }, text(`upload.columns.${key}`)),
  );
  const element = h(
    "div",
    { class: "wb-table-region", role: "region", "aria-label": caption, tabindex: 0 },
    h("table", { class: "wb-table wb-columns" }, h("caption", null, caption), h("thead", null, h("tr", null, heads)), body),
  );

  function choose(column: ColumnGuess, change: Partial<TypeChoice>): void {
    const before: TypeChoice = item.corrections.types[column.name] ?? {
      type: column.type ?? "text",
      decimal: column.decimal ?? null,
      thousands: column.thousands ?? null,
      format: column.format ?? null,
    };
    const next = { ...before, ...change };
    const how = writtenWith(next.type);
    item.corrections.types[column.name] = {
      type: next.type,
      decimal: how === "marks" ? (next.decimal ?? null) : null,
      thousands: how === "marks" ? (next.thousands ?? null) : null,
      format: how === "format" ? next.format || null : null,
    };
    changed();
  }

  function typeControl(column: ColumnGuess): HTMLElement {
    const type = column.type ?? "text";
    const all = TYPES.includes(type) ? TYPES : [type, ...TYPES];
    const select = h(
      "select",
      { class: "wb-select", "aria-label": text("upload.columns.type.of", { name: column.name }), "data-of": `type ${column.name}` },
      all.map((each) => h("option", { value: each }, each)),
    );
    select.value = type;
    select.addEventListener("change", () => choose(column, { type: select.value }));
    return select;
  }

  function writtenControl(column: ColumnGuess): HTMLElement | null {
    const how = writtenWith(column.type ?? "text");
    if (how === "format") {
      const label = text("upload.columns.format.of", { name: column.name });
      return h("input", {
        class: "wb-input wb-format",
        "aria-label": label,
        "data-of": `format ${column.name}`,
        title: label,
        value: column.format ?? "",
        placeholder: "%Y-%m-%d",
        spellcheck: "false",
        onchange: (event: Event) => choose(column, { format: (event.target as HTMLInputElement).value.trim() }),
      });
    }
    if (how !== "marks") return null;
    const mark = (key: "decimal" | "thousands", values: string[]): HTMLElement => {
      const select = h(
        "select",
        {
          class: "wb-select",
          "aria-label": text(`upload.columns.${key}.of`, { name: column.name }),
          "data-of": `${key} ${column.name}`,
          title: text(`upload.property.${key}`),
        },
        values.map((value) => h("option", { value }, value === " " ? text("upload.property.space") : value || "–")),
      );
      select.value = column[key] ?? values[0]!;
      select.addEventListener("change", () => choose(column, { [key]: select.value || null }));
      return select;
    };
    const whole = column.type === "integer";
    return h("span", { class: "wb-row wb-marks" }, !whole && mark("decimal", [".", ","]), mark("thousands", ["", ".", ",", " ", "'"]));
  }

  function reads(column: ColumnGuess, found: Detection): HTMLElement | null {
    const trial = found.casts[column.name];
    if (!trial) return null;
    if (!trial.failed) return h("span", { class: "wb-reads" }, icon("check"), text("upload.columns.all"));
    return h(
      "span",
      { class: "wb-reads wb-reads--not" },
      icon("warning"),
      h(
        "span",
        null,
        text("upload.columns.not", { failed: trial.failed, values: trial.values }),
        trial.examples.slice(0, 3).map(({ row, text: cell }) =>
          h("span", { class: "wb-example" }, text("upload.columns.example", { row, text: cell })),
        ),
      ),
    );
  }

  function draw(found: Detection): void {
    // the same control gets focus back after a redraw
    const active = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["of"] : undefined;
    const inside = body.contains(document.activeElement);
    put(
      body,
      found.columns.map((column) =>
        h(
          "tr",
          null,
          h(
            "th",
            { scope: "row" },
            h("code", null, column.name),
            column.original && column.original !== column.name && h("div", { class: "wb-soft" }, column.original),
          ),
          h("td", null, typeControl(column)),
          h("td", null, writtenControl(column)),
          h("td", null, reads(column, found)),
          h("td", { class: "wb-soft" }, sure(column)),
        ),
      ),
    );
    if (inside && active) {
      const again = [...body.querySelectorAll<HTMLElement>("[data-of]")].find((each) => each.dataset["of"] === active);
      again?.focus();
    }
  }

  function sure(column: ColumnGuess): (HTMLElement | string)[] {
    if (column.given) return [h("span", { class: "wb-badge wb-badge--success" }, text("upload.sure.chosen"))];
    const share = column.confidence ?? 1;
    const badge = h(
      "span",
      { class: share < 0.7 || column.ambiguous ? "wb-badge wb-badge--warning" : "wb-badge" },
      text("upload.sure", { percent: Math.round(share * 100) }),
    );
    return [badge, ` ${[column.ambiguous, column.evidence].filter(Boolean).join("; ")}`];
  }

  return { element, draw };
}

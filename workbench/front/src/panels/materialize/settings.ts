/** Key, targets and strategies: what is chosen here is written into the draft of the spec. */
import type { Client } from "../client.ts";
import { freshId, h, put, type Child } from "../dom.ts";
import { icon } from "../icons.ts";
import { redrawKeeping } from "../keeping.ts";
import { button } from "../running/parts.ts";
import { features, lines, toggled } from "./choosing.ts";
import { STRATEGIES, type Choices, type Kind, type Target, type Written } from "./types.ts";

export interface Settings {
  element: HTMLElement;
  show: (written: Written, choices: Choices) => void;
}

export interface Acts {
  edit: (name: string, args: object) => void;
  save: () => void;
}

export function settings(client: Client, acts: Acts): Settings {
  const say = client.text;
  const element = h("div", { class: "wb-mat-settings" });
  let written: Written;
  let choices: Choices;

  function draw(): void {
    redrawKeeping(element, () =>
      put(
        element,
        bar(),
        problems(),
        h("section", { class: "wb-mat-section", "aria-label": say("materialize.key") }, h("h3", { class: "wb-heading" }, say("materialize.key")), keyView()),
        h(
          "section",
          { class: "wb-mat-section", "aria-label": say("materialize.targets") },
          h("h3", { class: "wb-heading" }, say("materialize.targets")),
          written.targets.length === 0 && h("p", { class: "wb-soft" }, say("materialize.targets.none")),
          written.targets.map(targetView),
          adding(),
        ),
        capabilities(),
      ),
    );
  }

  function bar(): Child {
    const said = written.dirty
      ? say("materialize.unsaved", { file: written.file, lines: lines(written.changed_lines) || "–" })
      : say("materialize.saved", { file: written.file });
    return h(
      "div",
      { class: "wb-row wb-mat-bar" },
      h("span", { class: written.dirty ? "wb-mat-dirty" : "wb-soft" }, written.dirty && icon("edit"), said),
      h("span", { class: "wb-mat-push" }),
      button([icon("undo"), say("materialize.undo")], () => acts.edit("undo", {}), { disabled: !written.can_undo, key: "undo", title: `${say("materialize.undo")} (Ctrl+Z)` }),
      button([icon("redo"), say("materialize.redo")], () => acts.edit("redo", {}), { disabled: !written.can_redo, key: "redo", title: `${say("materialize.redo")} (Ctrl+Shift+Z)` }),
      button([icon("save"), say("shared.save")], acts.save, { disabled: !written.dirty, key: "save", title: `${say("shared.save")} (Ctrl+S)` }),
    );
  }

  function problems(): Child {
    if (!written.problems.length) return null;
    return h(
      "ul",
      { class: "wb-mat-problems", "aria-label": say("materialize.problems") },
      written.problems.map((problem) =>
        h(
          "li",
          null,
          icon("error"),
          h("span", null, h("code", null, `${problem.file}:${problem.line}`), ` ${problem.message}`, problem.remedy && h("span", { class: "wb-soft" }, ` → ${problem.remedy}`)),
        ),
      ),
    );
  }

  function keyView(): Child {
    return [
      h("p", { class: "wb-soft" }, say("materialize.key.words")),
      columnPicker(written.key, (columns) => acts.edit("set_key", { columns }), say("materialize.key"), "key"),
    ];
  }

  /** Chosen columns as buttons that take them away, in their order, and a list of the others. */
  function columnPicker(chosen: readonly string[], choose: (columns: string[]) => void, label: string, key: string, none = say("shared.none")): HTMLElement {
    const others = choices.columns.filter((column) => !chosen.includes(column.name));
    const select = h(
      "select",
      {
        class: "wb-select",
        "aria-label": say("materialize.column.add", { what: label }),
        "data-key": `${key} add`,
        onchange: () => select.value && choose(toggled(chosen, select.value)),
      },
      h("option", { value: "" }, say("materialize.column.choose")),
      others.map((column) => h("option", { value: column.name }, `${column.name} · ${column.type}`)),
    );
    return h(
      "div",
      { class: "wb-row", role: "group", "aria-label": label },
      chosen.length === 0 && h("span", { class: "wb-soft" }, none),
      chosen.map((name) =>
        button([h("code", null, name), icon("cancel")], () => choose(toggled(chosen, name)), {
          key: `${key} ${name}`,
          label: say("materialize.column.remove", { column: name, what: label }),
          title: say("materialize.column.remove", { column: name, what: label }),
        }),
      ),
      others.length > 0 && select,
    );
  }

  function kindOf(connection: string): Kind | undefined {
    const type = choices.connections.find((each) => each.name === connection)?.type;
    return choices.kinds.find((kind) => kind.type === type);
  }

  function reason(kind: Kind | undefined, feature: string): string {
    const told = kind?.features[feature];
    if (!kind || !told || told.can) return "";
    const key = `materialize.reason.${kind.type}.${feature}`;
    const said = say(key);
    return said === key ? told.reason : said;
  }

  function targetView(target: Target, index: number): HTMLElement {
    const kind = kindOf(target.connection);
    const change = (field: string, value: unknown): void => acts.edit("set_target", { index, field, value });
    const noSchemas = reason(kind, "schemas");
    const label = say("materialize.target.number", { number: index + 1 });
    const connections = h("select", { class: "wb-select", "data-key": `${index} connection`, onchange: () => change("connection", connections.value) });
    const known = choices.connections.some((each) => each.name === target.connection);
    put(
      connections,
      !known && h("option", { value: target.connection }, target.connection),
      choices.connections.map((each) => h("option", { value: each.name }, `${each.name} · ${choices.kinds.find((one) => one.type === each.type)?.title ?? each.type}`)),
    );
    connections.value = target.connection;
    const strategies = h(
      "select",
      { class: "wb-select", "data-key": `${index} strategy`, onchange: () => change("strategy", strategies.value || null) },
      h("option", { value: "" }, say("materialize.strategy.default", { strategy: target.written.strategy ? "" : (target.strategy ?? "") })),
      STRATEGIES.map((name) => {
        const why = reason(kind, name);
        return h("option", { value: name, disabled: why !== "" }, why ? `${name} – ${why}` : name);
      }),
    );
    strategies.value = target.written.strategy ?? "";
    const field = (name: "schema" | "table", shown: string, disabled: string): HTMLElement => {
      const input = h("input", {
        class: "wb-input",
        value: target.written[name] ?? "",
        placeholder: shown,
        disabled: disabled !== "",
        title: disabled || null,
        "data-key": `${index} ${name}`,
        onchange: () => change(name, input.value.trim() || null),
      });
      return labelled(say(`materialize.field.${name}`), input);
    };
    const provenance = h("input", { type: "checkbox", "data-key": `${index} provenance`, onchange: () => change("provenance", provenance.checked) });
    provenance.checked = target.written.provenance ?? false;
    return h(
      "fieldset",
      { class: "wb-mat-target" },
      h("legend", null, label, " ", h("code", null, [target.connection, target.written.schema, target.table].filter(Boolean).join("."))),
      h(
        "div",
        { class: "wb-mat-fields" },
        labelled(say("materialize.connection"), connections),
        field("schema", say("materialize.schema.default"), noSchemas),
        field("table", target.table, ""),
        labelled(say("materialize.strategy"), strategies),
      ),
      target.strategy && h("p", { class: "wb-soft" }, say(`materialize.strategy.${target.strategy}`)),
      target.strategy === "delete_insert" &&
        h(
          "div",
          { class: "wb-row" },
          h("span", null, say("materialize.on")),
          columnPicker(target.written.on ?? [], (columns) => change("on", columns), say("materialize.on"), `${index} on`, say("materialize.on.key", { key: written.key.join(", ") || "–" })),
        ),
      h(
        "div",
        { class: "wb-row" },
        h("label", { class: "wb-mat-choice", title: say("materialize.provenance.words") }, provenance, say("materialize.provenance")),
        h("span", { class: "wb-mat-push" }),
        button([icon("trash"), say("materialize.target.remove")], () => acts.edit("remove_target", { index }), {
          key: `${index} remove`,
          label: say("materialize.target.remove.of", { target: label }),
        }),
      ),
    );
  }

  function adding(): HTMLElement {
    const select = h(
      "select",
      { class: "wb-select", "aria-label": say("materialize.connection"), "data-key": "adding" },
      choices.connections.map((each) => h("option", { value: each.name }, each.name)),
    );
    return h(
      "div",
      { class: "wb-row" },
      button([icon("add"), say("materialize.target.add")], () => acts.edit("add_target", { connection: select.value }), { key: "add" }),
      choices.connections.length > 1 && select,
    );
  }

  function labelled(label: string, input: HTMLElement): HTMLElement {
    const id = freshId("field");
    input.id = id;
    return h("div", { class: "wb-field" }, h("label", { for: id }, label), input);
  }

  function capabilities(): HTMLElement {
    const open = client.keep("grid", () => ({ open: false }));
    const details = h("details", { class: "wb-mat-grid", open: open.open, ontoggle: () => (open.open = details.open) });
    const used = new Set(written.targets.map((target) => kindOf(target.connection)?.type));
    put(
      details,
      h("summary", { "data-key": "grid" }, say("materialize.grid")),
      h(
        "div",
        { class: "wb-table-region", tabindex: 0, role: "region", "aria-label": say("materialize.grid") },
        h(
          "table",
          { class: "wb-table" },
          h("caption", { class: "wb-hidden" }, say("materialize.grid")),
          h(
            "thead",
            null,
            h(
              "tr",
              null,
              h("th", { scope: "col" }, say("materialize.feature")),
              choices.kinds.map((kind) => h("th", { scope: "col" }, kind.title, used.has(kind.type) && h("span", { class: "wb-badge" }, say("materialize.used")))),
            ),
          ),
          h(
            "tbody",
            null,
            features(choices.kinds).map((name) =>
              h(
                "tr",
                null,
                h("th", { scope: "row" }, say(`materialize.feature.${name}`)),
                choices.kinds.map((kind) => {
                  const why = reason(kind, name);
                  return h(
                    "td",
                    null,
                    h("span", { class: why ? "wb-mat-no" : "wb-mat-yes" }, icon(why ? "cancel" : "check"), say(why ? "materialize.no" : "materialize.yes")),
                    why && h("div", { class: "wb-soft" }, why),
                  );
                }),
              ),
            ),
          ),
        ),
      ),
    );
    return details;
  }

  return {
    element,
    show(now, may) {
      written = now;
      choices = may;
      draw();
    },
  };
}

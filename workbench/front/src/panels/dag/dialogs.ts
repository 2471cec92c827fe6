/** The questions that edits of the graph ask. */
import type { Client } from "../client.ts";
import { openDialog } from "../dialog.ts";
import { freshId, h, put } from "../dom.ts";
import { closesCircle, possible, type GraphData, type GraphEdge, type GraphNode } from "./model.ts";

export interface Saved {
  saved: boolean;
  file: string;
  undo: number;
}

interface Columns {
  published: string[];
  after: string[][];
  transforms: string[];
  key: string[];
}

/** Asks how two datasets are to be connected, and does it. */
export async function connectDialog(client: Client, within: Element, data: GraphData, source: GraphNode, target: GraphNode): Promise<Saved | undefined> {
  const say = client.text;
  const kinds = possible(data, source.id, target.id);
  if (!kinds.length || closesCircle(data, source.id, target.id)) {
    const circle = kinds.length > 0;
    const key = circle ? "dag.connect.circle" : source.kind === "source" ? "dag.connect.file" : target.kind === "target" ? "dag.connect.target" : "dag.connect.no";
    const body = h("p", null, say(key, { from: source.name, to: target.name }));
    await openDialog({ title: say("dag.connect"), body, buttons: [], close: say("shared.close"), within });
    return undefined;
  }
  const id = freshId("connect");
  const here = await client.call<Columns>("columns", { dataset: target.dataset }).catch(() => null);
  const there = await client.call<Columns>("columns", { dataset: source.dataset }).catch(() => null);
  const details = h("div", { class: "wb-connect" });
  const ways = kinds.map((kind, at) => {
    const radio = h("input", { type: "radio", name: id, value: kind.name, onchange: () => draw() });
    radio.checked = at === kinds.length - 1;
    const said = say(`dag.connect.${kind.name}`, { from: source.name, to: target.name });
    return { radio, label: h("label", { class: "wb-choice" }, radio, h("span", null, said)) };
  });
  const chosen = (): string => ways.find((way) => way.radio.checked)?.radio.value ?? "";
  const position = h(
    "select",
    { class: "wb-select", id: `${id}-at`, onchange: () => fillColumns() },
    (here?.transforms ?? []).map((name, at) => h("option", { value: at }, say("dag.connect.before", { number: at + 1, name }))),
    h("option", { value: "" }, say("dag.connect.last")),
  );
  position.value = "";
  const mine = h("datalist", { id: `${id}-here` });
  const theirs = h("datalist", { id: `${id}-there` }, (there?.published ?? []).map((name) => h("option", { value: name })));
  const pairs = h("div", { class: "wb-pairs" });
  const columns = h("input", { class: "wb-input", id: `${id}-columns`, list: `${id}-there`, placeholder: say("dag.connect.columns.all") });
  const prefix = h("input", { class: "wb-input", id: `${id}-prefix` });
  const common = (there?.key.length ? there.key : (there?.published ?? []).slice(0, 1)).filter((name) => known().includes(name));

  function known(): string[] {
    const at = position.value === "" ? (here?.after.length ?? 1) - 1 : Number(position.value);
    return here?.after[at] ?? here?.published ?? [];
  }

  function fillColumns(): void {
    put(mine, known().map((name) => h("option", { value: name })));
  }

  function addPair(left = "", right = ""): void {
    const number = pairs.children.length + 1;
    pairs.append(
      h(
        "div",
        { class: "wb-row" },
        h("input", { class: "wb-input", value: left, list: `${id}-here`, "aria-label": say("dag.connect.here", { dataset: target.name, number }) }),
        "=",
        h("input", { class: "wb-input", value: right, list: `${id}-there`, "aria-label": say("dag.connect.there", { dataset: source.name, number }) }),
      ),
    );
  }

  function draw(): void {
    if (chosen() === "source") return put(details, h("p", { class: "wb-soft" }, say("dag.connect.replaces", { to: target.name })));
    put(
      details,
      h("fieldset", { class: "wb-choices" }, h("legend", null, say("dag.connect.on")), pairs, h("button", { type: "button", class: "wb-button", onclick: () => addPair() }, say("dag.connect.pair"))),
      field(`${id}-columns`, say("dag.connect.columns"), columns),
      field(`${id}-prefix`, say("dag.connect.prefix"), prefix),
      field(`${id}-at`, say("dag.connect.position"), position),
      mine,
      theirs,
    );
  }

  for (const name of common.length ? common : [""]) addPair(name, name);
  fillColumns();
  draw();
  const body = [h("fieldset", { class: "wb-choices" }, h("legend", null, say("dag.connect.how")), ways.map((way) => way.label)), details];
  const buttons = [{ label: say("dag.connect.yes"), value: true, kind: "primary" as const }];
  const title = say("dag.connect.title", { from: source.name, to: target.name });
  if (!(await openDialog({ title, body, buttons, close: say("shared.close"), within }))) return undefined;
  const asked = { dataset: target.dataset, upstream: source.dataset };
  if (chosen() === "source") return client.busy(say("dag.saving"), () => client.call<Saved>("read_from", asked));
  const on: Record<string, string> = {};
  for (const row of pairs.children) {
    const [left, right] = [...row.querySelectorAll("input")].map((input) => input.value.trim());
    if (left && right) on[left] = right;
  }
  const wanted = columns.value.split(",").map((name) => name.trim()).filter(Boolean);
  return client.busy(say("dag.saving"), () =>
    client.call<Saved>("join_with", {
      ...asked,
      kind: chosen(),
      on,
      columns: wanted,
      prefix: prefix.value.trim(),
      position: position.value === "" ? null : Number(position.value),
    }),
  );
}

function field(id: string, label: string, input: HTMLElement): HTMLElement {
  return h("div", { class: "wb-field" }, h("label", { for: id }, label), input);
}

/** Asks with what a node is to be connected: what keys do instead of drawing a line. */
export async function partnerDialog(client: Client, within: Element, data: GraphData, source: GraphNode): Promise<GraphNode | undefined> {
  const say = client.text;
  const id = freshId("partner");
  const others = data.nodes.filter((node) => node.id !== source.id && node.kind === "dataset" && !closesCircle(data, source.id, node.id));
  const select = h("select", { id, class: "wb-select" }, others.map((node) => h("option", { value: node.id }, node.name)));
  const body = others.length ? field(id, say("dag.connect.with", { from: source.name }), select) : h("p", null, say("dag.connect.nobody"));
  const buttons = others.length ? [{ label: say("dag.connect.go"), value: true, kind: "primary" as const }] : [];
  if (!(await openDialog({ title: say("dag.connect"), body, buttons, close: say("shared.close"), within }))) return undefined;
  return data.nodes.find((node) => node.id === select.value);
}

/** Asks for the name of a dataset that is made from this one, and makes it. */
export async function newDialog(client: Client, within: Element, source: GraphNode): Promise<Saved | undefined> {
  const say = client.text;
  const id = freshId("new");
  const name = h("input", { id, class: "wb-input", pattern: "[a-z][a-z0-9_]{0,62}", autocomplete: "off", value: `${source.name}_2` });
  const body = [field(id, say("dag.new.name"), name), h("p", { class: "wb-soft" }, say("dag.new.said", { from: source.name }))];
  const buttons = [{ label: say("dag.new.yes"), value: true, kind: "primary" as const }];
  if (!(await openDialog({ title: say("dag.new"), body, buttons, close: say("shared.close"), within }))) return undefined;
  return client.busy(say("dag.saving"), () => client.call<Saved>("new_dataset", { dataset: name.value.trim(), upstream: source.dataset }));
}

/** Asks where a dataset is to be loaded, and adds the target. */
export async function targetDialog(client: Client, within: Element, data: GraphData, source: GraphNode): Promise<Saved | undefined> {
  const say = client.text;
  const id = freshId("target");
  const connection = h("select", { id, class: "wb-select" }, data.connections.map((name) => h("option", { value: name }, name)));
  const table = h("input", { id: `${id}-table`, class: "wb-input", placeholder: source.dataset });
  const body = [field(id, say("dag.target.connection"), connection), field(`${id}-table`, say("dag.target.table"), table)];
  const buttons = [{ label: say("dag.target.yes"), value: true, kind: "primary" as const }];
  if (!(await openDialog({ title: say("dag.target", { from: source.name }), body, buttons, close: say("shared.close"), within }))) return undefined;
  const asked = { dataset: source.dataset, connection: connection.value, table: table.value.trim() };
  return client.busy(say("dag.saving"), () => client.call<Saved>("load_into", asked));
}

/** Asks whether an edge is to go, and takes it away. */
export async function disconnectDialog(client: Client, within: Element, data: GraphData, edge: GraphEdge): Promise<Saved | undefined> {
  const say = client.text;
  const from = data.nodes.find((node) => node.id === edge.source);
  const to = data.nodes.find((node) => node.id === edge.target);
  if (!from || !to) return undefined;
  const removable = data.edge_kinds.find((kind) => kind.name === edge.kind)?.can_remove;
  const key = removable ? `dag.disconnect.${edge.kind}` : edge.kind === "next" ? "dag.disconnect.next" : "dag.disconnect.no";
  const body = h("p", null, say(key, { from: from.name, to: to.name }));
  const buttons = removable ? [{ label: say("dag.disconnect.yes"), value: true, kind: "danger" as const }] : [];
  if (!(await openDialog({ title: say("dag.disconnect"), body, buttons, close: say("shared.close"), within }))) return undefined;
  const isLoad = edge.kind === "load";
  const asked = { dataset: isLoad ? from.dataset : to.dataset, kind: edge.kind, other: isLoad ? to.name : from.dataset };
  return client.busy(say("dag.saving"), () => client.call<Saved>("disconnect", asked));
}

/** Shows the spec that would be deleted, and deletes it if that is what is wanted. */
export async function deleteDialog(client: Client, within: Element, node: GraphNode): Promise<Saved | undefined> {
  const say = client.text;
  const seen = await client.call<{ text: string; file: string }>("spec_text", { dataset: node.dataset }).catch((error) => (client.showError(error), null));
  if (!seen) return undefined;
  const body = [
    h("p", null, say("dag.delete.ask", { dataset: node.dataset, file: seen.file })),
    h("pre", { class: "wb-spec", tabindex: 0, "aria-label": seen.file }, seen.text),
  ];
  const buttons = [{ label: say("dag.delete.yes"), value: true, kind: "danger" as const }];
  if (!(await openDialog({ title: say("dag.delete", { dataset: node.dataset }), body, buttons, close: say("shared.cancel"), within, wide: true }))) return undefined;
  return client.busy(say("dag.saving"), () => client.call<Saved>("delete_dataset", { dataset: node.dataset, seen: seen.text }));
}

/** The graph panel: datasets and steps as a drawn graph and as a table, live, and edited. */
import type { Edge, Node, ReactFlowInstance } from "@xyflow/react";
import { createRoot } from "react-dom/client";
import { definePanel } from "../client.ts";
import { debounced, freshId, h, put } from "../dom.ts";
import { icon } from "../icons.ts";
import { badge, button } from "../running/parts.ts";
import { startDialog } from "../running/start.ts";
import type { Started } from "../running/types.ts";
import { table } from "../table.ts";
import { Canvas, READABLE } from "./Canvas.tsx";
import { detailView } from "./detail.ts";
import { connectDialog, deleteDialog, disconnectDialog, newDialog, partnerDialog, targetDialog, type Saved } from "./dialogs.ts";
import { shownName } from "./naming.ts";
import { arranged, HEIGHT, towards, turned, WIDTH, type Direction, type GraphData, type GraphNode, type NodeState, type Point, type States } from "./model.ts";

const ARROWS: Record<string, Direction> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

export default definePanel((root, client) => {
  const say = client.text;
  const kept = client.keep("graph", () => ({ level: "datasets" as "datasets" | "steps", as: "graph" as "graph" | "table", open: "", current: "", places: {} as Record<string, Record<string, Point>>, dragged: {} as Record<string, Record<string, Point>> }));
  const help = freshId("keys");
  const canvas = h("div", { class: "wb-canvas", role: "group", "aria-label": say("dag.graph"), "aria-describedby": help });
  const twin = h("div", { class: "wb-twin" });
  const faults = h("div");
  const live = h("span", { class: "wb-soft wb-live" });
  const undo = button([icon("undo"), say("dag.undo")], () => void takeBack(), { disabled: true });
  const known = h("datalist", { id: freshId("nodes") });
  const search = h("input", {
    class: "wb-input",
    type: "search",
    list: known.id,
    placeholder: say("dag.find"),
    "aria-label": say("dag.find"),
    size: 14,
    // one was chosen from the list, not typed
    oninput: (event: Event) => (event as InputEvent).inputType === "insertReplacementText" && find(),
    onkeydown: (event: KeyboardEvent) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // else the key goes on to the node that has the focus by then
      find();
    },
  });
  const react = createRoot(canvas);
  let data: GraphData | null = null;
  let flow: ReactFlowInstance<Node, Edge> | null = null;
  let asking = 0;
  let ended = false;

  const detail = detailView(client, {
    close: () => open(""),
    open: (id) => open(id),
    run: (dataset) => void startDialog(client, root, dataset, "downstream").then((started) => started && begun(started)),
    begun,
    connect: (node) => void connectFrom(node),
    disconnect: (edge) => data && void disconnectDialog(client, root, data, edge).then(saved),
    make: (node) => void newDialog(client, root, node).then(saved),
    load: (node) => data && void targetDialog(client, root, data, node).then(saved),
    remove: (node) => void deleteDialog(client, root, node).then(saved),
  });

  const places = (): Record<string, Point> => (kept.places[kept.level] ??= {});

  async function ask(): Promise<void> {
    const mine = ++asking;
    try {
      const found = await client.call<GraphData>("graph", { level: kept.level });
      if (mine !== asking || ended) return;
      arrangeNew(found);
      take(found);
    } catch (error) {
      if (mine === asking) client.showError(error);
    }
  }

  async function askStates(): Promise<void> {
    if (!data) return;
    const mine = asking;
    try {
      const found = await client.call<{ states: States; live: boolean; now: string }>("states");
      if (mine !== asking || ended || !data) return;
      for (const id of turned(data.states, found.states)) {
        const node = data.nodes.find((each) => each.id === id);
        const status = found.states[id]?.status;
        if (node && status) client.announce(say("dag.turned", { name: node.name, status: say(`runs.status.${status}`) }));
      }
      take({ ...data, ...found });
    } catch (error) {
      client.showError(error);
    }
  }

  /** Nodes that are new get their place; those that somebody has dragged stay where they are. */
  function arrangeNew(found: GraphData): void {
    const there = places();
    const all = arranged(found.nodes, found.edges);
    if (found.nodes.some((node) => !there[node.id])) kept.places[kept.level] = Object.keys(dragged()).length ? { ...all, ...dragged() } : all;
  }

  const dragged = (): Record<string, Point> => (kept.dragged[kept.level] ??= {});

  function take(found: GraphData): void {
    const first = !data;
    data = found;
    if (!found.nodes.some((node) => node.id === kept.open)) kept.open = "";
    if (!found.nodes.some((node) => node.id === kept.current)) kept.current = found.nodes[0]?.id ?? "";
    draw();
    if (first) setTimeout(() => fit(READABLE), 60);
    put(known, found.nodes.map((node) => h("option", { value: shownName(node, say) })));
  }

  function draw(): void {
    if (!data || ended) return;
    undo.disabled = data.undo === 0;
    put(
      faults,
      data.problems.length > 0 &&
        h(
          "div",
          { class: "wb-notice", role: "status" },
          icon("warning"),
          h(
            "div",
            null,
            h("strong", null, say("dag.problems")),
            h("ul", null, data.problems.map((each) => h("li", null, h("code", null, `${each.file}:${each.line}:${each.column}`), ` ${each.message}`, each.remedy && ` → ${each.remedy}`))),
          ),
        ),
    );
    put(live, h("span", { class: data.live ? "wb-dot wb-dot--live" : "wb-dot" }), say(data.live ? "runs.live" : "runs.polling"));
    react.render(
      <Canvas
        client={client}
        data={data}
        places={places()}
        current={kept.current}
        open={kept.open}
        onInit={(instance) => (flow = instance)}
        onOpen={(id) => open(kept.open === id ? "" : id)}
        onKey={key}
        onFocus={(id) => current(id)}
        onMove={(id, at) => {
          dragged()[id] = at;
          kept.places[kept.level] = { ...places(), [id]: at };
        }}
        onConnect={(source, target) => void connect(source, target)}
        onEdge={(id) => {
          const edge = data?.edges.find((each) => each.id === id);
          if (edge && data) void disconnectDialog(client, root, data, edge).then(saved);
        }}
      />,
    );
    canvas.hidden = kept.as !== "graph";
    twin.hidden = kept.as !== "table";
    if (kept.as === "table") put(twin, twinView(data));
    detail.show(data, kept.open);
    body.classList.toggle("wb-dag--detail", kept.open !== "");
  }

  function twinView(it: GraphData): HTMLElement {
    const names = new Map(it.nodes.map((node) => [node.id, shownName(node, say)]));
    const state = (node: GraphNode): NodeState | undefined => it.states[node.id];
    return table<GraphNode>({
      caption: say("dag.table"),
      hideCaption: true,
      columns: [
        {
          key: "name",
          label: say("dag.table.name"),
          cell: (node) => h("button", { type: "button", class: "wb-link", "data-key": `node ${node.id}`, "aria-expanded": String(kept.open === node.id), onclick: () => open(node.id) }, names.get(node.id) ?? ""),
        },
        { key: "kind", class: "wb-nowrap", label: say("dag.table.kind"), cell: (node) => say(`dag.kind.${node.layer || node.kind}`) },
        {
          key: "needs",
          label: say("dag.needs"),
          cell: (node) =>
            it.edges
              .filter((edge) => edge.target === node.id)
              .map((edge) => `${names.get(edge.source) ?? ""} (${say(`dag.edge.${edge.kind}`)})`)
              .join(", "),
        },
        { key: "status", class: "wb-nowrap", label: say("runs.state"), cell: (node) => state(node)?.status && badge(client, state(node)!.status!) },
        { key: "waits", label: say("dag.table.waits"), numeric: true, cell: (node) => (state(node)?.needs ? say("dag.table.met", { met: state(node)!.met, count: state(node)!.needs }) : "") },
        { key: "rows", label: say("runs.rows"), numeric: true, cell: (node) => state(node)?.rows?.toLocaleString(client.language) },
      ],
      rows: it.nodes,
      empty: say("dag.empty"),
    }).element;
  }

  function open(id: string): void {
    const before = kept.open;
    kept.open = id;
    if (id) kept.current = id;
    const node = data?.nodes.find((each) => each.id === id);
    if (node?.kind === "dataset") client.set("dataset", node.dataset); // other panels follow
    draw();
    if (id) detail.focus();
    else if (before) focusNode(before);
  }

  function current(id: string): void {
    if (kept.current === id) return;
    kept.current = id;
    draw();
  }

  function focusNode(id: string): void {
    if (kept.as === "table") return twin.querySelector<HTMLElement>(`[data-key="node ${CSS.escape(id)}"]`)?.focus();
    const button = (): HTMLElement | null => canvas.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`);
    // at once, so that the next key is already this node's; one that is yet to be drawn comes a moment later
    if (button()) button()?.focus({ preventScroll: true });
    else requestAnimationFrame(() => button()?.focus({ preventScroll: true }));
    reveal(id);
  }

  /** Moves the view, if the node is not in it. */
  function reveal(id: string): void {
    const at = places()[id];
    if (!at || !flow) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [at.x * zoom + x, at.y * zoom + y];
    const readable = zoom < READABLE ? 0.85 : zoom;
    const inside = zoom === readable && left >= 0 && top >= 0 && left + WIDTH * zoom <= canvas.clientWidth && top + HEIGHT * zoom <= canvas.clientHeight;
    if (!inside) void flow.setCenter(at.x + WIDTH / 2, at.y + HEIGHT / 2, { zoom: readable });
  }

  function key(event: KeyboardEvent, id: string): void {
    if (!data || event.ctrlKey || event.metaKey || event.altKey) return;
    const node = data.nodes.find((each) => each.id === id);
    const direction = ARROWS[event.key];
    const all = data.nodes.map((each) => each.id);
    const to = direction ? towards(id, direction, places(), data.edges) : { Home: all[0], End: all.at(-1) }[event.key];
    if (to) go(to);
    else if (direction) client.announce(say("dag.no.further"));
    else if (event.key === "+" || event.key === "=") void flow?.zoomIn();
    else if (event.key === "-") void flow?.zoomOut();
    else if (event.key === "0") fit();
    else if (event.key === "Escape" && kept.open) open("");
    else if (event.key === "c" && node) void connectFrom(node);
    else if (event.key === "Delete" && node) remove(node);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function go(id: string): void {
    kept.current = id;
    draw();
    focusNode(id);
  }

  function remove(node: GraphNode): void {
    if (node.kind === "dataset") return void deleteDialog(client, root, node).then(saved);
    const load = data?.edges.find((edge) => edge.target === node.id && edge.kind === "load");
    if (load && data) void disconnectDialog(client, root, data, load).then(saved);
    else client.announce(say("dag.delete.no"));
  }

  async function connectFrom(node: GraphNode): Promise<void> {
    if (!data) return;
    if (node.kind !== "dataset") return client.announce(say("dag.connect.datasets"));
    const partner = await partnerDialog(client, root, data, node);
    if (partner) await connect(node.id, partner.id);
  }

  async function connect(source: string, target: string): Promise<void> {
    const [from, to] = [source, target].map((id) => data?.nodes.find((node) => node.id === id));
    if (!data || !from || !to || from === to) return;
    await connectDialog(client, root, data, from, to).then(saved);
  }

  function saved(done: Saved | undefined): void {
    if (!done) return;
    client.announce(say(done.saved ? "dag.saved" : "dag.unsaved", { file: done.file }));
    if (!done.saved) client.showError(new Error(say("dag.unsaved", { file: done.file })));
    void ask();
  }

  async function takeBack(): Promise<void> {
    saved(await client.busy(say("dag.saving"), () => client.call<Saved>("undo")));
  }

  function begun(started: Started): void {
    client.announce(say(`runs.begun.${started.by}`, { run: started.run_id }));
    if (started.waits) client.announce(started.waits);
    void askStates();
  }

  function fit(minZoom = 0.15): void {
    void flow?.fitView({ padding: 0.08, minZoom, maxZoom: 1 });
  }

  function find(): void {
    const wanted = search.value.trim().toLowerCase();
    const names = (data?.nodes ?? []).map((node) => [node.id, shownName(node, say).toLowerCase()] as const);
    const found = names.find(([, name]) => name === wanted) ?? names.find(([, name]) => wanted && name.includes(wanted));
    if (found) go(found[0]);
    else if (wanted) client.announce(say("dag.find.none"));
  }

  function arrangeAnew(): void {
    if (!data) return;
    kept.dragged[kept.level] = {};
    kept.places[kept.level] = arranged(data.nodes, data.edges);
    draw();
    setTimeout(() => fit(READABLE), 30);
  }

  /** Buttons of which one is pressed. */
  function choice<V extends string>(label: string, all: readonly (readonly [V, string])[], now: V, choose: (value: V) => void): HTMLElement {
    const press = (value: V): void => {
      choose(value);
      buttons.forEach((each, at) => each.setAttribute("aria-pressed", String(all[at]?.[0] === value)));
    };
    const buttons = all.map(([value, said]) =>
      h("button", { type: "button", class: "wb-button wb-choice-button", "aria-pressed": String(now === value), onclick: () => press(value) }, said),
    );
    return h("div", { class: "wb-choice-buttons", role: "group", "aria-label": label }, buttons);
  }

  const body = h("div", { class: "wb-dag" }, h("div", { class: "wb-drawn" }, canvas, twin), detail.element);
  root.append(
    h(
      "div",
      { class: "wb-row wb-toolbar" },
      choice(
        say("dag.level"),
        [["datasets", say("dag.level.datasets")], ["steps", say("dag.level.steps")]] as const,
        kept.level,
        (value) => ((kept.level = value), (data = null), void ask()),
      ),
      choice(
        say("dag.as"),
        [["graph", say("dag.as.graph")], ["table", say("dag.as.table")]] as const,
        kept.as,
        (value) => ((kept.as = value), draw()),
      ),
      button(icon("minus"), () => void flow?.zoomOut(), { kind: "icon", label: say("dag.zoom.out"), title: `${say("dag.zoom.out")} (−)` }),
      button(icon("add"), () => void flow?.zoomIn(), { kind: "icon", label: say("dag.zoom.in"), title: `${say("dag.zoom.in")} (+)` }),
      button(say("dag.fit"), () => fit(), { title: `${say("dag.fit")} (0)` }),
      button([icon("graph"), say("dag.arrange")], arrangeAnew),
      search,
      known,
      undo,
      live,
    ),
    h("p", { id: help, class: "wb-soft wb-small" }, say("dag.keys")),
    faults,
    body,
  );
  // when the node on show takes its room, the rest of the graph is still to be seen
  let wide = canvas.clientWidth;
  const refit = debounced(60, () => fit(READABLE));
  const sizes = new ResizeObserver(() => {
    if (canvas.clientWidth && canvas.clientWidth !== wide) refit();
    wide = canvas.clientWidth || wide;
  });
  sizes.observe(canvas);
  void ask();
  client.on("runs", debounced(80, () => void askStates()));
  client.onTrait("dataset", () => {
    const id = `dataset:${String(client.get("dataset"))}`;
    if (data?.nodes.some((node) => node.id === id)) current(id);
  });
  client.on("graph", debounced(80, () => void ask()));
  return () => {
    ended = true;
    sizes.disconnect();
    detail.end();
    react.unmount();
  };
});

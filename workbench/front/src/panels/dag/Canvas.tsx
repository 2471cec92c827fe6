/** The drawn graph: nodes that can be dragged and connected, edges, a map, zoom. */
import {
  Background,
  MarkerType,
  MiniMap,
  ReactFlow,
  applyNodeChanges,
  type Connection,
  type Edge,
  type Node,
  type NodeChange,
  type ReactFlowInstance,
} from "@xyflow/react";
import { memo, useCallback, useEffect, useMemo, useState } from "react";
import type { Client } from "../client.ts";
import { HEIGHT, WIDTH, type GraphData, type Point } from "./model.ts";
import { GraphNodeView, type NodeData } from "./Node.tsx";

export interface CanvasProps {
  client: Client;
  data: GraphData;
  places: Record<string, Point>;
  current: string;
  open: string;
  onInit: (instance: ReactFlowInstance<Node, Edge>) => void;
  onOpen: (id: string) => void;
  onKey: (event: KeyboardEvent, id: string) => void;
  onFocus: (id: string) => void;
  onMove: (id: string, at: Point) => void;
  onConnect: (source: string, target: string) => void;
  onEdge: (id: string) => void;
}

/** What names can still be read at. */
export const READABLE = 0.55;
const MAP = { width: 150, height: 90 };
const TYPES = { workbench: memo(GraphNodeView) as never };

export function Canvas(props: CanvasProps) {
  const { client, data, places, current, open } = props;
  const [nodes, setNodes] = useState<Node[]>([]);

  useEffect(() => {
    setNodes((before) => built(props, before));
  }, [data, places, current, open]);

  const edges = useMemo(() => data.edges.map((edge) => drawn(edge, data, client)), [data]);
  const change = useCallback((changes: NodeChange[]) => setNodes((before) => applyNodeChanges(changes, before)), []);
  const labels = useMemo(
    () => ({
      "minimap.ariaLabel": client.text("dag.map"),
      "handle.ariaLabel": client.text("dag.handle"),
      "node.a11yDescription.keyboardDisabled": client.text("dag.keys"),
      "edge.a11yDescription.default": client.text("dag.keys.edge"),
    }),
    [client],
  );

  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={TYPES}
      onNodesChange={change}
      onInit={props.onInit}
      onConnect={({ source, target }: Connection) => props.onConnect(source, target)}
      onEdgeClick={(_, edge) => props.onEdge(edge.id)}
      onNodeDragStop={(_, node) => props.onMove(node.id, node.position)}
      ariaLabelConfig={labels}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode={null}
      multiSelectionKeyCode={null}
      panActivationKeyCode={null}
      zoomOnScroll={false}
      zoomOnDoubleClick={false}
      preventScrolling={false}
      minZoom={0.15}
      maxZoom={2}
      fitView
      fitViewOptions={{ padding: 0.08, minZoom: READABLE, maxZoom: 1 }}
      proOptions={{ hideAttribution: true }}
    >
      <Background gap={20} />
      <MiniMap pannable zoomable style={MAP} nodeClassName={(node) => `wb-map--${String((node.data as NodeData).state?.status ?? "none").toLowerCase()}`} nodeStrokeWidth={6} />
    </ReactFlow>
  );
}

/** The nodes as they are to be drawn; what the drawing knows of their size is kept. */
function built(props: CanvasProps, before: readonly Node[]): Node[] {
  const known = new Map(before.map((node) => [node.id, node]));
  const { data, places } = props;
  return data.nodes.map((node) => {
    const gives = data.edge_kinds.some((kind) => kind.can_add && kind.from_kind === node.kind);
    const takes = data.edge_kinds.some((kind) => kind.can_add && kind.to_kind === node.kind && kind.from_kind !== "step");
    const old = known.get(node.id);
    const was = old?.data as NodeData | undefined;
    const now = { node, state: data.states[node.id], current: props.current === node.id, open: props.open === node.id };
    const place = places[node.id] ?? { x: 0, y: 0 };
    const moved = old?.position.x !== place.x || old.position.y !== place.y;
    if (old && was && !moved && same(was, now)) return old; // and it is not drawn anew
    const content: NodeData = {
      ...now,
      gives,
      takes,
      text: props.client.text,
      onOpen: props.onOpen,
      onKey: props.onKey,
      onFocus: props.onFocus,
    };
    return {
      ...old,
      id: node.id,
      type: "workbench",
      position: place,
      width: WIDTH,
      height: HEIGHT,
      data: content,
    };
  });
}

function same(was: NodeData, now: Pick<NodeData, "node" | "state" | "current" | "open">): boolean {
  const { node, state, current, open } = now;
  return was.current === current && was.open === open && JSON.stringify([was.node, was.state]) === JSON.stringify([node, state]);
}

function drawn(edge: GraphData["edges"][number], data: GraphData, client: Client): Edge {
  const kind = data.edge_kinds.find((each) => each.name === edge.kind);
  const runs = data.states[edge.target]?.status === "RUNNING";
  return {
    id: edge.id,
    source: edge.source,
    target: edge.target,
    className: `wb-edge wb-edge--${kind?.line ?? "solid"}${runs ? " wb-edge--running" : ""}`,
    markerEnd: { type: MarkerType.ArrowClosed, width: 18, height: 18 },
    ...(kind?.line === "dashed" ? { label: client.text(`dag.edge.${edge.kind}`) } : {}),
    ariaLabel: client.text("dag.edge.said", { from: edge.source.split(":").slice(1).join(":"), to: edge.target.split(":").slice(1).join(":"), kind: client.text(`dag.edge.${edge.kind}`) }),
  };
}

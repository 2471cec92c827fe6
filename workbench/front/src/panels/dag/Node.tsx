/** A node: what it is, how it stands, what it waits for. Its button takes part in the roving focus. */
import { Handle, Position, type NodeProps } from "@xyflow/react";
import { MARKS } from "../running/parts.ts";
import type { Status } from "../running/types.ts";
import type { GraphNode, NodeState } from "./model.ts";
import { stepName } from "./naming.ts";

export interface NodeData extends Record<string, unknown> {
  node: GraphNode;
  state: NodeState | undefined;
  /** The one that Tab comes to. */
  current: boolean;
  open: boolean;
  /** May have edges added to it and from it. */
  gives: boolean;
  takes: boolean;
  text: (key: string, values?: Record<string, string | number>) => string;
  onOpen: (id: string) => void;
  onKey: (event: KeyboardEvent, id: string) => void;
  onFocus: (id: string) => void;
}

const SHAPES: Record<string, string> = {
  source: "M4 1.5h5l3.5 3.5v9.5h-8.5ZM9 1.5V5h3.5",
  dataset: "M2 2.5h12v11H2ZM2 6h12M2 9.7h12M6 6v7.5",
  step: "M4.5 2.5v11l9-5.5Z",
  target: "M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2Zm0 0v8c0 1.1 2.2 2 5 2s5-.9 5-2V4",
};

export function Icon({ path }: { path: string }) {
  return (
    <svg className="wb-icon" viewBox="0 0 16 16" width={14} height={14} aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}

export function StatusMark({ status, said }: { status: Status; said: string }) {
  return (
    <span className={`wb-status wb-status--${status.toLowerCase()}`}>
      <Icon path={MARKS[status]} />
      <span>{said}</span>
    </span>
  );
}

export function GraphNodeView({ id, data }: NodeProps & { data: NodeData }) {
  const { node, state, text } = data;
  const more = [node.kind === "step" ? node.dataset : text(`dag.kind.${node.layer || node.kind}`)];
  if (state?.rows !== null && state?.rows !== undefined) more.push(text("runs.rows.count", { count: state.rows }));
  else if (node.kind === "source" || node.kind === "target") more.push(node.detail);
  const counter = state && state.needs > state.met && state.status && !["SUCCESS", "FAILED", "SKIPPED", "CANCELLED"].includes(state.status);
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={data.takes} className={data.takes ? "" : "wb-handle--closed"} />
      <button
        type="button"
        className={`wb-node wb-node--${node.kind} wb-node--${node.layer || "none"}${data.open ? " wb-node--open" : ""}`}
        data-node={id}
        tabIndex={data.current ? 0 : -1}
        aria-expanded={data.open}
        title={node.detail ? `${node.name}: ${node.detail}` : node.name}
        onClick={() => data.onOpen(id)}
        onFocus={() => data.onFocus(id)}
        onKeyDown={(event) => data.onKey(event as unknown as KeyboardEvent, id)}
      >
        <span className="wb-node-name">
          <Icon path={SHAPES[node.kind] ?? SHAPES["dataset"]!} />
          <span>{node.kind === "step" ? stepName(node, text) : node.name}</span>
        </span>
        <span className="wb-node-more">{more.join(" · ")}</span>
        {state?.status ? (
          <span className="wb-node-state">
            <StatusMark status={state.status} said={text(`runs.status.${state.status}`)} />
            {state.status === "RUNNING" && state.steps > 1 && <span>{text("dag.steps", { done: state.done, count: state.steps })}</span>}
            {counter && <span>{text("runs.waits", { left: state.needs - state.met, count: state.needs })}</span>}
            {state.quarantined > 0 && <span className="wb-badge wb-badge--warning">{text("dag.refused", { count: state.quarantined })}</span>}
          </span>
        ) : (
          node.kind !== "source" && <span className="wb-node-state wb-soft">{text("dag.never")}</span>
        )}
      </button>
      <Handle type="source" position={Position.Right} isConnectable={data.gives} className={data.gives ? "" : "wb-handle--closed"} />
    </>
  );
}

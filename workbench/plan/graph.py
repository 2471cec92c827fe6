"""The project as a graph: what is made from what, and by which steps. Pure.

Kinds of nodes and edges are data: whoever draws the graph asks them what a kind looks like and
what may be connected with what, so that further kinds (tasks, conditions, loops of workflows) are
new entries here and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from workbench.model.value import Value
from workbench.plan.build import target_name
from workbench.spec.loader import Project
from workbench.spec.models import DatasetSpec


class NodeKind(Value):
    """A kind of node. ``shape`` is how it is drawn; ``holds_state``: runs give it a status."""

    name: str
    shape: str
    holds_state: bool = False


class EdgeKind(Value):
    """A kind of edge, from a node of kind ``from_kind`` to one of kind ``to_kind``.

    ``line`` is how it is drawn. ``can_add`` and ``can_remove``: an edit of a spec can say it.
    """

    name: str
    from_kind: str
    to_kind: str
    line: str = "solid"
    can_add: bool = False
    can_remove: bool = False


NODE_KINDS = (
    NodeKind(name="source", shape="file"),
    NodeKind(name="dataset", shape="box", holds_state=True),
    NodeKind(name="step", shape="box", holds_state=True),
    NodeKind(name="target", shape="cylinder", holds_state=True),
)

EDGE_KINDS = (
    EdgeKind(name="ingest", from_kind="source", to_kind="dataset"),
    EdgeKind(name="source", from_kind="dataset", to_kind="dataset", can_add=True),
    EdgeKind(
        name="join", from_kind="dataset", to_kind="dataset", line="dashed", can_add=True,
        can_remove=True,
    ),
    EdgeKind(
        name="lookup", from_kind="dataset", to_kind="dataset", line="dashed", can_add=True,
        can_remove=True,
    ),
    EdgeKind(name="load", from_kind="dataset", to_kind="target", can_add=True, can_remove=True),
    EdgeKind(name="next", from_kind="step", to_kind="step"),
)  # fmt: skip


class GraphNode(Value):
    """A node; ``dataset`` is the one whose spec says it, ``detail`` more words about it."""

    id: str
    kind: str
    name: str
    dataset: str = ""
    layer: str = ""
    verb: str = ""
    detail: str = ""
    file: str = ""


class GraphEdge(Value):
    """An edge: ``target`` needs ``source`` (ids of nodes)."""

    id: str
    source: str
    target: str
    kind: str


class Graph(Value):
    """Nodes and edges, and the kinds that they are of."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    node_kinds: tuple[NodeKind, ...] = NODE_KINDS
    edge_kinds: tuple[EdgeKind, ...] = EDGE_KINDS


def dataset_graph(project: Project) -> Graph:
    """Sources, datasets and targets: what the specs say is made from what."""
    nodes: dict[str, GraphNode] = {}
    edges: dict[str, GraphEdge] = {}
    for name in project.in_order():
        spec = project.dataset(name)
        if spec.layer == "silver":
            source = _source(spec)
            nodes.setdefault(source.id, source)
            _join(edges, source.id, dataset_id(name), "ingest")
        nodes[dataset_id(name)] = GraphNode(
            id=dataset_id(name),
            kind="dataset",
            name=name,
            dataset=name,
            layer=spec.layer,
            detail=spec.title,
            file=spec.file,
        )
        for kind, other in uses(spec):
            _join(edges, dataset_id(other), dataset_id(name), kind)
        for target in _targets(project, spec):
            nodes[target.id] = target
            _join(edges, dataset_id(name), target.id, "load")
    return Graph(nodes=tuple(nodes.values()), edges=tuple(edges.values()))


def step_graph(project: Project) -> Graph:
    """The steps of all datasets, each after those that it needs, as plans order them."""
    nodes: list[GraphNode] = []
    edges: dict[str, GraphEdge] = {}
    for name in project.in_order():
        spec = project.dataset(name)
        chain = ["ingest", "transform"] if spec.layer == "silver" else ["transform"]
        ids = [step_id(name, verb) for verb in (*chain, "validate")]
        loads = [f"{name}.materialize.{target_name(spec, target)}" for target in spec.targets]
        for each in (*ids, *loads):
            verb = each.removeprefix(f"{name}.").split(".")[0]
            nodes.append(
                GraphNode(
                    id=f"step:{each}",
                    kind="step",
                    name=each.removeprefix(f"{name}."),
                    dataset=name,
                    layer=spec.layer,
                    verb=verb,
                    file=spec.file,
                )
            )
        for before, after in pairwise(ids):
            _join(edges, f"step:{before}", f"step:{after}", "next")
        for load in loads:
            _join(edges, f"step:{ids[-1]}", f"step:{load}", "next")
        for other in project.direct_upstreams(name):
            validate, transform = step_id(other, "validate"), step_id(name, "transform")
            _join(edges, f"step:{validate}", f"step:{transform}", "next")
    return Graph(nodes=tuple(nodes), edges=tuple(edges.values()))


def dataset_id(name: str) -> str:
    """The id of a dataset's node."""
    return f"dataset:{name}"


def step_id(dataset: str, verb: str) -> str:
    """The id of a dataset's step, as plans name it."""
    return f"{dataset}.{verb}"


def uses(spec: DatasetSpec) -> Iterator[tuple[str, str]]:
    """The datasets that a spec reads, as (kind of edge, dataset), in the order of the spec."""
    if spec.layer != "silver":
        yield "source", str(spec.source.dataset)
    for use in spec.transforms:
        for other in getattr(use.options, "datasets", tuple)() if use.enabled else ():
            yield (use.name if use.name in ("join", "lookup") else "join"), other


def _source(spec: DatasetSpec) -> GraphNode:
    paths = getattr(spec.source, "path", ())
    shown = ", ".join([paths] if isinstance(paths, str) else map(str, paths))
    name = shown or f"{spec.source_type} of {spec.dataset}"
    return GraphNode(id=f"source:{name}", kind="source", name=name, detail=spec.source_type)


def _targets(project: Project, spec: DatasetSpec) -> Iterable[GraphNode]:
    for target in spec.targets:
        name = target_name(spec, target)
        connection = project.connections.get(target.connection)
        yield GraphNode(
            id=f"target:{name}",
            kind="target",
            name=name,
            dataset=spec.dataset,
            detail=f"{connection.type if connection else target.connection}, {target.strategy}",
        )


def _join(edges: dict[str, GraphEdge], source: str, target: str, kind: str) -> None:
    """Add an edge; several joins of the same dataset are one edge."""
    name = f"{kind}:{source}>{target}"
    edges.setdefault(name, GraphEdge(id=name, source=source, target=target, kind=kind))

"""Nodes and edges of lineage as pages show them, and walks over them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

#: Strongest first: what an edge between tables is drawn as when it is several things.
KINDS = ("aggregated", "derived", "direct", "join", "filter", "dedupe")


@dataclass(frozen=True)
class Node:
    """A table, file or target. ``columns`` are (name, type); ``url`` is where it is described."""

    id: str
    name: str
    kind: Literal["source", "dataset", "target"]
    layer: str = ""
    url: str | None = None
    status: str | None = None
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Edge:
    """``target`` depends on ``source`` (ids of nodes).

    ``columns`` are (source column, target column, kind); ``None`` stands for the rows as a whole.
    """

    source: str
    target: str
    kinds: tuple[str, ...] = ("direct",)
    columns: tuple[tuple[str | None, str | None, str], ...] = ()

    @property
    def kind(self) -> str:
        """The strongest of its kinds."""
        return next((kind for kind in KINDS if kind in self.kinds), "direct")


def known_edges(nodes: Iterable[Node], edges: Iterable[Edge]) -> list[Edge]:
    """Edges between two different known nodes, one for each pair, in order."""
    ids = {node.id for node in nodes}
    merged: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        pair = (edge.source, edge.target)
        if edge.source == edge.target or not ids.issuperset(pair):
            continue
        before = merged.get(pair)
        merged[pair] = (
            edge
            if before is None
            else Edge(
                *pair,
                kinds=tuple(dict.fromkeys(before.kinds + edge.kinds)),
                columns=tuple(dict.fromkeys(before.columns + edge.columns)),
            )
        )
    return list(merged.values())


def neighbourhood(
    nodes: Sequence[Node], edges: Sequence[Edge], focus: str, depth: int = 2
) -> tuple[list[Node], list[Edge]]:
    """What ``focus`` is made from and what is made from it, up to ``depth`` edges away.

    Siblings (made from the same sources) are not part of it. Order is kept.
    """
    kept = {focus} | _reach(edges, focus, depth, up=True) | _reach(edges, focus, depth, up=False)
    inside = [node for node in nodes if node.id in kept]
    return inside, [edge for edge in edges if edge.source in kept and edge.target in kept]


def _reach(edges: Iterable[Edge], start: str, depth: int, *, up: bool) -> set[str]:
    following: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        if up:
            following[edge.target].append(edge.source)
        else:
            following[edge.source].append(edge.target)
    seen: set[str] = set()
    front = {start}
    for _ in range(depth):
        front = {other for node in front for other in following[node]} - seen - {start}
        if not front:
            break
        seen |= front
    return seen

"""A layered layout of the lineage graph: sources on the left, what is made of them to the right.

Four steps, each a module: cycles are cut and nodes ranked, ranks ordered so that few edges cross,
nodes placed near their neighbours. Parts that do not hang together stand one below the other. The
same graph always looks the same, whatever order its nodes come in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.publish.lineage.graph import Edge, Node, known_edges, neighbourhood
from workbench.publish.lineage.ordering import ordered
from workbench.publish.lineage.placing import placed
from workbench.publish.lineage.ranking import components, ranks, without_cycles

__all__ = ["Box", "Edge", "Layout", "Node", "layout", "neighbourhood"]

WIDTH = 240.0
HEIGHT = 48.0
ACROSS = 84.0  # between ranks, where edges bend
DOWN = 18.0  # between nodes
_WAY = 10.0  # height of a long edge that passes a rank
_MARGIN = 12.0
_PART = 28.0  # between parts that do not hang together


@dataclass(frozen=True)
class Box:
    """Where a node stands, in pixels; ``rank`` from the left and ``order`` within it, from 0."""

    x: float
    y: float
    width: float
    height: float
    rank: int
    order: int


@dataclass(frozen=True)
class Layout:
    """Boxes by node, and for each edge (source, target) the points that it passes."""

    boxes: dict[str, Box]
    routes: dict[tuple[str, str], tuple[tuple[float, float], ...]]
    width: float
    height: float


def layout(nodes: Sequence[Node], edges: Sequence[Edge]) -> Layout:
    """Place every node and route every edge between known nodes."""
    by_id = {node.id: node for node in nodes}
    ids = sorted(by_id, key=lambda name: (by_id[name].name, name))
    index = {name: number for number, name in enumerate(ids)}
    pairs = sorted((index[e.source], index[e.target]) for e in known_edges(nodes, edges))
    straight = without_cycles(len(ids), pairs)
    # an edge and its reverse become one piece after cycles are cut; both are drawn along it
    rank_of = ranks(len(ids), straight)
    parts = components(len(ids), straight)
    # alone: neither source nor use; these are listed last, several to a row
    joined = sorted((part for part in parts if len(part) > 1), key=lambda part: (-len(part), part))
    alone = [part[0] for part in parts if len(part) == 1]

    places: dict[int, tuple[int, float]] = {}
    routes: dict[tuple[int, int], tuple[tuple[float, float], ...]] = {}
    member = {node: number for number, part in enumerate(joined) for node in part}
    inside: list[list[tuple[int, int]]] = [[] for _ in joined]
    for pair in dict.fromkeys(straight):
        inside[member[pair[0]]].append(pair)
    top = _MARGIN
    for part, own in zip(joined, inside, strict=True):
        top = _part(part, own, rank_of, top, places, routes) + _PART
    columns = max([*(rank for rank, _ in places.values()), 3]) + 1
    for number, node in enumerate(alone):
        row, column = divmod(number, columns)
        places[node] = (column, top + row * (HEIGHT + DOWN) + HEIGHT / 2)
    return _layout(ids, pairs, straight, places, routes)


def _part(
    part: list[int],
    pairs: list[tuple[int, int]],
    rank_of: list[int],
    top: float,
    places: dict[int, tuple[int, float]],
    routes: dict[tuple[int, int], tuple[tuple[float, float], ...]],
) -> float:
    """Place one part below ``top``; its lower end."""
    local = {node: number for number, node in enumerate(part)}
    first = min(rank_of[node] for node in part)
    level = [rank_of[node] - first for node in part]
    rows: list[list[int]] = [[] for _ in range(max(level) + 1)]
    for number, rank in enumerate(level):
        rows[rank].append(number)
    pieces: list[tuple[int, int]] = []
    ways: dict[tuple[int, int], list[int]] = {}
    for source, target in pairs:
        chain = [local[source]]
        for rank in range(level[local[source]] + 1, level[local[target]]):
            chain.append(len(level))
            rows[rank].append(len(level))
            level.append(rank)
        chain.append(local[target])
        ways[source, target] = chain
        pieces.extend(pairwise(chain))
    heights = [HEIGHT] * len(part) + [_WAY] * (len(level) - len(part))
    gaps = [DOWN] * len(part) + [DOWN / 3] * (len(level) - len(part))
    middle = placed(ordered(rows, pieces), pieces, heights, gaps)
    for number, node in enumerate(part):
        places[node] = (level[number], top + middle[number])
    for pair, chain in ways.items():
        points = []
        for number in chain:
            x, y = _x(level[number]), top + middle[number]
            points += [(x, y), (x + WIDTH, y)]
        routes[pair] = tuple(points[1:-1])
    return top + max(middle[number] + heights[number] / 2 for number in range(len(level)))


def _x(rank: int) -> float:
    return _MARGIN + rank * (WIDTH + ACROSS)


def _layout(
    ids: list[str],
    pairs: list[tuple[int, int]],
    straight: list[tuple[int, int]],
    places: dict[int, tuple[int, float]],
    routes: dict[tuple[int, int], tuple[tuple[float, float], ...]],
) -> Layout:
    order: dict[int, int] = {}
    count: dict[int, int] = {}
    for node, (rank, _) in sorted(places.items(), key=lambda item: (item[1], item[0])):
        order[node] = count.get(rank, 0)
        count[rank] = order[node] + 1
    boxes = {
        ids[node]: Box(_x(rank), middle - HEIGHT / 2, WIDTH, HEIGHT, rank, order[node])
        for node, (rank, middle) in sorted(places.items())
    }
    drawn = {}
    for (source, target), way in zip(pairs, straight, strict=True):
        points = routes[way]
        turned = way != (source, target)
        drawn[ids[source], ids[target]] = points[::-1] if turned else points
    return Layout(
        boxes,
        drawn,
        width=max((box.x + box.width for box in boxes.values()), default=0.0) + _MARGIN,
        height=max((box.y + box.height for box in boxes.values()), default=0.0) + _MARGIN,
    )

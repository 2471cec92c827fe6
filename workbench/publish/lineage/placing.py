"""How far down each node stands: near its neighbours, in the order given, without overlap."""

from __future__ import annotations

from collections.abc import Sequence

_ROUNDS = 10


def placed(
    ranks: Sequence[Sequence[int]],
    pairs: Sequence[tuple[int, int]],
    heights: Sequence[float],
    gaps: Sequence[float],
) -> dict[int, float]:
    """The middle of each node, from 0 down.

    ``heights`` and ``gaps`` (the room wanted around it) are by node. The order within the ranks
    is kept, and two neighbours are at least the larger of their gaps apart.
    """
    neighbours: dict[int, tuple[list[int], list[int]]] = {
        node: ([], []) for rank in ranks for node in rank
    }
    for source, target in pairs:
        neighbours[target][0].append(source)
        neighbours[source][1].append(target)
    middle: dict[int, float] = {}
    for rank in ranks:
        middle.update(zip(rank, _apart(rank, [0.0] * len(rank), heights, gaps), strict=True))
    for turn in range(_ROUNDS):
        forward = turn % 2 == 0
        last = turn >= _ROUNDS - 2
        for rank in ranks if forward else reversed(ranks):
            wished = []
            for node in rank:
                # the last rounds look to both sides, so that neither end is left behind
                sides = neighbours[node]
                beside = sides[0] + sides[1] if last else sides[0] if forward else sides[1]
                beside = beside or sides[0] or sides[1]
                wished.append(
                    sum(middle[other] for other in beside) / len(beside) if beside else middle[node]
                )
            middle.update(zip(rank, _apart(rank, wished, heights, gaps), strict=True))
    top = min((middle[node] - heights[node] / 2 for node in middle), default=0.0)
    return {node: value - top for node, value in middle.items()}


def _apart(
    rank: Sequence[int], wished: Sequence[float], heights: Sequence[float], gaps: Sequence[float]
) -> list[float]:
    """Places as near to the wished ones as order and distances allow (least squares).

    Distances become offsets, and what is left is isotonic regression: pooling neighbours that
    are in each other's way.
    """
    offsets = [0.0] * len(rank)
    for index in range(1, len(rank)):
        above, node = rank[index - 1], rank[index]
        room = (heights[above] + heights[node]) / 2 + max(gaps[above], gaps[node])
        offsets[index] = offsets[index - 1] + room
    pools: list[tuple[float, int]] = []  # mean, number of nodes
    for wish, offset in zip(wished, offsets, strict=True):
        mean, count = wish - offset, 1
        while pools and pools[-1][0] > mean:
            before, number = pools.pop()
            mean, count = (mean * count + before * number) / (count + number), count + number
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]

"""The order of nodes within each rank, with few edges crossing: sweeps of medians.

Every edge here joins neighbouring ranks (long edges were cut into pieces).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_SWEEPS = 12


def ordered(ranks: list[list[int]], pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The ranks, each in an order that crosses little; the same for the same input."""
    size = 1 + max((node for rank in ranks for node in rank), default=-1)
    left: list[list[int]] = [[] for _ in range(size)]
    right: list[list[int]] = [[] for _ in range(size)]
    for source, target in pairs:
        left[target].append(source)
        right[source].append(target)
    ranks = _from_the_left(ranks, right)
    best, fewest = [list(rank) for rank in ranks], crossings(ranks, right)
    stale = 0
    for sweep in range(_SWEEPS):
        if not fewest or stale == 4:
            break
        forward = sweep % 2 == 0
        numbers = range(1, len(ranks)) if forward else range(len(ranks) - 2, -1, -1)
        for number in numbers:
            neighbours = left if forward else right
            beside = ranks[number - 1 if forward else number + 1]
            place = {node: index for index, node in enumerate(beside)}
            ranks[number] = _by_median(ranks[number], neighbours, place)
        count = crossings(ranks, right)
        stale += 1
        if count < fewest:
            best, fewest, stale = [list(rank) for rank in ranks], count, 0
    return best


def crossings(ranks: Sequence[Sequence[int]], right: Sequence[Sequence[int]]) -> int:
    """How many pairs of edges cross (counted with a Fenwick tree)."""
    total = 0
    for here, beside in pairwise(ranks):
        place = {node: index for index, node in enumerate(beside)}
        tree = [0] * (len(beside) + 1)
        seen = 0
        for node in here:
            ends = sorted(place[target] for target in right[node])
            for end in ends:
                index, below = end + 1, 0
                while index:
                    below += tree[index]
                    index &= index - 1
                total += seen - below
            for end in ends:
                seen += 1
                index = end + 1
                while index <= len(beside):
                    tree[index] += 1
                    index += index & -index
    return total


def _from_the_left(ranks: list[list[int]], right: list[list[int]]) -> list[list[int]]:
    """A first order: as a walk from the left meets the nodes."""
    met: dict[int, int] = {}
    stack = [node for rank in reversed(ranks) for node in reversed(rank)]
    while stack:
        node = stack.pop()
        if node not in met:
            met[node] = len(met)
            stack.extend(reversed(right[node]))
    return [sorted(rank, key=met.__getitem__) for rank in ranks]


def _by_median(rank: list[int], neighbours: list[list[int]], place: dict[int, int]) -> list[int]:
    """Nodes by the median place of their neighbours; those without keep where they are."""
    free: list[tuple[float, int, int]] = []
    fixed: dict[int, int] = {}
    for index, node in enumerate(rank):
        places = sorted(place[other] for other in neighbours[node])
        if places:
            free.append((_median(places), index, node))
        else:
            fixed[index] = node
    moved = iter(sorted(free))
    return [fixed[i] if i in fixed else next(moved)[2] for i in range(len(rank))]


def _median(places: list[int]) -> float:
    """The median; between two of four or more, nearer to where they crowd."""
    middle = len(places) // 2
    if len(places) % 2:
        return places[middle]
    if len(places) == 2:
        return (places[0] + places[1]) / 2
    low, high = places[middle - 1] - places[0], places[-1] - places[middle]
    if not low + high:
        return (places[middle - 1] + places[middle]) / 2
    return (places[middle - 1] * high + places[middle] * low) / (low + high)

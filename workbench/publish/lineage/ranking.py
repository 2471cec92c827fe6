"""How far to the right each node stands: after all that it depends on."""

from __future__ import annotations

from collections.abc import Sequence

Pairs = Sequence[tuple[int, int]]


def without_cycles(count: int, pairs: Pairs) -> list[tuple[int, int]]:
    """The same pairs with those that close a cycle turned round."""
    following: list[list[int]] = [[] for _ in range(count)]
    for number, (source, _) in enumerate(pairs):
        following[source].append(number)
    result = list(pairs)
    state = [0] * count  # 0 not seen, 1 on the path, 2 done
    for start in range(count):
        if state[start]:
            continue
        state[start] = 1
        path = [(start, 0)]
        while path:
            node, next_edge = path[-1]
            if next_edge == len(following[node]):
                state[node] = 2
                path.pop()
                continue
            path[-1] = (node, next_edge + 1)
            number = following[node][next_edge]
            target = pairs[number][1]
            if state[target] == 1:
                result[number] = (target, node)
            elif state[target] == 0:
                state[target] = 1
                path.append((target, 0))
    return result


def ranks(count: int, pairs: Pairs) -> list[int]:
    """Longest way from the left for each node; what has no source stands next to its first use.

    ``pairs`` have no cycle.
    """
    following: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in pairs:
        following[source].append(target)
        waiting[target] += 1
    first = [node for node in range(count) if not waiting[node]]
    rank = [0] * count
    queue = list(first)
    for node in queue:
        for target in following[node]:
            rank[target] = max(rank[target], rank[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                queue.append(target)
    for node in first:
        if following[node]:
            rank[node] = min(rank[target] for target in following[node]) - 1
    return rank


def components(count: int, pairs: Pairs) -> list[list[int]]:
    """Groups of nodes that hang together, each ascending, in order of their first node."""
    leader = list(range(count))

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for source, target in pairs:
        a, b = find(source), find(target)
        leader[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for node in range(count):
        groups.setdefault(find(node), []).append(node)
    return list(groups.values())

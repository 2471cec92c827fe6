"""The layout of lineage: nothing overlaps, edges go to the right, the same graph looks the same."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.publish.lineage.graph import known_edges
from workbench.publish.lineage.layout import Box, Edge, Layout, Node, layout, neighbourhood
from workbench.publish.lineage.ordering import crossings, ordered
from workbench.publish.lineage.ranking import ranks, without_cycles


def graph(pairs: list[tuple[int, int]], count: int) -> tuple[list[Node], list[Edge]]:
    nodes = [Node(f"n{index}", f"name {index}", "dataset") for index in range(count)]
    return nodes, [Edge(f"n{a}", f"n{b}") for a, b in pairs]


def overlaps(a: Box, b: Box) -> bool:
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


def overlapping(plan: Layout) -> list[tuple[str, str]]:
    boxes = sorted(plan.boxes.items())
    return [
        (name, other)
        for index, (name, box) in enumerate(boxes)
        for other, beside in boxes[index + 1 :]
        if overlaps(box, beside)
    ]


acyclic = st.integers(1, 14).flatmap(
    lambda count: st.tuples(
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).map(
                lambda pair: (min(pair), max(pair))
            ),
            max_size=30,
        ),
        st.just(count),
    )
)


@given(acyclic)
def test_no_box_overlaps_and_every_edge_goes_to_the_right(
    given_graph: tuple[list[tuple[int, int]], int],
) -> None:
    nodes, edges = graph(*given_graph)
    plan = layout(nodes, edges)
    assert plan.boxes.keys() == {node.id for node in nodes}
    assert overlapping(plan) == []
    for box in plan.boxes.values():
        assert box.x >= 0 and box.x + box.width <= plan.width
        assert box.y >= 0 and box.y + box.height <= plan.height
    wanted = {(e.source, e.target) for e in edges if e.source != e.target}
    assert plan.routes.keys() == wanted
    for (source, target), points in plan.routes.items():
        a, b = plan.boxes[source], plan.boxes[target]
        assert points[0] == pytest.approx((a.x + a.width, a.y + a.height / 2))
        assert points[-1] == pytest.approx((b.x, b.y + b.height / 2))
        assert all(x < to_x for (x, _), (to_x, _) in pairwise(points))


@given(acyclic)
def test_long_edges_pass_boxes_without_touching_them(
    given_graph: tuple[list[tuple[int, int]], int],
) -> None:
    plan = layout(*graph(*given_graph))
    for points in plan.routes.values():
        for (x, y), (to_x, to_y) in list(pairwise(points))[1::2]:  # the level pieces within a rank
            assert y == to_y
            for box in plan.boxes.values():
                assert not (
                    box.x < to_x and x < box.x + box.width and box.y < y < box.y + box.height
                )


@given(acyclic, st.randoms(use_true_random=False))
def test_the_same_graph_looks_the_same_in_any_order(
    given_graph: tuple[list[tuple[int, int]], int], shuffle: random.Random
) -> None:
    nodes, edges = graph(*given_graph)
    plan = layout(nodes, edges)
    shuffle.shuffle(nodes)
    shuffle.shuffle(edges)
    assert layout(nodes, edges) == plan


def test_overlap_would_be_noticed() -> None:
    box = Box(0, 0, 10, 10, 0, 0)
    moved = Box(5, 9, 10, 10, 0, 1)
    assert overlapping(Layout({"a": box, "b": moved}, {}, 20, 20)) == [("a", "b")]


def test_a_cycle_is_drawn_with_one_edge_going_back() -> None:
    nodes, edges = graph([(0, 1), (1, 2), (2, 0)], 3)
    plan = layout(nodes, edges)
    back = [pair for pair, points in plan.routes.items() if points[-1][0] < points[0][0]]
    assert back == [("n2", "n0")]
    assert overlapping(plan) == []


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=25))
def test_ranks_rise_along_every_edge_once_cycles_are_cut(pairs: list[tuple[int, int]]) -> None:
    cut = without_cycles(8, [pair for pair in pairs if pair[0] != pair[1]])
    rank = ranks(8, cut)
    assert all(rank[source] < rank[target] for source, target in cut)


def test_a_source_stands_next_to_its_first_use() -> None:
    nodes, edges = graph([(0, 1), (1, 2), (2, 3), (4, 3)], 5)
    boxes = layout(nodes, edges).boxes
    assert boxes["n4"].rank == boxes["n3"].rank - 1


def test_edges_that_need_not_cross_do_not() -> None:
    # a ladder given crosswise: 0–5, 1–4, 2–3
    pairs = [(0, 5), (1, 4), (2, 3)]
    right = [[5], [4], [3], [], [], []]
    assert crossings([[0, 1, 2], [3, 4, 5]], right) == 3
    assert crossings(ordered([[0, 1, 2], [3, 4, 5]], pairs), right) == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(6, 11)), max_size=20))
def test_crossings_are_counted_right(pairs: list[tuple[int, int]]) -> None:
    right: list[list[int]] = [[] for _ in range(12)]
    for source, target in pairs:
        right[source].append(target)
    counted = sum(
        (a - c) * (b - d) < 0 for index, (a, b) in enumerate(pairs) for c, d in pairs[index + 1 :]
    )
    assert crossings([range(6), range(6, 12)], right) == counted


def test_parts_that_do_not_hang_together_stand_apart() -> None:
    nodes, edges = graph([(0, 1), (1, 2), (3, 4)], 7)
    boxes = layout(nodes, edges).boxes
    assert max(boxes[f"n{i}"].y + boxes[f"n{i}"].height for i in (0, 1, 2)) < boxes["n3"].y
    assert boxes["n3"].y < boxes["n5"].y == boxes["n6"].y  # those alone, side by side


def test_a_neighbourhood_has_ancestors_and_descendants_but_no_siblings() -> None:
    nodes, edges = graph([(0, 1), (1, 2), (2, 3), (1, 4), (3, 5)], 6)
    near, between = neighbourhood(nodes, edges, "n2", depth=1)
    assert [node.id for node in near] == ["n1", "n2", "n3"]
    assert [(e.source, e.target) for e in between] == [("n1", "n2"), ("n2", "n3")]
    far, _ = neighbourhood(nodes, edges, "n2", depth=9)
    assert {node.id for node in far} == {"n0", "n1", "n2", "n3", "n5"}


def test_edges_of_one_pair_are_one_and_unknown_ends_are_left_out() -> None:
    nodes, _ = graph([], 2)
    edges = [
        Edge("n0", "n1", ("direct",), (("a", "b", "direct"),)),
        Edge("n0", "n1", ("filter", "direct"), (("c", None, "filter"),)),
        Edge("n0", "n0"),
        Edge("n0", "gone"),
    ]
    (edge,) = known_edges(nodes, edges)
    assert edge.kinds == ("direct", "filter")
    assert edge.columns == (("a", "b", "direct"), ("c", None, "filter"))
    assert edge.kind == "direct"


def test_a_thousand_nodes_are_laid_out_without_overlap() -> None:
    chance = random.Random(3)
    pairs = [
        (chance.randrange(max(1, b - 60), b + 1) - 1, b) for b in range(1, 1000) for _ in (1, 2)
    ]
    plan = layout(*graph([(max(a, 0), b) for a, b in pairs], 1000))
    by_rank: dict[int, list[Box]] = {}
    for box in plan.boxes.values():
        by_rank.setdefault(box.rank, []).append(box)
    for column in by_rank.values():
        column.sort(key=lambda box: box.order)
        assert all(above.y + above.height <= below.y for above, below in pairwise(column))

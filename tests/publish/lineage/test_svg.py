"""The picture of lineage and the data of its explorer."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from workbench.publish.lineage.data import lineage_data
from workbench.publish.lineage.layout import Edge, Node, layout
from workbench.publish.lineage.svg import edge_path, fitted, graph_svg

HOSTILE = "</svg><script>alert(1)</script>\u202e\x07"
NODES = [
    Node("raw:f", "f.csv", "source", "raw"),
    Node("silver:a", HOSTILE, "dataset", "silver", "datasets/a.html", "failed", (("x", "text"),)),
    Node("target:b", "b", "target", "target", "javascript:alert(1)"),
]
EDGES = [
    Edge("raw:f", "silver:a", ("direct",)),
    Edge(
        "silver:a",
        "target:b",
        ("filter", "derived"),
        (("x", "y", "derived"), ("x", None, "filter")),
    ),
]


def picture(**changes: object) -> ElementTree.Element:
    given: dict[str, object] = {"title": "Lineage", "description": "3 tables", "words": {}}
    return ElementTree.fromstring(graph_svg(NODES, EDGES, **{**given, **changes}))  # type: ignore[arg-type]


def by_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [item for item in root.iter() if name in (item.get("class") or "").split()]


def test_nodes_are_links_where_they_have_a_page_and_never_leave_the_site() -> None:
    nodes = by_class(picture(), "wb-node")
    assert [node.tag for node in nodes] == ["g", "a", "g"]
    assert nodes[1].get("href") == "datasets/a.html"


def test_names_stay_text() -> None:
    root = picture()
    assert not list(root.iter("script"))
    title = by_class(root, "wb-node")[1].findtext("title") or ""
    assert title.startswith("</svg><script>alert(1)</script>")


def test_edges_say_what_they_are() -> None:
    edge = by_class(picture(words={"derived": "abgeleitet"}), "wb-edge")[1]
    assert edge.get("class") == "wb-edge wb-edge--derived"
    assert (edge.findtext("title") or "").endswith("→ b: filter, abgeleitet")


def test_status_and_layer_are_words_too() -> None:
    about = [item.text for item in by_class(picture(words={"failed": "Failed"}), "wb-node__about")]
    assert about == ["raw", "silver · Failed", "target"]


def test_the_focus_is_marked() -> None:
    focused = by_class(picture(focus="silver:a"), "wb-node--focus")
    assert [node.get("data-id") for node in focused] == ["silver:a"]
    assert focused[0].get("aria-current") == "true"


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("orders", 10, "orders"),
        ("customer_orders", 10, "customer_…"),
        ("売上高の合計", 6, "売上…"),
        ("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"),
    ],
)
def test_long_names_are_cut(text: str, room: int, shown: str) -> None:
    assert fitted(text, room) == shown


def test_a_path_bends_between_ranks_and_is_level_beside_boxes() -> None:
    path = edge_path([(0, 0), (10, 20), (30, 20), (40, 0)])
    assert path == "M0 0C5 0 5 20 10 20H30C35 20 35 0 40 0"


def test_the_explorer_gets_columns_by_number() -> None:
    data = lineage_data(NODES, EDGES, layout(NODES, EDGES))
    assert [node["rank"] for node in data["nodes"]] == [0, 1, 2]
    assert data["edges"][1] == {
        "s": 1,
        "t": 2,
        "kinds": ["filter", "derived"],
        "columns": [[0, 0, "derived"], [0, -1, "filter"]],
    }
    assert data["nodes"][2]["columns"] == [["y", ""]]

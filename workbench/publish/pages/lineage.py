"""Lineage: the whole graph, the neighbourhood of a dataset, and the same as tables.

The graph has three kinds of nodes: received files (one node for each dataset that has any),
datasets, and targets. Bronze is inside a dataset and has no node of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from workbench.publish import markdown, markup
from workbench.publish.collect.facts import EdgeFacts
from workbench.publish.collect.snapshot import Snapshot
from workbench.publish.health import last_status
from workbench.publish.lineage.graph import Edge, Node, neighbourhood
from workbench.publish.lineage.layout import Layout, layout
from workbench.publish.lineage.svg import graph_svg
from workbench.publish.markdown import Page
from workbench.publish.markup import Markup, Th
from workbench.publish.messages import Language
from workbench.publish.pages.head import head
from workbench.publish.pages.writer import STATUS, World, Writer

_DEPTH = 2
_KINDS = ("direct", "derived", "aggregated", "filter", "join", "dedupe")
_LAYERS = ("raw", "bronze", "silver", "gold", "target", "source", "dataset")
_MOST_COLUMNS = 40


@dataclass(frozen=True)
class Lineage:
    """The graph; urls of nodes are relative to the language's root."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def layout(self) -> Layout:
        """Where everything is drawn."""
        return layout(self.nodes, self.edges)

    @cached_property
    def names(self) -> Mapping[str, Node]:
        """The nodes by id."""
        return {node.id: node for node in self.nodes}


def graph(snapshot: Snapshot) -> Lineage:
    """The graph of a snapshot, with bronze folded into its dataset."""
    nodes: dict[str, Node] = {}
    for dataset in snapshot.datasets.values():
        status = last_status(snapshot, dataset.name)
        nodes[f"dataset:{dataset.name}"] = Node(
            id=f"dataset:{dataset.name}",
            name=dataset.name,
            kind="dataset",
            layer=dataset.layer,
            url=f"datasets/{dataset.name}.html",
            status=STATUS[status] if status else None,
            columns=tuple((column.name, column.type) for column in dataset.columns),
        )
    found: dict[
        tuple[str, str], tuple[dict[str, None], dict[tuple[str | None, str | None, str], None]]
    ]
    found = {}
    received: dict[str, dict[str, None]] = {}
    for edge in snapshot.edges:
        source, target = _end(edge.source, snapshot), _end(edge.target, snapshot)
        if edge.source.startswith("raw:") and edge.target.endswith(".bronze"):
            received.setdefault(edge.target.removesuffix(".bronze"), {})[edge.source[4:]] = None
            continue
        if source is None or target is None or source == target:
            continue
        if target.startswith("target:"):
            nodes.setdefault(target, Node(target, target[7:], "target", "target"))
        kinds, columns = found.setdefault((source, target), ({}, {}))
        if edge.source_column or edge.target_column:
            columns[edge.source_column, edge.target_column, edge.kind] = None
        if edge.kind != "direct" or not (edge.source_column or edge.target_column):
            kinds[edge.kind] = None
    for name, files in received.items():
        if f"dataset:{name}" in nodes:
            listed = list(files)
            shown = listed[0] if len(listed) == 1 else f"{listed[0]} + {len(listed) - 1}"
            nodes[f"source:{name}"] = Node(f"source:{name}", shown, "source", "raw")
            found.setdefault((f"source:{name}", f"dataset:{name}"), ({"direct": None}, {}))
    edges = tuple(
        Edge(source, target, _kinds(kinds, columns), tuple(columns))
        for (source, target), (kinds, columns) in sorted(found.items())
        if source in nodes and target in nodes
    )
    return Lineage(tuple(_with_columns(node, edges) for node in nodes.values()), edges)


def _kinds(
    kinds: Mapping[str, None], columns: Mapping[tuple[str | None, str | None, str], None]
) -> tuple[str, ...]:
    said = dict.fromkeys([*kinds, *(kind for _, _, kind in columns)])
    return tuple(kind for kind in _KINDS if kind in said) or ("direct",)


def _with_columns(node: Node, edges: Sequence[Edge]) -> Node:
    """The columns of received files are those that something is made from."""
    if node.kind != "source":
        return node
    used = {
        column: None
        for edge in edges
        if edge.source == node.id
        for column, _, _ in edge.columns
        if column
    }
    return replace(node, columns=tuple((name, "text") for name in used))


def _end(name: str, snapshot: Snapshot) -> str | None:
    """The node that an end of a recorded edge belongs to."""
    if name.startswith("target:"):
        return name
    if name in snapshot.datasets:
        return f"dataset:{name}"
    if name.endswith(".bronze") and name.removesuffix(".bronze") in snapshot.datasets:
        return f"source:{name.removesuffix('.bronze')}"
    return None


def page(world: World, lang: Language, lineage: Lineage) -> Page:
    """The whole graph, with its twin as a table."""
    w = Writer(world, lang, "lineage/index")
    blocks = [head(w, w.t("lineage"), lead=w.t("lineage.lead"), crumbs=())]
    if lineage.edges:
        blocks.append(markdown.html(_drawn(w, lineage, None, whole=True)))
    else:
        blocks.append(markdown.html(markup.empty(w.t("lineage.none"), w.t("home.empty.hint"))))
    blocks.append(
        markdown.section(
            "files",
            w.t("lineage.files"),
            markdown.words(w.t("lineage.files.words")),
            markdown.html(
                markup.tag(
                    "ul",
                    *(
                        markup.tag("li", markup.link(f"{_up(w)}data/{name}", name), " ", w.t(key))
                        for name, key in (
                            ("lineage.jsonld", "lineage.jsonld"),
                            ("openlineage.json", "lineage.openlineage"),
                        )
                    ),
                )
            ),
        )
    )
    return Page(
        "lineage/index", lang, "lineage", w.t("lineage"), tuple(blocks), wide=True,
        as_of=markup.iso(world.snapshot.as_of),
    )  # fmt: skip


def _up(w: Writer) -> str:
    """From the page to the root of the site, above its languages."""
    return "../" * (w.here.count("/") + (w.lang != "en"))


def neighbours(w: Writer, lineage: Lineage, dataset: str) -> list[str]:
    """What a dataset is made from and what is made from it, two steps each way."""
    focus = f"dataset:{dataset}"
    nodes, edges = neighbourhood(lineage.nodes, lineage.edges, focus, _DEPTH)
    if not edges:
        return [markdown.words(w.t("lineage.alone"))]
    # what befalls the others shows on their own pages: this one need not change with them
    bare = tuple(replace(node, status=None) for node in nodes)
    near = Lineage(bare, tuple(edges))
    after = [
        edge.target.removeprefix("dataset:")
        for edge in lineage.edges
        if edge.source == focus and edge.target.startswith("dataset:")
    ]
    said = w.t("lineage.used") if after else w.t("lineage.unused")
    links = markup.join((w.dataset_link(name) for name in after), ", ")
    explore = markup.link(w.href("lineage/index", f"focus={focus}&depth=2"), w.t("lineage.explore"))
    return [
        markdown.html(markup.tag("p", said, " ", links, " · " if after else " ", explore)),
        markdown.html(_drawn(w, near, focus, whole=False)),
    ]


def _drawn(w: Writer, lineage: Lineage, focus: str | None, *, whole: bool) -> Markup:
    root = "../" * w.here.count("/")
    nodes = [replace(node, url=root + node.url) if node.url else node for node in lineage.nodes]
    words = {name: w.t(f"kind.{name}") for name in _KINDS}
    words |= {name: w.t(f"layer.{name}") for name in _LAYERS}
    words |= {name: w.t(f"status.{name}") for name in STATUS.values()}
    title = (
        w.t("lineage.title")
        if whole
        else w.t("lineage.title.of", name=lineage.names[focus or ""].name)
    )
    description = w.t(
        "lineage.description", nodes=w.n(len(lineage.nodes)), edges=w.n(len(lineage.edges))
    )
    svg = graph_svg(
        nodes, lineage.edges, title=title, description=description, words=words, focus=focus,
        layout=lineage.layout,
    )  # fmt: skip
    canvas = markup.tag("div", Markup(svg), class_="wb-lineage__canvas")
    twin = markup.tag(
        "details",
        markup.tag("summary", w.t("as_table")),
        _table(w, lineage, "lineage" if whole else "lineage-near"),
        class_="wb-twin",
        open=whole,
    )
    return markup.tag("div", canvas, twin, class_="wb-lineage", data_explorer=whole)


def _table(w: Writer, lineage: Lineage, name: str) -> Markup:
    columns = [
        Th(w.t("lineage.table.from")), Th(w.t("lineage.table.to")), Th(w.t("lineage.kinds")),
        Th(w.t("columns")),
    ]  # fmt: skip
    rows = [
        (
            _end_link(w, lineage.names[edge.source]),
            _end_link(w, lineage.names[edge.target]),
            markup.join((_kind(w, kind) for kind in edge.kinds), " "),
            _pairs(w, edge),
        )
        for edge in lineage.edges
    ]
    return markup.table(name, w.t("lineage.table"), columns, rows)


def _kind(w: Writer, kind: Literal["direct"] | str) -> Markup:
    return markup.tag("span", w.t(f"kind.{kind}"), class_=f"wb-kind wb-kind--{kind}")


def _end_link(w: Writer, node: Node) -> Markup:
    if node.kind == "dataset":
        return w.dataset_link(node.name)
    return markup.join(
        (markup.code(node.name), " ", markup.chip(w.t(f"layer.{node.layer}"), node.layer))
    )


def _pairs(w: Writer, edge: Edge) -> Markup:
    shown = []
    for source, target, kind in edge.columns[:_MOST_COLUMNS]:
        pair = f"{source or '*'} → {target or '*'}"
        shown.append(markup.code(pair if kind == "direct" else f"{pair} ({w.t(f'kind.{kind}')})"))
    if len(edge.columns) > _MOST_COLUMNS:
        shown.append(markup.esc(w.count("more", len(edge.columns) - _MOST_COLUMNS)))
    return markup.join(shown, ", ") if shown else Markup("–")


def edges_near(edges: Sequence[EdgeFacts], dataset: str) -> list[EdgeFacts]:
    """The recorded edges within two steps of a dataset: what its page depends on.

    Datasets that happen to receive files of the same name are not near each other.
    """
    ends = [(_base(edge.source), _base(edge.target)) for edge in edges]
    near = {dataset}
    for _ in range(_DEPTH):
        near |= {source for source, target in ends if source and target in near} | {
            target for source, target in ends if target and source in near
        }
    return [
        edge
        for edge, (source, target) in zip(edges, ends, strict=True)
        if source in near or target in near
        if (source in near or not source) and (target in near or not target)
    ]


def _base(name: str) -> str:
    """The dataset at an end of an edge; empty for files and targets."""
    return "" if name.startswith(("raw:", "target:")) else name.removesuffix(".bronze")

"""The lineage graph as an inline picture: nodes are links, edges say what they are.

It reads without scripts; the explorer draws its own over it. There is always a table beside it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from workbench.publish.charts.marks import STATUS_TONES, safe_href, short, tag
from workbench.publish.charts.marks import words as escaped
from workbench.publish.lineage.graph import Edge, Node, known_edges
from workbench.publish.lineage.layout import Box, Layout
from workbench.publish.lineage.layout import layout as laid_out

_FITS = 24  # letters of a name
_FITS_BELOW = 28


def graph_svg(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    title: str,
    description: str,
    words: Mapping[str, str],
    focus: str | None = None,
    layout: Layout | None = None,
) -> str:
    """The graph as ``<svg>``, named ``title``.

    ``words`` translates kinds, layers and statuses; what it lacks stands as it is. ``focus`` is
    the id of the node that the page is about. ``layout`` is made here unless it is at hand.
    """
    plan = layout or laid_out(nodes, edges)
    names = {node.id: node.name for node in nodes}
    drawn = [
        _edge(edge, plan.routes[edge.source, edge.target], names, words)
        for edge in known_edges(nodes, edges)
    ]
    boxes = [_node(node, plan.boxes[node.id], node.id == focus, words) for node in nodes]
    return tag(
        "svg",
        {
            "class": "wb-graph",
            "role": "group",
            "aria-label": title,
            "width": plan.width,
            "height": plan.height,
            "viewBox": f"0 0 {short(plan.width)} {short(plan.height)}",
        },
        tag("desc", {}, escaped(description)),
        tag("g", {"class": "wb-graph__edges"}, *drawn),
        tag("g", {"class": "wb-graph__nodes"}, *boxes),
    )


def edge_path(points: Sequence[tuple[float, float]]) -> str:
    """A smooth path that leaves and enters level: bends between ranks, straight beside boxes."""
    (x, y), *rest = points
    parts = [f"M{short(x)} {short(y)}"]
    for number, (to_x, to_y) in enumerate(rest):
        if number % 2:
            parts.append(f"H{short(to_x)}")
        else:
            middle = short((x + to_x) / 2)
            parts.append(f"C{middle} {short(y)} {middle} {short(to_y)} {short(to_x)} {short(to_y)}")
        x, y = to_x, to_y
    return "".join(parts)


def fitted(text: str, room: int) -> str:
    """Text cut to about ``room`` letters; wide ones count double, marks that combine not at all."""
    used = 0
    for index, letter in enumerate(text):
        if unicodedata.combining(letter):
            continue
        used += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if used > room:
            return text[: max(1, index - 1)].rstrip() + "…"
    return text


def _edge(
    edge: Edge,
    points: Sequence[tuple[float, float]],
    names: Mapping[str, str],
    said: Mapping[str, str],
) -> str:
    kinds = ", ".join(said.get(kind, kind) for kind in edge.kinds)
    backwards = points[-1][0] < points[0][0]
    x, y = points[-1]
    back = short(x + 7 if backwards else x - 7)
    tip = f"M{short(x)} {short(y)}L{back} {short(y - 4)}V{short(y + 4)}Z"
    return tag(
        "g",
        {
            "class": f"wb-edge wb-edge--{edge.kind}",
            "data-source": edge.source,
            "data-target": edge.target,
        },
        tag("title", {}, escaped(f"{names[edge.source]} → {names[edge.target]}: {kinds}")),
        tag("path", {"class": "wb-edge__line", "d": edge_path(points)}),
        tag("path", {"class": "wb-edge__tip", "d": tip}),
    )


def _node(node: Node, box: Box, focused: bool, said: Mapping[str, str]) -> str:
    about = [said.get(word, word) for word in (node.layer or node.kind, node.status or "") if word]
    below = " · ".join(about)
    tone = STATUS_TONES.get(node.status or "")
    # the left edge of the box is the layer's colour
    side = short(box.height - 8)
    strip = f"M{short(box.x + 5)} {short(box.y)}h-1a4 4 0 0 0-4 4v{side}a4 4 0 0 0 4 4h1z"
    content = (
        tag("title", {}, escaped(f"{node.name} ({below})")),
        tag(
            "rect",
            {
                "class": "wb-node__box",
                "x": box.x,
                "y": box.y,
                "width": box.width,
                "height": box.height,
                "rx": 4,
            },
        ),
        tag("path", {"class": f"wb-node__layer wb-layer--{_word(node.layer)}", "d": strip}),
        # cut once more where the font is wide
        tag(
            "svg",
            {"x": box.x + 16, "y": box.y, "width": box.width - 38, "height": box.height},
            tag("text", {"class": "wb-node__name", "y": 20}, escaped(fitted(node.name, _FITS))),
            tag(
                "text",
                {"class": "wb-node__about", "y": 37},
                escaped(fitted(below, _FITS_BELOW)),
            ),
        ),
        tag(
            "circle",
            {
                "class": f"wb-node__status wb-tone--{tone}",
                "cx": box.x + box.width - 12,
                "cy": box.y + 12,
                "r": 3.5,
            },
        )
        if tone
        else "",
    )
    href = safe_href(node.url)
    classes = f"wb-node wb-node--{node.kind}{' wb-node--focus' if focused else ''}"
    return tag(
        "a" if href else "g",
        {
            "class": classes,
            "data-id": node.id,
            "href": href,
            "aria-current": "true" if focused and href else None,
        },
        *content,
    )


def _word(text: str) -> str:
    """A layer as part of a class name."""
    return text if text in ("raw", "bronze", "silver", "gold", "target") else "other"

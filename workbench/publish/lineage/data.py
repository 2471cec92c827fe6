"""What the lineage explorer reads: the graph as plain values, columns by their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.publish.lineage.graph import Edge, Node, known_edges
from workbench.publish.lineage.layout import Layout


def lineage_data(nodes: Sequence[Node], edges: Sequence[Edge], layout: Layout) -> dict[str, Any]:
    """The value of ``window.PORTAL_LINEAGE``; urls of nodes are relative to the language root.

    Edges name nodes and columns by their index; -1 stands for the rows as a whole, and columns
    that the node does not list are added to it without a type.
    """
    index = {node.id: number for number, node in enumerate(nodes)}
    columns = [[list(column) for column in node.columns] for node in nodes]
    place = [{name: number for number, (name, _) in enumerate(node.columns)} for node in nodes]

    def column(node: int, name: str | None) -> int:
        if name is None:
            return -1
        if name not in place[node]:
            place[node][name] = len(columns[node])
            columns[node].append([name, ""])
        return place[node][name]

    lines = []
    for edge in known_edges(nodes, edges):
        s, t = index[edge.source], index[edge.target]
        lines.append(
            {
                "s": s,
                "t": t,
                "kinds": list(edge.kinds),
                "columns": [[column(s, a), column(t, b), kind] for a, b, kind in edge.columns],
            }
        )
    return {
        "nodes": [
            {
                "id": node.id,
                "name": node.name,
                "kind": node.kind,
                "layer": node.layer,
                "url": node.url,
                "status": node.status,
                "rank": layout.boxes[node.id].rank,
                "y": round(layout.boxes[node.id].y),
                "columns": columns[number],
            }
            for number, node in enumerate(nodes)
        ],
        "edges": lines,
    }

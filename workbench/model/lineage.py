"""Lineage edges, between tables and between columns."""

from __future__ import annotations

from typing import Literal

from workbench.model.value import Value

EdgeKind = Literal["direct", "derived", "aggregated", "filter", "join", "dedupe"]


class LineageEdge(Value):
    """``target`` depends on ``source``.

    A column edge names both columns. ``filter``, ``join`` and ``dedupe`` are indirect: the source
    column decides which rows there are, so ``target_column`` is ``None``. With both columns
    ``None`` it is an edge between tables.
    """

    source: str
    target: str
    source_column: str | None = None
    target_column: str | None = None
    kind: EdgeKind = "direct"

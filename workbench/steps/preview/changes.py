"""What a transform means for the columns: which come, go, and are computed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.model.dataset import Column
from workbench.spec.models import TransformUse
from workbench.steps.preview.model import ColumnChanges, Origin, Renamed, Retyped
from workbench.transforms.core import pipeline
from workbench.transforms.core.context import Context

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class Thought:
    """The table after a transform as an expression over the source, and its columns.

    ``origins`` say where each column comes from in the table just before.
    """

    table: ir.Table
    columns: tuple[Column, ...]
    changes: ColumnChanges = field(default_factory=ColumnChanges)
    origins: tuple[Origin, ...] = ()


def think(before: Thought, use: TransformUse, number: int, context: Context) -> Thought:
    """What ``use`` makes of the columns; raises ``TransformError`` if it does not fit."""
    done = number - 1
    [(table, columns)] = pipeline.think(before.table, before.columns, [use], context, done=done)
    if not use.enabled:
        return Thought(table, columns)
    # the same by itself, over the table just before it
    start = pipeline.unbound(before.columns, _BEFORE)
    [(alone, _)] = pipeline.think(start, before.columns, [use], context, done=done)
    stage = pipeline.Stage(alone, alone, columns)
    edges = [
        edge for edge in pipeline.lineage_of(stage, context)
        if edge.source == _BEFORE and edge.source_column and edge.target_column
    ]  # fmt: skip
    origins = tuple(
        Origin(column=str(e.target_column), source=str(e.source_column), kind=e.kind) for e in edges
    )
    return Thought(table, columns, compare(before.columns, columns, origins), origins)


_BEFORE = "the table before"


def compare(
    before: Sequence[Column], after: Sequence[Column], origins: Sequence[Origin]
) -> ColumnChanges:
    """What is added, removed, renamed, retyped, and computed anew under the same name."""
    old = {column.name: column for column in before}
    new = {column.name: column for column in after}
    sources: dict[str, list[Origin]] = {}
    for origin in origins:
        sources.setdefault(origin.column, []).append(origin)

    def is_itself(name: str) -> bool:
        found = sources.get(name, [])
        return [(each.source, each.kind) for each in found] == [(name, "direct")]

    renamed: list[Renamed] = []
    for name in new:
        found = sources.get(name, [])
        if len(found) == 1 and found[0].kind == "direct" and found[0].source != name:
            source = found[0].source
            is_kept = source in new and is_itself(source)
            if not is_kept and source not in {each.before for each in renamed}:
                renamed.append(Renamed(before=source, after=name))
    gone = {each.before for each in renamed}
    come = {each.after for each in renamed}
    same = [name for name in new if name in old and name not in come]
    return ColumnChanges(
        added=tuple(name for name in new if name not in old and name not in come),
        removed=tuple(name for name in old if name not in new and name not in gone),
        renamed=tuple(renamed),
        retyped=tuple(
            Retyped(name=name, before=old[name].type, after=new[name].type)
            for name in same
            if old[name].type != new[name].type
        ),
        changed=tuple(name for name in same if not is_itself(name)),
    )

"""What a transform means for the columns: which come, go, and are computed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.model.dataset import Column
from workbench.model.lineage import EdgeKind, LineageEdge
from workbench.spec.models import TransformUse
from workbench.steps.preview.model import ColumnChanges, Origin, Renamed, Retyped
from workbench.transforms.core import pipeline
from workbench.transforms.core.context import Context

if TYPE_CHECKING:
    import ibis.expr.types as ir


#: How a column depends on others, from least to most.
_STRENGTH: tuple[EdgeKind, ...] = ("direct", "derived", "aggregated")
_BEFORE = "the table before"


@dataclass(frozen=True)
class Thought:
    """A transform over the table just before it, without rows: the expression and its columns.

    ``origins`` say where each column comes from in that table, ``joined`` which columns of other
    datasets it comes from.
    """

    table: ir.Table
    columns: tuple[Column, ...]
    changes: ColumnChanges = field(default_factory=ColumnChanges)
    origins: tuple[Origin, ...] = ()
    joined: tuple[LineageEdge, ...] = ()


def think(before: Sequence[Column], use: TransformUse, number: int, context: Context) -> Thought:
    """What ``use`` makes of the columns; raises ``TransformError`` if it does not fit."""
    columns = tuple(before)
    start = pipeline.unbound(columns, _BEFORE)
    [(table, after)] = pipeline.think(start, columns, [use], context, done=number - 1)
    if not use.enabled:
        return Thought(table, after)
    edges = pipeline.lineage_of(pipeline.Stage(table, table, after), context)
    named = [edge for edge in edges if edge.source_column and edge.target_column]
    origins = tuple(
        Origin(column=str(edge.target_column), source=str(edge.source_column), kind=edge.kind)
        for edge in named
        if edge.source == _BEFORE
    )
    joined = tuple(edge for edge in named if edge.source != _BEFORE)
    return Thought(table, after, compare(columns, after, origins), origins, joined)


def trace(thoughts: Sequence[Thought], source: str, dataset: str) -> tuple[LineageEdge, ...]:
    """Where the final columns come from, step by step back to ``source`` and other datasets."""
    reached: dict[str, dict[tuple[str, str], EdgeKind]] = {
        column.name: {(source, column.name): "direct"} for column in thoughts[0].columns
    }
    for thought in thoughts[1:]:
        if not thought.origins and not thought.joined:
            continue
        after: dict[str, dict[tuple[str, str], EdgeKind]] = {}
        for origin in thought.origins:
            for at, kind in reached.get(origin.source, {}).items():
                _note(after.setdefault(origin.column, {}), at, kind, origin.kind)
        for edge in thought.joined:
            at = (edge.source, str(edge.source_column))
            _note(after.setdefault(str(edge.target_column), {}), at, edge.kind)
        reached = after
    return tuple(
        LineageEdge(
            source=table, source_column=name, target=dataset, target_column=column.name, kind=kind
        )
        for column in thoughts[-1].columns
        for (table, name), kind in reached.get(column.name, {}).items()
    )


def _note(known: dict[tuple[str, str], EdgeKind], at: tuple[str, str], *kinds: EdgeKind) -> None:
    """Of several ways, the kind that says most counts."""
    given = [*kinds, *([known[at]] if at in known else [])]
    known[at] = max(given, key=_STRENGTH.index)


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

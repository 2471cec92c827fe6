"""The rows of a preview: windows of them, where a row is, and where a text is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from workbench.errors import ConfigError
from workbench.spec.models import DatasetSpec
from workbench.steps.preview import checks as checking
from workbench.steps.preview import windows
from workbench.steps.preview.cache import digest
from workbench.steps.preview.engine import Engine
from workbench.steps.preview.kept import Kept
from workbench.steps.preview.model import Filter, Sort, Window
from workbench.steps.preview.values import plain
from workbench.steps.preview.walking import Walk
from workbench.steps.preview.windows import Query, Relation

if TYPE_CHECKING:
    import duckdb

#: Where the last step is meant.
LAST = -1

F = TypeVar("F", bound=Callable[..., Any])


def using(method: F) -> F:
    """What a method finds in the engine stays there until it has answered."""

    @wraps(method)
    def wrapped(self: PreviewedRows, *args: Any, **options: Any) -> Any:
        with self.engine.using():
            return method(self, *args, **options)

    return cast(F, wrapped)


class PreviewedRows:
    """The rows after each step of a walk, as they are asked for."""

    engine: Engine
    spec: DatasetSpec
    walk: Walk

    @using
    def window(
        self,
        step: int = LAST,
        *,
        offset: int = 0,
        limit: int = 100,
        sort: Sequence[Sort] = (),
        filters: Sequence[Filter] = (),
        failing: int | None = None,
        raw: bool = False,
        marks: bool = True,
    ) -> Window:
        """Rows after a step. ``raw``: as received, before markers became null (step 0 only).

        ``failing`` leaves rows that fail this check (``-1``: any check); it is for the last step,
        and so are ``marks``. Raises ``NotFound`` for unknown columns and ``ConfigError`` for
        values that do not fit.
        """
        kept, number = self._at(0 if raw else step)
        last = number == len(self.walk.transforms)
        marks_table = self._marks() if last and not raw and (marks or failing is not None) else None
        with self.engine.reading() as cursor:
            relation = self._relation(cursor, kept, raw)
            query = _query(cursor, kept, relation, sort, filters, failing, marks_table)
            total = _count(cursor, kept, relation, query)
            names = [column.name for column in kept.stage.columns]
            found = windows.rows(
                cursor, relation, query, names, max(0, offset), min(limit, windows.MOST_ROWS)
            )
            positions = [row[0] for row in found]
            fails = checking.fails(cursor, marks_table, positions) if marks_table else {}
            marked = windows.marked(cursor, relation, positions)
        columns = kept.stage.columns if number else self.walk.input.columns
        return Window(
            step=number,
            offset=max(0, offset),
            total=total,
            columns=columns,
            positions=tuple(positions),
            rows=tuple(row[1] for row in found),
            sources=tuple(row[2] for row in found),
            cells=tuple(tuple(plain(cell) for cell in row[3:]) for row in found),
            failing=tuple(tuple(fails.get(position, ())) for position in positions),
            marked=tuple(tuple(marked.get(position, ())) for position in positions),
        )

    @using
    def locate(
        self,
        row: int,
        step: int = LAST,
        *,
        sort: Sequence[Sort] = (),
        filters: Sequence[Filter] = (),
        failing: int | None = None,
        raw: bool = False,
    ) -> int | None:
        """The offset of the first row that descends from row ``row`` of the file."""
        kept, _ = self._at(0 if raw else step)
        marks = self._marks() if failing is not None else None
        with self.engine.reading() as cursor:
            relation = self._relation(cursor, kept, raw)
            query = _query(cursor, kept, relation, sort, filters, failing, marks)
            return windows.place(cursor, relation, query, row)

    @using
    def find(
        self,
        text: str,
        step: int = LAST,
        *,
        after: int = -1,
        backwards: bool = False,
        columns: Sequence[str] | None = None,
        sort: Sequence[Sort] = (),
        filters: Sequence[Filter] = (),
        failing: int | None = None,
        raw: bool = False,
    ) -> tuple[int, str] | None:
        """Offset and column of the next cell that contains ``text``; ``None`` if there is none."""
        if not text:
            return None
        kept, _ = self._at(0 if raw else step)
        marks = self._marks() if failing is not None else None
        with self.engine.reading() as cursor:
            relation = self._relation(cursor, kept, raw)
            query = _query(cursor, kept, relation, sort, filters, failing, marks)
            chosen = [c.name for c in kept.stage.columns] if columns is None else list(columns)
            return windows.search(cursor, relation, query, text, chosen, after, backwards=backwards)

    def _marks(self) -> str | None:
        if not self.spec.expectations or self.walk.stop:
            return None
        kept, _ = self._at(LAST)
        return checking.checked(self.engine, self.spec, kept).marks

    def _number(self, step: int) -> int:
        count = len(self.walk.transforms)
        if step == LAST:
            return count
        if not 0 <= step <= count:
            raise ConfigError(
                f"there is no step {step}", where=f"dataset {self.spec.dataset}",
                remedy=f"steps are 0 (as received) to {count}",
            )  # fmt: skip
        return step

    def _at(self, step: int) -> tuple[Kept, int]:
        number = self._number(step)
        if number == 0:
            return self.walk.received, 0
        self.walk.thoughts()
        return self.walk.reach(number), number

    @staticmethod
    def _relation(cursor: duckdb.DuckDBPyConnection, kept: Kept, raw: bool) -> Relation:
        name = kept.raw if raw and kept.raw else kept.view
        known = kept.parts.get(name)
        if known is None:
            known = kept.parts[name] = Relation.of(cursor, name)
        relation: Relation = known
        return relation


def _query(
    cursor: duckdb.DuckDBPyConnection,
    kept: Kept,
    relation: Relation,
    sort: Sequence[Sort],
    filters: Sequence[Filter],
    failing: int | None,
    marks: str | None,
) -> Query:
    """Sorting and filters as SQL; whether rows are numbered without a gap is found out once."""
    found = checking.query(relation, sort, filters, failing, marks)
    if not found.is_plain:
        return found
    if "dense" not in kept.parts:
        kept.parts["dense"] = windows.last_number(cursor, relation) == kept.rows - 1
    return replace(found, dense=bool(kept.parts["dense"]))


def _count(cursor: duckdb.DuckDBPyConnection, kept: Kept, relation: Relation, query: Query) -> int:
    """How many rows a window scrolls over; remembered, since windows come one after another."""
    if query.where == "TRUE":
        return kept.rows
    key = digest("count", relation.name, query.where, query.parameters)
    if key not in kept.parts:
        kept.parts[key] = windows.count(cursor, relation, query)
    return int(kept.parts[key])

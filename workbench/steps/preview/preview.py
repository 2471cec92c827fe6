"""A preview: what a spec, saved or not, makes of a file, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from workbench.errors import ConfigError
from workbench.model.dataset import Column
from workbench.spec.loader import parse_dataset
from workbench.spec.models import DatasetSpec
from workbench.steps.preview import checks as checking
from workbench.steps.preview import details, statistics, trying, windows
from workbench.steps.preview.cache import digest
from workbench.steps.preview.engine import Engine, Kept, remember
from workbench.steps.preview.inputs import candidates, choose
from workbench.steps.preview.model import (
    ChecksView,
    ColumnStatistics,
    DistinctValues,
    FileChoice,
    Filter,
    PreviewView,
    Scope,
    Sort,
    StepDetail,
    Trial,
    Window,
)
from workbench.steps.preview.timeline import timeline
from workbench.steps.preview.walking import Walk
from workbench.steps.preview.windows import Query, Relation

if TYPE_CHECKING:
    import duckdb

#: Where the last step is meant.
LAST = -1

F = TypeVar("F", bound=Callable[..., Any])


def _using(method: F) -> F:
    """What a method finds in the engine stays there until it has answered."""

    @wraps(method)
    def wrapped(self: Preview, *args: Any, **options: Any) -> Any:
        with self.engine.using():
            return method(self, *args, **options)

    return cast(F, wrapped)


class Preview:
    """One spec over one file of its dataset.

    ``spec`` is a spec or its YAML text; ``file`` the name of a file of the dataset or the SHA-256
    of a received one (default: the newest); ``params`` as for a run. ``scope`` says how much of
    the file: its head (``sample``) or all of it. Rows are computed when they are asked for, and
    shared with other previews of the same engine where content and transforms are the same.
    ``cancelled`` is asked while rows are computed; if true, ``Cancelled`` is raised.
    """

    def __init__(
        self,
        engine: Engine,
        spec: DatasetSpec | str,
        *,
        file: str | None = None,
        scope: Scope = "sample",
        params: Mapping[str, Any] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        given = parse_dataset(spec) if isinstance(spec, str) else spec
        self.engine = engine
        self.spec = given.bind(params)
        candidate = None
        if self.spec.source_type != "dataset":
            candidate = choose(self.spec, engine.settings, engine.records(), file)
        self.walk = Walk(engine, self.spec, candidate, scope, cancelled)

    @staticmethod
    def files(engine: Engine, spec: DatasetSpec) -> tuple[FileChoice, ...]:
        """The files that can be previewed, newest first; none for a dataset made from datasets."""
        if spec.source_type == "dataset":
            return ()
        found = candidates(spec.bind(), engine.settings, engine.records())
        return tuple(each.choice for each in found)

    def until(self, cancelled: Callable[[], bool]) -> Preview:
        """The same preview, for somebody who may give up: see ``cancelled``."""
        other, walk = copy(self), copy(self.walk)
        walk.cancelled = cancelled
        other.walk = walk
        return other

    @property
    def key(self) -> str:
        """What the final rows are known by: the same key means the same rows."""
        return self.walk.keys[-1]

    @property
    def is_whole(self) -> bool:
        """Whether all of the file is previewed (a sample of a short file is)."""
        return self.walk.input.scope == "whole"

    # -- the timeline --------------------------------------------------------------------------

    @_using
    def view(self) -> PreviewView:
        """The timeline: rows and columns after each transform, what it did, and the lineage."""
        started = time.perf_counter()
        key = digest("view", self.walk.keys, self.spec.hash)
        found = self.engine.cache.get_json(key)
        if found is not None:
            try:
                seconds = time.perf_counter() - started
                return PreviewView.model_validate(found).model_copy(update={"seconds": seconds})
            except ValueError:
                pass  # what another version wrote is computed anew
        made = timeline(self.walk)
        self.engine.cache.put_json(key, made.model_dump(mode="json"))
        return made.model_copy(update={"seconds": time.perf_counter() - started})

    @_using
    def columns(self, step: int = LAST) -> tuple[Column, ...]:
        """The columns after a step, without computing rows."""
        thoughts = self.walk.thoughts()
        return thoughts[self._number(step) if step != LAST else len(thoughts) - 1].columns

    # -- cells ---------------------------------------------------------------------------------

    @_using
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
            query = checking.query(relation, sort, filters, failing, marks_table)
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
            cells=tuple(tuple(windows.plain(cell) for cell in row[3:]) for row in found),
            failing=tuple(tuple(fails.get(position, ())) for position in positions),
            marked=tuple(tuple(marked.get(position, ())) for position in positions),
        )

    @_using
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
            query = checking.query(relation, sort, filters, failing, marks)
            return windows.place(cursor, relation, query, row)

    @_using
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
            query = checking.query(relation, sort, filters, failing, marks)
            chosen = [c.name for c in kept.stage.columns] if columns is None else list(columns)
            return windows.search(cursor, relation, query, text, chosen, after, backwards=backwards)

    # -- figures ---------------------------------------------------------------------------------

    @_using
    def statistics(self, column: str, step: int = LAST, *, raw: bool = False) -> ColumnStatistics:
        """A column after a step at a glance; computed when asked for, then remembered."""
        number = 0 if raw else self._number(step)
        key = digest("statistics", self.walk.keys[number], column, raw)
        known = self.engine.thoughts.get(key) or self._cached(key, ColumnStatistics)
        if known is not None:
            found: ColumnStatistics = known
            return found
        kept, number = self._at(number)
        with self.engine.reading() as cursor:
            relation = self._relation(cursor, kept, raw)
            found = statistics.of_step(cursor, relation, column, number, kept, self.walk)
        remember(self.engine.thoughts, key, found)
        self.engine.cache.put_json(key, found.model_dump(mode="json"))
        return found

    @_using
    def detail(self, step: int) -> StepDetail:
        """Examples of what a transform did to rows and cells."""
        number = self._number(step)
        told = self.engine.told.get(self.walk.keys[number]) if number else None
        if number == 0 or told is None:
            return StepDetail(number=number)
        before, _ = self._at(number - 1)
        after, _ = self._at(number)
        thought = self.walk.thoughts()[number]
        with self.engine.reading() as cursor:
            pair = Relation.of(cursor, before.view), Relation.of(cursor, after.view)
            return details.detail(cursor, number, pair, thought, told, after.stage.unique)

    @_using
    def checks(self, *, everything: bool = False) -> ChecksView:
        """The expectations over the final rows, with the number of failing rows of each.

        Those that Great Expectations evaluates take seconds and wait for ``everything``.
        """
        kept, _ = self._at(LAST)
        done = checking.checked(self.engine, self.spec, kept, everything=everything)
        return ChecksView(
            checks=done.checks,
            rows=kept.rows,
            failing_rows=done.failing_rows,
            scope=self.walk.input.scope,
        )

    def _marks(self) -> str | None:
        if not self.spec.expectations or self.walk.stop:
            return None
        kept, _ = self._at(LAST)
        return checking.checked(self.engine, self.spec, kept).marks

    # -- help for forms --------------------------------------------------------------------------

    @_using
    def distinct(
        self, column: str, step: int = LAST, *, limit: int = 1_000, search: str = ""
    ) -> DistinctValues:
        """The values of a column after a step, most frequent first (for ``map_categories``)."""
        kept, _ = self._at(step)
        with self.engine.reading() as cursor:
            relation = Relation.of(cursor, kept.view)
            values, total = trying.distinct(cursor, relation, column, limit=limit, search=search)
        return DistinctValues(column=column, total=total, values=values)

    @_using
    def try_cast(
        self, column: str, cast: Mapping[str, Any], step: int = LAST, *, limit: int = 200
    ) -> Trial:
        """What ``type_cast`` would make of a column after a step; values that fail come first.

        ``cast`` are the options of one column, such as ``{"type": "date", "format": "%d/%m/%Y"}``.
        """
        kept, _ = self._at(step)
        with self.engine.building(self.walk.scope) as builder:
            return trying.try_column(builder, kept, column, cast, limit=limit)

    # -- within ----------------------------------------------------------------------------------

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

    def _cached(self, key: str, model: type[Any]) -> Any:
        found = self.engine.cache.get_json(key)
        if found is None:
            return None
        try:
            return model.model_validate(found)
        except ValueError:
            return None


def _count(cursor: duckdb.DuckDBPyConnection, kept: Kept, relation: Relation, query: Query) -> int:
    """How many rows a window scrolls over; remembered, since windows come one after another."""
    if query.where == "TRUE":
        return kept.rows
    key = digest("count", relation.name, query.where, query.parameters)
    if key not in kept.parts:
        kept.parts[key] = windows.count(cursor, relation, query)
    return int(kept.parts[key])

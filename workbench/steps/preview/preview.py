"""A preview: what a spec, saved or not, makes of a file, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, WorkbenchError
from workbench.model.dataset import PROVENANCE, Column
from workbench.model.sql import duckdb_type, identifier
from workbench.plan.build import check_key, describe
from workbench.registry import find
from workbench.spec.loader import parse_dataset
from workbench.spec.models import DatasetSpec
from workbench.steps.preview import checks as checking
from workbench.steps.preview import details, statistics, trying, windows
from workbench.steps.preview.cache import digest
from workbench.steps.preview.engine import MARKED, Engine, Kept, remember
from workbench.steps.preview.inputs import choose
from workbench.steps.preview.model import (
    ChecksView,
    ColumnStatistics,
    DistinctValues,
    Filter,
    PreviewView,
    RefusedRow,
    Scope,
    Sort,
    StepDetail,
    StepView,
    Trial,
    Window,
)
from workbench.steps.preview.walking import Walk, fault_of
from workbench.steps.preview.windows import Query, Relation
from workbench.transforms.core import pipeline
from workbench.transforms.core.columns import ROW_ID

if TYPE_CHECKING:
    import duckdb

#: Where the last step is meant.
LAST = -1


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

    @property
    def key(self) -> str:
        """What the final rows are known by: the same key means the same rows."""
        return self.walk.keys[-1]

    @property
    def is_whole(self) -> bool:
        """Whether all of the file is previewed (a sample of a short file is)."""
        return self.walk.input.scope == "whole"

    # -- the timeline --------------------------------------------------------------------------

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
        made = self._view()
        self.engine.cache.put_json(key, made.model_dump(mode="json"))
        return made.model_copy(update={"seconds": time.perf_counter() - started})

    def _view(self) -> PreviewView:
        walk = self.walk
        walk.finish()
        thoughts = walk.thoughts()
        steps = [
            StepView(
                number=0, name="received", rows=walk.received.rows,
                columns=walk.received.stage.columns,
            )
        ]  # fmt: skip
        stop = walk.stop
        for number, use in enumerate(walk.transforms, start=1):
            thought = thoughts[number] if number < len(thoughts) else None
            told = self.engine.told.get(walk.keys[number]) if use.enabled else None
            reached = stop is None or number < stop.number
            before = steps[-1].rows
            rows = told.ledger.rows_out if told else before if not use.enabled else None
            steps.append(
                StepView(
                    number=number,
                    name=use.name,
                    summary=find("transforms", use.name).summary(use.options),
                    enabled=use.enabled,
                    rows=rows if reached else None,
                    columns=thought.columns if thought else (),
                    changes=thought.changes if thought and use.enabled else steps[0].changes,
                    origins=thought.origins if thought else (),
                    ledger=told.ledger if told and reached else None,
                    reasons=told.reasons if told and reached else (),
                    fault=stop.fault if stop and stop.number == number else None,
                )
            )
        last = thoughts[-1]
        context = walk.context(walk.received.stage.columns)
        stage = pipeline.Stage(last.table, last.table, last.columns)
        fault = None
        try:
            if stop is None:
                check_key(last.columns, self.spec)
        except WorkbenchError as error:
            fault = fault_of(error)
        return PreviewView(
            dataset=self.spec.dataset,
            key=self.key,
            scope=walk.input.scope,
            input=walk.input,
            steps=tuple(steps),
            columns=describe(last.columns, self.spec),
            lineage=tuple(
                edge for edge in pipeline.lineage_of(stage, context) if edge.target_column
            ),
            fault=fault,
        )

    def columns(self, step: int = LAST) -> tuple[Column, ...]:
        """The columns after a step, without computing rows."""
        thoughts = self.walk.thoughts()
        return thoughts[self._number(step) if step != LAST else len(thoughts) - 1].columns

    # -- cells ---------------------------------------------------------------------------------

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
            query = self._query(relation, sort, filters, failing, marks_table)
            total = self._count(cursor, kept, relation, query)
            names = [column.name for column in kept.stage.columns]
            found = windows.rows(
                cursor, relation, query, names, max(0, offset), min(limit, windows.MOST_ROWS)
            )
            positions = [row[0] for row in found]
            fails = _fails(cursor, marks_table, positions) if marks_table else {}
            marked = _marked(cursor, relation, positions)
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
            query = self._query(relation, sort, filters, failing, marks)
            return windows.place(cursor, relation, query, row)

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
            query = self._query(relation, sort, filters, failing, marks)
            chosen = [c.name for c in kept.stage.columns] if columns is None else list(columns)
            return windows.search(cursor, relation, query, text, chosen, after, backwards=backwards)

    # -- figures ---------------------------------------------------------------------------------

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
            found = statistics.statistics(cursor, relation, column)
            received = self.walk.received
            origin = self._origin(number, column)
            if number == 0:
                beneath = Relation.of(cursor, received.raw) if received.raw else None
                found = statistics.of_received(cursor, found, beneath)
            elif origin is not None and kept.stage.unique:
                beneath = Relation.of(cursor, received.raw or received.view)
                found = statistics.of_descendant(cursor, found, relation, beneath, origin)
        remember(self.engine.thoughts, key, found)
        self.engine.cache.put_json(key, found.model_dump(mode="json"))
        return found

    def _origin(self, number: int, column: str) -> str | None:
        """The received column that a column is made of, if it is one alone."""
        names = {column}
        for thought in reversed(self.walk.thoughts()[1 : number + 1]):
            if thought.origins:
                names = {o.source for o in thought.origins if o.column in names}
        return next(iter(names)) if len(names) == 1 else None

    def detail(self, step: int) -> StepDetail:
        """Examples of what a transform did to rows and cells."""
        number = self._number(step)
        told = self.engine.told.get(self.walk.keys[number]) if number else None
        if number == 0 or told is None:
            return StepDetail(number=number)
        before, _ = self._at(number - 1)
        after, _ = self._at(number)
        thought = self.walk.thoughts()[number]
        unique = after.stage.unique
        pairs = [(name, name) for name in thought.changes.changed]
        ledger = told.ledger
        with self.engine.reading() as cursor:
            first, second = Relation.of(cursor, before.view), Relation.of(cursor, after.view)
            went = ledger.filtered or ledger.deduplicated
            return StepDetail(
                number=number,
                removed=details.removed(cursor, first, second, unique=unique) if went else (),
                refused=tuple(RefusedRow.model_validate(each) for each in told.refused),
                changed=details.changed(cursor, first, second, pairs, unique=unique),
            )

    def checks(self, *, everything: bool = False) -> ChecksView:
        """The expectations over the final rows, with the number of failing rows of each.

        Those that Great Expectations evaluates take seconds and wait for ``everything``.
        """
        kept, _ = self._at(LAST)
        done = self._checked(kept, everything)
        return ChecksView(
            checks=done.checks,
            rows=kept.rows,
            failing_rows=done.failing_rows,
            scope=self.walk.input.scope,
        )

    def _checked(self, kept: Kept, everything: bool = False) -> checking.Checked:
        uses = self.spec.expectations
        dumped = [use.model_dump(mode="json") for use in uses]
        key = digest("checks", dumped, self.spec.values, everything)
        found: checking.Checked | None = kept.parts.get(key)
        if found is None and not everything:
            found = kept.parts.get(digest("checks", dumped, self.spec.values, True))
        if found is None:
            with self.engine.reading() as cursor:
                candidate, numbered = self._candidate(cursor, kept)
                marks = self.engine.name("marks")
                found = checking.evaluate(
                    cursor, candidate, numbered, marks, uses, self.spec.values,
                    everything=everything,
                )  # fmt: skip
            if found.marks:
                kept.names.append(found.marks)
            kept.parts[key] = found
        return found

    def _marks(self) -> str | None:
        if not self.spec.expectations or self.walk.stop:
            return None
        kept, _ = self._at(LAST)
        return self._checked(kept).marks

    def _candidate(self, cursor: duckdb.DuckDBPyConnection, kept: Kept) -> tuple[str, str]:
        """The final rows just as a run stages them: provenance, and the planned types."""
        known: tuple[str, str] | None = kept.parts.get("candidate")
        if known is not None:
            return known
        relation = Relation.of(cursor, kept.view)
        provenance = [
            identifier(name) if name in relation.types else
            f"CAST(NULL AS {'BIGINT' if name == '_row' else 'VARCHAR'}) AS {identifier(name)}"
            for name in PROVENANCE
        ]  # fmt: skip
        typed = [
            f"CAST({identifier(c.name)} AS {duckdb_type(c.type)}) AS {identifier(c.name)}"
            for c in kept.stage.columns
        ]
        chosen = ", ".join([*provenance, *typed])
        names = (self.engine.name("candidate"), self.engine.name("numbered"))
        for name, more in zip(names, ("", f", {identifier(ROW_ID)}"), strict=True):
            cursor.execute(
                f"CREATE VIEW {identifier(name)} AS SELECT {chosen}{more} "
                f"FROM {identifier(kept.view)}"
            )
        kept.parts["candidate"] = names
        return names

    # -- help for forms --------------------------------------------------------------------------

    def distinct(
        self, column: str, step: int = LAST, *, limit: int = 1_000, search: str = ""
    ) -> DistinctValues:
        """The values of a column after a step, most frequent first (for ``map_categories``)."""
        kept, _ = self._at(step)
        with self.engine.reading() as cursor:
            relation = Relation.of(cursor, kept.view)
            values, total = trying.distinct(cursor, relation, column, limit=limit, search=search)
        return DistinctValues(column=column, total=total, values=values)

    def try_cast(
        self, column: str, cast: Mapping[str, Any], step: int = LAST, *, limit: int = 200
    ) -> Trial:
        """What ``type_cast`` would make of a column after a step; values that fail come first.

        ``cast`` are the options of one column, such as ``{"type": "date", "format": "%d/%m/%Y"}``.
        """
        kept, _ = self._at(step)
        name = self.engine.name("values")
        with self.engine.building(self.walk.scope) as builder:
            relation = Relation.of(builder.connection, kept.view)
            builder.connection.execute(
                f"CREATE TEMP VIEW {identifier(name)} AS SELECT {relation.column(column)} AS value,"
                f" count(*) AS count FROM {identifier(kept.view)} GROUP BY 1"
            )
            try:
                table = builder.backend.table(name)
                return trying.try_cast(builder.backend, table, cast, limit=limit)
            finally:
                builder.connection.execute(f"DROP VIEW {identifier(name)}")

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

    @staticmethod
    def _query(
        relation: Relation,
        sort: Sequence[Sort],
        filters: Sequence[Filter],
        failing: int | None,
        marks: str | None,
    ) -> Query:
        also = ""
        if failing is not None:
            also = "FALSE"
            if marks is not None:
                which = f" WHERE list_contains({checking.FAILS}, {int(failing)})"
                also = (
                    f"{identifier(ROW_ID)} IN (SELECT {identifier(ROW_ID)} FROM "
                    f"{identifier(marks)}{which if failing >= 0 else ''})"
                )
        return windows.query_of(relation, sort, filters, also)

    @staticmethod
    def _count(
        cursor: duckdb.DuckDBPyConnection, kept: Kept, relation: Relation, query: Query
    ) -> int:
        if query.where == "TRUE":
            return kept.rows
        key = digest("count", relation.name, query.where, query.parameters)
        if key not in kept.parts:
            kept.parts[key] = windows.count(cursor, relation, query)
        return int(kept.parts[key])

    def _cached(self, key: str, model: type[Any]) -> Any:
        found = self.engine.cache.get_json(key)
        if found is None:
            return None
        try:
            return model.model_validate(found)
        except ValueError:
            return None


def _fails(
    cursor: duckdb.DuckDBPyConnection, marks: str, positions: Sequence[int]
) -> dict[int, list[int]]:
    """The checks that rows at these positions fail."""
    rows = cursor.execute(
        f"SELECT {identifier(ROW_ID)}, {checking.FAILS} FROM {identifier(marks)} "
        f"WHERE list_contains(?::BIGINT[], {identifier(ROW_ID)})",
        [list(positions)],
    ).fetchall()
    return dict(rows)


def _marked(
    cursor: duckdb.DuckDBPyConnection, relation: Relation, positions: Sequence[int]
) -> dict[int, list[int]]:
    if MARKED not in relation.types:
        return {}
    rows = cursor.execute(
        f"SELECT {identifier(ROW_ID)}, {MARKED} FROM {identifier(relation.name)} "
        f"WHERE {identifier(ROW_ID)} IN (SELECT unnest(?::BIGINT[])) AND len({MARKED}) > 0",
        [list(positions)],
    ).fetchall()
    return dict(rows)

"""A preview: what a spec, saved or not, makes of a file, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from workbench.model.dataset import Column
from workbench.spec.loader import parse_dataset
from workbench.spec.models import DatasetSpec
from workbench.steps.preview import checks as checking
from workbench.steps.preview import details, statistics, trying
from workbench.steps.preview.cache import digest
from workbench.steps.preview.engine import Engine, remember
from workbench.steps.preview.inputs import candidates, choose
from workbench.steps.preview.model import (
    ChecksView,
    ColumnStatistics,
    DistinctValues,
    FileChoice,
    PreviewView,
    Scope,
    StepDetail,
    Trial,
)
from workbench.steps.preview.rows import LAST, PreviewedRows, using
from workbench.steps.preview.timeline import timeline
from workbench.steps.preview.walking import Walk
from workbench.steps.preview.windows import Relation

if TYPE_CHECKING:
    pass


class Preview(PreviewedRows):
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

    @using
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

    @using
    def columns(self, step: int = LAST) -> tuple[Column, ...]:
        """The columns after a step, without computing rows."""
        thoughts = self.walk.thoughts()
        return thoughts[self._number(step) if step != LAST else len(thoughts) - 1].columns

    # -- figures ---------------------------------------------------------------------------------

    @using
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

    @using
    def detail(self, step: int) -> StepDetail:
        """Examples of what a transform did to rows and cells."""
        after, number = self._at(step)
        if number and not self.walk.transforms[number - 1].enabled:
            return StepDetail(number=number)
        told = self.engine.told.get(self.walk.keys[number]) if number else None
        if told is None:
            return StepDetail(number=number)
        before, _ = self._at(number - 1)
        thought = self.walk.thoughts()[number]
        with self.engine.reading() as cursor:
            pair = Relation.of(cursor, before.view), Relation.of(cursor, after.view)
            return details.detail(cursor, number, pair, thought, told, after.stage.unique)

    @using
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

    # -- help for forms --------------------------------------------------------------------------

    @using
    def distinct(
        self, column: str, step: int = LAST, *, limit: int = 1_000, search: str = ""
    ) -> DistinctValues:
        """The values of a column after a step, most frequent first (for ``map_categories``)."""
        kept, _ = self._at(step)
        with self.engine.reading() as cursor:
            relation = Relation.of(cursor, kept.view)
            values, total = trying.distinct(cursor, relation, column, limit=limit, search=search)
        return DistinctValues(column=column, total=total, values=values)

    @using
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

    def _cached(self, key: str, model: type[Any]) -> Any:
        found = self.engine.cache.get_json(key)
        if found is None:
            return None
        try:
            return model.model_validate(found)
        except ValueError:
            return None

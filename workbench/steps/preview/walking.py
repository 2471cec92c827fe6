"""A spec walked over the rows of one file, by the product's own pipeline, as far as is needed.

The rows after transform *n* are known by the content they started from and the transforms up to
*n*. All transforms are done in one go, as in a run; the rows after one of them are computed by
themselves when somebody looks at them, or changes what comes after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.errors import Cancelled, SourceMissing, WorkbenchError
from workbench.model.dataset import PROVENANCE
from workbench.model.sql import identifier
from workbench.spec.models import DatasetSpec, TransformUse
from workbench.steps.preview.cache import digest
from workbench.steps.preview.changes import Thought, think
from workbench.steps.preview.engine import Engine, remember
from workbench.steps.preview.inputs import SAMPLE_ROWS, Received, from_published, receive
from workbench.steps.preview.kept import Kept
from workbench.steps.preview.model import Fault, InputView, Scope
from workbench.steps.preview.others import Others
from workbench.steps.preview.telling import tell
from workbench.transforms.core import pipeline
from workbench.transforms.core.context import tables_of

if TYPE_CHECKING:
    from workbench.steps.preview.builder import Builder
    from workbench.steps.preview.inputs import Candidate


@dataclass(frozen=True)
class Stop:
    """The transform that cannot be done (its number), and why."""

    number: int
    fault: Fault
    error: WorkbenchError


class Walk:
    """One bound ``spec`` over the rows of one file (``candidate``), or of a published table."""

    def __init__(
        self,
        engine: Engine,
        spec: DatasetSpec,
        candidate: Candidate | None,
        scope: Scope,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.engine = engine
        self.spec = spec
        self.candidate = candidate
        self.scope: Scope = scope
        self.cancelled = cancelled
        self.sha256 = engine.hashes.for_scope(candidate, scope) if candidate else ""
        self.stop: Stop | None = None
        self.others = Others(engine, spec)
        self._received: Kept | None = None
        self._keys: list[str] | None = None
        self._thoughts: list[Thought] | None = None

    # -- what is walked over ---------------------------------------------------------------

    @property
    def transforms(self) -> Sequence[TransformUse]:
        """The transforms of the spec, disabled ones included."""
        return self.spec.transforms

    @property
    def received(self) -> Kept:
        """The rows before any transform, typed as bronze."""
        if self._received is not None:
            found = self.engine.find(self._received.key)
            if found is not None:
                return found
        with self.engine.building(self.scope, self.cancelled) as builder:
            self._received = self._load(builder)
        return self._received

    @property
    def input(self) -> InputView:
        """What was previewed of which file."""
        found = self.received.input
        if found is None:
            raise AssertionError("received rows say what they are of")
        return found

    def _load(self, builder: Builder) -> Kept:
        key = self._input_key()
        found = self.engine.find(key)
        if found is None:
            received = self._receive(builder)
            context = self.others.context(received.view.columns)
            found = builder.load(replace(received, key=key), context)
            self.engine.keep(found)
        return found

    def _input_key(self) -> str:
        from workbench.steps.preview.inputs import input_key

        if self.candidate is not None:
            return input_key(self.spec, self.candidate.choice.name, self.sha256, self.scope)
        ref = self.others.version(self.spec.source.dataset).ref
        return digest("published", ref.dataset, ref.version, self.scope)

    def _receive(self, builder: Builder) -> Received:
        if self.candidate is not None:
            engine = self.engine
            return receive(
                self.spec, self.candidate, self.sha256, self.scope, engine.cache, engine.parsed
            )
        name = self.spec.source.dataset
        ref = self.others.version(name).ref
        view = identifier(self.others.view_of(name, builder))
        limit = f" LIMIT {SAMPLE_ROWS}" if self.scope == "sample" else ""
        table = builder.connection.execute(f"SELECT * FROM {view}{limit}").to_arrow_table()
        columns = tuple(column for column in ref.columns if column.name not in PROVENANCE)
        return from_published(name, ref.version, table, columns, self.scope, ref.rows or 0)

    # -- keys --------------------------------------------------------------------------------

    @property
    def keys(self) -> list[str]:
        """What the rows after each transform are known by; number 0 are those received."""
        if self._keys is None:
            keys = [self._input_key()]
            for number, use in enumerate(self.transforms, start=1):
                if not use.enabled:
                    keys.append(keys[-1])
                    continue
                keys.append(
                    digest(
                        keys[-1], number, use.name, use.options.model_dump(mode="json"),
                        self._upstream(use), self.spec.values, self.spec.dataset,
                    )
                )  # fmt: skip
            self._keys = keys
        return self._keys

    def _upstream(self, use: TransformUse) -> Mapping[str, int | None]:
        names = use.options.datasets() if hasattr(use.options, "datasets") else ()
        versions: dict[str, int | None] = {}
        for name in names:
            try:
                versions[name] = self.others.version(name).ref.version
            except SourceMissing:
                versions[name] = None  # said when the transform is walked
        return versions

    # -- what the transforms mean, without rows ------------------------------------------------

    def thoughts(self) -> list[Thought]:
        """What each transform makes of the columns, up to the first that cannot be done.

        A transform is thought about over the columns just before it, so that what is known of it
        stays known when another one changes.
        """
        if self._thoughts is None:
            self._thoughts = self._think()
        return self._thoughts

    def _think(self) -> list[Thought]:
        received = self.received.stage
        thoughts = [Thought(received.meant, received.columns)]
        context = self.others.context(received.columns)
        for number, use in enumerate(self.transforms, start=1):
            before = thoughts[-1].columns
            key = digest(
                "thought", use.model_dump(mode="json"), [each.model_dump() for each in before],
                self._upstream(use), self.spec.values, self.spec.dataset,
            )  # fmt: skip
            found = self.engine.thoughts.get(key)
            if found is None:
                try:
                    found = think(before, use, number, context)
                except WorkbenchError as error:
                    self.stop = Stop(number, fault_of(error), error)
                    break
                remember(self.engine.thoughts, key, found)
            thoughts.append(found)
        return thoughts

    # -- rows ----------------------------------------------------------------------------------

    def reach(self, number: int) -> Kept:
        """The rows after transform ``number``; raises what the first failing one raises."""
        found = self.engine.find(self.keys[number])
        if found is not None:
            return found
        if self.stop is not None and number >= self.stop.number:
            raise self.stop.error
        with self.engine.building(self.scope, self.cancelled) as builder:
            return self._advance(builder, number)

    def finish(self) -> Kept | None:
        """The final rows; ``None`` where a transform cannot be done: see ``stop``."""
        thoughts = self.thoughts()
        last = len(thoughts) - 1
        try:
            kept = self.reach(last) if self._is_told(last) else self._all(last)
        except Cancelled:
            raise
        except WorkbenchError:
            self._find_fault(last)
            return None
        return None if self.stop else kept

    def _is_told(self, last: int) -> bool:
        return all(
            self.keys[number] in self.engine.told
            for number, use in enumerate(self.transforms[:last], start=1)
            if use.enabled
        )

    def _all(self, last: int) -> Kept:
        """All rows; first those before what has changed, which will be changed again."""
        with self.engine.building(self.scope, self.cancelled) as builder:
            told = 0
            for number, use in enumerate(self.transforms[:last], start=1):
                if use.enabled and self.keys[number] not in self.engine.told:
                    break
                told = number
            if 0 < told < last:
                self._advance(builder, told)
            return self._advance(builder, last, anew=not self._is_told(last))

    def _find_fault(self, last: int) -> None:
        """Which transform it is that cannot be done: one after the other."""
        for number in range(1, last + 1):
            try:
                self.reach(number)
            except Cancelled:
                raise
            except WorkbenchError as error:
                if self.stop is None or number < self.stop.number:
                    self.stop = Stop(number, fault_of(error), error)
                return

    def _advance(self, builder: Builder, number: int, *, anew: bool = False) -> Kept:
        """The rows after transform ``number``, from the nearest that are kept."""
        found = self.engine.find(self.keys[number])
        if found is not None and not anew:
            return found
        base, start = self._nearest(number - 1 if anew else number, untold=anew)
        uses = self.transforms[start:number]
        if not any(use.enabled for use in uses):
            return base
        stage = replace(base.stage, number=start)
        received = self.received
        context = self.others.context(received.stage.columns, builder)
        builder.keeper.same = received.same
        self.engine.use_threads_for(base.rows)
        meant = [(each.table, each.columns) for each in self.thoughts()[start + 1 : number + 1]]
        try:
            done = pipeline.advance(stage, uses, context, keep=True, meant=meant)
            view = builder.show(done.stage.table)
            tell(builder, self.keys, start, uses, done)
        except BaseException:
            builder.keep_only(())
            raise
        finally:
            builder.recall.drop_views()  # what rests on them is computed
        names = builder.keep_only(tables_of(done.stage.table))
        rows = done.ledgers[-1].rows_out
        return self.engine.keep(Kept(self.keys[number], view, done.stage, rows, names))

    def _nearest(self, number: int, *, untold: bool) -> tuple[Kept, int]:
        """The nearest rows at or before ``number``; with ``untold`` before what is not told."""
        for each in range(number, 0, -1):
            if untold and not self._is_told(each):
                continue
            found = self.engine.find(self.keys[each])
            if found is not None:
                return found, each
        return self.received, 0


def fault_of(error: WorkbenchError) -> Fault:
    """An error as plain words."""
    return Fault(message=error.message, where=error.where, remedy=error.remedy)

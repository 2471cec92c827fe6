"""The materialize verb: a published version → one target.

Where the target holds the version before, an upsert takes the rows of this run alone; in every
other case the whole published version goes, so that a target that missed a load catches up.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.destinations.loading.request import LoadRequest
from workbench.errors import TargetUnavailable
from workbench.model.dataset import PROVENANCE, RUN, Column, DatasetRef
from workbench.model.ledger import LoadLedger
from workbench.model.lineage import LineageEdge
from workbench.model.result import StepResult
from workbench.model.sql import identifier, literal
from workbench.plan.build import describe, target_name
from workbench.records import batches, loads, runs, versions
from workbench.records.loads import TargetLoad
from workbench.spec.models import TargetSpec
from workbench.steps.context import StepContext
from workbench.steps.planning import open_destination


def materialize(context: StepContext) -> StepResult:
    """Load the context's target; skipped when it holds the published version already."""
    return _Materialize(context).run()


class _Materialize:
    def __init__(self, context: StepContext) -> None:
        self.context = context
        self.spec = context.spec
        self.target = self._target()
        self.name = target_name(self.spec, self.target)
        self.ref: DatasetRef = context.require_published(self.spec.dataset)
        self.last = loads.last_load(context.records, self.name, self.spec.dataset)

    def run(self) -> StepResult:
        version = self.ref.version or 0
        destination = open_destination(
            self.context.project, self.context.settings, self.target.connection
        )
        if self.last is not None and self._is_gone(destination):
            self.last = None  # whatever the records say, it is to be loaded anew
        if (
            self.last is not None
            and self.last.version == version
            and self.last.strategy == self.target.strategy
            and not self.context.full
        ):
            return StepResult(
                verb="materialize",
                dataset=self.spec.dataset,
                skipped=f"{self.name} holds version {version} already",
            )
        columns = self._columns()
        if self.context.takes_over:
            destination.raise_fence(self.target.schema_, self.target.table, self.context.fence)
        ledger: LoadLedger = destination.load(self._request(columns, version, destination))
        ledger.check()
        self._record(ledger, version)
        return StepResult(
            verb="materialize",
            dataset=self.spec.dataset,
            inputs=(self.ref,),
            outputs=(
                DatasetRef(
                    dataset=self.spec.dataset,
                    layer=self.spec.layer,
                    uri=self.name,
                    format="table",
                    version=version,
                    columns=columns,
                    rows=ledger.after,
                ),
            ),
            ledgers=(ledger,),
            lineage=(LineageEdge(source=self.spec.dataset, target=f"target:{self.name}"),),
        )

    @cached_property
    def validated(self) -> StepResult:
        """What the step before found."""
        return self.context.result_of("validate")

    def _target(self) -> TargetSpec:
        wanted = self.context.step.target
        for target in self.spec.targets:
            if wanted is not None and target_name(self.spec, target) == wanted.name:
                return target
        raise self.context.moved("the target of this step is no longer in the spec")

    def _is_gone(self, destination: Any) -> bool:
        """Whether somebody removed the table. One that cannot be looked at is taken to be there."""
        try:
            return destination.inspect(self.target.schema_, self.target.table) is None
        except TargetUnavailable:
            return False

    def _columns(self) -> tuple[Column, ...]:
        kept = tuple(
            column
            for column in self.ref.columns
            if self.target.provenance or column.name not in PROVENANCE
        )
        return describe(kept, self.spec)

    def _request(self, columns: tuple[Column, ...], version: int, destination: Any) -> LoadRequest:
        strategy = self.target.strategy
        candidate: list[Path | str] = list(self.context.layer().files(version))
        where = None
        if strategy == "append" and (held := self._held(destination)) is not None:
            where = self._since(held)
        elif strategy == "upsert" and (accepted := self._accepted()) is not None:
            candidate = [accepted]
        return LoadRequest(
            table=self.target.table,
            schema=self.target.schema_,
            strategy=strategy,
            key=self.spec.key,
            compare=self.spec.compare,
            on=self.target.on,
            columns=columns,
            candidate=candidate,
            where=where,
            run_id=self.context.run_id,
            fence=self.context.fence,
            version=version,
            keyed=self._keyed(),
            description=self.spec.description or self.spec.title,
        )

    def _held(self, destination: Any) -> int | None:
        """The version that the target holds: by the records, or by a load that it notes itself,
        whose process ended before it could record it."""
        held = self.last.version if self.last else None
        noted = destination.landed(self.target.schema_, self.target.table)
        for run_id, version in noted.items():
            if (held is None or version > held) and runs.is_recorded(self.context.records, run_id):
                held = version
        return held

    def _accepted(self) -> str | None:
        """The rows that this run accepted, if they are all that the target lacks."""
        validated = self.validated
        if self.last is None or validated.skipped or self.context.full:
            return None
        path = str(validated.handover.get("accepted", ""))
        is_next = self.last.version == validated.handover.get("base")
        is_current = validated.outputs[0].version == self.ref.version
        same = {c.name for c in validated.outputs[1].columns} == {
            c.name for c in self.ref.columns if c.name not in PROVENANCE
        }
        merged = self.spec.update_mode == "merge"
        usable = is_next and is_current and same and merged and Path(path).is_file()
        return path if usable else None

    def _keyed(self) -> bool:
        """Whether publishing has just proved that the key tells all rows apart."""
        validated = self.validated
        return (
            not validated.skipped
            and validated.outputs[0].version == self.ref.version
            and validated.handover.get("keyed") == list(self.spec.key)
        )

    def _since(self, version: int) -> str:
        """The condition for rows that were published, or changed, after ``version``."""
        folded = {
            batch.run_id
            for batch in batches.list_batches(self.context.records, self.spec.dataset)
            if batch.folded_in_version is not None and batch.folded_in_version > version
        }
        files = batches.known_files(self.context.records, self.spec.dataset)
        marks = [file.mark for file in files if file.run_id in folded]
        if self.spec.layer == "gold":
            known = versions.list_versions(self.context.records, self.spec.dataset)
            marks = [f"{each.run_id}.0" for each in known if (each.ref.version or 0) > version]
        return f"{identifier(RUN)} IN ({', '.join(map(literal, marks))})" if marks else "false"

    def _record(self, ledger: LoadLedger, version: int) -> None:
        context = self.context
        load = TargetLoad(
            target=self.name,
            dataset=self.spec.dataset,
            version=version,
            run_id=context.run_id,
            strategy=self.target.strategy,
            fence=context.fence,
            ledger=ledger,
            loaded_at=context.now(),
        )

        def write(connection: Any) -> None:
            loads.record_load(connection, load)

        context.also(write)

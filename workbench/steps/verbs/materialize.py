"""The materialize verb: a published version → one target.

Where the target holds the version before, an upsert takes the rows of this run alone; in every
other case the whole published version goes, so that a target that missed a load catches up.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.errors import TargetMoved, TargetUnavailable
from workbench.model.dataset import PROVENANCE, DatasetRef
from workbench.model.ledger import LoadLedger
from workbench.model.lineage import LineageEdge
from workbench.model.result import StepResult
from workbench.plan.build import target_name
from workbench.records import loads
from workbench.records.loads import TargetLoad
from workbench.spec.models import TargetSpec
from workbench.steps.context import StepContext
from workbench.steps.loading import TargetLoading
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
        self.loading = TargetLoading(
            context.records,
            self.spec,
            self.target,
            self.ref,
            context.layer(),
        )
        self.planned = dict(context.run.params.get("_loads") or {}).get(self.name)

    def run(self) -> StepResult:
        version = self.loading.version
        destination = open_destination(
            self.context.project, self.context.settings, self.target.connection
        )
        if self.loading.last is not None and self._is_gone(destination):
            self.loading.last = None  # whatever the records say, it is to be loaded anew
        if self.loading.is_done and not self.context.full and self.planned is None:
            return StepResult(
                verb="materialize",
                dataset=self.spec.dataset,
                skipped=f"{self.name} holds version {version} already",
            )
        self._refuse_moved(version)
        if self.context.takes_over:
            destination.raise_fence(self.target.schema_, self.target.table, self.context.fence)
        request = self.loading.request(
            destination,
            run_id=self.context.run_id,
            fence=self.context.fence,
            accepted=self._accepted() if self.target.strategy == "upsert" else None,
            keyed=self._keyed(),
            expected=self.planned and self.planned.get("state"),
        )
        ledger: LoadLedger = destination.load(request)
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
                    columns=request.columns,
                    rows=ledger.after,
                ),
            ),
            ledgers=(ledger,),
            lineage=(LineageEdge(source=self.spec.dataset, target=f"target:{self.name}"),),
        )

    @cached_property
    def validated(self) -> StepResult | None:
        """What the step before found; ``None`` in a run that only loads."""
        return None if self.planned is not None else self.context.result_of("validate")

    def _target(self) -> TargetSpec:
        wanted = self.context.step.target
        for target in self.spec.targets:
            if wanted is not None and target_name(self.spec, target) == wanted.name:
                return target
        raise self.context.moved("the target of this step is no longer in the spec")

    def _is_gone(self, destination: Any) -> bool:
        """Whether somebody removed the table. One that cannot be looked at is taken to be there."""
        try:
            return not destination.has(self.target.schema_, self.target.table)
        except TargetUnavailable:
            return False

    def _refuse_moved(self, version: int) -> None:
        """A load that somebody confirmed is of the version that they saw planned."""
        if self.planned is not None and self.planned.get("version") != version:
            raise TargetMoved(
                f"version {version} was published after this load of version "
                f"{self.planned.get('version')} was confirmed",
                where=self.name,
                remedy="look at the plan again, and confirm it anew",
            )

    def _accepted(self) -> str | None:
        """The rows that this run accepted, if they are all that the target lacks."""
        last, validated = self.loading.last, self.validated
        if last is None or validated is None or validated.skipped or self.context.full:
            return None
        path = str(validated.handover.get("accepted", ""))
        is_next = last.version == validated.handover.get("base")
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
            validated is not None
            and not validated.skipped
            and validated.outputs[0].version == self.ref.version
            and validated.handover.get("keyed") == list(self.spec.key)
        )

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

"""The validate verb: write, audit, publish.

The staged candidate is checked, split into accepted and refused rows, and only then published: as
one Delta commit, to which one SQL transaction then points. Readers see the whole old or the whole
new version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.errors import ChecksFailed
from workbench.lake.layers import Mode, Published
from workbench.model.dataset import DatasetRef
from workbench.model.ledger import TransformLedger
from workbench.model.result import QuarantineBatch, StepResult
from workbench.model.sql import identifier, literal
from workbench.plan.build import describe
from workbench.quality import rules
from workbench.quality.profile import profile
from workbench.quality.rules import Evaluation
from workbench.quality.split import Split
from workbench.records import batches, quarantine, versions
from workbench.steps.context import StepContext
from workbench.steps.refusals import refuse
from workbench.steps.standing_in import StandIns, stand_in
from workbench.steps.verbs.transform import CANDIDATE, OVERRULED, REFUSED

if TYPE_CHECKING:
    import duckdb

ACCEPTED = "accepted.parquet"

_STAGED = "staged"


def validate(context: StepContext) -> StepResult:
    """Check the candidate, publish what is accepted, put the rest into quarantine.

    Raises ``ChecksFailed`` when a check stops the run; then nothing is published.
    """
    transformed = context.result_of("transform")
    if transformed.skipped:
        return StepResult(
            verb="validate", dataset=context.spec.dataset, skipped=transformed.skipped
        )
    with context.engine() as connection:
        return _Validate(context, connection, transformed).run()


class _Validate:
    def __init__(
        self,
        context: StepContext,
        connection: duckdb.DuckDBPyConnection,
        transformed: StepResult,
    ) -> None:
        self.context = context
        self.spec = context.spec
        self.connection = connection
        self.handover = transformed.handover
        # the spec may have been edited since the rows were made by it; they are published as what
        # they are, and the next run makes them anew
        self.key: tuple[str, ...] = tuple(self.handover["key"])
        self.candidate = transformed.outputs[0]
        self.inputs = transformed.inputs

    def run(self) -> StepResult:
        path = self.context.staged(CANDIDATE)
        self.connection.execute(
            f"CREATE TEMP VIEW {_STAGED} AS FROM read_parquet({literal(str(path))})"
        )
        evaluation = rules.evaluate(
            self.connection, _STAGED, self.spec.expectations, params=self.spec.values
        )
        self._stop_if_failed(evaluation)
        split = evaluation.split(self.connection)
        self.stand_ins = self._stand_ins(split)
        accepted = self._accepted(split)
        published = self._publish(accepted)
        quarantined = self._quarantine(split)
        self._record(published)
        return self._result(evaluation, split, published, quarantined)

    def _stop_if_failed(self, evaluation: Evaluation) -> None:
        try:
            evaluation.require(f"dataset {self.spec.dataset}")
        except ChecksFailed as error:
            if self.handover["made_by"] != self.spec.transform_hash:
                error.remedy = (
                    "the spec was edited after these rows were transformed; have them made anew: "
                    f"workbench run {self.spec.dataset}"
                )
            self.context.note_failure(
                error,
                StepResult(verb="validate", dataset=self.spec.dataset, checks=evaluation.checks),
            )
            raise

    def _stand_ins(self, split: Split) -> StandIns:
        """Rows of earlier files, where those that overruled them are refused."""
        if not split.rejected_rows or not self.handover.get("overruled"):
            return StandIns()
        return stand_in(
            self.connection,
            self.context.staged(OVERRULED),
            _STAGED,
            split,
            self.key,
            self.spec.expectations,
            self.spec.values,
        )

    def _accepted(self, split: Split) -> str:
        """The file of accepted rows; the candidate itself when none was refused."""
        if not split.rejected_rows:
            return CANDIDATE
        path = self.context.staging / ACCEPTED
        accepted = " UNION ALL BY NAME ".join(
            f"FROM {identifier(each.accepted)}" for each in (split, *self.stand_ins.splits)
        )
        self.connection.execute(
            f"COPY ({accepted}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
        return ACCEPTED

    def _publish(self, accepted: str) -> Published:
        mode: Mode = self.handover["mode"]
        mended = bool(self.handover.get("correction")) and mode != "merge"
        if mended:
            mode = "append"
        self.accepted = str(self.context.staging / accepted)
        self.keyed = list(self.key) if mode != "append" else []
        layer = self.context.layer()
        if self.context.takes_over:
            layer.fence_commit(self.context.fence, self.context.run_id)
        return layer.publish(
            [self.context.staging / accepted],
            mode=mode,
            run_id=self.context.run_id,
            key=self.key,
            compare=self.handover["compare"],
            columns=self.candidate.columns,
            fence=self.context.fence,
            base_version=self.handover["base"],
            replace_rows=mended,
            note={"inputs": {ref.dataset: ref.version for ref in self.inputs}},
        )

    def _quarantine(self, split: Split) -> tuple[QuarantineBatch, ...]:
        parts: list[pa.Table] = []
        if self.handover.get("refused"):
            path = self.context.staged(REFUSED)
            parts.append(
                self.connection.execute(f"FROM read_parquet({literal(str(path))})").to_arrow_table()
            )
        for each in (split, *self.stand_ins.splits):
            if each.rejected_rows:
                rejected = self.connection.execute(f"FROM {identifier(each.rejected)}")
                parts.append(rejected.to_arrow_table())
        if not parts:
            return ()
        return (refuse(self.context, pa.concat_tables(parts, promote_options="permissive")),)

    def _record(self, published: Published) -> None:
        """What is to be written in the transaction that moves the pointer."""
        context, handover = self.context, self.handover
        ref = published.ref.model_copy(
            update={"columns": describe(published.ref.columns, self.spec)}
        )
        now = context.now()

        def write(connection: Any) -> None:
            versions.publish_version(
                connection,
                ref,
                context.run_id,
                inputs=self.inputs,
                transform_hash=handover["made_by"],
                now=now,
            )
            if handover.get("batches"):
                batches.mark_folded(
                    connection,
                    self.spec.dataset,
                    handover["batches"],
                    ref.version or 0,
                    replay=bool(handover.get("replay")),
                )
            quarantine.supersede_rows(
                connection, self.spec.dataset, handover["files"], context.run_id
            )
            if handover.get("superseded"):
                batches.mark_superseded(connection, handover["superseded"])

        context.also(write)

    def _result(
        self,
        evaluation: Evaluation,
        split: Split,
        published: Published,
        quarantined: tuple[QuarantineBatch, ...],
    ) -> StepResult:
        rows, again = split.accepted_rows + split.rejected_rows, self.stand_ins
        stood_in = TransformLedger(
            name="earlier files stand in",
            rows_in=rows,
            expanded=again.rows,
            rows_out=rows + again.rows,
        )
        scan = self.context.layer().scan(published.ref.version)
        self.connection.execute(f"CREATE TEMP VIEW published AS {scan}")
        return StepResult(
            verb="validate",
            dataset=self.spec.dataset,
            inputs=(self.candidate,),
            outputs=(
                published.ref,
                DatasetRef(
                    dataset=self.spec.dataset,
                    layer=self.spec.layer,
                    uri=self.accepted,
                    format="parquet",
                    columns=self.candidate.columns,
                    rows=split.accepted_rows + again.accepted,
                ),
            ),
            ledgers=(
                *([stood_in] if again.rows else []),
                TransformLedger(
                    name="checks",
                    rows_in=stood_in.rows_out,
                    rows_out=split.accepted_rows + again.accepted,
                    quarantined=split.rejected_rows + again.rejected,
                ),
                published.ledger,
            ),
            checks=evaluation.checks,
            profiles=profile(
                self.connection, "published", [c.name for c in self.candidate.columns]
            ),
            quarantine=quarantined,
            handover={
                "base": self.handover["base"],
                "accepted": self.accepted,
                "keyed": self.keyed,
            },
        )

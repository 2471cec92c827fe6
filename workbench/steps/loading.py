"""What goes into a target: the columns, and the rows that it lacks, as a request to load.

The materialize verb loads by it and the plan of loads foresees by it, so that both speak of the
same rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.destinations.loading.request import LoadRequest
from workbench.lake.reading import LayerReader
from workbench.model.dataset import PROVENANCE, RUN, Column, DatasetRef
from workbench.model.sql import identifier, literal
from workbench.plan.build import describe, target_name
from workbench.records import batches, loads, runs, versions
from workbench.records.loads import TargetLoad
from workbench.records.store import Records
from workbench.spec.models import DatasetSpec, TargetSpec


class TargetLoading:
    """How a published version (``ref``) goes into one target of a dataset.

    ``last`` is the last load of the target by the records; who knows better may set it to
    ``None``. ``layer`` holds the version's files.
    """

    def __init__(
        self,
        records: Records,
        spec: DatasetSpec,
        target: TargetSpec,
        ref: DatasetRef,
        layer: LayerReader,
    ) -> None:
        self.records = records
        self.spec = spec
        self.target = target
        self.ref = ref
        self.layer = layer
        self.name = target_name(spec, target)
        self.last: TargetLoad | None = loads.last_load(records, self.name, spec.dataset)

    @property
    def version(self) -> int:
        """The number of the version."""
        return self.ref.version or 0

    @property
    def is_done(self) -> bool:
        """Whether the target holds this version already, loaded by the same strategy."""
        return (
            self.last is not None
            and self.last.version == self.version
            and self.last.strategy == self.target.strategy
        )

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns to load, with what they mean."""
        kept = tuple(
            column
            for column in self.ref.columns
            if self.target.provenance or column.name not in PROVENANCE
        )
        return describe(kept, self.spec)

    def request(
        self,
        destination: Any,
        *,
        run_id: str = "",
        fence: int = 0,
        accepted: Path | str | None = None,
        keyed: bool = False,
        expected: str | None = None,
    ) -> LoadRequest:
        """The request. ``accepted`` are rows that are all that the target lacks, where it takes
        them by key; ``keyed``: publishing has just proved that the key tells all rows apart;
        ``expected`` is the stamp that the table must have still."""
        strategy = self.target.strategy
        candidate: list[Path | str] = list(self.layer.files(self.version))
        where = alone = None
        if strategy == "append" and (held := self._held(destination)) is not None:
            if self._is_log and self.layer.replaced_since(held):
                # what was added cannot be taken back one by one: the table is filled anew
                strategy, alone = "truncate_insert", self._rows_of(held)
            else:
                where = self._since(held)
        elif strategy == "upsert" and accepted is not None:
            candidate = [accepted]
        return LoadRequest(
            table=self.target.table,
            schema=self.target.schema_,
            strategy=strategy,
            key=self.spec.key,
            compare=self.spec.compare,
            on=self.target.on,
            columns=self.columns,
            candidate=candidate,
            where=where,
            run_id=run_id,
            fence=fence,
            version=self.version,
            keyed=keyed,
            description=self.spec.description or self.spec.title,
            expected=expected,
            alone=alone,
        )

    @property
    def _is_log(self) -> bool:
        """Whether the dataset itself is appended to: then the target is to have the same rows. Of
        one that is merged or replaced, an appending target keeps what has ever been published."""
        return self.spec.update_mode == "append"

    def _rows_of(self, version: int) -> int:
        """How many rows a version had; none if that is not known, so that no table is emptied."""
        known = versions.list_versions(self.records, self.spec.dataset)
        return next((each.ref.rows or 0 for each in known if each.ref.version == version), 0)

    def _held(self, destination: Any) -> int | None:
        """The version that the target holds: by the records, or by a load that it notes itself,
        whose process ended before it could record it."""
        held = self.last.version if self.last else None
        noted = destination.landed(self.target.schema_, self.target.table)
        for run_id, version in noted.items():
            if (held is None or version > held) and runs.is_recorded(self.records, run_id):
                held = version
        return held

    def _since(self, version: int) -> str:
        """The condition for rows that were published, or changed, after ``version``."""
        folded = {
            batch.run_id
            for batch in batches.list_batches(self.records, self.spec.dataset)
            if batch.folded_in_version is not None and batch.folded_in_version > version
        }
        files = batches.known_files(self.records, self.spec.dataset)
        marks = [file.mark for file in files if file.run_id in folded]
        if self.spec.layer == "gold":
            known = versions.list_versions(self.records, self.spec.dataset)
            marks = [f"{each.run_id}.0" for each in known if (each.ref.version or 0) > version]
        return f"{identifier(RUN)} IN ({', '.join(map(literal, marks))})" if marks else "false"

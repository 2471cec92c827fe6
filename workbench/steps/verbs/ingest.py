"""The ingest verb: new files → RAW → bronze.

A file is new unless its bytes are what some name last held: a file that comes twice is ingested
once, also under another name, while a file that went back to an older content comes again. What
was ingested under other source options is read again from RAW, and bronze is rebuilt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.errors import SchemaChanged, SourceMissing, TransformError
from workbench.lake import corrections
from workbench.lake.raw import RawFile, RawStore
from workbench.model.dataset import PROVENANCE, RUN, Column, DatasetRef
from workbench.model.ledger import ParseLedger
from workbench.model.lineage import LineageEdge
from workbench.model.result import QuarantineBatch, StepResult
from workbench.plan.build import check_key
from workbench.records import batches, quarantine
from workbench.records.batches import ReceivedFile
from workbench.registry import find
from workbench.sources.parsing.assemble import UNPARSEABLE
from workbench.sources.parsing.finding import Parsed
from workbench.steps.context import StepContext
from workbench.steps.refusals import from_unparseable, refuse
from workbench.transforms.core import pipeline

#: The parameter of a run that ingests mended rows: the SHA-256 of the file in RAW.
CORRECTIONS = "_corrections"


@dataclass
class _Delivery:
    """One file on its way into bronze."""

    raw: RawFile
    correction: bool = False
    proven: bool = False  # stored a moment ago: its bytes need not be hashed once more
    parsed: Parsed = field(init=False)


def ingest(context: StepContext) -> StepResult:
    """Store and parse what is new for the context's dataset, as one batch of bronze."""
    return _Ingest(context).run()


class _Ingest:
    def __init__(self, context: StepContext) -> None:
        self.context = context
        self.spec = context.spec
        self.source = find("sources", self.spec.source_type)
        self.store = RawStore(context.settings)
        self.known = batches.known_files(context.records, self.spec.dataset)
        current = [f for f in self.known if f.source_hash == self.spec.source_hash]
        self.rebuild = bool(self.known) and not current
        self.warnings: list[str] = []
        self.settled: list[str] = []

    def run(self) -> StepResult:
        mended = self.context.run.params.get(CORRECTIONS)
        deliveries = self._new_files() if mended is None else [self._corrections(str(mended))]
        if self.rebuild:
            earlier = [_Delivery(self._from_raw(f), f.correction) for f in self.known]
            deliveries = [*earlier, *deliveries]
        if not deliveries:
            return StepResult(
                verb="ingest",
                dataset=self.spec.dataset,
                skipped="no new files",
                warnings=tuple(self.warnings),
            )
        for delivery in deliveries:
            delivery.parsed = self._parse(delivery)
        self._check_columns(deliveries)
        return self._commit(deliveries)

    def _new_files(self) -> list[_Delivery]:
        try:
            found = self.source.find(self.spec.source, self.context.settings)
        except SourceMissing:
            if not self.known:
                raise
            return []
        held = {file.name: file.sha256 for file in self.known if not file.correction}
        named = bool(getattr(self.spec.source, "values_from_name", None))
        new = []
        for file in found:
            raw = self.store.store(file.path, file.name, self.spec.dataset)
            if held.get(raw.name) == raw.sha256:
                continue
            twin = next((name for name, sha in held.items() if sha == raw.sha256), None)
            if twin is not None and not named:
                self.warnings.append(
                    f"{raw.name} was passed over: it has the same content as {twin}"
                )
                continue
            held[raw.name] = raw.sha256
            new.append(_Delivery(raw, proven=True))
        return new

    def _corrections(self, sha256: str) -> _Delivery:
        path = self.store.path(sha256)
        name = f"corrections {sha256[:12]}.csv"
        size = path.stat().st_size if path.is_file() else 0
        return _Delivery(
            RawFile(name=name, dataset=self.spec.dataset, sha256=sha256, size=size, path=path), True
        )

    def _from_raw(self, file: ReceivedFile) -> RawFile:
        return RawFile(
            name=file.name,
            dataset=file.dataset,
            sha256=file.sha256,
            size=file.bytes,
            path=self.store.path(file.sha256),
        )

    def _parse(self, delivery: _Delivery) -> Parsed:
        raw = delivery.raw
        path = raw.path if delivery.proven else self.store.verify(raw.sha256)
        if delivery.correction:
            return self._parse_corrections(path, raw.name)
        parsed: Parsed = self.source.read(path, raw.name, self.spec.source)
        parsed.ledger.check()
        return parsed

    def _parse_corrections(self, path: Path, name: str) -> Parsed:
        """Mended rows; they keep the file and row that they were received as."""
        mended = corrections.load(path)
        if not self.rebuild:
            self.settled.extend(mended.ids)
            self._warn_of_settled(mended.ids)
        rows = mended.table.num_rows
        # transforms may look at headers: those of the files that the rows came with
        received = [file for file in self.known if not file.correction]
        headers = {c.name: c.original for file in received for c in file.columns}
        columns = tuple(
            Column(name=column, original=headers.get(column))
            for column in mended.table.column_names
            if column not in PROVENANCE
        )
        return Parsed(
            table=mended.table,
            columns=columns,
            ledger=ParseLedger(name=name, records=rows + 1, header=1, parsed=rows),
            unparseable=UNPARSEABLE.empty_table(),
            detected={},
        )

    def _warn_of_settled(self, ids: Sequence[str]) -> None:
        """Rows that another run has taken in meanwhile are taken in again, and that is said."""
        rows = quarantine.rows_with(self.context.records, self.spec.dataset, ids)
        earlier = Counter(row.resolved_run for row in rows if row.status == "resubmitted")
        self.warnings.extend(
            f"{again} of the rows were mended before, with run {run}; the values of this file take"
            " the place of those"
            for run, again in sorted(earlier.items(), key=str)
            if run != self.context.run_id
        )

    def _check_columns(self, deliveries: Sequence[_Delivery]) -> None:
        """Columns against those known, by the schema policy; then against the transforms."""
        earlier = [file for file in self.known if not file.correction]
        known = {c.name for c in earlier[-1].columns} if earlier and not self.rebuild else None
        for delivery in deliveries:
            if delivery.correction:
                continue
            names = {column.name for column in delivery.parsed.columns}
            if known is not None:
                self._check_policy(delivery, sorted(names - known), sorted(known - names))
            if not self._is_planned(delivery):
                self._check_transforms(delivery, sorted((known or set()) - names))
            known = names

    def _check_policy(self, delivery: _Delivery, new: list[str], vanished: list[str]) -> None:
        words = [
            f"{what} {', '.join(names)}"
            for what, names in (("new columns", new), ("columns no longer there:", vanished))
            if names
        ]
        if not words:
            return
        said = "; ".join(words)
        if self.spec.schema_policy == "refuse":
            raise SchemaChanged(
                f"the columns changed, and schema_policy is refuse: {said}",
                where=f"{delivery.raw.name}, dataset {self.spec.dataset}",
                remedy="set schema_policy: add, or have the file delivered as before",
            )
        self.warnings.append(f"{delivery.raw.name}: {said}")

    def _is_planned(self, delivery: _Delivery) -> bool:
        """Whether the plan has walked the transforms over just these columns."""
        planned = self.context.step.columns
        return not self.context.step.notes and planned == delivery.parsed.columns

    def _check_transforms(self, delivery: _Delivery, vanished: list[str]) -> None:
        columns = delivery.parsed.columns
        planning = pipeline.planning_context(
            self.spec.dataset,
            lambda name: self.context.require_published(name).columns,
            columns,
            params=self.spec.values,
        )
        try:
            after = pipeline.columns_after(columns, self.spec.transforms, planning)
            check_key(after[-1] if after else columns, self.spec)
        except TransformError as error:
            gone = f"; columns that vanished: {', '.join(vanished)}" if vanished else ""
            raise SchemaChanged(
                f"the file does not fit the spec: {error.message}{gone}",
                where=f"{delivery.raw.name}, {error.where or f'dataset {self.spec.dataset}'}",
                remedy=error.remedy or "mend the spec, or have the file delivered as before",
            ) from error
        except SourceMissing:
            return  # an upstream dataset that has no columns yet is published before the transform

    def _commit(self, deliveries: Sequence[_Delivery]) -> StepResult:
        context, spec = self.context, self.spec
        columns = _union(delivery.parsed.columns for delivery in deliveries)
        layer = context.layer("bronze")
        if context.takes_over:
            layer.fence_commit(context.fence, context.run_id)
        write = layer.replace if self.rebuild else layer.append
        now: datetime = context.now()
        files = [self._received(d, n, now) for n, d in enumerate(deliveries)]
        ref: DatasetRef = write(
            (
                _marked(delivery.parsed.table, file.mark)
                for delivery, file in zip(deliveries, files, strict=True)
            ),
            run_id=context.run_id,
            columns=columns,
            fence=context.fence,
            note={"files": [delivery.raw.name for delivery in deliveries]},
        )
        rows = sum(delivery.parsed.table.num_rows for delivery in deliveries)
        refused = self._refuse(deliveries)
        settled = list(self.settled)

        def record(connection: Any) -> None:
            batches.add_files(connection, files)
            batches.add_batch(
                connection,
                spec.dataset,
                context.run_id,
                ref.version or 0,
                rows=rows,
                now=now,
                rebuilt=self.rebuild,
            )
            quarantine.resolve_rows(connection, settled, "resubmitted", context.run_id)

        context.also(record)
        return StepResult(
            verb="ingest",
            dataset=spec.dataset,
            inputs=tuple(_raw_ref(delivery.raw) for delivery in deliveries),
            outputs=(ref.model_copy(update={"rows": rows}),),
            ledgers=tuple(delivery.parsed.ledger for delivery in deliveries),
            quarantine=refused,
            detected={delivery.raw.name: delivery.parsed.detected for delivery in deliveries},
            lineage=tuple(
                LineageEdge(source=f"raw:{delivery.raw.name}", target=f"{spec.dataset}.bronze")
                for delivery in deliveries
            ),
            warnings=(
                *self.warnings,
                *(f"{each.raw.name}: {w}" for each in deliveries for w in each.parsed.warnings),
            ),
            metrics={"bytes": float(sum(delivery.raw.size for delivery in deliveries))},
        )

    def _received(self, delivery: _Delivery, position: int, now: datetime) -> ReceivedFile:
        raw = delivery.raw
        return ReceivedFile(
            dataset=raw.dataset,
            name=raw.name,
            sha256=raw.sha256,
            bytes=raw.size,
            source_hash=self.spec.source_hash,
            run_id=self.context.run_id,
            position=position,
            received_at=now,
            columns=delivery.parsed.columns,
            correction=delivery.correction,
            detected=delivery.parsed.detected,
        )

    def _refuse(self, deliveries: Sequence[_Delivery]) -> tuple[QuarantineBatch, ...]:
        """Put the records that could not be parsed into quarantine."""
        parts = [d.parsed.unparseable for d in deliveries if d.parsed.unparseable.num_rows]
        if not parts:
            return ()
        return (refuse(self.context, from_unparseable(pa.concat_tables(parts))),)


def _union(groups: Iterable[Iterable[Column]]) -> list[Column]:
    columns: dict[str, Column] = {}
    for group in groups:
        for column in group:
            columns.setdefault(column.name, column)
    return [column for column in columns.values() if column.name not in PROVENANCE]


def _marked(table: pa.Table, mark: str) -> pa.Table:
    return table.append_column(RUN, pa.repeat(mark, table.num_rows))


def _raw_ref(raw: RawFile) -> DatasetRef:
    return DatasetRef(
        dataset=raw.dataset,
        layer="raw",
        uri=str(raw.path),
        format="file",
        fingerprint=raw.sha256,
    )

"""The transform verb: files not yet published (or upstream datasets) → a staged candidate.

Each file is transformed by itself, so that "deduplicate" or "aggregate" mean the same however
many files wait. Where several are folded into one candidate, later files win, just as if each had
been published in turn. A file that came again before it was ever published makes way for its
successor, so that a bad delivery can be mended by a good one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import SourceMissing
from workbench.model.dataset import PROVENANCE, ROW, RUN, SOURCE, Column, DatasetRef
from workbench.model.ledger import TransformLedger
from workbench.model.lineage import LineageEdge
from workbench.model.result import StepResult
from workbench.model.sql import duckdb_type, identifier, identifiers, literal
from workbench.plan.build import describe
from workbench.records import batches
from workbench.records.batches import ReceivedFile
from workbench.steps.context import StepContext
from workbench.steps.folding import PIECE, Piece, fold, overruled, select
from workbench.steps.keeping import Keeper
from workbench.transforms.core import pipeline
from workbench.transforms.core.context import Context

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir

CANDIDATE = "candidate.parquet"
REFUSED = "refused.parquet"
OVERRULED = "overruled.parquet"

_PROVENANCE_TYPES = {SOURCE: "text", ROW: "integer", RUN: "text"}


def transform(context: StepContext) -> StepResult:
    """Stage what is new for the context's dataset.

    The result's ``handover`` tells the validate step what the candidate stands for and how it is
    to be published.
    """
    with context.engine() as connection:
        return _Transform(context, connection).run()


class _Transform:
    def __init__(self, context: StepContext, connection: duckdb.DuckDBPyConnection) -> None:
        import ibis

        self.context = context
        self.spec = context.spec
        self.connection = connection
        self.backend = ibis.duckdb.from_connection(connection)
        self.published = context.published()
        self.ledgers: dict[str, TransformLedger] = {}
        self.lineage: dict[LineageEdge, None] = {}
        self.inputs: dict[str, DatasetRef] = {}
        self.keep = Keeper(connection, self.backend)

    def run(self) -> StepResult:
        return self._gold() if self.spec.layer == "gold" else self._silver()

    def _gold(self) -> StepResult:
        upstream = self.spec.source.dataset
        names = self.context.project.direct_upstreams(self.spec.dataset)
        refs = {name: self.context.require_published(name) for name in names}
        versions = {name: ref.version for name, ref in refs.items()}
        before = self.published
        if (
            before is not None
            and before.transform_hash == self.spec.transform_hash
            and {ref.dataset: ref.version for ref in before.inputs} == versions
            and not self.context.full
        ):
            return self._skipped(f"upstream datasets have not changed since version {self._at}")
        self.inputs.update(refs)
        columns = _data(refs[upstream].columns)
        piece = self._apply(0, self._resolve(upstream), columns, source=upstream, correction=False)
        return self._stage([piece], self.spec.update_mode, files=(), handover={})

    def _silver(self) -> StepResult:
        spec, records = self.spec, self.context.records
        pending = batches.pending_batches(records, spec.dataset, spec.transform_hash)
        replay = pending.replay
        chosen = pending.batches
        if self.context.full:
            replay, chosen = True, batches.list_batches(records, spec.dataset)
        if not chosen:
            if self.published is None:
                raise SourceMissing(
                    "nothing was ingested yet",
                    where=f"dataset {spec.dataset}",
                    remedy="put a file where the spec's source path points, then run again",
                )
            return self._skipped(f"nothing new since version {self._at}")
        files, superseded = self._files(chosen)
        bronze = self.context.layer("bronze")
        self.inputs[spec.dataset] = bronze.ref()
        pieces = []
        for number, file in enumerate(files):
            names = [*PROVENANCE, *(column.name for column in file.columns)]
            self.connection.execute(
                f"CREATE TEMP VIEW {identifier(f'received_{number}')} AS "
                f"SELECT {identifiers(names)} FROM ({bronze.scan(run_id=file.run_id)}) "
                f"WHERE {identifier(RUN)} = {literal(file.mark)}"
            )
            pieces.append(
                self._apply(
                    number,
                    self.backend.table(f"received_{number}"),
                    file.columns,
                    source=f"{spec.dataset}.bronze",
                    correction=file.correction,
                )
            )
        mode = "replace" if replay else spec.update_mode
        return self._stage(
            pieces,
            mode,
            files=files,
            handover={
                "batches": [batch.id for batch in chosen],
                "superseded": [file.id for file in superseded],
                "replay": replay,
            },
        )

    def _files(
        self, chosen: Sequence[batches.Batch]
    ) -> tuple[list[ReceivedFile], list[ReceivedFile]]:
        """The files of these batches, oldest first, and those that came again unpublished."""
        folded = {batch.run_id: batch.folded_in_version is not None for batch in chosen}
        order = {batch.run_id: batch.id for batch in chosen}
        found = sorted(
            (
                file
                for file in batches.known_files(self.context.records, self.spec.dataset)
                if file.run_id in order and not file.superseded
            ),
            key=lambda file: (order[file.run_id], file.position),
        )
        newest = {file.name: file for file in found}
        superseded = [
            file for file in found if newest[file.name] is not file and not folded[file.run_id]
        ]
        return [file for file in found if file not in superseded], superseded

    def _resolve(self, name: str) -> ir.Table:
        """The published table of another dataset, without provenance."""
        ref = self.context.require_published(name)
        self.inputs[name] = ref
        scan = self.context.layer(dataset=name).scan(ref.version)
        names = [column.name for column in _data(ref.columns)]
        view = f"published_{name}"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {identifier(view)} AS "
            f"SELECT {identifiers(names)} FROM ({scan})"
        )
        return self.backend.table(view)

    def _apply(
        self,
        number: int,
        base: ir.Table,
        columns: Sequence[Column],
        *,
        source: str,
        correction: bool,
    ) -> Piece:
        outcome = pipeline.run(
            base,
            self.spec.transforms,
            Context(
                dataset=self.spec.dataset,
                resolve=self._resolve,
                params=self.spec.values,
                originals={c.name: c.original for c in columns if c.original is not None},
                source=source,
                materialize=self.keep,
            ),
        )
        for ledger in outcome.ledgers:
            earlier = self.ledgers.get(ledger.name)
            self.ledgers[ledger.name] = ledger if earlier is None else _sum(earlier, ledger)
        self.lineage.update(dict.fromkeys(outcome.lineage))
        view, refused = f"piece_{number}", None
        self.backend.create_view(view, outcome.table, overwrite=True)
        if outcome.quarantined is not None:
            refused = f"refused_{number}"
            self.backend.create_view(refused, outcome.quarantined, overwrite=True)
        rows = outcome.ledgers[-1].rows_out if outcome.ledgers else self._count(view)
        return Piece(
            view,
            outcome.columns,
            frozenset(PROVENANCE) & frozenset(outcome.table.columns),
            refused,
            correction,
            rows,
        )

    def _stage(
        self,
        pieces: list[Piece],
        mode: str,
        *,
        files: Sequence[ReceivedFile],
        handover: dict[str, Any],
    ) -> StepResult:
        """Write the candidate and what was refused, and say what came of it."""
        columns: dict[str, Column] = {}
        for piece in pieces:
            columns.update({column.name: column for column in piece.columns})
        union = " UNION ALL BY NAME ".join(
            select(piece, number, self.context.run_id) for number, piece in enumerate(pieces)
        )
        kept = fold(pieces, self.spec.update_mode, self.spec.key)
        # the types that were planned: an engine may add up integers to something wider
        typed = [
            f"CAST({identifier(c.name)} AS {duckdb_type(c.type)}) AS {identifier(c.name)}"
            for c in columns.values()
        ]
        chosen = ", ".join([identifiers(PROVENANCE), *typed])
        rows = self._copy(f"SELECT {chosen} FROM ({union}) {kept}", CANDIDATE)
        total = sum(piece.rows for piece in pieces)
        if kept:
            self.ledgers["later files win"] = TransformLedger(
                name="later files win", rows_in=total, rows_out=rows, deduplicated=total - rows
            )
        lost = overruled(pieces, self.spec.update_mode, self.spec.key)
        if lost and any(each.severity == "quarantine" for each in self.spec.expectations):
            count = self._copy(f"SELECT {chosen}, {PIECE} FROM ({union}) {lost}", OVERRULED)
            handover = {**handover, "overruled": count}
        refused = [piece.refused for piece in pieces if piece.refused]
        if refused:
            self._copy(
                " UNION ALL BY NAME ".join(f"FROM {identifier(v)}" for v in refused), REFUSED
            )
        described = describe(columns.values(), self.spec)
        correction = bool(pieces) and all(piece.correction for piece in pieces)
        return StepResult(
            verb="transform",
            dataset=self.spec.dataset,
            inputs=tuple(self.inputs.values()),
            outputs=(
                DatasetRef(
                    dataset=self.spec.dataset,
                    layer=self.spec.layer,
                    uri=str(self.context.staging / CANDIDATE),
                    format="parquet",
                    columns=described,
                    rows=rows,
                ),
            ),
            ledgers=tuple(self.ledgers.values()),
            lineage=tuple(self.lineage),
            handover={
                "made_by": self.spec.transform_hash,
                "key": self.spec.key,
                "compare": self.spec.compare,
                "mode": mode,
                "correction": correction,
                "refused": bool(refused),
                "base": self._at,
                "files": [file.name for file in files],
                **handover,
            },
        )

    def _copy(self, sql: str, name: str) -> int:
        path = self.context.staging / name
        copy = f"COPY ({sql}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        with pipeline.blaming(self.spec.dataset):  # what was left as an expression may yet fail
            copied = self.connection.execute(copy).fetchone()
        return int(copied[0]) if copied else 0

    def _count(self, view: str) -> int:
        found = self.connection.execute(f"SELECT count(*) FROM {identifier(view)}").fetchone()
        return int(found[0]) if found else 0

    @property
    def _at(self) -> int | None:
        return self.published.ref.version if self.published else None

    def _skipped(self, why: str) -> StepResult:
        return StepResult(verb="transform", dataset=self.spec.dataset, skipped=why)


def _data(columns: Sequence[Column]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.name not in PROVENANCE)


def _sum(one: TransformLedger, other: TransformLedger) -> TransformLedger:
    terms = {
        name: getattr(one, name) + getattr(other, name)
        for name in TransformLedger.model_fields
        if name not in ("kind", "name", "notes")
    }
    notes = dict(one.notes)
    for name, count in other.notes.items():
        notes[name] = notes.get(name, 0) + count
    return TransformLedger(name=one.name, **terms, notes=notes)

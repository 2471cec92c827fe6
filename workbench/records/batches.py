"""Received files and bronze batches: what has come, and what is not yet in silver."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy import Connection

from workbench.model.dataset import Column
from workbench.model.value import Value
from workbench.records.schema_data import batches, raw_files
from workbench.records.slots import insert_if_absent
from workbench.records.store import Records
from workbench.records.versions import published_version


class ReceivedFile(Value):
    """A file in RAW: as ``name`` it was received, ``sha256`` and ``bytes`` are of its content.

    ``source_hash`` is of the source options it was parsed with, ``run_id`` the run that did so,
    ``position`` its place among the files of that run,
    ``columns`` those that it has (bronze may have more), ``detected`` what was found out about it.
    A ``correction`` holds mended rows from quarantine. A ``superseded`` file came again before it
    was ever published, and is passed over.
    """

    id: int = 0

    dataset: str
    name: str
    sha256: str
    bytes: int
    source_hash: str
    run_id: str
    position: int
    received_at: datetime
    columns: tuple[Column, ...] = ()
    correction: bool = False
    superseded: bool = False
    detected: dict[str, Any] = Field(default_factory=dict)

    @property
    def mark(self) -> str:
        """What its rows carry in ``_run``: the run, and the file's place in it."""
        return f"{self.run_id}.{self.position}"


class Batch(Value):
    """One run's newly received files, as one commit of bronze. ``id`` is their order."""

    id: int
    dataset: str
    run_id: str
    bronze_version: int
    rows: int | None = None
    folded_in_version: int | None = None


class Pending(Value):
    """Batches that silver lacks. ``replay``: silver is stale, and these batches replace it."""

    batches: tuple[Batch, ...]
    replay: bool


def known_files(
    records: Records, dataset: str, source_hash: str | None = None
) -> tuple[ReceivedFile, ...]:
    """The files that were ingested; with ``source_hash`` only those parsed with these options."""
    statement = sa.select(raw_files).where(raw_files.c.dataset == dataset).order_by(raw_files.c.id)
    if source_hash is not None:
        statement = statement.where(raw_files.c.source_hash == source_hash)
    names = ReceivedFile.model_fields
    return tuple(
        ReceivedFile(**{name: getattr(row, name) for name in names})
        for row in records.rows(statement)
    )


def add_files(connection: Connection, files: Iterable[ReceivedFile]) -> int:
    """Record received files; those known already are left alone. Returns how many were new."""
    rows = [file.model_dump(mode="python", exclude={"id"}) for file in files]
    return insert_if_absent(connection, raw_files, rows)


def mark_superseded(connection: Connection, ids: Collection[int]) -> None:
    """Note that these files came again before they were published."""
    connection.execute(
        sa.update(raw_files).where(raw_files.c.id.in_(list(ids))).values(superseded=True)
    )


def add_batch(
    connection: Connection,
    dataset: str,
    run_id: str,
    bronze_version: int,
    *,
    rows: int | None = None,
    now: datetime,
    rebuilt: bool = False,
) -> None:
    """Record the bronze batch of a run. ``rebuilt``: it replaces all earlier batches."""
    if rebuilt:
        connection.execute(
            sa.update(batches)
            .where(
                batches.c.dataset == dataset,
                batches.c.run_id != run_id,
                batches.c.superseded_by.is_(None),
            )
            .values(superseded_by=run_id)
        )
    row = {
        "dataset": dataset,
        "run_id": run_id,
        "bronze_version": bronze_version,
        "rows": rows,
        "created_at": now,
    }
    insert_if_absent(connection, batches, [row])


def list_batches(records: Records, dataset: str) -> tuple[Batch, ...]:
    """The batches that bronze consists of, oldest first."""
    statement = (
        sa.select(batches)
        .where(batches.c.dataset == dataset, batches.c.superseded_by.is_(None))
        .order_by(batches.c.id)
    )
    names = Batch.model_fields
    return tuple(
        Batch(**{name: getattr(row, name) for name in names}) for row in records.rows(statement)
    )


def pending_batches(records: Records, dataset: str, transform_hash: str) -> Pending:
    """The batches to transform, oldest first.

    Those not folded into the published version; or all of them, to replace it, when it was made
    by other transforms or from batches that have been superseded.
    """
    known = list_batches(records, dataset)
    current = published_version(records, dataset)
    superseded = records.value(
        sa.select(batches.c.id)
        .where(
            batches.c.dataset == dataset,
            batches.c.superseded_by.is_not(None),
            batches.c.folded_in_version.is_not(None),
        )
        .limit(1)
    )
    changed = current is not None and current.transform_hash != transform_hash
    if changed or superseded is not None:
        return Pending(batches=known, replay=True)
    waiting = tuple(batch for batch in known if batch.folded_in_version is None)
    return Pending(batches=waiting, replay=False)


def mark_folded(
    connection: Connection,
    dataset: str,
    batch_ids: Collection[int],
    version: int,
    *,
    replay: bool = False,
) -> None:
    """Note that silver ``version`` holds these batches; after a replay, that it holds no others."""
    if replay:
        connection.execute(
            sa.update(batches).where(batches.c.dataset == dataset).values(folded_in_version=None)
        )
    connection.execute(
        sa.update(batches)
        .where(batches.c.dataset == dataset, batches.c.id.in_(batch_ids))
        .values(folded_in_version=version)
    )

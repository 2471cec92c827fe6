"""Published versions of datasets, and which one readers see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from workbench.errors import RecordsError
from workbench.model.dataset import Column, DatasetRef
from workbench.model.value import Value
from workbench.records.schema_data import dataset_versions, published
from workbench.records.slots import insert_if_absent
from workbench.records.store import Records
from workbench.records.types import AnyRow


class DatasetVersion(Value):
    """A version as recorded: what it is, the run that made it, what it was made from."""

    ref: DatasetRef
    run_id: str
    inputs: tuple[DatasetRef, ...] = ()
    transform_hash: str = ""
    published_at: datetime


def publish_version(
    connection: Connection,
    ref: DatasetRef,
    run_id: str,
    *,
    inputs: Sequence[DatasetRef] = (),
    transform_hash: str = "",
    now: datetime,
) -> None:
    """Record a version and let readers see it. The same run may do so again: no change.

    Raises ``RecordsError`` when the version was made by another run.
    """
    if ref.version is None:
        raise RecordsError(f"a version of {ref.dataset} without a number cannot be published")
    at = {"dataset": ref.dataset, "layer": ref.layer, "version": ref.version}
    insert_if_absent(
        connection,
        dataset_versions,
        [
            {
                **at,
                "run_id": run_id,
                "uri": ref.uri,
                "format": ref.format,
                "rows": ref.rows,
                "fingerprint": ref.fingerprint,
                "columns": [column.model_dump() for column in ref.columns],
                "inputs": [one.model_dump(mode="json") for one in inputs],
                "transform_hash": transform_hash,
                "published_at": now,
            }
        ],
    )
    maker = connection.scalar(sa.select(dataset_versions.c.run_id).filter_by(**at))
    if maker != run_id:
        raise RecordsError(
            f"version {ref.version} of {ref.dataset} ({ref.layer}) was recorded by run {maker}",
            where=ref.uri,
            remedy="the folder of the layer was changed by hand; restore it from a backup",
        )
    insert_if_absent(connection, published, [at])
    connection.execute(
        sa.update(published)
        .where(published.c.dataset == ref.dataset)
        .values(layer=ref.layer, version=ref.version)
    )


def published_version(records: Records, dataset: str) -> DatasetVersion | None:
    """The version that readers see; ``None`` when nothing was published yet."""
    row = records.row(
        sa.select(dataset_versions)
        .join(
            published,
            sa.and_(
                published.c.dataset == dataset_versions.c.dataset,
                published.c.layer == dataset_versions.c.layer,
                published.c.version == dataset_versions.c.version,
            ),
        )
        .where(published.c.dataset == dataset)
    )
    return None if row is None else _version(row)


def list_versions(
    records: Records, dataset: str, *, run_id: str | None = None
) -> tuple[DatasetVersion, ...]:
    """The versions of a dataset, newest first; with ``run_id`` those that this run made."""
    statement = (
        sa.select(dataset_versions)
        .where(dataset_versions.c.dataset == dataset)
        .order_by(dataset_versions.c.published_at.desc(), dataset_versions.c.version.desc())
    )
    if run_id is not None:
        statement = statement.where(dataset_versions.c.run_id == run_id)
    return tuple(_version(row) for row in records.rows(statement))


def published_datasets(records: Records) -> tuple[str, ...]:
    """Names of the datasets that have a published version, sorted."""
    rows = records.rows(sa.select(published.c.dataset).order_by(published.c.dataset))
    return tuple(row.dataset for row in rows)


def _version(row: AnyRow) -> DatasetVersion:
    return DatasetVersion(
        ref=DatasetRef(
            dataset=row.dataset,
            layer=row.layer,
            uri=row.uri,
            format=row.format,
            version=row.version,
            columns=tuple(Column.model_validate(column) for column in row.columns),
            rows=row.rows,
            fingerprint=row.fingerprint,
        ),
        run_id=row.run_id,
        inputs=tuple(DatasetRef.model_validate(one) for one in row.inputs),
        transform_hash=row.transform_hash,
        published_at=row.published_at,
    )

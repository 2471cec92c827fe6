"""The catalog: datasets as their specs describe them, and every version of each spec."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from workbench.errors import NotFound
from workbench.model.dataset import Column, Layer
from workbench.model.value import Value
from workbench.records.schema_data import datasets, spec_versions
from workbench.records.slots import insert_if_absent
from workbench.records.store import Records
from workbench.records.types import AnyRow


class CatalogEntry(Value):
    """A dataset as its spec describes it. ``layer`` is the layer that it publishes."""

    name: str
    title: str = ""
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    layer: Layer = "silver"
    spec_hash: str
    spec_path: str = ""
    columns: tuple[Column, ...] = ()


def sync_datasets(
    records: Records, entries: Iterable[tuple[CatalogEntry, str]], *, complete: bool = True
) -> int:
    """Upsert datasets from (entry, text of the spec); returns how many changed.

    ``complete``: these are all datasets there are; others are marked inactive and kept. Writes
    nothing when nothing changed.
    """
    given = {entry.name: (entry, text) for entry, text in entries}
    known = {row.name: row for row in records.rows(sa.select(datasets))}
    changed = [
        pair
        for name, pair in given.items()
        if name not in known or not known[name].active or _entry(known[name]) != pair[0]
    ]
    gone = [name for name, row in known.items() if row.active and name not in given]
    if not changed and not (complete and gone):
        return 0
    with records.begin() as connection:
        now = records.now(connection)
        for entry, text in changed:
            values = entry.model_dump(mode="json") | {"active": True, "updated_at": now}
            insert_if_absent(connection, datasets, [values])
            connection.execute(
                sa.update(datasets).where(datasets.c.name == entry.name).values(**values)
            )
            version = {"dataset": entry.name, "hash": entry.spec_hash}
            insert_if_absent(connection, spec_versions, [{**version, "text": text, "seen_at": now}])
        if complete and gone:
            connection.execute(
                sa.update(datasets).where(datasets.c.name.in_(gone)).values(active=False)
            )
    return len(changed)


def list_datasets(records: Records, *, inactive: bool = False) -> tuple[CatalogEntry, ...]:
    """The datasets by name; with ``inactive`` also those whose spec is gone."""
    statement = sa.select(datasets).order_by(datasets.c.name)
    if not inactive:
        statement = statement.where(datasets.c.active)
    return tuple(_entry(row) for row in records.rows(statement))


def get_dataset(records: Records, name: str) -> CatalogEntry:
    """One dataset of the catalog; ``NotFound`` when it has none of this name."""
    row = records.row(sa.select(datasets).where(datasets.c.name == name))
    if row is None:
        raise NotFound(
            f"the catalog has no dataset {name!r}", remedy="see `workbench status` for those known"
        )
    return _entry(row)


def spec_history(records: Records, name: str) -> list[tuple[str, str, datetime]]:
    """Versions of a dataset's spec as (hash, text, first seen), newest first."""
    statement = (
        sa.select(spec_versions.c.hash, spec_versions.c.text, spec_versions.c.seen_at)
        .where(spec_versions.c.dataset == name)
        .order_by(spec_versions.c.seen_at.desc())
    )
    return [(hash_, text, seen) for hash_, text, seen in records.rows(statement)]


def _entry(row: AnyRow) -> CatalogEntry:
    return CatalogEntry.model_validate(
        {name: getattr(row, name) for name in CatalogEntry.model_fields}
    )

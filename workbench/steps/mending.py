"""Mending refused rows: out as CSV, back as a run of its own."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import Settings
from workbench.errors import NotFound
from workbench.lake import corrections
from workbench.lake.layers import DeltaLayer
from workbench.lake.quarantine import Quarantine
from workbench.lake.raw import RawStore
from workbench.model.dataset import RUN, SOURCE
from workbench.model.sql import identifier, literal
from workbench.records.quarantine import list_rows, resolve_rows
from workbench.records.store import Records
from workbench.steps.verbs.ingest import CORRECTIONS

if TYPE_CHECKING:
    import pyarrow as pa

_ALL = 10_000_000


def export_rows(
    settings: Settings, records: Records, dataset: str, path: Path, *, run_id: str | None = None
) -> int:
    """Write the open rows of a dataset as CSV, with their values as received; how many lines.

    Raises ``NotFound`` when there are none.
    """
    ids = [row.id for row in list_rows(records, dataset, run_id=run_id, limit=_ALL)]
    if not ids:
        raise NotFound(f"no open rows in the quarantine of {dataset!r}")
    return corrections.write_lines(path, *lines_of(settings, dataset, ids))


def lines_of(
    settings: Settings, dataset: str, ids: Collection[str]
) -> tuple[list[str], list[corrections.Line]]:
    """The columns and received rows that the refused rows with these ids stem from."""
    refused = Quarantine(settings, dataset).read(ids=ids)
    return corrections.lines(refused, _received(settings, dataset, refused))


def accept_corrections(settings: Settings, dataset: str, path: Path) -> dict[str, Any]:
    """Keep a mended file in RAW; the parameters of the run that ingests it.

    Raises ``SourceUnreadable`` and its kin before anything is kept.
    """
    mended = corrections.load(path)
    if not mended.ids:
        raise NotFound("the file holds no rows", where=str(path))
    raw = RawStore(settings).store(path, path.name, dataset)
    return {CORRECTIONS: raw.sha256}


def dismiss_rows(records: Records, dataset: str, *, run_id: str | None = None) -> int:
    """Close the open rows of a dataset; how many were open."""
    ids = [row.id for row in list_rows(records, dataset, run_id=run_id, limit=_ALL)]
    with records.begin() as connection:
        return resolve_rows(connection, ids, "dismissed")


def _received(settings: Settings, dataset: str, refused: pa.Table) -> pa.Table | None:
    """The bronze rows of the files that the refused rows came from."""
    import duckdb

    bronze = DeltaLayer(settings, dataset, "bronze")
    sources = sorted({name for name in refused[SOURCE].to_pylist() if name is not None})
    if bronze.version() is None or not sources:
        return None
    with duckdb.connect(":memory:") as connection:
        connection.register("refused", refused.select([SOURCE, "_row", RUN]))
        listed = ", ".join(map(literal, sources))
        return connection.execute(
            f"SELECT b.* FROM ({bronze.scan()}) AS b SEMI JOIN refused AS r ON "
            f"b._source = r._source AND b._row = r._row AND b.{identifier(RUN)} = r._run "
            f"WHERE b.{identifier(SOURCE)} IN ({listed})"
        ).to_arrow_table()

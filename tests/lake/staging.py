"""Candidates for tests: rows as staged Parquet files, and what a layer holds as plain rows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.lake.layers import DeltaLayer

TYPES = {"id": pa.int64(), "name": pa.string(), "amount": pa.decimal128(18, 2), "_row": pa.int64()}


def stage(
    folder: Path, rows: Sequence[dict[str, Any]], names: Sequence[str] | None = None
) -> list[Path]:
    """The rows as one Parquet file."""
    chosen = list(names or rows[0])
    table = pa.table(
        {n: pa.array([row.get(n) for row in rows], TYPES.get(n, pa.string())) for n in chosen}
    )
    path = folder / f"{uuid.uuid4().hex}.parquet"
    pq.write_table(table, path)
    return [path]


def rows(layer: DeltaLayer, version: int | None = None) -> list[dict[str, Any]]:
    """All rows of a version, sorted."""
    with duckdb.connect() as connection:
        found = connection.execute(layer.scan(version)).to_arrow_table().to_pylist()
    return sorted(found, key=repr)

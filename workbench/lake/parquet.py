"""Parquet files in a Delta folder: written by us, committed by ``delta``.

Rows travel from DuckDB in bounded batches, so that memory does not grow with the table.
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.durable import full_disk_named, remove_folder, sync
from workbench.errors import LakeError
from workbench.lake.delta import DataFile
from workbench.model.dataset import ROW, Column
from workbench.model.sql import literal
from workbench.model.types import parse_type

if TYPE_CHECKING:
    import duckdb

#: A file is closed once it is this large, so that a later merge rewrites little.
_FILE_BYTES = 128 << 20
#: Rows per row group: what is held in memory at a time.
GROUP_ROWS = 122_880
#: A table with more rows is written by several threads.
_MANY_ROWS = 2 * GROUP_ROWS

#: Rows by which it is judged whether values repeat.
_SAMPLE = 5_000

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]{0,99}")

_ARROW = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "time": pa.string(),
}


def arrow_type(text: str) -> pa.DataType:
    """The Arrow type in which a layer keeps a logical type (a time of day as text)."""
    kind = parse_type(text)
    if kind.name == "decimal":
        return pa.decimal128(kind.precision or 18, 2 if kind.scale is None else kind.scale)
    return _ARROW[kind.name]


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """The Arrow schema in which a layer keeps these columns."""
    return pa.schema([(column.name, arrow_type(column.type)) for column in columns])


def prefix(run_id: str) -> str:
    """What the names of a run's files start with; safe in paths and in the Delta log."""
    safe = run_id if _SAFE.fullmatch(run_id) else sha256(run_id.encode()).hexdigest()[:32]
    return f"{safe}-"


class Files:
    """New Parquet files of one run in ``folder``; removed again unless they are committed."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self.folder = folder
        self._prefix = f"{prefix(run_id)}{uuid.uuid4().hex[:12]}-"
        self._count = 0
        self.written: list[DataFile] = []
        self.offered = False

    def write(self, batches: Iterable[pa.RecordBatch | pa.Table], schema: pa.Schema) -> None:
        """Write batches that fit ``schema``; without rows no file is written.

        A large table becomes a file for each core, side by side.
        """
        writer: pq.ParquetWriter | None = None
        path = self.folder
        rows = 0
        with full_disk_named(self.folder):
            try:
                for batch in batches:
                    if not batch.num_rows:
                        continue
                    if isinstance(batch, pa.Table) and batch.num_rows > _MANY_ROWS:
                        self._write_beside(batch, schema)
                        continue
                    if writer is None:
                        path, rows = self._name(), 0
                        writer = _writer(path, schema, batch)
                    if isinstance(batch, pa.RecordBatch):
                        writer.write_batch(batch)
                    else:
                        writer.write_table(batch, row_group_size=GROUP_ROWS)
                    rows += batch.num_rows
                    if path.stat().st_size > _FILE_BYTES:
                        writer.close()
                        writer = None
                        self._keep(path, rows)
            finally:
                if writer is not None:
                    writer.close()
            if writer is not None:
                self._keep(path, rows)

    def _write_beside(self, table: pa.Table, schema: pa.Schema) -> None:
        """Write a large table as parts of whole row groups, each a file with its own thread."""
        threads = min(pa.cpu_count(), 8)
        groups = -(-table.num_rows // GROUP_ROWS)
        size = -(-groups // threads) * GROUP_ROWS
        parts = [table.slice(start, size) for start in range(0, table.num_rows, size)]
        paths = [self._name() for _ in parts]

        def write(path: Path, part: pa.Table) -> None:
            with _writer(path, schema, part) as writer:
                writer.write_table(part, row_group_size=GROUP_ROWS)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(write, paths, parts))
        for path, part in zip(paths, parts, strict=True):
            self._keep(path, part.num_rows)

    def copy(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        """Write the rows of a query, with all the cores that DuckDB has; see ``write``."""
        self._count += 1
        aside = self.folder / f"{self._prefix}{self._count}"
        with full_disk_named(self.folder):
            connection.execute(
                f"COPY ({query}) TO {literal(str(aside))} (FORMAT parquet, COMPRESSION zstd,"
                f" ROW_GROUP_SIZE {GROUP_ROWS}, FILE_SIZE_BYTES {_FILE_BYTES})"
            )
            for file in sorted(aside.iterdir()):
                with pq.ParquetFile(file) as found:
                    rows = int(found.metadata.num_rows)
                if rows:
                    path = self._name()
                    file.replace(path)
                    self._keep(path, rows)
        remove_folder(aside)

    def take(self, source: Path, rows: int) -> None:
        """Copy a file that already is as the layer keeps it."""
        if rows:
            path = self._name()
            with full_disk_named(path):
                shutil.copyfile(source, path)
            self._keep(path, rows)

    def offer(self) -> list[DataFile]:
        """The files written, for a commit; from now on they may belong to the table."""
        self.offered = True
        return self.written

    def discard(self) -> None:
        """Remove what was written, after a commit that did not happen."""
        for path in self.folder.glob(f"{self._prefix}*"):
            remove_folder(path) if path.is_dir() else path.unlink(missing_ok=True)

    def _name(self) -> Path:
        self._count += 1
        return self.folder / f"{self._prefix}{self._count}.parquet"

    def _keep(self, path: Path, rows: int) -> None:
        sync(path)
        self.written.append(DataFile(path.name, rows, path.stat().st_size))


def _writer(path: Path, schema: pa.Schema, rows: pa.RecordBatch | pa.Table) -> pq.ParquetWriter:
    """A writer whose encodings suit ``rows``, the first that it will write."""
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        store_schema=False,
        use_dictionary=_repetitive(rows),
        column_encoding={ROW: "DELTA_BINARY_PACKED"} if ROW in schema.names else None,
    )


def _repetitive(rows: pa.RecordBatch | pa.Table) -> list[str]:
    """Columns of which a dictionary is worth making: most values occur more than once."""
    sample = rows.slice(0, _SAMPLE)
    return [
        name
        for name in sample.column_names
        if name != ROW and pc.count_distinct(sample.column(name)).as_py() * 2 <= sample.num_rows
    ]


def rows_if_canonical(path: Path, columns: Sequence[Column]) -> int | None:
    """How many rows a Parquet file has, if it can be a file of the layer as it is.

    ``None`` if a column is missing, unknown or of another type than ``columns`` say.
    """
    with pq.ParquetFile(path) as file:
        found = {
            field.name: pa.string() if field.type == pa.large_string() else field.type
            for field in file.schema_arrow
        }
        wanted = {column.name: arrow_type(column.type) for column in columns}
        timed = any(parse_type(column.type).name == "time" for column in columns)
        return int(file.metadata.num_rows) if found == wanted and not timed else None


def one_table(batch: Any, schema: pa.Schema) -> pa.Table:
    """A table with the columns of ``schema``: missing ones null, others cast without loss."""
    unknown = [name for name in batch.column_names if name not in schema.names]
    if unknown:
        raise LakeError(f"columns {unknown} are in the rows, but not among the columns declared")
    arrays = []
    for field in schema:
        if field.name in batch.column_names:
            arrays.append(batch.column(field.name).cast(field.type))
        else:
            arrays.append(pa.nulls(batch.num_rows, field.type))
    return pa.table(arrays, schema=schema)

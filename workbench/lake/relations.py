"""Parquet files as relations of an in-memory DuckDB."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.durable import full_disk_named
from workbench.errors import LakeError
from workbench.model.dataset import RUN, Column
from workbench.model.sql import duckdb_type, identifier, identifiers, literal, logical_type

if TYPE_CHECKING:
    import duckdb


@contextmanager
def engine(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that spills to ``spill`` and fetches no extensions."""
    import duckdb

    spill.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(spill),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        with full_disk_named(spill), duckdb.connect(config=config) as connection:
            connection.execute("SET TimeZone = 'UTC'")  # zoned times are kept as UTC
            yield connection
    except duckdb.Error as error:
        raise LakeError(
            f"the rows cannot be read or computed: {error}",
            remedy="see the message of DuckDB above; a damaged file is restored from a backup,"
            " or made again by running the dataset with --full",
        ) from error


def parquet_columns(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], where: str
) -> tuple[Column, ...]:
    """Names and logical types of the columns of Parquet files; nested types are refused."""
    if not paths:
        return ()
    found = connection.execute(f"DESCRIBE SELECT * FROM {read(paths)}").fetchall()
    columns = []
    for name, physical, *_ in found:
        kind = logical_type(physical)
        if kind is None:
            raise LakeError(
                f"column {name!r} is {physical}, which is not a type of a table",
                where=where,
                remedy="cast it to text, or select its parts, in the transforms",
            )
        columns.append(Column(name=name, type=kind))
    return tuple(columns)


def select(columns: Sequence[Column], available: Sequence[str], alias: str = "") -> str:
    """The select list that yields ``columns`` as a layer keeps them; absent ones are null."""
    terms = []
    for column in columns:
        target = duckdb_type(column.type)
        value = f"{alias}{identifier(column.name)}" if column.name in available else "NULL"
        value = f"CAST({value} AS {target})"
        if target == "TIME":
            value = f"CAST({value} AS VARCHAR)"
        terms.append(f"{value} AS {identifier(column.name)}")
    return ", ".join(terms)


def scan(columns: Sequence[Column], paths: Sequence[Path]) -> str:
    """A SELECT over the files of a layer that yields each column in its logical type."""
    none = ", ".join(
        f"CAST(NULL AS {'VARCHAR' if column.type == 'time' else duckdb_type(column.type)})"
        f" AS {identifier(column.name)}"
        for column in columns
    )
    # files from before a column was added do not have it; the empty relation has all of them
    origin = f"SELECT {none} WHERE false"
    if paths:
        origin += f" UNION ALL BY NAME SELECT * FROM {read(paths)}"
    chosen = ", ".join(
        f"CAST({identifier(column.name)} AS {duckdb_type(column.type)})"
        f" AS {identifier(column.name)}"
        for column in columns
    )
    return f"SELECT {chosen} FROM ({origin})"


def read(paths: Sequence[Path], file_column: str | None = None) -> str:
    """A relation of Parquet files; ``file_column`` names the column with each row's path."""
    listed = ", ".join(literal(str(path)) for path in paths)
    named = f"filename = {literal(file_column)}, " if file_column else ""
    return f"read_parquet([{listed}], {named}union_by_name = true, hive_partitioning = false)"


def same(names: Sequence[str], left: str, right: str) -> str:
    """The condition that columns of two aliases are equal."""
    return " AND ".join(f"{left}.{identifier(n)} = {right}.{identifier(n)}" for n in names)


def fingerprint(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], paths: Sequence[Path]
) -> str:
    """Hash of the rows of files, whatever their order; ``_run`` is left out."""
    names = sorted(column.name for column in columns if column.name != RUN)
    totals = connection.execute(
        f"SELECT count(*), sum(h), bit_xor(h) FROM"
        f" (SELECT hash(row({identifiers(names)})) AS h FROM ({scan(columns, paths)}))"
    ).fetchone()
    text = json.dumps([names, [str(value) for value in totals or ()]])
    return hashlib.sha256(text.encode()).hexdigest()[:32]

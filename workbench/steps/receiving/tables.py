"""Tables of configured connections: one is taken as a CSV file, as it is at that moment.

Only names that the database itself lists are read, quoted by its dialect; nothing is written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from workbench.config import Settings
from workbench.errors import (
    DestinationError,
    NotFound,
    TargetUnavailable,
    WorkbenchError,
)
from workbench.model.sql import identifier, literal
from workbench.scrubbing import Scrubber
from workbench.spec.connections import Connection
from workbench.steps.receiving.uploads import Upload, Uploads

_ROWS = 20_000
#: As the destination ``parquet`` keeps tables.
_SCHEMA, _FILE = "main", "current/data.parquet"
#: What databases keep for themselves; a name that begins with ``_`` is the workbench's.
_INNER = ("information_schema", "pg_catalog")


@dataclass(frozen=True)
class Table:
    """A table that can be taken."""

    schema: str
    name: str


class _Reader(Protocol):
    """An open connection that only reads."""

    def tables(self) -> list[tuple[str, str]]: ...
    def columns(self, schema: str, table: str) -> list[str]: ...
    def rows(self, schema: str, table: str, columns: Sequence[str]) -> Iterator[Sequence[Any]]: ...


def tables(settings: Settings, connection: Connection) -> list[Table]:
    """The tables behind a connection. Raises ``DestinationError`` or ``TargetUnavailable``."""
    with _opened(settings, connection) as reader:
        found = [Table(schema, name) for schema, name in reader.tables()]
    return [one for one in found if one.schema not in _INNER and not one.name.startswith("_")]


def take(
    settings: Settings,
    uploads: Uploads,
    connection: Connection,
    schema: str,
    table: str,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    stop: Callable[[], None] | None = None,
) -> Upload:
    """A table as an upload: CSV with a header, every value as text, null as an empty field.

    ``progress`` is told rows. Raises ``NotFound`` for a table that is not listed.
    """
    if Table(schema, table) not in tables(settings, connection):
        raise NotFound(
            f"there is no table {schema}.{table}",
            where=f"connection {connection.name}",
            remedy="choose one of those that are listed",
        )
    with _opened(settings, connection) as reader:
        columns = reader.columns(schema, table)
        rows = reader.rows(schema, table, columns)
        return uploads.adopt(f"{table}.csv", _csv(columns, rows, progress, stop))


def _csv(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    progress: Callable[[int, int | None], None] | None,
    stop: Callable[[], None] | None,
) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerow(columns)
    for count, row in enumerate(rows, start=1):
        writer.writerow(row)
        if count % _ROWS == 0:
            if stop:
                stop()
            if progress:
                progress(count, None)
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


@contextmanager
def _opened(settings: Settings, connection: Connection) -> Iterator[_Reader]:
    openers = {"duckdb": _duckdb, "parquet": _parquet, "postgres": _postgres}
    opener = openers.get(connection.type)
    if opener is None:
        raise WorkbenchError(
            f"tables cannot be taken from a connection of type {connection.type!r}",
            where=f"connection {connection.name}",
            remedy=f"they can from {', '.join(openers)}",
        )
    try:
        with opener(settings, connection) as reader:
            yield reader
    except (WorkbenchError, OSError):
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("duckdb", "_duckdb", "psycopg")):
            raise
        told = Scrubber(connection.secrets()).text(" ".join(str(error).split()))
        passing = "lock" in told.lower() or "connection" in type(error).__name__.lower()
        raise (TargetUnavailable if passing else DestinationError)(
            f"it cannot be read: {told}",
            where=f"connection {connection.name}",
            remedy="check the connection, or try again when nobody writes there",
        ) from None


class _Database:
    """DuckDB and PostgreSQL list their tables alike."""

    def __init__(self, fetch: Callable[[str], Iterator[Sequence[Any]]]) -> None:
        self._fetch = fetch

    def tables(self) -> list[tuple[str, str]]:
        listed = self._fetch(
            "SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2"
        )
        return [(str(schema), str(name)) for schema, name in listed]

    def columns(self, schema: str, table: str) -> list[str]:
        listed = self._fetch(
            "SELECT column_name FROM information_schema.columns "
            f"WHERE table_schema = {literal(schema)} AND table_name = {literal(table)} "
            "ORDER BY ordinal_position"
        )
        return [str(name) for (name,) in listed]

    def rows(self, schema: str, table: str, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
        shown = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in columns)
        return self._fetch(f"SELECT {shown} FROM {identifier(schema)}.{identifier(table)}")


class _Folder:
    """Tables as Parquet files, as the destination of that name keeps them."""

    def __init__(self, folder: Path, fetch: Callable[[str], Iterator[Sequence[Any]]]) -> None:
        self._folder = folder
        self._fetch = fetch

    def tables(self) -> list[tuple[str, str]]:
        return sorted(self._files())

    def columns(self, schema: str, table: str) -> list[str]:
        described = self._fetch(f"DESCRIBE SELECT * FROM {self._relation(schema, table)}")
        return [str(row[0]) for row in described]

    def rows(self, schema: str, table: str, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
        shown = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in columns)
        return self._fetch(f"SELECT {shown} FROM {self._relation(schema, table)}")

    def _relation(self, schema: str, table: str) -> str:
        # the version that is current now: another load does not take it away meanwhile
        return f"read_parquet({literal(str(self._files()[schema, table].resolve()))})"

    def _files(self) -> dict[tuple[str, str], Path]:
        """The file of each table; a table without a schema stands beside the folders of schemas."""
        bare = {(_SCHEMA, file.parents[1].name): file for file in self._folder.glob(f"*/{_FILE}")}
        named = {
            (file.parents[2].name, file.parents[1].name): file
            for file in self._folder.glob(f"*/*/{_FILE}")
        }
        return named | bare


def _fetcher(session: Any) -> Callable[[str], Iterator[Sequence[Any]]]:
    def fetch(query: str) -> Iterator[Sequence[Any]]:
        done = session.execute(query)
        while block := done.fetchmany(_ROWS):
            yield from block

    return fetch


@contextmanager
def _duckdb(settings: Settings, connection: Connection) -> Iterator[_Reader]:
    import duckdb

    path = Path(connection.resolve(settings).path or settings.path("warehouse.duckdb"))
    if not path.is_file():
        raise NotFound(
            "nothing was loaded there yet",
            where=f"connection {connection.name}",
            remedy="choose another connection",
        )
    session = duckdb.connect(str(path), read_only=True)
    try:
        yield _Database(_fetcher(session))
    finally:
        session.close()


@contextmanager
def _parquet(settings: Settings, connection: Connection) -> Iterator[_Reader]:
    import duckdb

    session = duckdb.connect()
    try:
        yield _Folder(Path(connection.resolve(settings).path), _fetcher(session))
    finally:
        session.close()


@contextmanager
def _postgres(settings: Settings, connection: Connection) -> Iterator[_Reader]:
    try:
        import psycopg
    except ImportError as error:
        raise DestinationError(
            "the PostgreSQL driver is not installed",
            remedy="install the extra: pip install 'data-workbench[postgres]'",
        ) from error
    given = connection.resolve(settings).conninfo()
    with psycopg.connect(given) as session:
        session.read_only = True

        def fetch(query: str) -> Iterator[Sequence[Any]]:
            # a cursor of the server: the table does not have to fit into memory
            with session.cursor(name="taken") as cursor:
                cursor.itersize = _ROWS
                cursor.execute(query.encode())
                yield from cursor

        yield _Database(fetch)

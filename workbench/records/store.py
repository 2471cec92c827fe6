"""Opens the records and gives transactions.

SQLite is written in BEGIN IMMEDIATE transactions. Its busy handler is unfair, so BEGIN and COMMIT
are retried here after short random waits. Reads use connections of their own in autocommit, and
results are fetched whole: a half-read SELECT would block every commit. SQLite before 3.51.3 can
corrupt a write-ahead log that several processes share, so there the rollback journal is used.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError, InternalError, OperationalError
from sqlalchemy.sql import Executable

from workbench.config import Settings
from workbench.errors import RecordsError, as_storage_error
from workbench.records import locks, migrate
from workbench.records.schema import HEAD
from workbench.records.types import AnyRow

T = TypeVar("T")

#: Seconds after which waiting for SQLite's lock is given up.
PATIENCE = 60.0
#: Seconds after which it is looked at who holds it: one that stands still never gives it back.
SUSPICIOUS = 10.0
#: From this version of SQLite on, several processes may share a write-ahead log.
SAFE_WAL = (3, 51, 3)

#: Have PostgreSQL end a session that stands still in a transaction, which others wait for.
_IDLE = "-c idle_in_transaction_session_timeout=60s"


class Records:
    """The records over one database. Safe to share between threads, not across a fork."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self.url = sa.make_url(url)
        self.where = self.url.render_as_string(hide_password=True)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.patience = patience
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, patience, writer=True)
            self._reader = _sqlite_engine(self.url, patience, writer=False)
        else:
            options = f"{_IDLE} {self.url.query.get('options', '')}".strip()
            self._writer = sa.create_engine(
                self.url, pool_pre_ping=True, pool_size=3, connect_args={"options": options}
            )
            self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: committed at the end, rolled back on an error."""
        with self._translated(), self._writer.connect() as connection:
            if not self.is_sqlite:
                with connection.begin():
                    yield connection
                return
            self._patiently(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            try:
                yield connection
                self._patiently(lambda: connection.exec_driver_sql("COMMIT"))
            except BaseException:
                _roll_back(connection)
                raise

    def rows(self, statement: Executable) -> Sequence[AnyRow]:
        """All rows of a SELECT, read outside of any transaction."""

        def read() -> Sequence[AnyRow]:
            with self._reader.connect() as connection:
                return connection.execute(statement).all()

        with self._translated():
            return self._patiently(read) if self.is_sqlite else read()

    def row(self, statement: Executable) -> AnyRow | None:
        """The first row of a SELECT, or ``None``."""
        found = self.rows(statement)
        return found[0] if found else None

    def value(self, statement: Executable) -> Any:
        """The first column of the first row, or ``None``."""
        found = self.row(statement)
        return None if found is None else found[0]

    def now(self, connection: Connection | None = None) -> datetime:
        """The time by the clock that all users of these records share."""
        if self.is_sqlite:
            return datetime.now(UTC)
        statement = sa.select(sa.func.clock_timestamp())
        moment: Any = self.value(statement) if connection is None else connection.scalar(statement)
        now: datetime = moment.astimezone(UTC)
        return now

    def close(self) -> None:
        """Close all connections."""
        self._writer.dispose()
        self._reader.dispose()

    def _migrate(self) -> None:
        try:
            with self._translated(), self._reader.connect() as connection:
                found = self._patiently(lambda: migrate.current(connection))
            if found == HEAD:
                return
            with self.begin() as connection:
                migrate.bring_up(connection, self.where)
            # a connection that has seen the empty file takes it, while another writes, for empty
            # still: SQLite then says "no such table" instead of "locked"
            self._reader.dispose()
        except DatabaseError as error:
            raise RecordsError(
                f"this is not a database of records: {error.orig}",
                where=self.where,
                remedy="point DATABASE_URL or WORKBENCH_HOME elsewhere, or restore a backup",
            ) from error

    def _patiently(self, action: Callable[[], T]) -> T:
        began = time.monotonic()
        suspicious = SUSPICIOUS
        pause = 0.002
        while True:
            try:
                return action()
            except OperationalError as error:
                waited = time.monotonic() - began
                if not _is_locked(error) or waited > self.patience:
                    raise
            if waited > suspicious:
                suspicious += SUSPICIOUS
                locks.end_if_stopped(Path(self.url.database or ""))
            time.sleep(random.uniform(0.0005, pause))  # noqa: S311 - spreads the writers
            pause = min(pause * 1.5, 0.05)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InternalError) as error:  # the latter: ended as too idle
            full = as_storage_error(error, where=self.where)
            if full:
                raise full from error
            holder = locks.holder(Path(self.url.database or "")) if _is_locked(error) else None
            raise RecordsError(
                f"the records cannot be used: {str(error.orig).strip()}"
                + (f", by {holder}" if holder else ""),
                where=self.where,
                remedy=(
                    f"wake it up or end it: kill -CONT {holder.pid}"
                    if holder and holder.stopped
                    else "another process holds them; try again"
                    if _is_locked(error)
                    else "check that the database is up and DATABASE_URL is right"
                    if not self.is_sqlite
                    else "check that WORKBENCH_HOME can be written"
                ),
            ) from error


def open_records(settings: Settings) -> Records:
    """The records of these settings, brought to the newest schema. Safe in many processes at once.

    Raises ``RecordsError`` when the database cannot be reached or is newer than this program.
    """
    url = sa.make_url(settings.records_url)
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise RecordsError(
            f"records cannot be kept in {url.get_backend_name()!r}",
            where="DATABASE_URL",
            remedy="give a postgresql:// URL, or none to use SQLite in WORKBENCH_HOME",
        )
    records = Records(settings.records_url)
    if records.is_sqlite and url.database:
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordsError(
                f"the folder of the records cannot be made: {error.strerror}",
                where=str(folder),
                remedy="point WORKBENCH_HOME at a folder that you may write",
            ) from error
    records._migrate()
    return records


def _sqlite_engine(url: sa.URL, patience: float, *, writer: bool) -> Engine:
    engine = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", connect_args={"timeout": 0.1}, pool_size=3
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        wal = sqlite3.sqlite_version_info >= SAFE_WAL
        cursor = connection.cursor()
        # SQLite looks ever more seldom, and misses the moments between two writers: who reads
        # looks by himself; who commits waits there, where he keeps new readers away
        cursor.execute(f"PRAGMA busy_timeout={100 if writer else 5}")
        _set_journal(cursor, "WAL" if wal else "TRUNCATE", patience)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        if writer:
            cursor.execute("PRAGMA cache_spill=OFF")  # a spill needs all readers gone
        else:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    return engine


def _set_journal(cursor: sqlite3.Cursor, mode: str, patience: float) -> None:
    give_up = time.monotonic() + patience
    while True:
        try:
            cursor.execute(f"PRAGMA journal_mode={mode}")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
        time.sleep(random.uniform(0.001, 0.02))  # noqa: S311 - spreads the writers


def _roll_back(connection: Connection) -> None:
    if not connection.invalidated:  # by an interrupt; then it is closed
        connection.connection.rollback()


def _is_locked(error: DBAPIError) -> bool:
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)

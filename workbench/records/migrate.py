"""Brings the records to the newest schema; safe when many processes open them at once.

The version is compared first, without Alembic. New records are made from the table definitions
and stamped; older ones are migrated by Alembic. Either happens in one exclusive transaction.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, ProgrammingError

from workbench.errors import RecordsError
from workbench.records import schema_data  # noqa: F401 - metadata holds its tables, too
from workbench.records.schema import HEAD, attempts, metadata

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x776B6265  # any number that other users of the database are unlikely to take


def current(connection: Connection) -> str | None:
    """The revision that the records are at; ``None`` for an empty database."""
    try:
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    except (OperationalError, ProgrammingError) as error:
        text = str(error.orig).lower()
        if "no such table" in text or "does not exist" in text:
            connection.rollback()
            return None
        raise


def bring_up(connection: Connection, where: str) -> None:
    """Create or migrate the tables within the open transaction of ``connection``."""
    found = _locked_current(connection)
    if found == HEAD:
        return
    if found is None:
        metadata.create_all(connection)
        connection.execute(
            sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        )
        connection.execute(
            sa.text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": HEAD}
        )
        start_fences(connection)
    else:
        _upgrade(connection, found, where)


def start_fences(connection: Connection) -> None:
    """Let attempts (whose ids are fences) count from the current time in seconds.

    Targets remember the highest fence they have seen. Records that were deleted and made anew
    must not fall behind it.
    """
    first = int(time.time())
    if connection.dialect.name == "sqlite":
        connection.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('attempts', :first)"),
            {"first": first},
        )
    else:
        connection.execute(
            sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(attempts.name, "id"), first))
        )


def config(connection: Connection) -> Config:
    """Alembic's configuration for these migrations over ``connection``."""
    from alembic.config import Config

    result = Config()
    result.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    result.attributes["connection"] = connection
    return result


def _locked_current(connection: Connection) -> str | None:
    if connection.dialect.name == "sqlite":
        exists = sa.text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
        exists = sa.text("SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL")
    if connection.execute(exists).scalar() is None:
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection, found: str, where: str) -> None:
    from alembic import command
    from alembic.util.exc import CommandError

    try:
        command.upgrade(config(connection), HEAD)
    except CommandError as error:
        raise RecordsError(
            f"the records are at version {found!r}, which this version of the workbench "
            f"(records version {HEAD}) does not know: {error}",
            where=where,
            remedy="use the newer version of the workbench that wrote them",
        ) from error

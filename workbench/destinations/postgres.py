"""Destination ``postgres``: tables in a PostgreSQL database.

Rows go by binary COPY (ADBC) into a temporary table, and from there by one set-based statement
into the target, all in one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from pydantic import Field, model_validator

from workbench.config import Settings
from workbench.destinations.loading import dry_run, load
from workbench.destinations.loading.capabilities import Capabilities
from workbench.destinations.loading.dry_run import Forecast
from workbench.destinations.loading.postgres_session import PostgresSession
from workbench.destinations.loading.request import LoadRequest, TableState
from workbench.errors import (
    DestinationError,
    KeyViolation,
    TargetUnavailable,
    WorkbenchError,
    as_storage_error,
)
from workbench.model.dataset import Column
from workbench.model.ledger import LoadLedger
from workbench.model.value import Options as Base

_REFUSED = re.compile(
    r"authentication failed|no password supplied|does not exist|no pg_hba|not permitted|"
    r"invalid (connection|integer|sslmode)|could not translate host name",
    re.IGNORECASE,
)
#: SQLSTATE classes and codes that may pass by themselves.
_PASSING = ("08", "40001", "40P01", "53300", "55P03", "57P")

CAPABILITIES = Capabilities(
    title="PostgreSQL",
    longest_name=63,
    reasons={"any_name": "names have at most 63 bytes; PostgreSQL cuts longer ones off"},
)


class Options(Base):
    """A PostgreSQL database: one ``url``, or its parts."""

    type: Literal["postgres"] = Field(default="postgres", description="a PostgreSQL database")
    url: str | None = Field(
        default=None,
        repr=False,
        description="postgresql://user:password@host:5432/database, best as ${env:NAME}",
    )
    host: str | None = Field(default=None, description="host, or folder of the Unix socket")
    port: int | None = Field(default=None, ge=1, le=65535, description="port; default 5432")
    database: str | None = Field(default=None, description="name of the database")
    user: str | None = Field(default=None, description="name of the role")
    password: str | None = Field(
        default=None, repr=False, description="password, as ${env:NAME} or ${file:path}"
    )
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None = (
        Field(default=None, description="as in libpq")
    )
    schema_: str = Field(
        default="public",
        alias="schema",
        min_length=1,
        description="schema of tables that name none",
    )
    connect_timeout: int = Field(default=10, ge=1, le=600, description="seconds to connect")
    lock_timeout: int = Field(
        default=30, ge=1, le=3600, description="seconds to wait for another load of the table"
    )

    @model_validator(mode="after")
    def _names_a_database(self) -> Options:
        if self.url and (self.host or self.database or self.user or self.password):
            raise ValueError("give url, or host, database, user and password, not both")
        if not self.url and not self.database:
            raise ValueError("give url, or at least database")
        return self

    def conninfo(self) -> str:
        """What libpq is to connect by."""
        from psycopg.conninfo import make_conninfo

        return make_conninfo(
            self.url or "",
            host=self.host,
            port=self.port,
            dbname=self.database,
            user=self.user,
            password=self.password,
            sslmode=self.sslmode,
            connect_timeout=self.connect_timeout,
            application_name="workbench",
        )


class Destination:
    """Loads tables into PostgreSQL."""

    def __init__(self, options: Options, settings: Settings) -> None:
        self.options = options
        self._spill = settings.path("staging", "spill")

    @property
    def capabilities(self) -> Capabilities:
        """What this destination can do."""
        return CAPABILITIES

    @property
    def location(self) -> str:
        """Host, port and database, for messages; never a secret."""
        parts = self._parts()
        host = parts.get("host") or "localhost"
        return f"postgresql://{host}:{parts.get('port') or 5432}/{parts.get('dbname', '')}"

    def check(self) -> None:
        """Raise ``TargetUnavailable`` or ``DestinationError`` unless the database answers."""
        with self._session() as session:
            session.fetch("SELECT 1")

    def has(self, schema: str | None, table: str) -> bool:
        """Whether there is such a table."""
        with self._session() as session:
            return session.has(schema or session.default_schema, table)

    def inspect(self, schema: str | None, table: str) -> TableState | None:
        """The table as it is, with its rows counted; ``None`` if there is none."""
        with self._session() as session:
            return load.inspect(session, schema, table)

    def changes(
        self, schema: str | None, table: str, columns: Sequence[Column], key: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """What a load would create or alter, in sentences. Touches nothing."""
        with self._session() as session:
            return load.changes(session, schema, table, columns, key)

    def dry_run(self, request: LoadRequest) -> Forecast:
        """What a load would do, by the rows that are there; see ``dry_run``. Touches nothing."""
        with self._session() as session:
            return dry_run.dry_run(session, request)

    def load(self, request: LoadRequest) -> LoadLedger:
        """Load a table in one transaction; see ``LoadRequest``."""
        with self._session() as session:
            return load.load(session, request)

    def landed(self, schema: str | None, table: str) -> dict[str, int]:
        """The runs that loaded a table, and the dataset version that each loaded last."""
        with self._session() as session:
            return load.landed(session, schema, table)

    def raise_fence(self, schema: str | None, table: str, fence: int) -> None:
        """Take a table over: attempts with a lower fence are refused from now on."""
        with self._session() as session:
            load.raise_fence(session, schema or session.default_schema, table, fence)

    @contextmanager
    def _session(self) -> Iterator[PostgresSession]:
        """A connection with an open transaction, committed when the block ends well."""
        dbapi = _driver()
        try:
            connection = dbapi.connect(self.options.conninfo())
        except dbapi.Error as error:
            raise self._unreachable(error) from None  # its text may hold the password
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET TIME ZONE 'UTC'")
                cursor.execute(f"SET lock_timeout = '{self.options.lock_timeout}s'")
                yield PostgresSession(cursor, self.options.schema_, self._spill, CAPABILITIES)
                connection.commit()
        except dbapi.Error as error:
            raise self._translated(error) from None
        finally:
            connection.close()  # rolls back what is not committed

    def _parts(self) -> dict[str, Any]:
        from psycopg.conninfo import conninfo_to_dict

        return dict(conninfo_to_dict(self.options.conninfo()))

    def _unreachable(self, error: Exception) -> WorkbenchError:
        text = self._scrubbed(error)
        if _REFUSED.search(text):
            return DestinationError(
                f"PostgreSQL refuses the connection: {text}",
                where=self.location,
                remedy="check host, database, user and password of the connection",
            )
        return TargetUnavailable(
            f"PostgreSQL cannot be reached: {text}",
            where=self.location,
            remedy="check that the server runs and that host and port are right, then retry",
        )

    def _translated(self, error: Exception) -> WorkbenchError:
        """An error of PostgreSQL as an error of the workbench."""
        text = self._scrubbed(error)
        state = str(getattr(error, "sqlstate", "") or "")
        full = as_storage_error(Exception(text), where=self.location)
        if full is not None:
            return full
        if state.startswith(_PASSING) or "server closed the connection" in text:
            return TargetUnavailable(
                f"PostgreSQL cannot do it just now: {text}",
                where=self.location,
                remedy="retry; another session may hold the table, or the server restarted",
            )
        if state.startswith("23"):
            return KeyViolation(
                f"the table refuses the rows: {text}",
                where=self.location,
                remedy="correct the rows, or drop the constraint",
            )
        return DestinationError(
            text, where=self.location, remedy="see the message of PostgreSQL above"
        )

    def _scrubbed(self, error: Exception) -> str:
        """The text of an error without the password, on one line."""
        text = " ".join(str(error).split())
        secret = self._parts().get("password")
        return text.replace(str(secret), "***") if secret else text


def _driver() -> Any:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise DestinationError(
            "the PostgreSQL driver is not installed",
            remedy="install the extra: pip install 'data-workbench[postgres]'",
        ) from error
    return dbapi

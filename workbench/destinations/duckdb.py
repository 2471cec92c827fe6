"""Destination ``duckdb``: a DuckDB file, the embedded warehouse.

DuckDB lets one process write a file or many read it. So a load opens the file, loads and closes
it again; while another process has it open, the load waits.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from workbench.config import Settings
from workbench.destinations.loading import dry_run, load
from workbench.destinations.loading.capabilities import Capabilities
from workbench.destinations.loading.dry_run import Forecast
from workbench.destinations.loading.duckdb_session import DuckDBSession
from workbench.destinations.loading.request import LoadRequest, TableState
from workbench.durable import full_disk_named
from workbench.errors import DestinationError, KeyViolation, TargetUnavailable
from workbench.model.dataset import Column
from workbench.model.ledger import LoadLedger
from workbench.model.value import Options as Base

if TYPE_CHECKING:
    import duckdb

_HOLDER = re.compile(r"held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
_NAP = 0.05
_LONGEST_NAP = 1.0
#: Columns beyond which a table is wide, and what closing may take then.
_WIDE = 1_000
_CLOSING = "400MB"

CAPABILITIES = Capabilities(
    title="DuckDB",
    alters_keys=False,
    concurrent_writers=False,
    reasons={
        "alters_keys": "DuckDB does not change the type of an indexed column",
        "concurrent_writers": "one process at a time writes the file; other loads wait for it",
    },
)


class Options(Base):
    """A DuckDB file."""

    type: Literal["duckdb"] = Field(default="duckdb", description="a DuckDB file")
    path: str | None = Field(
        default=None,
        description="file, relative to the project; default warehouse.duckdb in the home folder",
    )
    schema_: str = Field(
        default="main", alias="schema", min_length=1, description="schema of tables that name none"
    )
    wait: float = Field(
        default=30.0, ge=0, le=3600, description="seconds to wait while another process has it open"
    )


class Destination:
    """Loads tables into a DuckDB file."""

    def __init__(self, options: Options, settings: Settings) -> None:
        self.options = options
        self.path = (
            settings.project / options.path if options.path else settings.path("warehouse.duckdb")
        )
        self._spill = settings.path("staging", "spill")

    @property
    def capabilities(self) -> Capabilities:
        """What this destination can do."""
        return CAPABILITIES

    @property
    def location(self) -> str:
        """Where it is, for messages; never a secret."""
        return str(self.path)

    def check(self) -> None:
        """Raise ``TargetUnavailable`` or ``DestinationError`` unless the file can be used."""
        if self.path.exists():
            with self._session(read_only=True):
                pass
        elif not self.path.parent.is_dir() and self.options.path:
            raise DestinationError(
                "the folder of the DuckDB file is not there",
                where=self.location,
                remedy="make the folder, or correct the path of the connection",
            )

    def has(self, schema: str | None, table: str) -> bool:
        """Whether there is such a table."""
        if not self.path.exists():
            return False
        with self._session(read_only=True) as session:
            return session.has(schema or session.default_schema, table)

    def inspect(self, schema: str | None, table: str) -> TableState | None:
        """The table as it is, with its rows counted; ``None`` if there is none."""
        if not self.path.exists():
            return None
        with self._session(read_only=True) as session:
            return load.inspect(session, schema, table)

    def changes(
        self, schema: str | None, table: str, columns: Sequence[Column], key: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """What a load would create or alter, in sentences. Touches nothing."""
        with self._session(read_only=True) as session:
            return load.changes(session, schema, table, columns, key)

    def dry_run(self, request: LoadRequest) -> Forecast:
        """What a load would do, by the rows that are there; see ``dry_run``. Touches nothing."""
        with self._session(read_only=True) as session:
            return dry_run.dry_run(session, request)

    def load(self, request: LoadRequest) -> LoadLedger:
        """Load a table in one transaction; see ``LoadRequest``."""
        with self._session(wide=len(request.columns) > _WIDE) as session:
            return load.load(session, request)

    def landed(self, schema: str | None, table: str) -> dict[str, int]:
        """The runs that loaded a table, and the dataset version that each loaded last."""
        if not self.path.exists():
            return {}
        with self._session(read_only=True) as session:
            return load.landed(session, schema, table)

    def raise_fence(self, schema: str | None, table: str, fence: int) -> None:
        """Take a table over: attempts with a lower fence are refused from now on."""
        with self._session() as session:
            load.raise_fence(session, schema or session.default_schema, table, fence)

    @contextmanager
    def _session(self, *, read_only: bool = False, wide: bool = False) -> Iterator[DuckDBSession]:
        """A connection with an open transaction, committed when the block ends well.

        Closing holds a block for each column of a new table, which is much for a ``wide`` one: then
        it is given less memory, and spills.
        """
        import duckdb

        missing = read_only and not self.path.exists()
        with self._translated(), full_disk_named(self.path):
            connection = duckdb.connect() if missing else self._open(read_only)
            try:
                # in order, parallel inserts leave part-filled row groups, and closing rewrites them
                connection.execute("SET preserve_insertion_order = false")
                connection.execute("BEGIN")
                yield DuckDBSession(connection, self.options.schema_, CAPABILITIES)
                connection.execute("COMMIT")
                if wide:
                    with suppress(duckdb.OutOfMemoryException):  # it holds more now
                        connection.execute(f"SET memory_limit = '{_CLOSING}'")
            finally:
                connection.close()  # rolls back what is not committed

    def _open(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        """Open the file, waiting with jitter while another process has it open."""
        import duckdb

        if not read_only:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._spill.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + self.options.wait
        nap = _NAP
        while True:
            try:
                return duckdb.connect(
                    str(self.path),
                    read_only=read_only,
                    config={"temp_directory": str(self._spill)},
                )
            except (duckdb.IOException, duckdb.ConnectionException) as error:
                holder = _holder(error)
                if holder is None:
                    raise
                if time.monotonic() >= deadline:
                    raise TargetUnavailable(
                        f"the DuckDB file is open in {holder}",
                        where=self.location,
                        remedy="close it there, then retry; read tables with workbench.read() or"
                        " workbench.connect(), which lock nobody out",
                    ) from error
            time.sleep(nap * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            nap = min(nap * 1.5, _LONGEST_NAP)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors of DuckDB as errors of the workbench."""
        import duckdb

        try:
            yield
        except duckdb.ConstraintException as error:
            raise KeyViolation(
                f"the table refuses the rows: {error}",
                where=self.location,
                remedy="correct the rows, or drop the constraint",
            ) from error
        except duckdb.ConversionException as error:
            raise DestinationError(
                f"a value does not fit its column: {error}",
                where=self.location,
                remedy="cast the column in the transforms",
            ) from error
        except duckdb.Error as error:
            raise DestinationError(
                str(error), where=self.location, remedy="see the message of DuckDB above"
            ) from error


def _holder(error: Exception) -> str | None:
    """Who has the file open, if that is why it cannot be opened."""
    text = str(error)
    match = _HOLDER.search(text)
    if match:
        return f"process {match['pid']} ({Path(match['program']).name})"
    if "different configuration" in text or "already attached" in text:
        return "this process, by another connection"
    return "another process" if "Could not set lock" in text else None

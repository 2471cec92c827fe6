"""One open connection to a destination, as the load sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from workbench.destinations.loading.capabilities import Capabilities
from workbench.destinations.loading.request import LoadRequest, TableState
from workbench.model.sql import identifier


class Session(Protocol):
    """One connection with one open transaction; the dialect of one engine.

    The SQL of tables and strategies is the standard that DuckDB and PostgreSQL share; a session
    adds what differs.
    """

    #: Name of the schema where none is given.
    default_schema: str
    #: What the destination can do.
    capabilities: Capabilities

    def execute(self, statement: str) -> int:
        """Run a statement; the number of rows that it changed."""
        ...

    def fetch(self, query: str) -> Sequence[Sequence[Any]]:
        """All rows of a small result."""
        ...

    def type_name(self, logical: str) -> str:
        """The engine's type of a logical type."""
        ...

    def has(self, schema: str, table: str) -> bool:
        """Whether there is such a table."""
        ...

    def inspect(self, schema: str, table: str) -> TableState | None:
        """The table as it is, or ``None``."""
        ...

    def serialize(self, name: str) -> None:
        """Wait until no other transaction holds ``name``, and hold it until this one ends."""
        ...

    def lock(self, schema: str, table: str) -> None:
        """Keep other writers off a table (or the whole database) until the transaction ends."""
        ...

    def empty(self, schema: str, table: str) -> None:
        """Delete all rows; readers keep seeing them until the transaction ends."""
        ...

    def protect(self) -> None:
        """Let the transaction read only from now on; what was staged can still be read."""
        ...

    def stage(self, request: LoadRequest) -> str:
        """Make the candidate a relation of the engine, with keys checked; its quoted name."""
        ...


def qualified(schema: str, table: str) -> str:
    """The quoted name of a table."""
    return f"{identifier(schema)}.{identifier(table)}"

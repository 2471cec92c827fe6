"""A session on PostgreSQL, all of it on one ADBC connection, so that it is one transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.destinations.loading.capabilities import Capabilities
from workbench.destinations.loading.duckdb_session import create_view
from workbench.destinations.loading.request import LoadRequest, TableState
from workbench.destinations.loading.session import qualified
from workbench.errors import DestinationError
from workbench.model.dataset import Column
from workbench.model.sql import identifier, literal
from workbench.model.types import parse_type

if TYPE_CHECKING:
    from pathlib import Path

_CANDIDATE = "__workbench_candidate"
_BATCH_ROWS = 122_880

_TYPES = {
    "text": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
}
_LOGICAL = {native: logical for logical, native in _TYPES.items()} | {
    "integer": "integer",
    "smallint": "integer",
    "real": "number",
    "timestamp with time zone": "timestamp",
}
_TEXT = re.compile(r"(character varying|character)(\(\d+\))?")


class PostgresSession:
    """One connection with an open transaction; see ``Session``."""

    def __init__(
        self, cursor: Any, default_schema: str, spill: Path, capabilities: Capabilities
    ) -> None:
        self.cursor = cursor
        self.default_schema = default_schema
        self.capabilities = capabilities
        self._spill = spill

    def execute(self, statement: str) -> int:
        self.cursor.execute(statement)
        return max(0, int(self.cursor.rowcount))

    def fetch(self, query: str) -> Sequence[Sequence[Any]]:
        self.cursor.execute(query)
        rows: Sequence[Sequence[Any]] = self.cursor.fetchall()
        return rows

    def type_name(self, logical: str) -> str:
        kind = parse_type(logical)
        return (
            f"numeric({kind.precision},{kind.scale})"
            if kind.name == "decimal"
            else _TYPES[kind.name]
        )

    def has(self, schema: str, table: str) -> bool:
        found = self.fetch(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE n.nspname = {literal(schema)} AND c.relname = {literal(table)}"
            " AND c.relkind IN ('r', 'p')"
        )
        return bool(found)

    def inspect(self, schema: str, table: str) -> TableState | None:
        place = f"n.nspname = {literal(schema)} AND c.relname = {literal(table)}"
        found = self.fetch(
            "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,"
            " col_description(c.oid, a.attnum) FROM pg_attribute a"
            " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE {place} AND c.relkind IN ('r', 'p') AND a.attnum > 0"
            " AND NOT a.attisdropped ORDER BY a.attnum"
        )
        if not found:
            return None
        key = self.fetch(
            "SELECT a.attname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)"
            f" WHERE {place} AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)"
        )
        return TableState(
            columns=tuple(
                Column(
                    name=name, type=_logical(native), nullable=nullable, description=comment or ""
                )
                for name, native, nullable, comment in found
            ),
            primary_key=tuple(name for (name,) in key),
            native={name: native for name, native, *_ in found},
        )

    def serialize(self, name: str) -> None:
        """An advisory lock until the transaction ends."""
        self.fetch(
            "SELECT 1 FROM (SELECT pg_advisory_xact_lock("
            f"hashtextextended({literal('workbench:' + name)}, 0))) AS held"
        )

    def lock(self, schema: str, table: str) -> None:
        """Readers go on; writers wait until the transaction ends."""
        self.execute(f"LOCK TABLE {qualified(schema, table)} IN SHARE ROW EXCLUSIVE MODE")

    def empty(self, schema: str, table: str) -> None:
        """DELETE and not TRUNCATE, which would shut readers out."""
        self.execute(f"DELETE FROM {qualified(schema, table)}")

    def protect(self) -> None:
        self.execute("SET TRANSACTION READ ONLY")

    def stage(self, request: LoadRequest) -> str:
        """COPY the candidate into a temporary table that vanishes with the transaction."""
        import duckdb

        columns = ", ".join(
            f"{identifier(column.name)} {self.type_name(column.type)}" for column in request.columns
        )
        name = identifier(_CANDIDATE)
        self.execute(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")
        self._spill.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(config={"temp_directory": str(self._spill)}) as connection:
            try:
                view = create_view(connection, request)
                rows = connection.execute(f"FROM {view}").to_arrow_reader(_BATCH_ROWS)
            except duckdb.ConversionException as error:
                raise DestinationError(
                    f"a value does not fit its column: {error}",
                    where=request.table,
                    remedy="cast the column in the transforms",
                ) from error
            self.cursor.adbc_ingest(_CANDIDATE, rows, mode="append", temporary=True)
        return f"pg_temp.{name}"


def _logical(native: str) -> str:
    """The logical type of a PostgreSQL type; its own name where there is none."""
    if native.startswith("numeric("):
        try:
            return str(parse_type(native.replace("numeric", "decimal")))
        except ValueError:
            return native
    return "text" if _TEXT.fullmatch(native) else _LOGICAL.get(native, native)

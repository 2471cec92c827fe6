"""A session on DuckDB: a warehouse file, or in memory over Parquet; and candidates as views."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.destinations.loading.capabilities import Capabilities
from workbench.destinations.loading.request import LoadRequest, TableState
from workbench.destinations.loading.session import qualified
from workbench.model.dataset import Column
from workbench.model.keys import check_keys
from workbench.model.sql import duckdb_type, identifier, literal, logical_type

if TYPE_CHECKING:
    import duckdb

_CANDIDATE = "__workbench_candidate"


class DuckDBSession:
    """One connection with an open transaction; see ``Session``."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        default_schema: str,
        capabilities: Capabilities,
    ) -> None:
        self.connection = connection
        self.default_schema = default_schema
        self.capabilities = capabilities

    def execute(self, statement: str) -> int:
        row = self.connection.execute(statement).fetchone()
        return int(row[0]) if row and isinstance(row[0], int) else 0

    def fetch(self, query: str) -> Sequence[Sequence[Any]]:
        return self.connection.execute(query).fetchall()

    def type_name(self, logical: str) -> str:
        return duckdb_type(logical)

    def has(self, schema: str, table: str) -> bool:
        import duckdb

        # the catalogue's own tables would be listed whole, for ten times as long
        try:
            self.connection.execute(f"DESCRIBE {qualified(schema, table)}")
        except duckdb.CatalogException:
            return False
        return True

    def inspect(self, schema: str, table: str) -> TableState | None:
        if not self.has(schema, table):
            return None
        place = [schema, table]
        found = self.connection.execute(
            "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()"
            " WHERE database_name = current_database() AND schema_name = ? AND table_name = ?"
            " ORDER BY column_index",
            place,
        ).fetchall()
        if not found:
            return None
        key = self.connection.execute(
            "SELECT constraint_column_names FROM duckdb_constraints()"
            " WHERE database_name = current_database() AND schema_name = ? AND table_name = ?"
            " AND constraint_type = 'PRIMARY KEY'",
            place,
        ).fetchone()
        return TableState(
            columns=tuple(
                Column(
                    name=name,
                    type=logical_type(native) or native,
                    nullable=nullable,
                    description=comment or "",
                )
                for name, native, nullable, comment in found
            ),
            primary_key=tuple(key[0]) if key else (),
            native={name: native for name, native, *_ in found},
        )

    def serialize(self, name: str) -> None:
        """Nothing to do: the process that has opened the file is alone with it."""

    def lock(self, schema: str, table: str) -> None:
        """Nothing to do: the process that has opened the file is alone with it."""

    def empty(self, schema: str, table: str) -> None:
        """Make the table anew where it is keyed, else delete its rows.

        DuckDB keeps deleted keys in the index until the commit, and then takes three times as
        long to insert. A table that others refer to or have indexed is left as it is.
        """
        name = qualified(schema, table)
        state = self.inspect(schema, table)
        found = self.connection.execute(
            "SELECT sql, comment FROM duckdb_tables() WHERE database_name = current_database()"
            " AND schema_name = ? AND table_name = ? AND has_primary_key"
            " AND table_oid NOT IN (SELECT table_oid FROM duckdb_indexes())"
            " AND NOT EXISTS (SELECT 1 FROM duckdb_constraints()"
            " WHERE constraint_type = 'FOREIGN KEY')",
            [schema, table],
        ).fetchone()
        if found is None or state is None:
            self.execute(f"DELETE FROM {name}")
            return
        definition, comment = found
        self.execute(f"DROP TABLE {name}")
        self.execute(definition)
        if comment:
            self.execute(f"COMMENT ON TABLE {name} IS {literal(comment)}")
        for column in state.columns:
            if column.description:
                self.execute(
                    f"COMMENT ON COLUMN {name}.{identifier(column.name)}"
                    f" IS {literal(column.description)}"
                )

    def protect(self) -> None:
        """Nothing to do: for looking, the file is opened to read only."""

    def stage(self, request: LoadRequest) -> str:
        create_view(self.connection, request)
        return identifier(_CANDIDATE)


def create_view(connection: duckdb.DuckDBPyConnection, request: LoadRequest) -> str:
    """Make the candidate a view with the columns and types to load; its quoted name.

    Raises ``KeyViolation`` for null and duplicate keys, where it is not known that there are none.
    """
    connection.execute("SET TimeZone = 'UTC'")  # zoned times are loaded as UTC
    source = _source(connection, request)
    present = {row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
    terms = ", ".join(
        f"CAST({identifier(column.name) if column.name in present else 'NULL'}"
        f" AS {duckdb_type(column.type)}) AS {identifier(column.name)}"
        for column in request.columns
    )
    chosen = f" WHERE {request.where}" if request.where else ""
    view = identifier(_CANDIDATE)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {terms} FROM {source}{chosen}"
    )
    if request.key and not request.keyed:
        check_keys(
            lambda query: connection.execute(query).fetchall(),
            view,
            request.key,
            request.names,
            f"{request.schema + '.' if request.schema else ''}{request.table}",
        )
    return view


def _source(connection: duckdb.DuckDBPyConnection, request: LoadRequest) -> str:
    if not isinstance(request.candidate, Sequence):
        connection.register("__workbench_arrow", request.candidate)
        return '"__workbench_arrow"'
    if not request.candidate:
        names = ", ".join(f"NULL AS {identifier(name)}" for name in request.names)
        return f"(SELECT {names} WHERE false)"
    listed = ", ".join(literal(str(Path(path))) for path in request.candidate)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"

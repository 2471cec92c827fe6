"""Keeps the rows of an expression in a table of the engine, for reading them more than once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import TransformError
from workbench.model.sql import identifier, identifiers, literal
from workbench.transforms.core.context import sql_of

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir

_NUMBERS = itertools.count(1)


class Keeper:
    """What a pipeline calls to have a table computed once; see ``Context.materialize``.

    Tables live as long as the engine, or until they are dropped by their ``names``. ``temporary``
    ones are seen by this connection alone, others by every cursor of the engine too. ``same`` are
    texts that all rows have: see ``create``.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, backend: Any, *, temporary: bool = True
    ) -> None:
        self.connection = connection
        self.backend = backend
        self.place = ("temp", "main") if temporary else ("memory", "main")
        self.names: list[str] = []
        self.same: Mapping[str, str] = {}

    def __call__(self, table: ir.Table) -> ir.Table:
        """The rows of ``table``, computed; ``TransformError`` for columns without a type."""
        return self.store(table.schema(), sql_of(table))

    def store(self, schema: Any, sql: str) -> ir.Table:
        """The rows of ``sql``, a SELECT with this ``schema``, computed."""
        import ibis.expr.operations as ops

        if schema.null_fields:
            raise TransformError(
                f"columns without a type: {', '.join(schema.null_fields)}",
                remedy="give them one, for example cast(null as text)",
            )
        name, physical = f"kept_{next(_NUMBERS)}", self.backend.compiler.type_mapper.to_string
        types = {column: physical(kind) for column, kind in schema.items()}
        catalog, database = self.place
        self.names.append(name)
        create(self.connection, name, types, sql, same=self.same, temporary=catalog == "temp")
        place = ops.Namespace(catalog=catalog, database=database)
        return ops.DatabaseTable(
            name, schema=schema, source=self.backend, namespace=place
        ).to_expr()


def create(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    types: Mapping[str, str],
    sql: str,
    *,
    same: Mapping[str, str],
    temporary: bool = False,
) -> None:
    """Make a table of ``types`` of the rows of ``sql``, a SELECT.

    ``same`` are texts by column, of columns in which every row has this text: a word of the table,
    not stored for each row. ``sql`` need not have these columns.
    """
    stored = [column for column in types if column not in same]
    if not stored:  # DuckDB wants at least one column that is
        stored, same = list(types), {}
    columns = ", ".join(
        f"{identifier(column)} {kind}"
        + (f" GENERATED ALWAYS AS ({literal(same[column])})" if column in same else "")
        for column, kind in types.items()
    )
    given = identifiers(stored)
    connection.execute(f"CREATE {'TEMP ' * temporary}TABLE {identifier(name)} ({columns})")
    connection.execute(f"INSERT INTO {identifier(name)} ({given}) SELECT {given} FROM ({sql})")

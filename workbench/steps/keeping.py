"""Keeps the rows of an expression in a table of the engine, for reading them more than once."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from workbench.errors import TransformError
from workbench.model.sql import identifier

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir

_NUMBERS = itertools.count(1)


class Keeper:
    """What a pipeline calls to have a table computed once; see ``Context.materialize``.

    Tables live as long as the engine, or until they are dropped by their ``names``. ``temporary``
    ones are seen by this connection alone, others by every cursor of the engine too.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, backend: Any, *, temporary: bool = True
    ) -> None:
        self.connection = connection
        self.backend = backend
        self.place = ("temp", "main") if temporary else ("memory", "main")
        self.names: list[str] = []

    def __call__(self, table: ir.Table) -> ir.Table:
        """The rows of ``table``, computed; ``TransformError`` for columns without a type."""
        import ibis.expr.operations as ops

        schema = table.schema()
        if schema.null_fields:
            raise TransformError(
                f"columns without a type: {', '.join(schema.null_fields)}",
                remedy="give them one, for example cast(null as text)",
            )
        name, physical = f"kept_{next(_NUMBERS)}", self.backend.compiler.type_mapper.to_string
        columns = ", ".join(
            f"{identifier(column)} {physical(kind)}" for column, kind in schema.items()
        )
        catalog, database = self.place
        temporary = "TEMP " if catalog == "temp" else ""
        self.connection.execute(f"CREATE {temporary}TABLE {name} ({columns})")
        self.names.append(name)
        self.connection.execute(f"INSERT INTO {name} {self.backend.compile(table)}")
        place = ops.Namespace(catalog=catalog, database=database)
        return ops.DatabaseTable(
            name, schema=schema, source=self.backend, namespace=place
        ).to_expr()

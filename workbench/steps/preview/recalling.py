"""Transforms whose SQL is remembered: row-wise ones as views of the engine, queries of others.

Most of what is walked anew after an edit is as before, only over other rows. To write the SQL of
a transform costs as much as to compute many rows, so it is written once for each form of table.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.model.sql import identifier
from workbench.model.value import Options
from workbench.registry import find
from workbench.spec.models import TransformUse
from workbench.steps.preview.cache import digest
from workbench.transforms.core.columns import visible
from workbench.transforms.core.context import Applied, Context, Making, sql_of
from workbench.transforms.core.rows import Label, project

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir

#: What the table is called in remembered SQL.
_GIVEN = "_wb_given"
_MOST = 500


@dataclass(frozen=True)
class _Known:
    """A transform or query over a table of a known form: its result, with ``schema``, and SQL."""

    applied: Applied
    schema: Any
    sql: str


class Recall:
    """What a pipeline calls for a row-wise transform and for queries; see ``Context.recall``.

    ``name`` gives names for views that nobody else has. They are in ``views`` until they are
    dropped, which may be as soon as the rows are computed. ``store`` makes a table of what a
    SELECT gives, whose schema is known.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        backend: Any,
        name: Callable[[str], str],
        store: Callable[[Any, str], ir.Table],
    ) -> None:
        self.connection = connection
        self.backend = backend
        self.name = name
        self.store = store
        self.views: list[str] = []
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def __call__(
        self, table: ir.Table, label: Label, use: TransformUse, context: Context
    ) -> tuple[Applied, ir.Table] | None:
        """What the transform makes of ``table``, and the table after it.

        The expressions in ``Applied`` are of a table like it, not of ``table`` itself. ``None``
        for a transform of somebody else's, which might look at rows. Raises what it raises.
        """
        import ibis.expr.operations as ops

        module = find("transforms", use.name)
        if not module.__name__.startswith("workbench.transforms."):
            return None

        def make(given: ir.Table) -> tuple[Applied, ir.Table]:
            applied = module.apply(given, use.options, context)
            return applied, project(applied, label, visible(given.columns), numbered=True)

        known = self._recalled(table.schema(), str(label), use.options, context, make)
        name = self.name("step")
        self.connection.execute(f"CREATE VIEW {identifier(name)} AS {self._over(table, known)}")
        self.views.append(name)
        place = ops.Namespace(catalog="memory", database="main")
        after = ops.DatabaseTable(name, schema=known.schema, source=self.backend, namespace=place)
        return known.applied, after.to_expr()

    def keep(
        self, table: ir.Table, what: str, options: Options, context: Context, make: Making
    ) -> ir.Table:
        """``make(table)``, computed once; see ``Context.keep_made``."""
        known = self._recalled(table.schema(), what, options, context, _query(make))
        return self.store(known.schema, self._over(table, known))

    def measure(
        self, table: ir.Table, what: str, options: Options, context: Context, make: Making
    ) -> dict[str, int]:
        """The only row of ``make(table)``; see ``Context.measure_made``."""
        known = self._recalled(table.schema(), what, options, context, _query(make))
        row = self.connection.execute(self._over(table, known)).fetchone() or ()
        return {name: int(each or 0) for name, each in zip(known.schema.names, row, strict=True)}

    def _over(self, table: ir.Table, known: _Known) -> str:
        return (
            f"WITH {identifier(_GIVEN)} AS NOT MATERIALIZED ({sql_of(table)}) FROM ({known.sql})"
        )

    def drop_views(self) -> None:
        """Let go of the views made since the last call."""
        while self.views:
            self.connection.execute(f"DROP VIEW IF EXISTS {identifier(self.views.pop())}")

    def _recalled(
        self,
        schema: Any,
        what: str,
        options: Options,
        context: Context,
        make: Callable[[ir.Table], tuple[Applied, ir.Table]],
    ) -> _Known:
        import ibis.expr.operations as ops

        key = _key(schema, what, options, context)
        known = self._known.get(key)
        if known is None:
            given = ops.DatabaseTable(_GIVEN, schema=schema, source=self.backend).to_expr()
            applied, after = make(given)
            known = _Known(applied, after.schema(), self.backend.compile(after))
            self._known[key] = known
        self._known.move_to_end(key)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return known


def _query(make: Making) -> Callable[[ir.Table], tuple[Applied, ir.Table]]:
    def both(given: ir.Table) -> tuple[Applied, ir.Table]:
        after = make(given)
        return Applied(after), after

    return both


def _key(schema: Any, what: str, options: Options, context: Context) -> str:
    """All that the SQL of a transform, or of a query of it, depends on."""
    return digest(
        what,
        options.model_dump(mode="json"),
        [(name, str(kind)) for name, kind in schema.items()],
        sorted(context.originals.items()),
        dict(context.params),
        context.rows_are_unique,
    )

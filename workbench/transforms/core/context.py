"""What a transform is given, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from workbench.errors import ExpressionError, TransformError
from workbench.model.dataset import PROVENANCE
from workbench.model.sql import identifier
from workbench.model.value import Options
from workbench.transforms.core.columns import HIDDEN, ROW_ID, choose, find, visible

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: An expression made of a table.
Making = Callable[["ir.Table"], "ir.Table"]


def no_datasets(name: str) -> ir.Table:
    """The resolver where there are no other datasets."""
    raise TransformError(
        f"the dataset {name!r} is not available here", remedy="run it first, or check its name"
    )


@dataclass(frozen=True)
class Context:
    """Where a pipeline runs.

    ``dataset``: its name. ``resolve``: gives the table of another dataset (unbound in a plan).
    ``params``: typed values that expressions refer to as ``:name``. ``originals``: headers as
    received, by column name. ``source``: what the rows come from, in lineage; default
    ``<dataset>.bronze``. ``materialize``: keeps a table for reading it more than once; default a
    temporary table of the backend. ``symbolic``: nothing is computed, counts are zero.
    ``rows_are_unique``: provenance still tells rows apart (not so after melt or join). ``recall``:
    does what was done before to a table of the same form, where somebody remembers that.
    """

    dataset: str
    resolve: Callable[[str], ir.Table] = no_datasets
    params: Mapping[str, Any] = field(default_factory=dict)
    originals: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    materialize: Callable[[ir.Table], ir.Table] | None = None
    symbolic: bool = False
    rows_are_unique: bool = True
    recall: Recalling | None = None

    def choose(self, selection: Any, table: ir.Table) -> list[str]:
        """The visible columns of ``table`` that ``selection`` means."""
        return choose(selection, visible(table.columns), self.originals)

    def find(self, name: str, table: ir.Table) -> str:
        """The visible column called ``name``."""
        return find(name, visible(table.columns), self.originals)

    def expression(self, text: str, table: ir.Table) -> ir.Value:
        """The expression ``text`` of a spec over ``table``; it may speak of provenance too."""
        from workbench.spec.expression_ibis import compile as compile_expression
        from workbench.spec.expressions import parse

        try:
            known = [name for name in PROVENANCE if name in table.columns]
            parsed = parse(text, [*visible(table.columns), *known])
            return compile_expression(parsed, table, self.params)
        except ExpressionError as error:
            error.where = error.where or (
                f"expression {text!r}, line {error.line}, column {error.column}"
            )
            raise

    def condition(self, text: str, table: ir.Table) -> ir.BooleanValue:
        """The expression ``text``, which must be true or false."""
        value = self.expression(text, table)
        if not (value.type().is_boolean() or value.type().is_null()):
            raise TransformError(
                f"{text!r} gives {value.type()}, not true or false",
                remedy="write a comparison, such as amount > 0",
            )
        return value.cast("boolean") if value.type().is_null() else value

    def count(self, table: ir.Table) -> int:
        """How many rows ``table`` has: a word of the engine where it is one that is stored."""
        if self.symbolic:
            return 0
        stored, _ = _stored(table)
        if stored is not None:
            sql = f"SELECT count(*) FROM {sql_name(stored)}"
            return int(stored.source.raw_sql(sql).fetchone()[0])
        return self.measure(table.aggregate(rows=table.count()))["rows"]

    def count_by(self, table: ir.Table, column: str) -> dict[Any, int]:
        """How many rows ``table`` has for each value of ``column``."""
        stored, _ = _stored(table)
        if stored is not None:
            name = identifier(column)
            sql = f"SELECT {name}, count(*) FROM {sql_name(stored)} GROUP BY {name}"
            return dict(stored.source.raw_sql(sql).fetchall())
        counts = table.group_by(column).aggregate(rows=table.count()).to_pyarrow().to_pylist()
        return {row[column]: row["rows"] for row in counts}

    def measure(self, table: ir.Table) -> dict[str, int]:
        """The only row of ``table``, whose columns are counts; zeros where nothing is computed."""
        if self.symbolic:
            return dict.fromkeys(table.columns, 0)
        row = table.to_pyarrow().to_pylist()[0]
        return {name: int(value or 0) for name, value in row.items()}

    def sample(self, table: ir.Table, limit: int = 5) -> list[dict[str, Any]]:
        """A few rows, for messages."""
        if self.symbolic:
            return []
        rows: list[dict[str, Any]] = table.limit(limit).to_pyarrow().to_pylist()
        return rows

    def keep(self, table: ir.Table) -> ir.Table:
        """``table``, computed once."""
        if self.symbolic:
            return table
        return self.materialize(table) if self.materialize else table.cache()


    def keep_made(self, table: ir.Table, what: str, options: Options, make: Making) -> ir.Table:
        """``make(table)``, computed once. ``make`` depends on ``what``, on ``options`` and on this
        context, and on no rows."""
        if self.recall and not self.symbolic:
            return self.recall.keep(table, what, options, self, make)
        return self.keep(make(table))

    def measure_made(
        self, table: ir.Table, what: str, options: Options, make: Making
    ) -> dict[str, int]:
        """The only row of ``make(table)``, as ``measure`` gives it; see ``keep_made``."""
        if self.recall and not self.symbolic:
            return self.recall.measure(table, what, options, self, make)
        return self.measure(make(table))


class Recalling(Protocol):
    """Who remembers what was made of tables, by their form."""

    def __call__(
        self, table: ir.Table, label: Any, use: Any, context: Context
    ) -> tuple[Applied, ir.Table] | None:
        """What a row-wise transform makes of ``table``, and the table after it; ``None`` to have
        it done."""

    def keep(
        self, table: ir.Table, what: str, options: Options, context: Context, make: Making
    ) -> ir.Table:
        """See ``Context.keep_made``."""

    def measure(
        self, table: ir.Table, what: str, options: Options, context: Context, make: Making
    ) -> dict[str, int]:
        """See ``Context.measure_made``."""


def sql_name(table: Any) -> str:
    """The quoted name of a table of the backend, with the places it is in."""
    parts = (table.namespace.catalog, table.namespace.database, table.name)
    return ".".join(identifier(part) for part in parts if part)


def tables_of(table: ir.Table) -> set[str]:
    """The names of the stored tables that ``table`` reads."""
    import ibis.expr.operations as ops

    return {op.name for op in table.op().find(ops.DatabaseTable)}


def sql_of(table: ir.Table) -> str:
    """``table`` as a SELECT of DuckDB. The compiler, which takes its time, is not asked for columns
    that are stored as they are."""
    stored, numbers = _stored(table)
    if stored is None:
        return str(table.get_backend().compile(table))
    columns = ", ".join(
        f"rowid AS {identifier(name)}" if name in numbers else identifier(name)
        for name in table.columns
    )
    return f"SELECT {columns} FROM {sql_name(stored)}"


def _stored(table: ir.Table) -> tuple[Any, set[str]]:
    """The table of DuckDB that ``table`` has all rows of, with its columns under their names, and
    the columns that are numbers of its rows. ``None`` if it is none."""
    import ibis.expr.operations as ops

    op: Any = table.op()
    numbers: set[str] = set()
    while isinstance(op, ops.DropColumns) or _is_plain(op):
        if isinstance(op, ops.Project):
            numbers |= {name for name, value in op.values.items() if isinstance(value, ops.RowID)}
        op = op.parent
    found = isinstance(op, ops.DatabaseTable) and op.source.name == "duckdb"
    return (op if found else None), numbers


def _is_plain(op: Any) -> bool:
    """Whether an operation takes columns as they are, and numbers of rows."""
    import ibis.expr.operations as ops

    return isinstance(op, ops.Project) and all(
        isinstance(value, ops.RowID) or (isinstance(value, ops.Field) and value.name == name)
        for name, value in op.values.items()
    )


@dataclass(frozen=True)
class Applied:
    """What a transform makes of a table.

    ``table`` holds the rows and ``columns`` the visible columns to take from it (default: those
    it has). ``problems``: pairs of a condition and a reason, both over ``table``; a row for which
    a condition is true is refused, or the run stopped if ``stop``. ``origins``: names before, of
    columns that were renamed. ``notes``: what is worth a note: a number, or a column whose values
    that are not null are counted. The numbers are the terms of the ledger, as the transform
    counted them itself.
    """

    table: ir.Table
    columns: Mapping[str, ir.Value] | None = None
    problems: Sequence[tuple[ir.BooleanValue, ir.StringValue]] = ()
    stop: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str | int] = field(default_factory=dict)
    expanded: int = 0
    filtered: int = 0
    deduplicated: int = 0
    collapsed: int = 0


def hidden(table: ir.Table, *, numbered: bool = False) -> dict[str, ir.Value]:
    """Provenance and marks of ``table``, to be carried along.

    With ``numbered`` the number of a row too, where it still tells rows apart.
    """
    left = set() if numbered else {ROW_ID}
    return {name: table[name] for name in table.columns if name in HIDDEN - left}


def keeping(table: ir.Table) -> dict[str, ir.Value]:
    """All visible columns of ``table`` as they are."""
    return {name: table[name] for name in visible(table.columns)}

"""The table under check: its columns as SQL, and values of a spec as literals of their types.

Column names are quoted and values become typed literals here and nowhere else, so that no text of
a spec or of the data can become SQL. Every query that uses these texts reads
``FROM <scope.source>``, whose alias is ``_rows``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, cast

from workbench.errors import WorkbenchError
from workbench.model import sql

if TYPE_CHECKING:
    import duckdb

Kind = Literal["text", "integer", "decimal", "number", "boolean", "date", "timestamp", "time", ""]

ALIAS = '"_rows"'
_TEXT_LIMIT = 200
_DIGITS = 38


class CannotCheck(WorkbenchError):
    """An expectation cannot be evaluated on this table; becomes ``CheckResult.error``."""


@dataclass(frozen=True)
class ColumnSql:
    """A column: ``sql`` reads it with NaN as missing; ``type`` is DuckDB's name of its type."""

    name: str
    type: str
    sql: str

    @property
    def kind(self) -> Kind:
        """The logical type without its digits; empty for lists, structs and the like."""
        return kind_of(self.type)

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.kind in ("integer", "decimal", "number")

    @property
    def text(self) -> str:
        """The value as text."""
        return self.sql if self.kind == "text" else f"CAST({self.sql} AS VARCHAR)"


@dataclass(frozen=True)
class Scope:
    """A table by ``name`` with the DuckDB ``types`` of its columns.

    ``identity`` are columns of provenance, ``params`` what expressions call ``:name``; ``where``
    is the row condition of the expectation.
    """

    name: str
    types: Mapping[str, str]
    identity: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    @classmethod
    def of(
        cls,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        identity: Sequence[str],
        params: Mapping[str, Any] | None = None,
    ) -> Scope:
        """The scope of a table or view of this connection; ``params`` are those of the run."""
        rows = connection.execute(f"DESCRIBE SELECT * FROM {quoted(name)}").fetchall()
        types = {row[0]: row[1] for row in rows}
        present = tuple(column for column in identity if column in types)
        return cls(name, types, present, params or {})

    @property
    def source(self) -> str:
        """What to select from."""
        return f"{quoted(self.name)} AS {ALIAS}"

    @property
    def data_columns(self) -> tuple[str, ...]:
        """All columns but those of provenance."""
        return tuple(column for column in self.types if column not in self.identity)

    def column(self, name: str) -> ColumnSql:
        """The column of this name; ``CannotCheck`` names the nearest one."""
        if name not in self.types:
            raise CannotCheck(missing(name, self.types))
        value = f"{ALIAS}.{quoted(name)}"
        if self.types[name] in ("DOUBLE", "FLOAT"):
            # Great Expectations takes NaN for missing.
            value = f"nullif({value}, CAST('NaN' AS {self.types[name]}))"
        return ColumnSql(name, self.types[name], value)

    def also(self, condition: str) -> str:
        """``condition`` together with the row condition."""
        return f"({self.where}) AND ({condition})" if self.where else condition

    def narrowed(self, condition: str | None) -> Scope:
        """This scope with a row condition, given as an expression."""
        if condition is None:
            return self
        return replace(self, where=f"coalesce({self.expression(condition)}, FALSE)")

    def expression(self, text: str) -> str:
        """An expression of a spec as SQL over this table; it must be a condition."""
        import ibis
        import sqlglot
        from ibis.backends.sql.datatypes import DuckDBType
        from sqlglot import exp

        from workbench.spec import expression_ibis

        schema = {name: DuckDBType.from_string(kind) for name, kind in self.types.items()}
        table = ibis.table(schema, name="_rows")
        value = expression_ibis.compile(text, table, self.params)
        if not value.type().is_boolean():
            raise CannotCheck(
                f"the expression {text!r} gives {value.type()}, not true or false",
                remedy="compare it with something, for example `amount > 0`",
            )
        query = ibis.to_sql(table.select(value.name("condition")), dialect="duckdb")
        select: Any = sqlglot.parse_one(query, read="duckdb")
        condition = select.selects[0].unalias()
        for column in condition.find_all(exp.Column):
            column.set("table", exp.to_identifier("_rows", quoted=True))
        return str(condition.sql(dialect="duckdb"))


def quoted(name: str) -> str:
    """An identifier, quoted."""
    return sql.identifier(name)


def text_literal(value: str) -> str:
    """A text as an SQL literal."""
    if "\0" in value:
        raise CannotCheck("a text with a NUL character cannot be compared")
    return sql.literal(value)


def literal(value: Any, column: ColumnSql) -> str:
    """A value of a spec as a literal that compares with ``column``; refuses another type."""
    kind = column.kind
    if kind == "text" and isinstance(value, str):
        return text_literal(value)
    if kind == "boolean" and isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if column.is_numeric and isinstance(value, int | float | Decimal):
        if not isinstance(value, bool):
            return number_literal(value, floating=kind == "number")
    elif kind in ("date", "timestamp", "time") and isinstance(value, str | date | datetime):
        return _moment(value, column)
    raise CannotCheck(
        f"column {column.name!r} is {column.type}, and {value!r} is not {_wanted(kind)}",
        remedy=f"give {_wanted(kind)}" + (", in quotes" if kind == "text" else ""),
    )


def number_literal(value: int | float | Decimal, *, floating: bool = False) -> str:
    """A number as a literal, exact unless it has more than 38 digits."""
    text = format(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), "f")
    if floating or sum(character.isdigit() for character in text) > _DIGITS:
        return f"CAST('{text}' AS DOUBLE)"
    return text


def _moment(value: str | date | datetime, column: ColumnSql) -> str:
    try:
        if column.kind == "time":
            return f"CAST('{time.fromisoformat(str(value)).isoformat()}' AS TIME)"
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise CannotCheck(
            f"column {column.name!r} is {column.type}, and {value!r} is not {_wanted(column.kind)}",
            remedy="write it as in ISO 8601, for example '2024-12-31' or '2024-12-31T23:59:59'",
        ) from None
    zoned = isinstance(moment, datetime) and moment.tzinfo is not None
    if zoned and "TIME ZONE" not in column.type:
        raise CannotCheck(
            f"column {column.name!r} has no time zone, and {value!r} has one",
            remedy="leave the time zone out",
        )
    if isinstance(moment, datetime):
        name = "TIMESTAMPTZ" if zoned else "TIMESTAMP"
        return f"CAST('{moment.isoformat(sep=' ')}' AS {name})"
    return f"CAST('{moment.isoformat()}' AS DATE)"


def _wanted(kind: str) -> str:
    if kind in ("integer", "decimal", "number"):
        return "a number"
    return {"text": "a text", "": "comparable with it"}.get(kind, f"a {kind}")


def kind_of(type_name: str) -> Kind:
    """The logical type, without digits, of a DuckDB type; empty if it has none."""
    logical = sql.logical_type(type_name) or ""
    return cast(Kind, logical.partition("(")[0])


def need_numbers(column: ColumnSql) -> None:
    """Refuse a column that does not hold numbers."""
    if not column.is_numeric:
        raise CannotCheck(
            f"column {column.name!r} is {column.type}, and only numbers can be reckoned with",
            remedy="cast it to a number with a type_cast transform",
        )


def missing(name: str, known: Iterable[str]) -> str:
    """The sentence for a column that the table does not have."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5) or [
        other for other in names if other.lower() == name.lower()
    ]
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"the table has no column {name!r}{hint} (columns: {', '.join(names)})"


def plain(value: Any) -> Any:
    """A value of the data as JSON can hold it: numbers stay numbers where that is exact."""
    if isinstance(value, str):
        return value if len(value) <= _TEXT_LIMIT else value[:_TEXT_LIMIT] + "…"
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, Decimal):
        near = float(value)
        return near if Decimal(repr(near)) == value else str(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return plain(str(value))

"""Windows of rows from the engine: by offset and limit, sorted, filtered, searched.

Names are checked against the columns and quoted; values of filters and searches are parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, NotFound
from workbench.model.dataset import ROW, SOURCE
from workbench.model.sql import identifier, identifiers
from workbench.registry import unknown
from workbench.steps.preview.kept import MARKED
from workbench.steps.preview.model import Filter, Operator, Sort
from workbench.steps.preview.values import plain
from workbench.transforms.core.columns import ROW_ID, visible

if TYPE_CHECKING:
    import duckdb

MOST_ROWS = 1_000
_COMPARE: dict[Operator, str] = {
    "less": "<", "at_most": "<=", "greater": ">", "at_least": ">=",
}  # fmt: skip


@dataclass(frozen=True)
class Relation:
    """A view to look at: its ``name``, and DuckDB's ``types`` of its columns."""

    name: str
    types: Mapping[str, str]

    @classmethod
    def of(cls, cursor: duckdb.DuckDBPyConnection, name: str) -> Relation:
        """The view called ``name``."""
        rows = cursor.execute(f"DESCRIBE SELECT * FROM {identifier(name)}").fetchall()
        return cls(name, {row[0]: row[1] for row in rows})

    @property
    def columns(self) -> list[str]:
        """The columns that are data."""
        return [name for name in visible(self.types) if name != MARKED]

    def column(self, name: str) -> str:
        """The quoted name of a column; ``NotFound`` names the nearest one."""
        if name not in self.types or name in (ROW_ID, MARKED):
            raise NotFound(unknown("column", name, tuple(self.columns)))
        return identifier(name)

    @property
    def row(self) -> str:
        """The physical row of the file, or NULL."""
        return identifier(ROW) if ROW in self.types else "NULL"

    @property
    def source(self) -> str:
        """The file, or NULL."""
        return identifier(SOURCE) if SOURCE in self.types else "NULL"


@dataclass(frozen=True)
class Query:
    """Which rows, in which order: a condition with its parameters, and an ORDER BY.

    ``dense``: it is all rows as they stand, and their numbers are 0, 1, 2, … without a gap, so
    that an offset is found without counting.
    """

    where: str
    order: str
    parameters: tuple[Any, ...]
    dense: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is all rows as they stand."""
        return self.where == "TRUE" and self.order == identifier(ROW_ID)


def query_of(
    relation: Relation, sort: Sequence[Sort], filters: Sequence[Filter], also: str = ""
) -> Query:
    """The SQL of sorting and filters. ``also`` is a condition of our own."""
    conditions, parameters = [], []
    for each in filters:
        sql, values = condition(relation, each)
        conditions.append(sql)
        parameters += values
    if also:
        conditions.append(also)
    order = [
        f"{relation.column(each.column)} {'DESC' if each.descending else 'ASC'} NULLS LAST"
        for each in sort
    ]
    where = " AND ".join(f"({each})" for each in conditions) or "TRUE"
    return Query(where, ", ".join([*order, identifier(ROW_ID)]), tuple(parameters))


def condition(relation: Relation, given: Filter) -> tuple[str, list[Any]]:
    """A filter as SQL that is true or false, and its parameters; ``ConfigError`` if it fits not."""
    column, kind = relation.column(given.column), relation.types[given.column]
    text = column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    operator, values = given.operator, list(given.values)
    if operator == "missing":
        return f"{column} IS NULL", []
    if operator == "present":
        return f"{column} IS NOT NULL", []
    if operator == "empty":
        return f"coalesce({text} = '', FALSE)", []
    if operator == "blank":
        return f"coalesce({text} <> '' AND {_trimmed(text)} = '', FALSE)", []
    if operator == "in":
        some = [value for value in values if value is not None]
        parts = [f"{text} IN ({', '.join('?' * len(some))})"] if some else []
        if None in values:
            parts.append(f"{column} IS NULL")
        return f"coalesce({' OR '.join(parts) or 'FALSE'}, FALSE)", some
    wanted = 2 if operator == "between" else 1
    if len(values) != wanted or any(value is None for value in values):
        raise ConfigError(
            f"the filter {operator!r} of {given.column!r} takes {wanted} value(s)",
            remedy="give it a value, or remove the filter",
        )
    told = [str(value) for value in values]
    if operator == "contains":
        return f"coalesce(contains(lower({text}), lower(?)), FALSE)", told
    if operator == "not_contains":
        return f"coalesce(NOT contains(lower({text}), lower(?)), TRUE)", told
    if operator == "starts":
        return f"coalesce(starts_with(lower({text}), lower(?)), FALSE)", told
    if operator == "ends":
        return f"coalesce(ends_with(lower({text}), lower(?)), FALSE)", told
    if operator == "equals":
        return f"coalesce({text} = ?, FALSE)", told
    if operator == "not_equals":
        return f"{text} IS DISTINCT FROM ?", told
    if operator == "between":
        return f"coalesce({column} BETWEEN CAST(? AS {kind}) AND CAST(? AS {kind}), FALSE)", told
    return f"coalesce({column} {_COMPARE[operator]} CAST(? AS {kind}), FALSE)", told


def _trimmed(text: str) -> str:
    return f"regexp_replace({text}, '[\\s\\p{{Z}}\\x{{200B}}\\x{{FEFF}}]+', '', 'g')"


def count(cursor: duckdb.DuckDBPyConnection, relation: Relation, query: Query) -> int:
    """How many rows there are."""
    with _told():
        row = cursor.execute(
            f"SELECT count(*) FROM {identifier(relation.name)} WHERE {query.where}",
            query.parameters,
        ).fetchone()
    return int(row[0]) if row else 0


def last_number(cursor: duckdb.DuckDBPyConnection, relation: Relation) -> int:
    """The highest number of a row, -1 if there is none."""
    found = cursor.execute(
        f"SELECT coalesce(max({identifier(ROW_ID)}), -1) FROM {identifier(relation.name)}"
    ).fetchone()
    return int(found[0]) if found else -1


def rows(
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    query: Query,
    columns: Sequence[str],
    offset: int,
    limit: int,
) -> list[tuple[Any, ...]]:
    """Rows as tuples: number within the table, physical row, file, then ``columns``."""
    chosen = ", ".join([identifier(ROW_ID), relation.row, relation.source])
    cells = identifiers(columns)
    where, skipped = query.where, f" OFFSET {int(offset)}"
    if query.dense:
        number = identifier(ROW_ID)
        where, skipped = f"{number} >= {int(offset)} AND {number} < {int(offset + limit)}", ""
    with _told():
        return cursor.execute(
            f"SELECT {chosen}{', ' if cells else ''}{cells} FROM {identifier(relation.name)} "
            f"WHERE {where} ORDER BY {query.order} LIMIT {int(limit)}{skipped}",
            query.parameters,
        ).fetchall()


def place(
    cursor: duckdb.DuckDBPyConnection, relation: Relation, query: Query, row: int
) -> int | None:
    """The offset of the first row that descends from physical row ``row``; ``None``: none does."""
    if ROW not in relation.types:
        return None
    return _first(cursor, relation, query, f"{identifier(ROW)} = ?", [row], -1, False)


def search(
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    query: Query,
    text: str,
    columns: Sequence[str],
    after: int,
    *,
    backwards: bool = False,
) -> tuple[int, str] | None:
    """Offset and column of the next cell that contains ``text``, whatever the case.

    Looks behind offset ``after`` and then from the start (backwards: before it, from the end).
    """
    if not columns:
        return None
    hits = [
        f"coalesce(contains(lower(CAST({relation.column(name)} AS VARCHAR)), lower(?)), FALSE)"
        for name in columns
    ]
    where = " OR ".join(hits)
    parameters = [text] * len(columns)
    found = _first(cursor, relation, query, where, parameters, after, backwards)
    if found is None:
        start = -1 if not backwards else 1 << 62
        found = _first(cursor, relation, query, where, parameters, start, backwards)
    if found is None:
        return None
    [cells] = rows(cursor, relation, query, columns, found, 1)
    for name, value in zip(columns, cells[3:], strict=True):
        if value is not None and text.lower() in str(plain(value)).lower():
            return found, name
    return found, columns[0]


def _first(
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    query: Query,
    where: str,
    parameters: Sequence[Any],
    after: int,
    backwards: bool,
) -> int | None:
    pick, sign = ("max", "<") if backwards else ("min", ">")
    at = identifier(ROW_ID) if query.dense else f"row_number() OVER (ORDER BY {query.order}) - 1"
    with _told():
        row = cursor.execute(
            f"SELECT {pick}(_wb_at) FROM (SELECT *, {at} AS _wb_at "
            f"FROM {identifier(relation.name)} WHERE {query.where}) "
            f"WHERE ({where}) AND _wb_at {sign} ?",
            [*query.parameters, *parameters, after],
        ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


class _told:
    """Values that do not read as the column's type become an error in words."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        import duckdb

        if isinstance(error, duckdb.DataError):
            raise ConfigError(
                f"the filter does not fit: {str(error).strip().splitlines()[0]}",
                remedy="give a value of the column's type, such as 2024-12-31 for a date",
            ) from error


def marked(
    cursor: duckdb.DuckDBPyConnection, relation: Relation, positions: Sequence[int]
) -> dict[int, list[int]]:
    """Of received rows: the places of the columns whose text was taken for "no value"."""
    if MARKED not in relation.types:
        return {}
    found = cursor.execute(
        f"SELECT {identifier(ROW_ID)}, {MARKED} FROM {identifier(relation.name)} "
        f"WHERE {identifier(ROW_ID)} IN (SELECT unnest(?::BIGINT[])) AND len({MARKED}) > 0",
        [list(positions)],
    ).fetchall()
    return dict(found)

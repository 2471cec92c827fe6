"""Profiles of columns: what a person wants to see at a glance, in two queries (for 40 columns).

The first takes counts, ends and means of all columns in one pass. The second groups the columns of
few distinct values for the most frequent ones, and counts the bins of histograms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.model.dataset import PROVENANCE
from workbench.model.result import ColumnProfile
from workbench.model.sql import identifiers
from workbench.quality.scope import ColumnSql, Scope, number_literal

if TYPE_CHECKING:
    import duckdb

_TEXT = 200
_TOP = 5
_BINS = 20
#: Up to so many distinct values (by estimate) they are counted exactly; beyond, the estimate stays.
_COUNTED = 20_000
#: Columns of one query, and of the table that it looks at: planning takes the product of both.
_AT_ONCE = 40
_PART = "_profiled_part"


def profile(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str] | None = None
) -> tuple[ColumnProfile, ...]:
    """Profile ``columns`` (default: all but provenance) of a table or view, by its plain name.

    ``minimum``, ``maximum`` and ``top`` are texts of at most 200 characters. ``distinct`` is exact
    for up to 20,000 values and an estimate beyond; ``top`` is empty there. ``histogram`` has 20
    bins of equal width for numbers, dates and timestamps; times are seconds since 1970, UTC.
    """
    scope = Scope.of(connection, table, PROVENANCE)
    chosen = [scope.column(name) for name in (scope.data_columns if columns is None else columns)]
    if len(chosen) <= _AT_ONCE:
        return _profiles(connection, scope, chosen)
    profiles: list[ColumnProfile] = []
    for start in range(0, len(chosen), _AT_ONCE):
        names = [column.name for column in chosen[start : start + _AT_ONCE]]
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {_PART} AS "
            f"SELECT {identifiers(names)} FROM {scope.source}"
        )
        part = Scope.of(connection, _PART, ())
        profiles += _profiles(connection, part, [part.column(name) for name in names])
    connection.execute(f"DROP TABLE {_PART}")
    return tuple(profiles)


def _profiles(
    connection: duckdb.DuckDBPyConnection, scope: Scope, columns: Sequence[ColumnSql]
) -> tuple[ColumnProfile, ...]:
    figures = _figures(connection, scope, columns)
    tops, bins = _counts(connection, scope, columns, figures)
    return tuple(
        _profile(column, figures[index], tops.get(index), bins.get(index, {}))
        for index, column in enumerate(columns)
    )


def _axis(column: ColumnSql, value: str) -> str | None:
    """``value`` of the column as a number for the histogram; none for texts and the like."""
    if column.is_numeric:
        return f"CAST({value} AS DOUBLE)"
    if column.kind in ("date", "timestamp"):
        return f"CAST(epoch({value}) AS DOUBLE)"
    return None


def _finite(column: ColumnSql) -> str:
    """The column without the infinities that floating point and time have."""
    if column.kind in ("number", "date", "timestamp"):
        return f"CASE WHEN isfinite({column.sql}) THEN {column.sql} END"
    return column.sql


def _figures(
    connection: duckdb.DuckDBPyConnection, scope: Scope, columns: Sequence[ColumnSql]
) -> list[dict[str, Any]]:
    parts = []
    for column in columns:
        finite = _finite(column)
        parts += [
            f"count({column.sql})",
            f"approx_count_distinct({column.sql})",
            f"left(CAST(min({column.sql}) AS VARCHAR), {_TEXT})",
            f"left(CAST(max({column.sql}) AS VARCHAR), {_TEXT})",
            f"CAST(avg({finite}) AS DOUBLE)" if column.is_numeric else "NULL",
            _axis(column, f"min({finite})") or "NULL",
            _axis(column, f"max({finite})") or "NULL",
        ]
    row: tuple[Any, ...] = (
        connection.execute(f"SELECT count(*), {', '.join(parts)} FROM {scope.source}").fetchone()
        or ()
    )
    names = ("present", "distinct", "minimum", "maximum", "mean", "low", "high")
    width = len(names)
    return [
        {"rows": row[0]}
        | dict(zip(names, row[1 + width * index : 1 + width * (index + 1)], strict=True))
        for index in range(len(columns))
    ]


def _counts(
    connection: duckdb.DuckDBPyConnection,
    scope: Scope,
    columns: Sequence[ColumnSql],
    figures: Sequence[dict[str, Any]],
) -> tuple[dict[int, tuple[int, list[tuple[str, int]]]], dict[int, dict[int, int]]]:
    """Number of distinct values and the most frequent ones; and histogram bins; by column."""
    tables, queries = [], []
    for index, (column, figure) in enumerate(zip(columns, figures, strict=True)):
        counted = 0 < figure["distinct"] <= _COUNTED
        width = _width(figure)
        if counted:
            tables.append(
                f"g{index} AS MATERIALIZED (SELECT {column.sql} AS v, count(*) AS n "
                f"FROM {scope.source} WHERE {column.sql} IS NOT NULL GROUP BY 1)"
            )
            queries.append(
                f"SELECT {index} AS c, count(*) OVER () AS d, "
                f"left(CAST(v AS VARCHAR), {_TEXT}) AS v, n "
                f"FROM g{index} ORDER BY n DESC, v LIMIT {_TOP}"
            )
        if width:
            value = replace(column, sql="v") if counted else column
            source = f"g{index}" if counted else scope.source
            axis, low = _axis(value, _finite(value)), number_literal(figure["low"], floating=True)
            bin_ = f"floor(({axis} - {low}) / {number_literal(width, floating=True)})"
            queries.append(
                f"SELECT {index} AS c, NULL AS d, "
                f"CAST(CAST(least({bin_}, {_BINS - 1}) AS UTINYINT) AS VARCHAR) AS v, "
                f"{'sum(n)' if counted else 'count(*)'} AS n "
                f"FROM {source} WHERE {axis} IS NOT NULL GROUP BY 3"
            )
    tops: dict[int, tuple[int, list[tuple[str, int]]]] = {}
    bins: dict[int, dict[int, int]] = {}
    if queries:
        union = " UNION ALL ".join(f"(SELECT * FROM ({query}))" for query in queries)
        if tables:
            union = f"WITH {', '.join(tables)} {union}"
        for index, distinct, value, count in connection.execute(union).fetchall():
            if distinct is None:
                bins.setdefault(index, {})[int(value)] = int(count)
            else:
                tops.setdefault(index, (distinct, []))[1].append((value, count))
    return tops, bins


def _width(figure: dict[str, Any]) -> float:
    """Width of a bin; 0 where there is nothing to spread."""
    low, high = figure["low"], figure["high"]
    if low is None or not math.isfinite(high - low):
        return 0.0
    return float(high - low) / _BINS


def _profile(
    column: ColumnSql,
    figure: dict[str, Any],
    top: tuple[int, list[tuple[str, int]]] | None,
    bins: dict[int, int],
) -> ColumnProfile:
    width, low = _width(figure), figure["low"]
    distinct = top[0] if top else min(figure["distinct"], figure["present"])
    return ColumnProfile(
        column=column.name,
        type=column.type,
        rows=figure["rows"],
        nulls=figure["rows"] - figure["present"],
        distinct=distinct,
        minimum=figure["minimum"],
        maximum=figure["maximum"],
        mean=figure["mean"],
        top=tuple(sorted(top[1], key=lambda pair: (-pair[1], pair[0]))) if top else (),
        histogram=tuple(
            (low + width * number, low + width * (number + 1), bins.get(number, 0))
            for number in range(_BINS)
        )
        if width
        else (),
    )

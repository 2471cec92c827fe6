"""Expectations of rows that look at one column, compiled to SQL conditions.

A ``RowRule`` says which rows are looked at and which of these are unexpected. The conditions are
never null, so that a row is either accepted or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.quality.scope import (
    ColumnSql,
    Scope,
    literal,
    number_literal,
    text_literal,
)


@dataclass(frozen=True)
class RowRule:
    """An expectation of rows as SQL.

    ``looked`` is true for rows that are looked at, ``unexpected`` for those that do not hold.
    ``shown`` are the columns whose values are reported. ``key`` is set for uniqueness: its columns
    together must not repeat among the rows looked at. ``counts_missing`` is false where missing
    values are what is checked.
    """

    looked: str
    unexpected: str
    shown: tuple[ColumnSql, ...]
    key: tuple[str, ...] = ()
    counts_missing: bool = True
    mostly: float = 1.0
    scope: Scope = field(default_factory=lambda: Scope("", {}))


#: Makes the rule of one expectation; raises ``CannotCheck`` where table or values do not fit.
Compiler = Callable[[Any, Scope], RowRule]


def row_rule(
    arguments: Any, scope: Scope, looked: str, unexpected: str, shown: Sequence[ColumnSql]
) -> RowRule:
    """A rule of rows where ``looked``; ``unexpected`` may be null elsewhere only."""
    seen = scope.also(looked)
    return RowRule(
        seen,
        f"({seen}) AND ({unexpected})",
        tuple(shown),
        mostly=arguments.mostly,
        scope=scope,
    )


def _single(
    unexpected: Callable[[ColumnSql, Any], str],
) -> Compiler:
    """A rule of one column that leaves missing values out."""

    def build(arguments: Any, scope: Scope) -> RowRule:
        column = scope.column(arguments.column)
        looked = f"{column.sql} IS NOT NULL"
        return row_rule(arguments, scope, looked, unexpected(column, arguments), (column,))

    return build


def _nullness(wrong: str) -> Compiler:
    def build(arguments: Any, scope: Scope) -> RowRule:
        column = scope.column(arguments.column)
        looked = scope.also("TRUE")
        unexpected = scope.also(f"{column.sql} {wrong}")
        return RowRule(
            looked,
            unexpected,
            (column,),
            counts_missing=False,
            mostly=arguments.mostly,
            scope=scope,
        )

    return build


def _in_set(column: ColumnSql, arguments: Any) -> str:
    return f"{column.sql} IN ({value_list(arguments.value_set, column)})"


def value_list(values: Sequence[Any], column: ColumnSql) -> str:
    """Values of a set as literals, separated by commas."""
    return ", ".join(literal(value, column) for value in values)


def outside(sql: str, arguments: Any, bound: Callable[[Any], str]) -> str:
    """True where ``sql`` is below the least or above the greatest value of a range."""
    parts = []
    if arguments.min_value is not None:
        sign = "<=" if arguments.strict_min else "<"
        parts.append(f"{sql} {sign} {bound(arguments.min_value)}")
    if arguments.max_value is not None:
        sign = ">=" if arguments.strict_max else ">"
        parts.append(f"{sql} {sign} {bound(arguments.max_value)}")
    return " OR ".join(parts)


def _between(column: ColumnSql, arguments: Any) -> str:
    return outside(column.sql, arguments, lambda value: literal(value, column))


def _regex(pattern: str, column: ColumnSql) -> str:
    return f"regexp_matches({column.text}, {text_literal(pattern)})"


def _like(pattern: str, column: ColumnSql, escape: str | None) -> str:
    ending = f" ESCAPE {text_literal(escape)}" if escape else ""
    return f"{column.text} LIKE {text_literal(pattern)}{ending}"


def _likes(column: ColumnSql, arguments: Any) -> list[str]:
    return [_like(text, column, arguments.escape) for text in arguments.like_pattern_list]


def any_of(conditions: Sequence[str]) -> str:
    """True where one of the conditions is."""
    return " OR ".join(f"({condition})" for condition in conditions)


def _not_matched(conditions: Sequence[str], match_on: str) -> str:
    joined = f"({') AND ('.join(conditions)})" if match_on == "all" else any_of(conditions)
    return f"NOT ({joined})"


def _unique(arguments: Any, scope: Scope) -> RowRule:
    column = scope.column(arguments.column)
    return repeated_rule(arguments, scope, f"{column.sql} IS NOT NULL", (column,))


def repeated_rule(
    arguments: Any, scope: Scope, looked: str, columns: Sequence[ColumnSql]
) -> RowRule:
    """Rows whose values repeat; missing values equal each other where rows with them count."""
    seen = scope.also(looked)
    key = tuple(column.sql for column in columns)
    names = [f"k{index}" for index in range(len(key))]
    chosen = ", ".join(f"{sql} AS {name}" for sql, name in zip(key, names, strict=True))
    same = " AND ".join(
        f"_keys.{name} IS NOT DISTINCT FROM {sql}" for sql, name in zip(key, names, strict=True)
    )
    repeated = f"SELECT {chosen} FROM {scope.source} WHERE {seen} GROUP BY ALL HAVING count(*) > 1"
    unexpected = f"({seen}) AND EXISTS (SELECT 1 FROM ({repeated}) AS _keys WHERE {same})"
    return RowRule(seen, unexpected, tuple(columns), key=key, mostly=arguments.mostly, scope=scope)


COMPILERS: dict[str, Compiler] = {
    "expect_column_values_to_not_be_null": _nullness("IS NULL"),
    "expect_column_values_to_be_null": _nullness("IS NOT NULL"),
    "expect_column_values_to_be_unique": _unique,
    "expect_column_values_to_be_in_set": _single(lambda c, a: f"NOT ({_in_set(c, a)})"),
    "expect_column_values_to_not_be_in_set": _single(_in_set),
    "expect_column_values_to_be_between": _single(_between),
    "expect_column_value_lengths_to_be_between": _single(
        lambda c, a: outside(f"length({c.text})", a, number_literal)
    ),
    "expect_column_value_lengths_to_equal": _single(
        lambda c, a: f"length({c.text}) <> {number_literal(a.value)}"
    ),
    "expect_column_values_to_match_regex": _single(lambda c, a: f"NOT {_regex(a.regex, c)}"),
    "expect_column_values_to_not_match_regex": _single(lambda c, a: _regex(a.regex, c)),
    "expect_column_values_to_match_regex_list": _single(
        lambda c, a: _not_matched([_regex(text, c) for text in a.regex_list], a.match_on)
    ),
    "expect_column_values_to_not_match_regex_list": _single(
        lambda c, a: any_of([_regex(text, c) for text in a.regex_list])
    ),
    "expect_column_values_to_match_like_pattern": _single(
        lambda c, a: f"NOT ({_like(a.like_pattern, c, a.escape)})"
    ),
    "expect_column_values_to_not_match_like_pattern": _single(
        lambda c, a: _like(a.like_pattern, c, a.escape)
    ),
    "expect_column_values_to_match_like_pattern_list": _single(
        lambda c, a: _not_matched(_likes(c, a), a.match_on)
    ),
    "expect_column_values_to_not_match_like_pattern_list": _single(
        lambda c, a: any_of(_likes(c, a))
    ),
}

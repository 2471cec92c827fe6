"""Expectations of rows, compiled to SQL conditions.

A ``RowRule`` says which rows are looked at and which of these are unexpected. The conditions are
never null, so that a row is either accepted or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.quality.scope import (
    ALIAS,
    CannotCheck,
    ColumnSql,
    Scope,
    literal,
    number_literal,
    quoted,
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


def compile_row(name: str, arguments: Any, scope: Scope) -> RowRule:
    """The rule of an expectation; ``CannotCheck`` where the table or the values do not fit."""
    return _COMPILERS[name](arguments, scope)


def _rule(
    arguments: Any, scope: Scope, looked: str, unexpected: str, shown: Sequence[ColumnSql]
) -> RowRule:
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
) -> Callable[[Any, Scope], RowRule]:
    """A rule of one column that leaves missing values out."""

    def build(arguments: Any, scope: Scope) -> RowRule:
        column = scope.column(arguments.column)
        looked = f"{column.sql} IS NOT NULL"
        return _rule(arguments, scope, looked, unexpected(column, arguments), (column,))

    return build


def _nullness(wrong: str) -> Callable[[Any, Scope], RowRule]:
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


def _any(conditions: Sequence[str]) -> str:
    return " OR ".join(f"({condition})" for condition in conditions)


def _not_matched(conditions: Sequence[str], match_on: str) -> str:
    joined = f"({') AND ('.join(conditions)})" if match_on == "all" else _any(conditions)
    return f"NOT ({joined})"


def _unique(arguments: Any, scope: Scope) -> RowRule:
    column = scope.column(arguments.column)
    return _repeated(arguments, scope, f"{column.sql} IS NOT NULL", (column,))


def _repeated(
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
    return RowRule(
        seen, unexpected, tuple(columns), key=key, mostly=arguments.mostly, scope=scope
    )


def _pair(
    unexpected: Callable[[ColumnSql, ColumnSql, Any], str],
) -> Callable[[Any, Scope], RowRule]:
    def build(arguments: Any, scope: Scope) -> RowRule:
        one, two = scope.column(arguments.column_A), scope.column(arguments.column_B)
        ignored = {"both_values_are_missing": "AND", "either_value_is_missing": "OR"}
        joiner = ignored.get(arguments.ignore_row_if)
        looked = (
            f"NOT ({one.sql} IS NULL {joiner} {two.sql} IS NULL)" if joiner else "TRUE"
        )
        return _rule(arguments, scope, looked, unexpected(one, two, arguments), (one, two))

    return build


def _comparable(*columns: ColumnSql) -> None:
    """Refuse columns that SQL would compare only after a silent conversion."""
    kinds = {"number" if column.is_numeric else column.kind for column in columns}
    if len(kinds - {"date", "timestamp"}) > (0 if kinds & {"date", "timestamp"} else 1):
        names = ", ".join(f"{column.name!r} is {column.type}" for column in columns)
        raise CannotCheck(
            f"the columns have types that do not compare: {names}",
            remedy="cast them to the same type with a type_cast transform",
        )


def _pair_equal(one: ColumnSql, two: ColumnSql, arguments: Any) -> str:
    _comparable(one, two)
    return f"NOT coalesce({one.sql} = {two.sql}, FALSE)"


def _pair_greater(one: ColumnSql, two: ColumnSql, arguments: Any) -> str:
    _comparable(one, two)
    return f"NOT coalesce({one.sql} {'>=' if arguments.or_equal else '>'} {two.sql}, FALSE)"


def _pair_in_set(one: ColumnSql, two: ColumnSql, arguments: Any) -> str:
    def equals(column: ColumnSql, value: Any) -> str:
        if value is None:
            return f"{column.sql} IS NULL"
        return f"{column.sql} = {literal(value, column)}"

    pairs = [f"{equals(one, a)} AND {equals(two, b)}" for a, b in arguments.value_pairs_set]
    return f"NOT coalesce({_any(pairs)}, FALSE)"


def _several(
    unexpected: Callable[[Sequence[ColumnSql], Any], str] | None,
) -> Callable[[Any, Scope], RowRule]:
    def build(arguments: Any, scope: Scope) -> RowRule:
        columns = [scope.column(name) for name in arguments.column_list]
        joiner = {"all_values_are_missing": " AND ", "any_value_is_missing": " OR "}.get(
            arguments.ignore_row_if
        )
        nulls = [f"{column.sql} IS NULL" for column in columns]
        looked = f"NOT ({joiner.join(nulls)})" if joiner else "TRUE"
        if unexpected is None:
            return _repeated(arguments, scope, looked, columns)
        return _rule(arguments, scope, looked, unexpected(columns, arguments), columns)

    return build


def _equal_within(columns: Sequence[ColumnSql], arguments: Any) -> str:
    _comparable(*columns)
    return _any(
        [
            f"{one.sql} IS NOT DISTINCT FROM {two.sql}"
            for index, one in enumerate(columns)
            for two in columns[index + 1 :]
        ]
    )


def _different(columns: Sequence[ColumnSql], arguments: Any) -> str:
    _comparable(*columns)
    return _any([f"{columns[0].sql} IS DISTINCT FROM {two.sql}" for two in columns[1:]])


def _sum(columns: Sequence[ColumnSql], arguments: Any) -> str:
    for column in columns:
        need_numbers(column)
    total = " + ".join(column.sql for column in columns)
    floating = any(column.kind == "number" for column in columns)
    wanted = number_literal(arguments.sum_total, floating=floating)
    return f"coalesce({total} <> {wanted}, TRUE)"


def need_numbers(column: ColumnSql) -> None:
    """Refuse a column that does not hold numbers."""
    if not column.is_numeric:
        raise CannotCheck(
            f"column {column.name!r} is {column.type}, and only numbers can be reckoned with",
            remedy="cast it to a number with a type_cast transform",
        )


def _condition(arguments: Any, scope: Scope) -> RowRule:
    sql = scope.expression(arguments.condition)
    named = [scope.column(name) for name in scope.types if _mentions(sql, name)]
    return _rule(arguments, scope, f"({sql}) IS NOT NULL", f"NOT ({sql})", named)


def _mentions(sql: str, name: str) -> bool:
    return f"{ALIAS}.{quoted(name)}" in sql


_COMPILERS: dict[str, Callable[[Any, Scope], RowRule]] = {
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
        lambda c, a: _any([_regex(text, c) for text in a.regex_list])
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
    "expect_column_values_to_not_match_like_pattern_list": _single(lambda c, a: _any(_likes(c, a))),
    "expect_column_pair_values_to_be_equal": _pair(_pair_equal),
    "expect_column_pair_values_a_to_be_greater_than_b": _pair(_pair_greater),
    "expect_column_pair_values_to_be_in_set": _pair(_pair_in_set),
    "expect_compound_columns_to_be_unique": _several(None),
    "expect_select_column_values_to_be_unique_within_record": _several(_equal_within),
    "expect_multicolumn_values_to_be_equal": _several(_different),
    "expect_multicolumn_sum_to_equal": _several(_sum),
    "expect_row_condition_to_hold": _condition,
}

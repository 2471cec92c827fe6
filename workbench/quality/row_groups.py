"""Expectations of rows that look at several columns, compiled to SQL conditions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.quality.rows import Compiler, RowRule, any_of, repeated_rule, row_rule
from workbench.quality.scope import (
    ALIAS,
    CannotCheck,
    ColumnSql,
    Scope,
    literal,
    need_numbers,
    number_literal,
    quoted,
)


def _pair(
    unexpected: Callable[[ColumnSql, ColumnSql, Any], str],
) -> Compiler:
    def build(arguments: Any, scope: Scope) -> RowRule:
        one, two = scope.column(arguments.column_A), scope.column(arguments.column_B)
        ignored = {"both_values_are_missing": "AND", "either_value_is_missing": "OR"}
        joiner = ignored.get(arguments.ignore_row_if)
        looked = f"NOT ({one.sql} IS NULL {joiner} {two.sql} IS NULL)" if joiner else "TRUE"
        return row_rule(arguments, scope, looked, unexpected(one, two, arguments), (one, two))

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
    return f"NOT coalesce({any_of(pairs)}, FALSE)"


def _several(
    unexpected: Callable[[Sequence[ColumnSql], Any], str] | None,
) -> Compiler:
    def build(arguments: Any, scope: Scope) -> RowRule:
        columns = [scope.column(name) for name in arguments.column_list]
        joiner = {"all_values_are_missing": " AND ", "any_value_is_missing": " OR "}.get(
            arguments.ignore_row_if
        )
        nulls = [f"{column.sql} IS NULL" for column in columns]
        looked = f"NOT ({joiner.join(nulls)})" if joiner else "TRUE"
        if unexpected is None:
            return repeated_rule(arguments, scope, looked, columns)
        return row_rule(arguments, scope, looked, unexpected(columns, arguments), columns)

    return build


def _equal_within(columns: Sequence[ColumnSql], arguments: Any) -> str:
    _comparable(*columns)
    return any_of(
        [
            f"{one.sql} IS NOT DISTINCT FROM {two.sql}"
            for index, one in enumerate(columns)
            for two in columns[index + 1 :]
        ]
    )


def _different(columns: Sequence[ColumnSql], arguments: Any) -> str:
    _comparable(*columns)
    return any_of([f"{columns[0].sql} IS DISTINCT FROM {two.sql}" for two in columns[1:]])


def _sum(columns: Sequence[ColumnSql], arguments: Any) -> str:
    for column in columns:
        need_numbers(column)
    total = " + ".join(column.sql for column in columns)
    floating = any(column.kind == "number" for column in columns)
    wanted = number_literal(arguments.sum_total, floating=floating)
    return f"coalesce({total} <> {wanted}, TRUE)"


def _condition(arguments: Any, scope: Scope) -> RowRule:
    sql = scope.expression(arguments.condition)
    named = [scope.column(name) for name in scope.types if _mentions(sql, name)]
    return row_rule(arguments, scope, f"({sql}) IS NOT NULL", f"NOT ({sql})", named)


def _mentions(sql: str, name: str) -> bool:
    return f"{ALIAS}.{quoted(name)}" in sql


COMPILERS: dict[str, Compiler] = {
    "expect_column_pair_values_to_be_equal": _pair(_pair_equal),
    "expect_column_pair_values_a_to_be_greater_than_b": _pair(_pair_greater),
    "expect_column_pair_values_to_be_in_set": _pair(_pair_in_set),
    "expect_compound_columns_to_be_unique": _several(None),
    "expect_select_column_values_to_be_unique_within_record": _several(_equal_within),
    "expect_multicolumn_values_to_be_equal": _several(_different),
    "expect_multicolumn_sum_to_equal": _several(_sum),
    "expect_row_condition_to_hold": _condition,
}

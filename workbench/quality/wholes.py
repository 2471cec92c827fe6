"""Expectations of a column or table as a whole, compiled to aggregate figures.

A ``WholeRule`` names SQL figures that the one pass computes, and judges their values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.quality.rows import outside, value_list
from workbench.quality.scope import ColumnSql, Scope, literal, need_numbers, plain

Fetch = Callable[[str], list[tuple[Any, ...]]]
Judgement = tuple[bool, dict[str, Any]]
_EXAMPLES = 20


@dataclass(frozen=True)
class WholeRule:
    """``figures`` are SQL aggregates by name; ``judge`` says success and result of their values.

    ``judge`` may fetch examples with a second query, which it does for failures only.
    """

    figures: Mapping[str, str]
    judge: Callable[[Mapping[str, Any], Fetch], Judgement]


#: Makes the rule of one expectation; raises ``CannotCheck`` where table or values do not fit.
Compiler = Callable[[Any, Scope], WholeRule]


def _filter(scope: Scope) -> str:
    return f" FILTER (WHERE {scope.where})" if scope.where else ""


def _figure(sql: Callable[[ColumnSql, str], str], *, numbers: bool = True) -> Compiler:
    """A figure of a column that must lie between two bounds; there is none without values."""

    def build(arguments: Any, scope: Scope) -> WholeRule:
        column = scope.column(arguments.column)
        if numbers:
            need_numbers(column)
        figure = sql(column, _filter(scope))
        # Compared by the engine, so that types compare as they do for rows.
        kind = ColumnSql(column.name, column.type, column.sql)
        wrong = outside(f"({figure})", arguments, lambda value: literal(value, kind))
        return WholeRule({"value": figure, "wrong": f"({wrong})"}, _judge_figure)

    return build


def _judge_figure(figures: Mapping[str, Any], fetch: Fetch) -> Judgement:
    value = figures["value"]
    if value is None or (isinstance(value, float) and value != value):
        return False, {"observed_value": None}
    return not figures["wrong"], {"observed_value": plain(value)}


def within(value: float, arguments: Any) -> bool:
    """Whether a count or share lies within the bounds of a range."""
    low, high = arguments.min_value, arguments.max_value
    above = low is None or (value > low if arguments.strict_min else value >= low)
    below = high is None or (value < high if arguments.strict_max else value <= high)
    return above and below


def _count(
    figures: Callable[[Any, Scope], dict[str, str]], value: Callable[[Mapping[str, Any]], float]
) -> Compiler:
    """A count or share that must lie between two bounds, or equal a value."""

    def build(arguments: Any, scope: Scope) -> WholeRule:
        def judge(values: Mapping[str, Any], fetch: Fetch) -> Judgement:
            observed = value(values)
            if hasattr(arguments, "value"):
                return observed == arguments.value, {"observed_value": observed}
            return within(observed, arguments), {"observed_value": observed}

        return WholeRule(figures(arguments, scope), judge)

    return build


def _distinct(arguments: Any, scope: Scope) -> dict[str, str]:
    column = scope.column(arguments.column)
    return {
        "distinct": f"count(DISTINCT {column.sql}){_filter(scope)}",
        "present": f"count({column.sql}){_filter(scope)}",
        "rows": f"count(*){_filter(scope)}",
    }


def _present(arguments: Any, scope: Scope) -> dict[str, str]:
    column = scope.column(arguments.column)
    return {"present": f"count({column.sql}){_filter(scope)}", "rows": f"count(*){_filter(scope)}"}


def _rows(arguments: Any, scope: Scope) -> dict[str, str]:
    return {"rows": f"count(*){_filter(scope)}"}


def _set(*, unexpected: bool, missing: bool) -> Compiler:
    """The distinct values against a set: none outside of it, or all of it there, or both."""

    def build(arguments: Any, scope: Scope) -> WholeRule:
        column = scope.column(arguments.column)
        values = value_list(arguments.value_set, column)
        inside, outer = f"{column.sql} IN ({values})", f"{column.sql} NOT IN ({values})"
        size = f"(SELECT count(DISTINCT v) FROM (SELECT unnest([{values}]) AS v))"
        figures = {}
        if unexpected:
            figures["unexpected"] = _distinct_where(column, scope.also(outer))
        if missing:
            figures["missing"] = f"{size} - {_distinct_where(column, scope.also(inside))}"

        def examples(condition: str, fetch: Fetch) -> list[Any]:
            rows = fetch(
                f"SELECT DISTINCT {column.sql} AS v FROM {scope.source} "
                f"WHERE {scope.also(condition)} ORDER BY v LIMIT {_EXAMPLES}"
            )
            return [plain(row[0]) for row in rows]

        def judge(found: Mapping[str, Any], fetch: Fetch) -> Judgement:
            result: dict[str, Any] = {"observed_value": None}
            if unexpected:
                count = result["unexpected_count"] = found["unexpected"]
                result["partial_unexpected_list"] = examples(outer, fetch) if count else []
            if missing:
                result["missing_count"] = found["missing"]
                lacking = (
                    f"SELECT v FROM (SELECT unnest([{values}]) AS v) EXCEPT "
                    f"SELECT {column.sql} FROM {scope.source} WHERE {scope.also('TRUE')}"
                )
                rows = fetch(f"{lacking} ORDER BY v LIMIT {_EXAMPLES}") if found["missing"] else []
                result["partial_missing_list"] = [plain(row[0]) for row in rows]
            return not any(found.values()), result

        return WholeRule(figures, judge)

    return build


def _distinct_where(column: ColumnSql, condition: str) -> str:
    return f"count(DISTINCT {column.sql}) FILTER (WHERE {condition})"


def _most_common(arguments: Any, scope: Scope) -> WholeRule:
    column = scope.column(arguments.column)
    values = value_list(arguments.value_set, column)
    counted = (
        f"SELECT {column.sql} AS v, count(*) AS n FROM {scope.source} "
        f"WHERE {scope.also(f'{column.sql} IS NOT NULL')} GROUP BY 1"
    )
    modes = f"SELECT v FROM ({counted}) QUALIFY n = max(n) OVER ()"

    def judge(found: Mapping[str, Any], fetch: Fetch) -> Judgement:
        ties, among = found["modes"], found["among"]
        success = among > 0 if arguments.ties_okay else ties == 1 and among == 1
        rows = fetch(f"{modes} ORDER BY v LIMIT {_EXAMPLES}")
        return success, {"observed_value": [plain(row[0]) for row in rows]}

    return WholeRule(
        {
            "modes": f"(SELECT count(*) FROM ({modes}))",
            "among": f"(SELECT count(*) FROM ({modes}) WHERE v IN ({values}))",
        },
        judge,
    )


def _share(part: str, whole: str) -> Callable[[Mapping[str, Any]], float]:
    return lambda values: values[part] / values[whole] if values[whole] else 0


COMPILERS: dict[str, Compiler] = {
    "expect_column_min_to_be_between": _figure(lambda c, f: f"min({c.sql}){f}", numbers=False),
    "expect_column_max_to_be_between": _figure(lambda c, f: f"max({c.sql}){f}", numbers=False),
    "expect_column_mean_to_be_between": _figure(lambda c, f: f"avg({c.sql}){f}"),
    "expect_column_median_to_be_between": _figure(
        lambda c, f: f"median(CAST({c.sql} AS DOUBLE)){f}"
    ),
    # The sum of no values is 0, as in pandas.
    "expect_column_sum_to_be_between": _figure(lambda c, f: f"coalesce(sum({c.sql}){f}, 0)"),
    "expect_column_stdev_to_be_between": _figure(lambda c, f: f"stddev_samp({c.sql}){f}"),
    "expect_column_unique_value_count_to_be_between": _count(
        _distinct, lambda values: values["distinct"]
    ),
    "expect_column_proportion_of_unique_values_to_be_between": _count(
        _distinct, _share("distinct", "present")
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": _count(
        _present, _share("present", "rows")
    ),
    "expect_column_distinct_values_to_be_in_set": _set(unexpected=True, missing=False),
    "expect_column_distinct_values_to_contain_set": _set(unexpected=False, missing=True),
    "expect_column_distinct_values_to_equal_set": _set(unexpected=True, missing=True),
    "expect_column_most_common_value_to_be_in_set": _most_common,
    "expect_table_row_count_to_be_between": _count(_rows, lambda values: values["rows"]),
    "expect_table_row_count_to_equal": _count(_rows, lambda values: values["rows"]),
}

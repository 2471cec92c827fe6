"""Our counts are Great Expectations' counts, for every compiled expectation.

Each case is evaluated by our SQL and by Great Expectations on the same table; its pandas engine
cannot do LIKE, so for these its SQLite engine is asked.
"""

from __future__ import annotations

import datetime as dt
import math
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from workbench.model.result import CheckResult
from workbench.quality import catalog, suite
from workbench.quality.rules import evaluate
from workbench.spec.models import ExpectationUse

COUNTS = (
    "element_count",
    "missing_count",
    "missing_percent",
    "unexpected_count",
    "unexpected_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
)


def day(number: int) -> dt.date:
    return dt.date(2024, 1, number)


def moment(number: int) -> dt.datetime:
    return dt.datetime(2024, 1, number, 12, 30)


def table(rows: int | None = None) -> pa.Table:
    """Nulls, repeated keys, accents, decimals, dates; ``rows`` takes the first few only."""
    text = ["a", "b", None, "ñandú", "a", "", "b c", "日本", "x%y", "A", "10", None]
    number = [1, 2, None, 4, 1, 0, -7, 8, 9, 10, 11, 11]
    whole = pa.table(
        {
            "text": pa.array(text, pa.string()),
            "other": pa.array(
                ["a", "c", None, "ñandú", None, "", "b", "日本", "x", "a", "10", "z"]
            ),
            "number": pa.array(number, pa.int64()),
            "second": pa.array([1, 3, None, None, 0, 0, -7, 7, 9, 12, 11, 1], pa.int64()),
            "full": pa.array(range(12), pa.int64()),
            "money": pa.array(
                [None if n is None else Decimal(n * 25) / 100 for n in number], pa.decimal128(18, 2)
            ),
            "ratio": pa.array(
                [0.5, 0.1, None, math.nan, 0.5, 1.5, -2.0, 0.3, 0.25, 1e9, -0.0, 0.0], pa.float64()
            ),
            "flag": pa.array([True, False, None] * 4, pa.bool_()),
            "date": pa.array(
                [day(n) if n else None for n in (1, 2, 0, 4, 1, 6, 7, 8, 9, 10, 11, 0)], pa.date32()
            ),
            "time": pa.array(
                [moment(n) if n else None for n in (1, 2, 0, 4, 1, 6, 7, 8, 9, 10, 11, 0)],
                pa.timestamp("us"),
            ),
            "blank": pa.array([None] * 12, pa.string()),
            "blank_number": pa.array([None] * 12, pa.int64()),
        }
    )
    return whole if rows is None else whole.slice(0, rows)


TABLES = {"all": table(), "empty": table(0), "one": table(1), "three": table(3)}


def chosen(name: str) -> list[tuple[str, dict[str, Any]]]:
    """All cases for the whole table; for the small ones a few of each expectation."""
    if name == "all":
        return CASES
    kept: list[tuple[str, dict[str, Any]]] = []
    for case in CASES:
        if sum(other[0] == case[0] for other in kept) < 3:
            kept.append(case)
    return kept


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    each = [
        "text",
        "number",
        "full",
        "money",
        "ratio",
        "flag",
        "date",
        "time",
        "blank",
        "blank_number",
    ]
    for column in each:
        yield "expect_column_values_to_not_be_null", {"column": column, "mostly": 0.8}
        yield "expect_column_values_to_be_null", {"column": column, "mostly": 0.1}
        yield "expect_column_values_to_be_unique", {"column": column, "mostly": 0.7}
    for column in ("text", "full", "ratio", "blank"):
        yield from counts_of(column)
    yield "expect_column_to_exist", {"column": "number", "column_index": 2}
    yield "expect_column_to_exist", {"column": "number", "column_index": 3}
    yield from values()
    yield from texts()
    yield from pairs()
    yield from figures()
    yield from tables()


def counts_of(column: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for low, high in ((0, 3), (8, 11), (9, None), (None, 9)):
        bounds = {k: v for k, v in (("min_value", low), ("max_value", high)) if v is not None}
        yield (
            "expect_column_unique_value_count_to_be_between",
            {"column": column, "strict_max": True} | bounds,
        )
    for name in ("unique_values", "non_null_values"):
        for low, high in ((0.0, 0.5), (0.5, 1.0), (0.9, 1.0)):
            yield (
                f"expect_column_proportion_of_{name}_to_be_between",
                {"column": column, "min_value": low, "max_value": high},
            )


SETS: dict[str, list[list[Any]]] = {
    "text": [["a", "b"], ["a", "b", "ñandú", "", "b c", "日本", "x%y", "A", "10"], ["'; --"]],
    "number": [[1, 2], [0, 1, 2, 4, -7, 8, 9, 10, 11], [2.5]],
    "money": [[0.25, 0.5], [2]],
    "ratio": [[0.5, 0.1, 0.3], [0]],
    "flag": [[True], [True, False]],
    "date": [[dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)]],
    "blank": [["a"]],
}
RANGES: dict[str, list[tuple[Any, Any]]] = {
    "number": [(0, 10), (None, 8), (1, None), (0.5, 9.5)],
    "full": [(0, 11), (3, 4)],
    "money": [(0, 2.5), (0.25, None), (None, 2)],
    "ratio": [(-2.0, 1.5), (0, 1), (None, 0)],
    "blank_number": [(0, 1)],
    "time": [(moment(2), moment(9)), ("2024-01-02T12:30:00", None)],
    "date": [(dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 9)), (None, dt.datetime(2024, 1, 4))],
}


def values() -> Iterator[tuple[str, dict[str, Any]]]:
    for column, sets in SETS.items():
        for chosen in sets:
            given = {"column": column, "value_set": chosen, "mostly": 0.5}
            yield "expect_column_values_to_be_in_set", given
            yield "expect_column_values_to_not_be_in_set", given
            for name in ("to_be_in_set", "to_contain_set", "to_equal_set"):
                yield (
                    f"expect_column_distinct_values_{name}",
                    {"column": column, "value_set": chosen},
                )
            for ties in (True, False) if column != "date" else ():  # GX compares different types
                yield (
                    "expect_column_most_common_value_to_be_in_set",
                    {"column": column, "value_set": chosen, "ties_okay": ties},
                )
    for column, ranges in RANGES.items():
        for low, high in ranges:
            for strict in (False, True):
                given = {"column": column, "strict_min": strict, "strict_max": strict}
                given |= {
                    k: v for k, v in (("min_value", low), ("max_value", high)) if v is not None
                }
                yield "expect_column_values_to_be_between", given | {"mostly": 0.6}
                for name in ("min", "max"):
                    yield f"expect_column_{name}_to_be_between", given


def texts() -> Iterator[tuple[str, dict[str, Any]]]:
    for column in ("text", "blank", "full", "date"):
        for regex in ("^[a-z]$", "a", "^.{2,}$", r"\d+", "ñ|日", "(?i)^A", "^$"):
            given = {"column": column, "regex": regex}
            yield "expect_column_values_to_match_regex", given | {"mostly": 0.3}
            yield "expect_column_values_to_not_match_regex", given
        for match_on in ("any", "all"):
            yield (
                "expect_column_values_to_match_regex_list",
                {"column": column, "regex_list": ["a", "^.$"], "match_on": match_on},
            )
        yield (
            "expect_column_values_to_not_match_regex_list",
            {"column": column, "regex_list": ["a", "^.$"]},
        )
    for column in ("text", "blank"):
        for low, high in ((1, 1), (0, 2), (2, None), (None, 4)):
            given = {"column": column, "strict_min": low == 0}
            given |= {k: v for k, v in (("min_value", low), ("max_value", high)) if v is not None}
            yield "expect_column_value_lengths_to_be_between", given
        yield "expect_column_value_lengths_to_equal", {"column": column, "value": 1, "mostly": 0.4}


def pairs() -> Iterator[tuple[str, dict[str, Any]]]:
    for ignore in ("both_values_are_missing", "either_value_is_missing", "neither"):
        for one, two in (
            ("number", "second"),
            ("text", "other"),
            ("full", "number"),
            ("date", "date"),
        ):
            given = {"column_A": one, "column_B": two, "ignore_row_if": ignore, "mostly": 0.5}
            yield "expect_column_pair_values_to_be_equal", given
            for or_equal in (True, False):
                yield (
                    "expect_column_pair_values_a_to_be_greater_than_b",
                    given | {"or_equal": or_equal},
                )
        yield (
            "expect_column_pair_values_to_be_in_set",
            {
                "column_A": "text",
                "column_B": "other",
                "value_pairs_set": [["a", "a"], ["a", None], ["日本", "日本"]],
                "ignore_row_if": ignore,
            },
        )
    for ignore in ("all_values_are_missing", "any_value_is_missing", "never"):
        for columns in (["number", "second"], ["full", "number", "second"]):
            given = {"column_list": columns, "ignore_row_if": ignore}
            for name in (
                "expect_compound_columns_to_be_unique",
                "expect_select_column_values_to_be_unique_within_record",
                "expect_multicolumn_values_to_be_equal",
            ):
                yield name, given | {"mostly": 0.3}
            yield "expect_multicolumn_sum_to_equal", given | {"sum_total": 2}
        yield (
            "expect_compound_columns_to_be_unique",
            {"column_list": ["text", "other", "flag"], "ignore_row_if": ignore},
        )


def figures() -> Iterator[tuple[str, dict[str, Any]]]:
    for column in ("number", "money", "ratio", "blank_number", "full"):
        for name in ("mean", "median", "sum", "stdev"):
            for low, high in ((0, 5), (2, None), (None, 1000)):
                given: dict[str, Any] = {"column": column}
                given |= {
                    k: v for k, v in (("min_value", low), ("max_value", high)) if v is not None
                }
                yield f"expect_column_{name}_to_be_between", given
    for column, kind in (("full", "int64"), ("ratio", "float64"), ("full", "str"), ("text", "int")):
        yield "expect_column_type_to_be", {"column": column, "type_": kind}
        yield "expect_column_values_to_be_of_type", {"column": column, "type_": kind}
        yield (
            "expect_column_values_to_be_in_type_list",
            {"column": column, "type_list": [kind, "float64"]},
        )


def tables() -> Iterator[tuple[str, dict[str, Any]]]:
    for value in (0, 12, 3):
        yield "expect_table_row_count_to_equal", {"value": value}
        yield "expect_table_column_count_to_equal", {"value": value}
    for low, high in ((0, 3), (12, None), (None, 12)):
        bounds = {k: v for k, v in (("min_value", low), ("max_value", high)) if v is not None}
        yield "expect_table_row_count_to_be_between", bounds
        yield "expect_table_row_count_to_be_between", bounds | {"strict_max": True}
        yield "expect_table_column_count_to_be_between", bounds
    names = table().column_names
    for chosen in (names, names[::-1], names[:3], [*names, "more"]):
        yield "expect_table_columns_to_match_ordered_list", {"column_list": chosen}
        for exact in (True, False):
            yield (
                "expect_table_columns_to_match_set",
                {"column_set": chosen, "exact_match": exact},
            )


CASES = list(cases())
LIKE = [
    (f"expect_column_values_to_{negation}match_like_pattern{kind}", arguments)
    for negation in ("", "not_")
    for column in ("text", "blank")
    for kind, arguments in (
        ("", {"column": column, "like_pattern": "b%"}),
        ("", {"column": column, "like_pattern": "_"}),
        ("", {"column": column, "like_pattern": "x!%y", "escape": "!"}),
        ("_list", {"column": column, "like_pattern_list": ["b%", "%y"]}),
        *(
            []
            if negation
            else [
                ("_list", {"column": column, "like_pattern_list": ["b%", "% c"], "match_on": "all"})
            ]
        ),
    )
]


def ours(data: pa.Table, given: list[tuple[str, dict[str, Any]]]) -> tuple[CheckResult, ...]:
    with duckdb.connect() as connection:
        connection.register("arrow", data)
        connection.execute("CREATE TABLE data AS SELECT * FROM arrow")
        uses = [ExpectationUse(name=name, kwargs=kwargs) for name, kwargs in given]
        return evaluate(connection, "data", uses).checks


def close(one: Any, two: Any) -> bool:
    if isinstance(one, int | float) and isinstance(two, int | float):
        return math.isclose(one, two, rel_tol=1e-12, abs_tol=1e-12)
    return bool(one == two)


def differences(mine: CheckResult, gx: CheckResult) -> list[str]:
    """What is not the same, in words; empty if the results agree."""
    found = []
    if mine.error or gx.error:
        found.append(f"error: {mine.error!r} / {gx.error!r}")
    if mine.success != gx.success:
        found.append(f"success: {mine.success} / {gx.success}")
    compared = [*COUNTS]
    observed = gx.result.get("observed_value")
    if isinstance(observed, int | float):
        compared.append("observed_value")
    for name in compared:
        if not close(mine.result.get(name), gx.result.get(name)):
            found.append(f"{name}: {mine.result.get(name)} / {gx.result.get(name)}")
    if not mine.result.get("element_count") or "null" in mine.expectation:
        return found
    theirs = gx.result.get("partial_unexpected_list", [])
    if "pair" in mine.expectation:
        theirs = [list(pair) for pair in theirs]
    listed = [list(v.values()) if isinstance(v, dict) else v for v in partial(mine)]
    theirs = [list(v.values()) if isinstance(v, dict) else v for v in theirs]
    if "date" not in str(mine.kwargs) and "time" not in str(mine.kwargs) and listed != theirs:
        found.append(f"examples: {listed} / {theirs}")
    return found


def partial(check: CheckResult) -> list[Any]:
    return list(check.result.get("partial_unexpected_list", []))


def report(pairs: Iterator[tuple[CheckResult, CheckResult]]) -> str:
    lines = []
    for mine, gx in pairs:
        found = differences(mine, gx)
        if found:
            lines.append(f"{mine.expectation} {mine.kwargs}: {'; '.join(found)}")
    return "\n".join(lines)


@pytest.mark.parametrize("name", TABLES)
def test_counts_and_success_equal(name: str) -> None:
    data, given = TABLES[name], chosen(name)
    gx = suite.run_gx(data, [ExpectationUse(name=n, kwargs=k) for n, k in given])
    assert not report(zip(ours(data, given), gx, strict=True))


def test_like_patterns_equal_those_of_sqlite(tmp_path: Path) -> None:
    data = table()
    context = suite.quiet_context()
    with sqlite3.connect(tmp_path / "like.db") as connection:
        connection.execute("CREATE TABLE data (text TEXT, blank TEXT)")
        rows = zip(data["text"].to_pylist(), data["blank"].to_pylist(), strict=True)
        connection.executemany("INSERT INTO data VALUES (?, ?)", rows)
    source = context.data_sources.add_sqlite(
        name="lite", connection_string=f"sqlite:///{tmp_path / 'like.db'}"
    )
    definition = source.add_table_asset("data").add_batch_definition_whole_table("data")
    uses = [ExpectationUse(name=name, kwargs=kwargs) for name, kwargs in LIKE]
    gx = suite.validate(definition.get_batch(), uses)
    assert not report(zip(ours(data, LIKE), gx, strict=True))


def test_the_comparison_sees_a_difference() -> None:
    """Negative control: a count that is one off, and another success, are reported."""
    (mine,) = ours(table(), [("expect_column_values_to_be_unique", {"column": "text"})])
    wrong = dict(mine.result) | {"unexpected_count": mine.result["unexpected_count"] + 1}
    assert differences(mine, mine.model_copy(update={"result": wrong}))
    assert differences(mine, mine.model_copy(update={"success": not mine.success}))
    assert not differences(mine, mine)


def test_every_compiled_expectation_is_compared() -> None:
    assert {name for name, _ in CASES + LIKE} | catalog.OWN == catalog.COMPILED


def test_catalog_lists_what_great_expectations_has() -> None:
    suite.great_expectations()
    from great_expectations.expectations.registry import (
        list_registered_expectation_implementations,
    )

    ours_ = (set(catalog.MODELS) - catalog.OWN) | set(catalog.UNAVAILABLE)
    assert ours_ == set(list_registered_expectation_implementations())

"""filter and derive: expressions of the spec over rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from workbench.errors import ExpressionError, WorkbenchError

ROWS = [{"x": 1, "t": "a"}, {"x": None, "t": "b"}, {"x": 3, "t": None}]


def test_rows_for_which_the_condition_is_null_go_too(run, use):
    result = run(ROWS, use("filter", where="x > 1"))
    assert result.numbers == [4]
    assert result.ledgers == [{"name": "1 filter", "rows_in": 3, "rows_out": 1, "filtered": 2}]
    assert run(ROWS, use("filter", where="x is null or t = 'a'")).numbers == [2, 3]
    assert run([], use("filter", where="t = 'a'"), like=["t"]).rows == []


def test_a_filter_does_not_count_rows_refused_before(run, use):
    rows = [{"n": "1"}, {"n": "x"}, {"n": "5"}]
    result = run(rows, use("type_cast", columns={"n": "integer"}), use("filter", where="n > 1"))
    assert [ledger.model_dump(include={"quarantined", "filtered"}) for ledger in
            result.outcome.ledgers] == [{"quarantined": 1, "filtered": 0},
                                        {"quarantined": 0, "filtered": 1}]  # fmt: skip


def test_a_filter_guards_what_comes_after_it(run, use):
    rows = [{"t": "5"}, {"t": "x"}]
    result = run(
        rows,
        use("filter", where="t <> 'x'"),
        use("derive", columns={"n": "cast(t as integer)"}),
    )
    assert result.column("n") == [5]


def test_a_condition_must_be_true_or_false(run, use):
    with pytest.raises(WorkbenchError) as caught:
        run(ROWS, use("filter", where="x + 1"))
    assert "not true or false" in str(caught.value)
    assert (caught.value.where or "").startswith("dataset target, transform 1 filter")


def test_derive(run, use):
    result = run(
        ROWS,
        use("derive", columns={"y": "x * 2", "t": "upper(t)", 'odd "z"': "coalesce(t, '-')"}),
        use("derive", columns={"both": "t || y"}),
    )
    assert result.rows[0] == {"x": 1, "t": "A", "y": 2, 'odd "z"': "a", "both": "A2"}
    assert list(result.types) == ["x", "t", "y", 'odd "z"', "both"]
    assert result.edges == {
        ("target.bronze", "x", "x", "direct"), ("target.bronze", "x", "y", "derived"),
        ("target.bronze", "t", "t", "derived"), ("target.bronze", "t", 'odd "z"', "derived"),
        ("target.bronze", "t", "both", "derived"), ("target.bronze", "x", "both", "derived"),
    }  # fmt: skip


def test_types_of_what_is_derived_are_those_of_the_plan(run, use):
    rows = [{"i": 7, "d": Decimal("1.25"), "f": 0.5, "b": True, "day": dt.date(2020, 1, 31)}]
    columns = {
        "a": "i * i", "b2": "i / 2", "c": "d * d", "e": "d + i", "g": "f * d", "h": "not b",
        "j": "year(day)", "k": "round(d, 1)", "l": "case when b then 1 else null end", "m": "'x'",
        "n": "d / 3",
    }  # fmt: skip
    result = run(rows, use("derive", columns=columns))
    row = result.rows[0]
    assert (row["a"], row["b2"], row["e"], row["j"]) == (49, 3.5, Decimal("8.25"), 2020)
    assert row["c"] == Decimal("1.5625") or row["c"] == 1.5625


def test_parameters_are_literals(run, use):
    result = run(ROWS, use("filter", where="t = :word"), params={"word": "a' or 'a' = 'a"})
    assert result.rows == []
    derived = use("derive", columns={"n": ":n"})
    assert run(ROWS[:1], derived, params={"n": 5}).column("n") == [5]


def test_errors_say_where(run, use):
    with pytest.raises(ExpressionError, match="unknown column 'xx'; did you mean 'x'") as caught:
        run(ROWS, use("trim"), use("filter", where="t = 'a' and xx > 1"))
    where = (
        "dataset target, transform 2 filter: expression \"t = 'a' and xx > 1\", line 1, column 13"
    )
    assert caught.value.where == where


def test_expressions_are_named_by_option(use):
    assert use("filter", where="x > 1").options.expressions() == {"where": "x > 1"}
    assert use("derive", columns={"y": "x"}).options.expressions() == {"columns.y": "x"}
    measures = {"s": "sum(a * b)", "n": {"function": "count", "where": "a > 1"}}
    assert use("aggregate", measures=measures).options.expressions() == {
        "measures.s.expression": "a * b", "measures.n.where": "a > 1"
    }  # fmt: skip


def test_measures_of_expressions(run, use):
    measures = {
        "s": "sum(x * 2)",
        "some": {"function": "count", "where": "x > 1"},
        "words": "count_distinct(lower(t))",
    }
    result = run(ROWS, use("aggregate", measures=measures))
    assert result.rows == [{"s": 8, "some": 1, "words": 2}]
    assert result.edges == {
        ("target.bronze", "x", "s", "aggregated"), ("target.bronze", "x", "some", "aggregated"),
        ("target.bronze", "t", "words", "aggregated"),
    }  # fmt: skip


def test_lineage_of_a_filter(run, use):
    result = run(ROWS, use("filter", where="x > 1 or t = 'a'"), use("drop", columns="x"))
    assert result.edges == {
        ("target.bronze", "t", "t", "direct"), ("target.bronze", "t", None, "filter"),
        ("target.bronze", "x", None, "filter"),
    }  # fmt: skip

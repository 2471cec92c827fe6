"""aggregate: groups, measures, types, and where provenance ends."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from workbench.errors import TransformError
from workbench.registry import find

ROWS = [
    {"g": "a", "n": 1, "d": Decimal("1.50"), "t": "x"},
    {"g": "a", "n": None, "d": Decimal("2.50"), "t": "y"},
    {"g": "b", "n": 5, "d": None, "t": "x"},
    {"g": None, "n": 7, "d": Decimal("1.00"), "t": None},
]


def by_group(result):
    return {row["g"]: {k: v for k, v in row.items() if k != "g"} for row in result.rows}


def test_groups_and_measures(run, use):
    measures = {
        "rows": "count(*)",
        "filled": {"function": "count", "column": "n"},
        "kinds": {"function": "count_distinct", "column": "t"},
        "total": {"function": "sum", "column": "n"},
        "money": {"function": "sum", "column": "d"},
        "least": {"function": "min", "column": "t"},
        "first": {"function": "first", "column": "t"},
        "last": {"function": "last", "column": "t"},
        "mean": {"function": "mean", "column": "d"},
    }
    result = run(ROWS, use("aggregate", group_by="g", measures=measures))
    assert by_group(result) == {
        "a": {"rows": 2, "filled": 1, "kinds": 2, "total": 1, "money": Decimal("4.00"),
              "least": "x", "first": "x", "last": "y", "mean": 2.0},
        "b": {"rows": 1, "filled": 1, "kinds": 1, "total": 5, "money": None,
              "least": "x", "first": "x", "last": "x", "mean": None},
        None: {"rows": 1, "filled": 1, "kinds": 0, "total": 7, "money": Decimal("1.00"),
               "least": None, "first": None, "last": None, "mean": 1.0},
    }  # fmt: skip
    assert result.ledgers == [{"name": "1 aggregate", "rows_in": 4, "rows_out": 3, "collapsed": 1}]
    assert result.types["total"] == "integer"
    assert result.types["money"].startswith("decimal(38,")
    assert result.types["mean"] == "number"
    assert "_source" not in result.outcome.table.columns


def test_over_all_rows(run, use):
    total = use("aggregate", measures={"n": "count(*)", "s": {"function": "sum", "column": "n"}})
    assert run(ROWS, total).rows == [{"n": 4, "s": 13}]
    empty = run([], use("aggregate", measures={"n": "count(*)"}), like=["g"])
    assert empty.rows == [{"n": 0}]
    assert empty.ledgers == [{"name": "1 aggregate", "rows_in": 0, "expanded": 1, "rows_out": 1}]


def test_rows_refused_after_it_have_no_provenance(run, use):
    result = run(
        ROWS,
        use("aggregate", group_by=["g", "t"], measures={"n": "count(*)"}),
        use("type_cast", columns={"t": "integer"}),
    )
    assert {row["_row"] for row in result.refused} == {None}
    assert result.last.quarantined == 3
    assert {row["step"] for row in result.refused} == {"2 type_cast"}


def test_a_sum_that_does_not_fit_is_an_error(run, use):
    rows = [{"n": 2**62}, {"n": 2**62}]
    with pytest.raises(TransformError, match="engine refuses it"):
        run(rows, use("aggregate", measures={"s": {"function": "sum", "column": "n"}}))


def test_what_does_not_fit_the_table(run, use):
    text = use("aggregate", group_by="g", measures={"s": {"function": "sum", "column": "t"}})
    with pytest.raises(TransformError, match="sum needs numbers, and this is string"):
        run(ROWS, text)
    with pytest.raises(TransformError, match="'g' is both a group and a measure"):
        run(ROWS, use("aggregate", group_by="g", measures={"G": "count(*)"}))


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        ({}, "at least 1 item"),
        ({"a": "total"}, "write it like sum(amount) or count(*)"),
        ({"a": "total(x)"}, "'count', 'count_distinct', 'sum'"),
        ({"a": {"function": "sum"}}, "sum needs a 'column'"),
        ({"a": {"function": "sum", "column": "x", "expression": "y"}}, "either 'column'"),
        ({"_row": "count(*)"}, "reserved"),
    ],
)
def test_options_are_checked(measures, message):
    with pytest.raises(ValidationError) as caught:
        find("transforms", "aggregate").Options.model_validate({"measures": measures})
    assert message in str(caught.value)


def test_lineage(run, use):
    measures = {"s": {"function": "sum", "column": "n"}, "rows": "count(*)"}
    result = run(ROWS, use("aggregate", group_by="g", measures=measures))
    assert result.edges == {
        ("target.bronze", "g", "g", "direct"), ("target.bronze", "n", "s", "aggregated")
    }  # fmt: skip

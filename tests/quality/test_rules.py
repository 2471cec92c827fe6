"""Each kind of expectation: what holds, what does not, and what cannot be evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from workbench.errors import ChecksFailed
from workbench.model.result import CheckResult
from workbench.quality.rules import Evaluation, evaluate

Check = Callable[..., CheckResult]


@pytest.mark.parametrize(
    ("name", "arguments", "unexpected"),
    [
        ("values_to_not_be_null", {"column": "id"}, [None]),
        ("values_to_be_null", {"column": "flag"}, [True, False, True, True]),
        ("values_to_be_unique", {"column": "id"}, [2, 2]),
        ("values_to_be_in_set", {"column": "name", "value_set": ["ana", "ñandú"]}, ["ben", ""]),
        ("values_to_not_be_in_set", {"column": "id", "value_set": [4, 5]}, [4]),
        ("values_to_be_between", {"column": "amount", "min_value": 0}, [-1.0]),
        ("values_to_be_between", {"column": "day", "max_value": "2024-12-31"}, ["2025-01-01"]),
        (
            "values_to_be_between",
            {"column": "amount", "min_value": 10.5, "strict_min": True},
            [10.5, -1.0],
        ),
        ("value_lengths_to_equal", {"column": "name", "value": 3}, ["ñandú", ""]),
        ("value_lengths_to_be_between", {"column": "name", "min_value": 1}, [""]),
        ("values_to_match_regex", {"column": "name", "regex": "^[a-z]+$"}, ["ñandú", ""]),
        ("values_to_not_match_regex", {"column": "name", "regex": "^a"}, ["ana"]),
        ("values_to_match_like_pattern", {"column": "name", "like_pattern": "%an%"}, ["ben", ""]),
        (
            "pair_values_a_to_be_greater_than_b",
            {"column_A": "amount", "column_B": "id"},
            [
                {"amount": -1.0, "id": 2},
                {"amount": None, "id": 4},
                {"amount": 30.25, "id": None},
            ],
        ),
        (
            "expect_compound_columns_to_be_unique",
            {"column_list": ["id", "flag"]},
            [],
        ),
        (
            "expect_row_condition_to_hold",
            {"condition": "amount > 0 and id < 4"},
            [{"id": 2, "amount": -1.0}, {"id": 4, "amount": None}],
        ),
    ],
)
def test_unexpected_values_are_found(
    check: Check, name: str, arguments: dict[str, Any], unexpected: list[Any]
) -> None:
    found = check(name, **arguments)
    assert found.error is None
    assert found.result["partial_unexpected_list"] == unexpected
    assert found.result["unexpected_count"] == len(unexpected)
    assert found.success == (not unexpected)


def test_examples_say_where_they_were_received(check: Check) -> None:
    found = check("values_to_be_between", column="amount", min_value=0)
    assert found.result["partial_unexpected_index_list"] == [
        {"_source": "in.csv", "_row": 3, "_run": "r1", "amount": -1.0}
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "success", "observed"),
    [
        ("mean_to_be_between", {"column": "amount", "min_value": 14}, True, 14.9375),
        ("median_to_be_between", {"column": "amount", "max_value": 15}, False, 15.25),
        ("sum_to_be_between", {"column": "amount", "max_value": 59.75}, True, 59.75),
        ("max_to_be_between", {"column": "day", "max_value": "2024-12-31"}, False, "2025-01-01"),
        ("unique_value_count_to_be_between", {"column": "id", "min_value": 3}, True, 3),
        ("expect_table_row_count_to_equal", {"value": 5}, True, 5),
        ("expect_table_column_count_to_equal", {"value": 5}, True, 5),
        ("type_to_be", {"column": "amount", "type_": "decimal(18,2)"}, True, "DECIMAL(18,2)"),
        ("type_to_be", {"column": "amount", "type_": "decimal"}, True, "DECIMAL(18,2)"),
        ("values_to_be_of_type", {"column": "day", "type_": "timestamp"}, False, "DATE"),
        ("most_common_value_to_be_in_set", {"column": "id", "value_set": [2]}, True, [2]),
    ],
)
def test_figures_are_observed(
    check: Check, name: str, arguments: dict[str, Any], success: bool, observed: Any
) -> None:
    found = check(name, **arguments)
    assert (found.error, found.success) == (None, success)
    assert found.result["observed_value"] == observed


def test_distinct_values_against_a_set(check: Check) -> None:
    found = check("distinct_values_to_equal_set", column="id", value_set=[1, 2, 9])
    assert not found.success
    assert found.result["partial_unexpected_list"] == [4]
    assert found.result["partial_missing_list"] == [9]


def test_columns_of_provenance_do_not_count(check: Check) -> None:
    names = ["id", "name", "amount", "day", "flag"]
    assert check("expect_table_columns_to_match_ordered_list", column_list=names).success
    assert check("expect_table_columns_to_match_set", column_set=names[::-1]).success
    assert check("to_exist", column="_source").success


def test_mostly_is_a_share_of_the_rows_looked_at(check: Check) -> None:
    for mostly, success in ((0.75, True), (0.76, False)):
        found = check("values_to_be_between", column="amount", min_value=0, mostly=mostly)
        assert found.success is success


def test_row_condition_narrows_what_is_looked_at(check: Check) -> None:
    found = check("values_to_not_be_null", column="amount", row_condition="id < 4")
    assert found.success
    assert found.result["element_count"] == 3
    assert not check("values_to_not_be_null", column="amount", row_condition="id = 4").success


def test_parameters_of_the_run_are_values_of_expressions(
    connection: duckdb.DuckDBPyConnection, use: Callable[..., Any]
) -> None:
    rule = use("expect_row_condition_to_hold", condition="id <= :most")
    for most, unexpected in ((4, 0), (1, 3)):
        found = evaluate(connection, "staged", [rule], params={"most": most}).checks[0]
        assert found.result["unexpected_count"] == unexpected


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("values_to_be_between", {"column": "amount", "min_value": "a"}, "not a number"),
        ("values_to_be_between", {"column": "name", "min_value": 1}, "not a text"),
        ("values_to_be_between", {"column": "day", "min_value": "31/12/2024"}, "ISO 8601"),
        ("values_to_be_between", {"column": "day", "min_value": 2024}, "not a date"),
        ("values_to_be_between", {"column": "id"}, "give min_value or max_value"),
        ("values_to_be_between", {"column": "id", "min_value": 2, "max_value": 1}, "greater than"),
        ("values_to_be_between", {"column": "id", "min_valu": 2}, "min_valu"),
        ("values_to_be_in_set", {"column": "name", "value_set": [1]}, "in quotes"),
        ("values_to_be_in_set", {"column": "id", "value_set": []}, "at least 1"),
        ("values_to_be_unique", {"column": "nam"}, "did you mean 'name'"),
        ("values_to_be_unique", {"column": "ID"}, "did you mean 'id'"),
        ("values_to_match_regex", {"column": "name", "regex": "("}, "not a regular expression"),
        ("values_to_match_regex", {"column": "name", "regex": "a(?=b)"}, "look-around"),
        ("mean_to_be_between", {"column": "name", "min_value": 1}, "only numbers"),
        ("pair_values_to_be_equal", {"column_A": "id", "column_B": "name"}, "do not compare"),
        ("type_to_be", {"column": "id", "type_": "intt"}, "not the name of a type"),
        ("values_to_be_uniq", {"column": "id"}, "did you mean 'expect_column_values_to_be_unique'"),
        ("unexpected_rows_expectation", {}, "unknown expectation"),
        ("expect_row_condition_to_hold", {"condition": "idd > 1"}, "did you mean"),
        ("expect_row_condition_to_hold", {"condition": "id + 1"}, "not true or false"),
        ("expect_row_condition_to_hold", {"condition": "select 1"}, ""),
        ("values_to_be_null", {"column": "id", "row_condition": "id >"}, ""),
        ("expect_query_results_to_match_comparison", {}, "runs SQL of its own"),
    ],
)
def test_what_cannot_be_evaluated_is_an_error(
    check: Check, name: str, arguments: dict[str, Any], said: str
) -> None:
    found = check(name, **arguments)
    assert not found.success
    assert found.error
    assert said in found.error


def test_an_error_of_the_engine_stays_with_its_check(
    connection: duckdb.DuckDBPyConnection, use: Callable[..., Any]
) -> None:
    connection.execute("CREATE TABLE odd AS SELECT unnest([1e300, 'inf'::DOUBLE]) AS x, 1 AS y")
    uses = [
        use("stdev_to_be_between", column="x", min_value=0),
        use("values_to_be_unique", column="x"),
        use("mean_to_be_between", column="y", min_value=1),
    ]
    broken, unique, mean = evaluate(connection, "odd", uses).checks
    assert broken.error and "out of range" in broken.error
    assert unique.success and mean.success


def test_a_lost_file_is_not_a_failed_check(tmp_path: Any, use: Callable[..., Any]) -> None:
    path = tmp_path / "staged.parquet"
    with duckdb.connect() as opened:
        opened.execute(f"COPY (SELECT 1 AS x) TO '{path}'")
        opened.execute(f"CREATE VIEW staged AS SELECT * FROM '{path}'")
        path.write_bytes(b"")
        with pytest.raises(duckdb.Error):
            evaluate(opened, "staged", [use("values_to_be_unique", column="x")])


@pytest.mark.parametrize(
    "name",
    ['a"b', "x'; DROP TABLE hostile; --", "_rows", "n", "v", "k0", "step", "ä ö", "$x", "a.b"],
)
def test_hostile_names_are_names(
    connection: duckdb.DuckDBPyConnection, use: Callable[..., Any], name: str
) -> None:
    column = '"' + name.replace('"', '""') + '"'
    connection.execute(
        f"CREATE TABLE hostile AS SELECT unnest([1, 1, 3, NULL]) AS {column}, 2 AS b"
    )
    uses = [
        use("values_to_be_unique", "quarantine", column=name),
        use("values_to_be_between", "quarantine", column=name, max_value=2),
        use("values_to_not_be_null", column=name),
        use("expect_compound_columns_to_be_unique", "quarantine", column_list=[name, "b"]),
        use("distinct_values_to_equal_set", column=name, value_set=[1, 3]),
        use("most_common_value_to_be_in_set", column=name, value_set=[1]),
    ]
    evaluation = evaluate(connection, "hostile", uses)
    assert [check.error for check in evaluation.checks] == [None] * len(uses)
    counts = [check.result.get("unexpected_count") for check in evaluation.checks]
    assert counts == [2, 1, 1, 2, 0, None]
    assert evaluation.split(connection).rejected_rows == 3


@pytest.mark.parametrize(
    "value", ["'; DROP TABLE staged; --", "a''b", "%", "\\", "日本", "$1", "?"]
)
def test_hostile_values_are_values(check: Check, value: str) -> None:
    for name in ("values_to_be_in_set", "values_to_not_be_in_set"):
        assert check(name, column="name", value_set=[value]).error is None
    for name, argument in (("like_pattern", "like_pattern"),):
        assert check(f"values_to_match_{name}", column="name", **{argument: value}).error is None
    assert check("expect_table_row_count_to_equal", value=5).success


def test_a_nul_character_is_refused(check: Check) -> None:
    found = check("values_to_be_in_set", column="name", value_set=["a\0b"])
    assert found.error and "NUL" in found.error


def test_results_travel_as_json(check: Check) -> None:
    for column in ("id", "name", "amount", "day", "flag"):
        found = check("values_to_be_null", column=column)
        assert CheckResult.model_validate_json(found.model_dump_json()) == found


def test_exact_decimals_that_floats_cannot_hold(connection: duckdb.DuckDBPyConnection) -> None:
    """A bound of a decimal column is compared as a decimal: 0.1 is 0.1, and cents count."""
    connection.execute(
        "CREATE TABLE big AS SELECT unnest([90071992547409.93, 0.1])::DECIMAL(18,2) AS x"
    )
    from workbench.spec.models import ExpectationUse

    def most(bound: float) -> bool:
        kwargs = {"column": "x", "max_value": bound, "min_value": 0.1}
        given = ExpectationUse(name="expect_column_values_to_be_between", kwargs=kwargs)
        return evaluate(connection, "big", [given]).checks[0].success

    assert most(90071992547409.93)
    assert not most(90071992547409.92)


def test_severities_decide_what_stops(
    evaluated: Callable[..., Evaluation], use: Callable[..., Any]
) -> None:
    fails: dict[str, Any] = {"column": "amount", "min_value": 0}
    evaluation = evaluated(
        use("values_to_be_between", "warn", **fails),
        use("values_to_be_between", "quarantine", **fails),
        use("values_to_be_between", "stop", **fails),
        use("mean_to_be_between", "quarantine", column="amount", max_value=1),
        use("values_to_be_unique", "quarantine", column="nope"),
        use("values_to_be_unique", "warn", column="nope"),
        use("values_to_be_unique", "stop", column="_row"),
    )
    stopped = [evaluation.checks.index(check) for check in evaluation.stops]
    assert stopped == [2, 3, 4]
    with pytest.raises(ChecksFailed, match="3 of 7 checks failed") as caught:
        evaluation.require("sales.validate")
    assert "1 of 5 rows, for example -1.0" in str(caught.value)
    assert "sales.validate" in str(caught.value)


def test_all_held_requires_nothing(
    evaluated: Callable[..., Evaluation], use: Callable[..., Any]
) -> None:
    evaluated(use("values_to_be_unique", column="_row")).require("x")
    assert evaluated().checks == ()

"""Accepted and rejected rows: nothing lost, reasons told, values kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from workbench.quality.rules import Evaluation, evaluate

Evaluated = Callable[..., Evaluation]
Use = Callable[..., Any]


def rejected(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    relation = connection.sql("SELECT * FROM rejected ORDER BY _row")
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def test_rows_leave_with_reasons_and_values(
    connection: duckdb.DuckDBPyConnection, evaluated: Evaluated, use: Use
) -> None:
    evaluation = evaluated(
        use("values_to_be_between", "quarantine", column="amount", min_value=0),
        use("values_to_be_in_set", "quarantine", column="name", value_set=["ana", "ñandú", ""]),
        use("values_to_not_be_null", "stop", column="flag"),
        use("values_to_be_unique", "warn", column="id"),
    )
    split = evaluation.split(connection, step="sales.validate")
    (row,) = rejected(connection)
    assert (split.accepted_rows, split.rejected_rows) == (4, 1)
    assert (row["_source"], row["_row"], row["_run"]) == ("in.csv", 3, "r1")
    assert row["step"] == "sales.validate"
    assert json.loads(row["reasons"]) == [
        "amount is not at least 0 (expect_column_values_to_be_between)",
        "name is none of ('ana', 'ñandú', '') (expect_column_values_to_be_in_set)",
    ]
    assert json.loads(row["values"]) == {
        "id": 2,
        "name": "ben",
        "amount": "-1.00",
        "day": "2024-02-01",
        "flag": False,
    }
    assert list(split.reasons.values()) == [1, 1]
    columns = connection.sql("SELECT * FROM accepted").columns
    assert columns == connection.sql("SELECT * FROM staged").columns


def test_all_rows_of_a_repeated_key_leave(
    connection: duckdb.DuckDBPyConnection, evaluated: Evaluated, use: Use
) -> None:
    evaluated(use("values_to_be_unique", "quarantine", column="id")).split(connection)
    assert [row["_row"] for row in rejected(connection)] == [3, 4]


def test_repeated_keys_with_missing_parts_equal_each_other(
    connection: duckdb.DuckDBPyConnection, use: Use
) -> None:
    connection.execute(
        "CREATE TABLE parts AS SELECT * FROM (VALUES (1, NULL), (1, NULL), (NULL, NULL), "
        "(NULL, NULL), (2, 'x')) AS t(a, b)"
    )
    kwargs = {"column_list": ["a", "b"]}
    name = "expect_compound_columns_to_be_unique"
    for ignore, out in (
        ("all_values_are_missing", 2),
        ("any_value_is_missing", 0),
        ("never", 4),
    ):
        given = use(name, "quarantine", ignore_row_if=ignore, **kwargs)
        evaluation = evaluate(connection, "parts", [given])
        assert evaluation.checks[0].result["unexpected_count"] == out
        assert evaluation.split(connection).rejected_rows == out


def test_unexpected_rows_leave_even_where_mostly_holds(
    connection: duckdb.DuckDBPyConnection, evaluated: Evaluated, use: Use
) -> None:
    evaluation = evaluated(
        use("values_to_be_between", "quarantine", column="amount", min_value=0, mostly=0.5)
    )
    assert evaluation.checks[0].success
    assert evaluation.split(connection).rejected_rows == 1


def test_a_row_with_a_missing_value_is_not_unexpected(
    connection: duckdb.DuckDBPyConnection, evaluated: Evaluated, use: Use
) -> None:
    """A null comparison must neither lose the row nor reject it."""
    given = use("values_to_be_between", "quarantine", column="amount", min_value=1000)
    split = evaluated(given).split(connection)
    assert (split.accepted_rows, split.rejected_rows) == (1, 4)


def test_nothing_to_refuse(
    connection: duckdb.DuckDBPyConnection, evaluated: Evaluated, use: Use
) -> None:
    split = evaluated(use("values_to_be_unique", "quarantine", column="_row")).split(connection)
    assert (split.accepted_rows, split.rejected_rows, split.reasons) == (5, 0, {})
    assert connection.sql("SELECT * FROM rejected").columns == [
        *("_source", "_row", "_run", "step", "reasons", "values"),
    ]


def test_only_severity_quarantine_takes_rows_out(
    connection: duckdb.DuckDBPyConnection, evaluated: Evaluated, use: Use
) -> None:
    uses = [use("values_to_be_unique", severity, column="id") for severity in ("stop", "warn")]
    assert evaluated(*uses).split(connection).rejected_rows == 0


@pytest.mark.parametrize("seed", range(3))
def test_every_row_is_on_one_side_only(
    connection: duckdb.DuckDBPyConnection, use: Use, seed: int
) -> None:
    """Accepted and rejected together are the table, with nulls, NaN and repeats everywhere."""
    connection.execute(f"SELECT setseed({seed / 10})")
    connection.execute(
        "CREATE TABLE random AS SELECT 'f' AS _source, i AS _row, 'r' AS _run, "
        "CASE WHEN random() < .8 THEN (random() * 50)::INTEGER END AS a, "
        "CASE WHEN random() < .8 THEN CASE WHEN random() < .2 THEN 'NaN'::DOUBLE ELSE random() END "
        "END AS b, CASE WHEN random() < .8 THEN (random() * 9)::INTEGER::VARCHAR END AS c "
        "FROM range(500) AS t(i)"
    )
    uses = [
        use("values_to_be_unique", "quarantine", column="a", row_condition="c <> '1'"),
        use("values_to_be_between", "quarantine", column="b", max_value=0.9),
        use("values_to_match_regex", "quarantine", column="c", regex="[0-8]"),
        use("pair_values_a_to_be_greater_than_b", "quarantine", column_A="a", column_B="b"),
        use("expect_compound_columns_to_be_unique", "quarantine", column_list=["a", "c"]),
        use("expect_row_condition_to_hold", "quarantine", condition="a > 5 or b > 0.5"),
    ]
    evaluation = evaluate(connection, "random", uses)
    split = evaluation.split(connection)
    union = connection.sql(
        "SELECT count(*), count(DISTINCT _row) FROM "
        "(SELECT _row FROM accepted UNION ALL SELECT _row FROM rejected)"
    ).fetchone()
    assert union == (500, 500)
    assert split.accepted_rows + split.rejected_rows == 500
    by_reason = list(split.reasons.values())
    counted = [check.result["unexpected_count"] for check in evaluation.checks]
    assert sorted(by_reason) == sorted(count for count in counted if count)


def test_hostile_values_stay_text(connection: duckdb.DuckDBPyConnection, use: Use) -> None:
    connection.execute("CREATE TABLE t AS SELECT ? AS x", ['"}, {"x": "\\ \n\t<b>\'; --'])
    given = use("values_to_be_in_set", "quarantine", column="x", value_set=["'; --"])
    evaluate(connection, "t", [given]).split(connection, accepted='a"b', rejected="rejected")
    ((values, reasons),) = connection.sql("SELECT values, reasons FROM rejected").fetchall()
    assert json.loads(values) == {"x": '"}, {"x": "\\ \n\t<b>\'; --'}
    assert len(json.loads(reasons)) == 1

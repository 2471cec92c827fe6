"""Suggestions hold for the rows that they were made from, and say why."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from workbench.model.result import ColumnProfile
from workbench.quality import rules
from workbench.quality.suggesting import Suggestion, common_pattern, suggest
from workbench.spec.models import ExpectationUse


def rows(connection: duckdb.DuckDBPyConnection, count: int = 100) -> list[str]:
    connection.execute(
        f"""CREATE OR REPLACE TABLE t AS SELECT
          i AS id, 'C' || lpad(CAST(i AS VARCHAR), 4, '0') AS code, i % 12 + 1 AS month,
          ['Norte', 'Sur', 'Centro'][i % 3 + 1] AS region, i * 1.5 AS amount, i - 50.5 AS delta,
          DATE '2024-01-01' + CAST(i AS INTEGER) AS day, 
          CASE WHEN i % 4 = 0 THEN NULL ELSE 'word ' || i END AS note,
          i // 2 AS half
        FROM range({count}) AS _(i)"""
    )
    return [row[0] for row in connection.execute("DESCRIBE t").fetchall()]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def of(found: tuple[Suggestion, ...], column: str) -> dict[str, Suggestion]:
    return {each.evidence: each for each in found if each.kwargs.get("column") == column}


def test_each_kind_of_column_gets_what_fits_it(connection: duckdb.DuckDBPyConnection) -> None:
    found = suggest(connection, "t", rows(connection), key=["id"])
    assert set(of(found, "id")) == {"not_null", "unique", "not_negative"}
    assert of(found, "id")["unique"].severity == "stop", "a key that fails stops the run"
    assert of(found, "code")["pattern"].kwargs["regex"] == "^C[0-9]{4}$"
    assert of(found, "month")["contiguous"].kwargs == {
        "column": "month", "min_value": 1, "max_value": 12,
    }  # fmt: skip
    assert of(found, "region")["set"].kwargs["value_set"] == ["Centro", "Norte", "Sur"]
    assert of(found, "region")["set"].figures == {"count": 3, "rows": 100}
    assert of(found, "amount")["not_negative"].kwargs == {"column": "amount", "min_value": 0}
    assert of(found, "delta")["range"].severity == "warn"
    assert of(found, "day")["range"].kwargs["min_value"] == "2024-01-01"
    assert "not_null" not in of(found, "note")


def test_every_suggestion_holds_for_the_rows(connection: duckdb.DuckDBPyConnection) -> None:
    found = suggest(connection, "t", rows(connection), key=["id", "month"])
    uses = [
        ExpectationUse(name=each.name, kwargs=each.kwargs, severity=each.severity) for each in found
    ]
    assert len(uses) > 15
    results = rules.evaluate(connection, "t", uses, params={}).checks
    assert [each.success for each in results] == [True] * len(uses)
    # and they can fail: the check above sees it
    connection.execute("UPDATE t SET region = 'Oeste', code = 'x' WHERE id = 1")
    results = rules.evaluate(connection, "t", uses, params={}).checks
    assert sum(not each.success for each in results) == 2


def test_what_is_checked_already_is_not_suggested(connection: duckdb.DuckDBPyConnection) -> None:
    columns = rows(connection)
    existing = [
        ExpectationUse(name="expect_column_values_to_be_unique", kwargs={"column": "id"}),
        ExpectationUse(name="expect_table_row_count_to_be_between", kwargs={"min_value": 5}),
    ]
    names = {
        (each.name, each.kwargs.get("column"))
        for each in suggest(connection, "t", columns, existing=existing)
    }
    assert ("expect_column_values_to_be_unique", "id") not in names
    assert ("expect_column_values_to_be_unique", "code") in names
    assert not [name for name, _ in names if name.startswith("expect_table")]


def test_the_last_run_has_its_say(connection: duckdb.DuckDBPyConnection) -> None:
    def profile(column: str, type_: str, **more: Any) -> ColumnProfile:
        return ColumnProfile(column=column, type=type_, rows=500, **more)

    earlier = {
        "id": profile("id", "BIGINT", nulls=3, minimum="-7", maximum="9"),
        "amount": profile("amount", "DECIMAL(21,1)", nulls=0, minimum="0.5", maximum="999"),
        "region": profile("region", "INTEGER", nulls=9),
    }
    found = suggest(connection, "t", rows(connection), earlier=earlier)
    assert "not_null" not in of(found, "id") and "not_negative" not in of(found, "id")
    assert of(found, "id")["range"].kwargs["min_value"] == -7
    assert of(found, "amount")["not_null"].earlier == 500
    assert "not_null" in of(found, "region"), "a column of another type is another column"


def test_few_rows_are_no_evidence(connection: duckdb.DuckDBPyConnection) -> None:
    assert suggest(connection, "t", rows(connection, 4)) == ()
    assert suggest(connection, "t", []) == ()
    some = suggest(connection, "t", rows(connection, 10))
    assert not [each for each in some if each.evidence == "unique"]


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        (["A-1", "B-22"], r"^[A-Z]{1}-[0-9]{1,2}$"), (["001", "999"], "^[0-9]{3}$"),
        (["2024/01", "2023/12"], "^[0-9]{4}/[0-9]{2}$"), (["a.b", "a.b"], None),
        (["12.345-6", "7.654-K"], None), (["word", "other"], None), (["", "1"], None),
        ([], None), (["x" * 50], None), (["X (1)", "X (2)"], r"^X \([0-9]{1}\)$"),
    ],
)  # fmt: skip
def test_patterns_are_of_codes_and_not_of_prose(values: list[str], pattern: str | None) -> None:
    found = common_pattern(values)
    assert found == (pattern and pattern.replace("{1}", "{1}"))


def test_hostile_names_and_values_stay_data(connection: duckdb.DuckDBPyConnection) -> None:
    name = 'a"; DROP TABLE t; --'
    quoted = '"' + name.replace('"', '""') + '"'
    connection.execute(
        f"CREATE TABLE t AS SELECT '''; DROP TABLE t; --' AS {quoted}, i FROM range(50) _(i)"
    )
    found = suggest(connection, "t", [name, "i"])
    assert of(found, name)["set"].kwargs["value_set"] == ["'; DROP TABLE t; --"]
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (50,)

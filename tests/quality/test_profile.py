"""Profiles of columns."""

from __future__ import annotations

import duckdb
import pytest

from workbench.model.result import ColumnProfile
from workbench.quality.profile import profile
from workbench.quality.scope import CannotCheck


def one(connection: duckdb.DuckDBPyConnection, values: str, kind: str) -> ColumnProfile:
    connection.execute(f"CREATE OR REPLACE TABLE p AS SELECT unnest([{values}])::{kind} AS x")
    (found,) = profile(connection, "p")
    return found


def test_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    found = one(connection, "1, 1, 2, 21, NULL", "DECIMAL(18,2)")
    assert (found.rows, found.nulls, found.distinct) == (5, 1, 3)
    assert (found.minimum, found.maximum, found.mean) == ("1.00", "21.00", 6.25)
    assert found.top == (("1.00", 2), ("2.00", 1), ("21.00", 1))
    assert len(found.histogram) == 20
    assert found.histogram[0] == (1.0, 2.0, 2)
    assert found.histogram[-1] == (20.0, 21.0, 1)
    assert sum(count for _, _, count in found.histogram) == 4


def test_texts(connection: duckdb.DuckDBPyConnection) -> None:
    found = one(connection, "'b', 'a', 'n', 'b', NULL, repeat('ñ', 5000)", "VARCHAR")
    assert (found.minimum, found.distinct, found.histogram) == ("a", 4, ())
    assert found.maximum is not None and len(found.maximum) == 200
    assert found.top[0] == ("b", 2)
    assert all(len(value) <= 200 for value, _ in found.top)


def test_dates_have_a_histogram_in_seconds(connection: duckdb.DuckDBPyConnection) -> None:
    found = one(connection, "'1970-01-01', '1970-01-21', NULL", "DATE")
    assert (found.minimum, found.maximum) == ("1970-01-01", "1970-01-21")
    assert found.histogram[0] == (0.0, 86400.0, 1)
    assert found.histogram[-1][2] == 1


@pytest.mark.parametrize("kind", ["BIGINT", "VARCHAR", "DATE", "DOUBLE", "BOOLEAN", "INTEGER[]"])
def test_nothing_but_nulls(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    found = one(connection, "NULL, NULL", kind)
    assert (found.rows, found.nulls, found.distinct, found.minimum) == (2, 2, 0, None)
    assert (found.mean, found.top, found.histogram) == (None, (), ())


def test_nan_is_missing_and_infinity_is_left_out_of_the_mean(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = one(connection, "1.0, 3.0, 'NaN'::DOUBLE, 'inf'::DOUBLE", "DOUBLE")
    assert (found.nulls, found.mean, found.maximum) == (1, 2.0, "inf")
    assert sum(count for _, _, count in found.histogram) == 2
    assert ColumnProfile.model_validate_json(found.model_dump_json()) == found


def test_extremes_do_not_overflow(connection: duckdb.DuckDBPyConnection) -> None:
    assert one(connection, "-1.7e308, 1.7e308", "DOUBLE").histogram == ()
    found = one(connection, "-9223372036854775808, 9223372036854775807", "BIGINT")
    assert sum(count for _, _, count in found.histogram) == 2


def test_one_value_has_no_histogram(connection: duckdb.DuckDBPyConnection) -> None:
    assert one(connection, "7, 7", "BIGINT").histogram == ()


def test_many_values_are_estimated(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE p AS SELECT i AS x FROM range(60000) AS t(i)")
    (found,) = profile(connection, "p")
    assert found.distinct is not None and abs(found.distinct - 60000) < 6000
    assert found.top == ()
    assert [count for _, _, count in found.histogram] == [3000] * 20


def test_columns_may_be_chosen_and_provenance_is_left_out(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    names = [found.column for found in profile(connection, "staged")]
    assert names == ["id", "name", "amount", "day", "flag"]
    assert [found.column for found in profile(connection, "staged", ["_row", "id"])] == [
        "_row",
        "id",
    ]
    assert profile(connection, "staged", []) == ()
    with pytest.raises(CannotCheck, match="did you mean 'name'"):
        profile(connection, "staged", ["nme"])


@pytest.mark.parametrize("name", ['a"b', "v", "n", "c", "d", "g0", "x'; DROP TABLE p"])
def test_hostile_names(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    column = '"' + name.replace('"', '""') + '"'
    connection.execute(f"CREATE TABLE p AS SELECT unnest([1, 2, 2]) AS {column}, 1 AS other")
    found, _ = profile(connection, "p")
    assert (found.column, found.top) == (name, (("2", 2), ("1", 1)))

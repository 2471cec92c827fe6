"""What Great Expectations evaluates, through the same road as compiled expectations."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.quality import suite
from workbench.quality.rules import evaluate
from workbench.spec.models import ExpectationUse


def test_both_engines_in_the_order_of_the_spec(
    connection: duckdb.DuckDBPyConnection, use: Callable[..., Any]
) -> None:
    uses = [
        use("values_to_be_increasing", column="_row"),
        use("values_to_be_unique", column="_row"),
        use("values_to_be_decreasing", column="_row"),
        use("values_to_be_increasing", column="id", row_condition="id < 3", strictly=True),
        use("value_z_scores_to_be_less_than", column="amount", threshold=5, double_sided=True),
        use("value_z_scores_to_be_less_than", column="name", threshold=5, double_sided=True),
        use("values_to_be_increasing", column="idd"),
        use("values_to_match_json_schema", column="name", json_schem={}),
    ]
    checks = evaluate(connection, "staged", uses).checks
    assert [check.expectation for check in checks] == [each.name for each in uses]
    assert [check.engine for check in checks[:3]] == ["gx", "compiled", "gx"]
    assert [check.success for check in checks[:5]] == [True, True, False, False, True]
    assert checks[3].result["element_count"] == 3
    assert checks[5].error and "Great Expectations" in checks[5].error
    assert checks[6].error and "did you mean 'id'" in checks[6].error
    assert checks[7].error and "json_schem" in checks[7].error
    for check in checks:
        assert type(check).model_validate_json(check.model_dump_json()) == check


def test_order_of_great_decimals_is_exact() -> None:
    from decimal import Decimal

    values = [Decimal("90071992547409.93"), Decimal("90071992547409.92")]
    table = pa.table({"x": pa.array(values, pa.decimal128(18, 2))})
    given = ExpectationUse(name="expect_column_values_to_be_increasing", kwargs={"column": "x"})
    assert not suite.run_gx(table, [given])[0].success
    assert float(values[0]) - float(values[1]) < 0.02  # what floating point would blur


def test_great_integers_stay_exact() -> None:
    table = pa.table({"x": pa.array([2**53 + 1, None, 2**53], pa.int64())})
    given = ExpectationUse(name="expect_column_values_to_be_increasing", kwargs={"column": "x"})
    assert not suite.run_gx(table, [given])[0].success


@pytest.mark.parametrize(
    ("name", "kwargs", "unexpected"),
    [
        ("values_to_be_json_parseable", {}, 2),
        ("values_to_be_dateutil_parseable", {}, 2),
        ("values_to_match_strftime_format", {"strftime_format": "%Y-%m-%d"}, 2),
        ("values_to_match_json_schema", {"json_schema": {"type": "object"}}, 2),
    ],
)
def test_parsers(name: str, kwargs: dict[str, Any], unexpected: int) -> None:
    good = '{"a": 1}' if "json" in name else "2024-01-31"
    bad = ["1", "[]"] if "schema" in name else ["<b>", "{"]
    table = pa.table({"x": pa.array([good, None, *bad, good])})
    given = ExpectationUse(name=f"expect_column_{name}", kwargs={"column": "x"} | kwargs)
    (found,) = suite.run_gx(table, [given])
    assert found.error is None
    assert found.result["unexpected_count"] == unexpected


def test_what_great_expectations_raises_becomes_the_error() -> None:
    table = pa.table({"x": ["{"]})
    name = "expect_column_values_to_match_json_schema"
    given = ExpectationUse(name=name, kwargs={"column": "x", "json_schema": {"type": "object"}})
    (found,) = suite.run_gx(table, [given])
    assert not found.success
    assert found.error and "Expecting property name" in found.error


def test_a_parquet_file_is_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2, 3]}), tmp_path / "x.parquet")
    given = ExpectationUse(name="expect_column_values_to_be_increasing", kwargs={"column": "x"})
    assert suite.run_gx(tmp_path / "x.parquet", [given])[0].success


def test_one_that_raises_does_not_take_the_others_along(monkeypatch: pytest.MonkeyPatch) -> None:
    good = ExpectationUse(name="expect_column_values_to_be_increasing", kwargs={"column": "x"})
    table = pa.table({"x": [1, 2]})
    batch = suite._batch(suite.quiet_context(), "t", suite._pandas(table, exact=False))
    real = batch.validate

    def validate(expectation: Any, **options: Any) -> Any:
        if len(getattr(expectation, "expectations", ())) > 1:
            raise RuntimeError("the graph broke")
        return real(expectation, **options)

    class Batch:
        pass

    stand_in = Batch()
    stand_in.validate = validate  # type: ignore[attr-defined]
    assert [check.success for check in suite.validate(stand_in, [good, good])] == [True, True]


def test_nothing_is_sent_or_written(tmp_path: Path) -> None:
    """In a fresh process: no connection is opened, and nothing is left in home or folder."""
    code = """
import socket, pyarrow as pa
def refuse(*a, **k): raise AssertionError("network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from workbench.quality import suite
from workbench.spec.models import ExpectationUse
use = ExpectationUse(name="expect_column_values_to_be_increasing", kwargs={"column": "x"})
assert suite.run_gx(pa.table({"x": [1, 2]}), [use])[0].success
"""
    for name in ("home", "cwd", "tmp"):
        (tmp_path / name).mkdir()
    environ = os.environ | {
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "cwd", env=environ, check=True)
    left = [
        path for path in tmp_path.rglob("*") if path.is_file() and "matplotlib" not in str(path)
    ]
    assert left == []

"""Small tables to check, and a short way to write expectations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from workbench.model.result import CheckResult
from workbench.quality.rules import Evaluation, evaluate
from workbench.spec.models import ExpectationUse

Check = Callable[..., CheckResult]


def _use(name: str, severity: Any = "stop", **kwargs: Any) -> ExpectationUse:
    """An expectation of a spec; the common beginning of names may be left out."""
    full = name if name.startswith("expect_") else f"expect_column_{name}"
    return ExpectationUse(name=full, severity=severity, kwargs=kwargs)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB with a table ``staged`` of five rows."""
    with duckdb.connect() as opened:
        opened.execute(
            "CREATE TABLE staged AS SELECT 'in.csv' AS _source, * FROM (VALUES "
            "(2, 'r1', 1, 'ana', 10.50::DECIMAL(18,2), DATE '2024-01-01', TRUE), "
            "(3, 'r1', 2, 'ben', -1.00, DATE '2024-02-01', FALSE), "
            "(4, 'r1', 2, NULL, 20.00, DATE '2025-01-01', NULL), "
            "(5, 'r1', 4, 'ñandú', NULL, NULL, TRUE), "
            "(6, 'r1', NULL, '', 30.25, DATE '2024-12-31', TRUE)"
            ") AS t(_row, _run, id, name, amount, day, flag)"
        )
        yield opened


@pytest.fixture
def use() -> Callable[..., ExpectationUse]:
    """See ``_use``."""
    return _use


@pytest.fixture
def check(connection: duckdb.DuckDBPyConnection) -> Check:
    """Evaluate one expectation over ``staged``."""

    def run(name: str, **kwargs: Any) -> CheckResult:
        return evaluate(connection, "staged", [_use(name, **kwargs)]).checks[0]

    return run


@pytest.fixture
def evaluated(connection: duckdb.DuckDBPyConnection) -> Callable[..., Evaluation]:
    """Evaluate several expectations over ``staged``."""

    def run(*uses: ExpectationUse) -> Evaluation:
        return evaluate(connection, "staged", uses)

    return run

"""Splits a checked table into accepted rows and rejected rows with their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.model.dataset import PROVENANCE
from workbench.quality.arguments import Expectation
from workbench.quality.rows import RowRule
from workbench.quality.scope import Scope, quoted, text_literal
from workbench.quality.words import failure

if TYPE_CHECKING:
    import duckdb

#: Types that JSON holds exactly; values of others are written as text.
_JSON_TYPES = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT")


@dataclass(frozen=True)
class Split:
    """Names of the two relations, their numbers of rows, and rejected rows by reason.

    A row with two reasons counts under both.
    """

    accepted: str
    rejected: str
    accepted_rows: int
    rejected_rows: int
    reasons: dict[str, int]


def split(
    connection: duckdb.DuckDBPyConnection,
    scope: Scope,
    refusals: Sequence[tuple[str, Expectation, RowRule]],
    accepted: str,
    rejected: str,
    step: str,
) -> Split:
    """Create both relations in ``connection``; they replace those of the same names."""
    told: dict[str, list[str]] = {}
    for name, arguments, rule in refusals:
        told.setdefault(_reason(name, arguments), []).append(f"({rule.unexpected})")
    cases = ", ".join(
        f"CASE WHEN {' OR '.join(conditions)} THEN {text_literal(sentence)} END"
        for sentence, conditions in told.items()
    )
    reasons = f"list_filter([{cases}], lambda r: r IS NOT NULL)" if told else "[]"
    refused = " OR ".join(each for conditions in told.values() for each in conditions) or "FALSE"
    identity = ", ".join(
        (f'"_rows".{quoted(name)}' if name in scope.types else "NULL") + f" AS {quoted(name)}"
        for name in PROVENANCE
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {quoted(rejected)} AS SELECT {identity}, "
        f"{text_literal(step)} AS step, CAST(to_json({reasons}) AS VARCHAR) AS reasons, "
        f"{_values(scope)} AS values FROM {scope.source} WHERE {refused}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(accepted)} AS "
        f"SELECT * FROM {scope.source}" + (f" WHERE NOT ({refused})" if told else "")
    )
    total = _number(connection, f"SELECT count(*) FROM {scope.source}")
    out = _number(connection, f"SELECT count(*) FROM {quoted(rejected)}")
    counts = connection.execute(
        f"SELECT reason, count(*) FROM (SELECT unnest(CAST(reasons AS JSON)::VARCHAR[]) AS reason "
        f"FROM {quoted(rejected)}) GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    return Split(accepted, rejected, total - out, out, dict(counts))


def _reason(name: str, arguments: Expectation) -> str:
    return f"{failure(name, arguments)} ({name})"


def _values(scope: Scope) -> str:
    pairs = []
    for column in scope.data_columns:
        sql = f'"_rows".{quoted(column)}'
        if scope.types[column] not in _JSON_TYPES:
            sql = f"CAST({sql} AS VARCHAR)"
        pairs.append(f"{text_literal(column)}, {sql}")
    return f"CAST(json_object({', '.join(pairs)}) AS VARCHAR)"


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0

"""Results of steps, spread over tables that can be searched, and read back for a dataset."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from workbench.model.lineage import LineageEdge
from workbench.model.result import CheckResult, ColumnProfile, StepResult
from workbench.records.latest import latest
from workbench.records.schema import (
    checks,
    ledgers,
    lineage_edges,
    metrics,
    profiles,
    quarantine_batches,
)
from workbench.records.store import Records

_TABLES = (ledgers, checks, lineage_edges, profiles, metrics, quarantine_batches)


def store(connection: Connection, run_id: str, step_id: str, result: StepResult) -> None:
    """Write the parts of a result, in place of those of an earlier attempt."""
    for table in _TABLES:
        connection.execute(
            sa.delete(table).where(table.c.run_id == run_id, table.c.step_id == step_id)
        )
    of = {"run_id": run_id, "step_id": step_id}
    at = {**of, "dataset": result.dataset}
    parts: dict[sa.Table, list[dict[str, Any]]] = {
        ledgers: [
            {**at, "position": place, "kind": ledger.kind, "name": ledger.name}
            | {"terms": ledger.model_dump(mode="json", exclude={"kind", "name"})}
            for place, ledger in enumerate(result.ledgers)
        ],
        checks: [
            {**at, "position": place, **check.model_dump(mode="json")}
            for place, check in enumerate(result.checks)
        ],
        lineage_edges: [{**at, **edge.model_dump()} for edge in result.lineage],
        profiles: [
            {**at, "position": place, "column": profile.column}
            | {"profile": profile.model_dump(mode="json")}
            for place, profile in enumerate(result.profiles)
        ],
        metrics: [{**of, "name": name, "value": value} for name, value in result.metrics.items()],
        quarantine_batches: [
            {**of, **batch.model_dump(mode="json")} for batch in result.quarantine
        ],
    }
    for table, rows in parts.items():
        if rows:
            connection.execute(sa.insert(table), rows)


def lineage(records: Records, dataset: str | None = None) -> tuple[LineageEdge, ...]:
    """The edges found by the last successful steps; of one dataset, or of all."""
    table = lineage_edges
    rows = records.rows(latest(table, dataset).order_by(table.c.id))
    edges = (
        LineageEdge(
            source=row.source,
            target=row.target,
            source_column=row.source_column,
            target_column=row.target_column,
            kind=row.kind,
        )
        for row in rows
    )
    return tuple(dict.fromkeys(edges))


def latest_profiles(records: Records, dataset: str) -> tuple[ColumnProfile, ...]:
    """The column profiles of the dataset's last successful step that made some."""
    rows = records.rows(latest(profiles, dataset).order_by(profiles.c.position))
    return tuple(ColumnProfile.model_validate(row.profile) for row in rows)


def latest_checks(records: Records, dataset: str) -> tuple[CheckResult, ...]:
    """The check results of the dataset's last successful step that had checks."""
    rows = records.rows(latest(checks, dataset).order_by(checks.c.position))
    return tuple(_check(row) for row in rows)


def step_checks(records: Records, run_id: str, step_id: str) -> tuple[CheckResult, ...]:
    """The check results of one step of one run, in the order of the spec."""
    rows = records.rows(
        sa.select(checks)
        .where(checks.c.run_id == run_id, checks.c.step_id == step_id)
        .order_by(checks.c.position)
    )
    return tuple(_check(row) for row in rows)


def _check(row: Any) -> CheckResult:
    return CheckResult(**{name: getattr(row, name) for name in CheckResult.model_fields})

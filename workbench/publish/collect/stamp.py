"""Whether anything happened: a few aggregates that every change of the records changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from workbench.records.schema import attempts, checks, runs, step_runs
from workbench.records.schema_data import (
    dataset_versions,
    datasets,
    published,
    quarantine,
    spec_versions,
    target_loads,
)
from workbench.records.store import Records


def stamp(records: Records) -> list[Any]:
    """A value that differs when anything that the portal shows differs."""
    count = sa.func.count
    steps = (
        sa.select(
            step_runs.c.status, count(), sa.func.sum(step_runs.c.attempt),
            sa.func.max(step_runs.c.finished_at), count(step_runs.c.notebook),
        )
        .group_by(step_runs.c.status)
        .order_by(step_runs.c.status)
    )  # fmt: skip
    statements = (
        sa.select(
            runs.c.status, count(), sa.func.max(runs.c.created_at), sa.func.max(runs.c.finished_at)
        )
        .group_by(runs.c.status)
        .order_by(runs.c.status),
        steps,
        sa.select(count(), sa.func.max(attempts.c.id), count(attempts.c.finished_at)),
        sa.select(sa.func.max(checks.c.id)),
        sa.select(
            count(), sa.func.max(datasets.c.updated_at), sa.func.sum(_one(datasets.c.active))
        ),
        sa.select(count(), sa.func.max(spec_versions.c.seen_at)),
        sa.select(count(), sa.func.max(dataset_versions.c.published_at)),
        sa.select(count(), sa.func.sum(published.c.version)),
        sa.select(count(), sa.func.max(target_loads.c.id)),
        sa.select(quarantine.c.dataset, quarantine.c.status, count())
        .group_by(quarantine.c.dataset, quarantine.c.status)
        .order_by(quarantine.c.dataset, quarantine.c.status),
    )
    return [
        [[str(value) for value in row] for row in records.rows(statement)]
        for statement in statements
    ]


def _one(column: sa.Column[bool]) -> sa.Case[int]:
    return sa.case((column, 1), else_=0)

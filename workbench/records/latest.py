"""What the last successful steps left in a table of results."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from workbench.model.status import Status
from workbench.records.schema import runs, step_runs


def latest(table: sa.Table, dataset: str | None) -> sa.Select[*tuple[Any, ...]]:
    """Rows of ``table`` from each step's latest successful run; of one dataset, or of all."""
    done = (
        sa.select(
            step_runs.c.run_id,
            step_runs.c.step_id,
            sa.func.row_number()
            .over(partition_by=step_runs.c.step_id, order_by=step_runs.c.finished_at.desc())
            .label("age"),
        )
        .join(runs, runs.c.id == step_runs.c.run_id)
        .where(step_runs.c.status == Status.SUCCESS)
        .where(
            sa.exists().where(
                table.c.run_id == step_runs.c.run_id, table.c.step_id == step_runs.c.step_id
            )
        )
    )
    if dataset is not None:
        done = done.where(step_runs.c.dataset == dataset)
    latest = done.subquery()
    return sa.select(table).join(
        latest,
        sa.and_(
            latest.c.run_id == table.c.run_id,
            latest.c.step_id == table.c.step_id,
            latest.c.age == 1,
        ),
    )

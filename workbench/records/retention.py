"""What the records may forget: runs that have ended and that nothing refers to any more.

Kept whatever their age: open runs; the newest run of each workflow and the newest of each dataset
that succeeded; runs that made what readers see now; runs with refused rows that nobody has
settled; runs whose batches are not published yet. What is known of data (files, batches,
versions, loads) is not touched here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

import sqlalchemy as sa

from workbench.model.status import Status
from workbench.records.runs import OPEN
from workbench.records.schema import runs, schedules, slots, step_runs, workers
from workbench.records.schema_data import batches, dataset_versions, published, quarantine
from workbench.records.store import Records

#: Rows that one transaction removes: others wait for it.
_AT_ONCE = 100


def forgettable_runs(records: Records, before: datetime) -> tuple[str, ...]:
    """The runs that ended before this time and that nothing needs, oldest first."""
    later = runs.alias("later")
    newest = ~sa.exists().where(
        later.c.workflow == runs.c.workflow, later.c.created_at > runs.c.created_at
    )
    made = sa.select(dataset_versions.c.run_id).join(
        published,
        sa.and_(
            published.c.dataset == dataset_versions.c.dataset,
            published.c.layer == dataset_versions.c.layer,
            published.c.version == dataset_versions.c.version,
        ),
    )
    refused = sa.select(quarantine.c.run_id).where(quarantine.c.status == "open")
    waiting = sa.select(batches.c.run_id).where(
        batches.c.folded_in_version.is_(None), batches.c.superseded_by.is_(None)
    )
    statement = (
        sa.select(runs.c.id)
        .where(
            runs.c.status.not_in(OPEN),
            runs.c.finished_at < before,
            ~newest,
            runs.c.id.not_in(made),
            runs.c.id.not_in(refused),
            runs.c.id.not_in(waiting),
            runs.c.id.not_in(_last_successes()),
        )
        .order_by(runs.c.finished_at, runs.c.id)
    )
    return tuple(row.id for row in records.rows(statement))


def _last_successes() -> sa.Select[str]:
    """The newest run of each dataset that succeeded: its ledgers and checks are shown."""
    step, run = step_runs.alias("step"), runs.alias("run")
    newest = (
        sa.select(step.c.dataset, sa.func.max(run.c.created_at).label("at"))
        .join(run, run.c.id == step.c.run_id)
        .where(run.c.status == Status.SUCCESS)
        .group_by(step.c.dataset)
        .subquery()
    )
    return (
        sa.select(step.c.run_id)
        .join(run, run.c.id == step.c.run_id)
        .join(newest, newest.c.dataset == step.c.dataset)
        .where(run.c.created_at == newest.c.at)
    )


def forget_runs(records: Records, ids: Sequence[str]) -> int:
    """Remove runs with all that is recorded of them; returns how many there were."""
    removed = 0
    for start in range(0, len(ids), _AT_ONCE):
        with records.begin() as connection:
            removed += connection.execute(
                sa.delete(runs).where(
                    runs.c.id.in_(ids[start : start + _AT_ONCE]), runs.c.status.not_in(OPEN)
                )
            ).rowcount
    return removed


def old_slots(records: Records, before: datetime) -> int:
    """How many slots ``forget_slots`` would remove."""
    return int(records.value(sa.select(sa.func.count()).select_from(slots).where(_done(before))))


def forget_slots(records: Records, before: datetime) -> int:
    """Remove slots that their schedules have dealt with; they never get a run again."""
    with records.begin() as connection:
        return connection.execute(sa.delete(slots).where(_done(before))).rowcount


def _done(before: datetime) -> sa.ColumnElement[bool]:
    considered = (
        sa.select(schedules.c.considered_until)
        .where(schedules.c.workflow == slots.c.workflow)
        .scalar_subquery()
    )
    # a schedule that is gone begins anew if it comes back, and catches nothing up
    dealt_with = sa.func.coalesce(considered, slots.c.slot)
    return sa.and_(slots.c.slot < before, slots.c.slot <= dealt_with)


def old_workers(records: Records, before: datetime) -> tuple[str, ...]:
    """Processes that stopped before this time and that no open step or run names."""
    working = sa.select(step_runs.c.worker).where(
        step_runs.c.status.in_(OPEN), step_runs.c.worker.is_not(None)
    )
    owning = sa.select(runs.c.owner).where(runs.c.status.in_(OPEN), runs.c.owner.is_not(None))
    statement = sa.select(workers.c.id).where(
        workers.c.stopped_at < before,
        workers.c.id.not_in(working),
        workers.c.id.not_in(owning),
    )
    return tuple(row.id for row in records.rows(statement))


def forget_workers(records: Records, ids: Sequence[str]) -> int:
    """Remove processes that have stopped."""
    removed = 0
    for start in range(0, len(ids), _AT_ONCE):
        with records.begin() as connection:
            removed += connection.execute(
                sa.delete(workers).where(
                    workers.c.id.in_(ids[start : start + _AT_ONCE]),
                    workers.c.stopped_at.is_not(None),
                )
            ).rowcount
    return removed


def ended_runs(records: Records) -> dict[str, tuple[Status, datetime]]:
    """Every run that has ended, with its status and when."""
    statement = sa.select(runs.c.id, runs.c.status, runs.c.finished_at).where(
        runs.c.status.not_in(OPEN)
    )
    return {
        row.id: (Status(row.status), row.finished_at)
        for row in records.rows(statement)
        if row.finished_at is not None
    }


def open_runs(records: Records) -> set[str]:
    """The runs that still move."""
    return {row.id for row in records.rows(sa.select(runs.c.id).where(runs.c.status.in_(OPEN)))}


def datasets_at_work(records: Records) -> set[str]:
    """The datasets of runs that have not ended."""
    statement = (
        sa.select(step_runs.c.dataset)
        .join(runs, runs.c.id == step_runs.c.run_id)
        .where(runs.c.status.in_(OPEN))
        .distinct()
    )
    return {row.dataset for row in records.rows(statement)}


def is_open(records: Records, run_id: str) -> bool:
    """Whether this run still moves, or moves again."""
    statement = sa.select(runs.c.id).where(runs.c.id == run_id, runs.c.status.in_(OPEN))
    return records.value(statement) is not None


def forget_notebooks(records: Records, run_id: str) -> None:
    """Note that the executed notebooks of a run are gone; call it before they are removed."""
    with records.begin() as connection:
        connection.execute(
            sa.update(step_runs).where(step_runs.c.run_id == run_id).values(notebook=None)
        )


def versions_in_use(records: Records, dataset: str, layer: str, since: datetime) -> list[int]:
    """The versions of a layer that readers may have: the published one, and all that were
    replaced after ``since``."""
    rows = records.rows(
        sa.select(dataset_versions.c.version, dataset_versions.c.published_at)
        .where(dataset_versions.c.dataset == dataset, dataset_versions.c.layer == layer)
        .order_by(dataset_versions.c.published_at, dataset_versions.c.version)
    )
    seen = records.value(
        sa.select(published.c.version).where(
            published.c.dataset == dataset, published.c.layer == layer
        )
    )
    kept = {
        row.version
        for row, successor in zip_longest(rows, rows[1:])
        if successor is None or successor.published_at >= since
    }
    return sorted(kept | ({seen} if seen is not None else set()))

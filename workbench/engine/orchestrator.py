"""Moves runs on: a function over SQL state, called by anyone at any time.

``advance`` is idempotent. It is called after each step, and by the sweep for whatever was missed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from workbench.engine.execution import Jobs
from workbench.errors import QueueUnavailable
from workbench.model.status import Status
from workbench.records import leases
from workbench.records.runs import OPEN, lock_run
from workbench.records.schema import runs, step_needs, step_runs
from workbench.records.store import Records
from workbench.records.types import AnyRow

_DEAD = (Status.FAILED, Status.SKIPPED, Status.CANCELLED)


def advance(records: Records, run_id: str, jobs: Jobs | None = None) -> Status:
    """Bring a run as far as it can get without executing anything; returns its status.

    Cancels what a cancel request asks for, skips what can no longer be done, queues the steps
    whose needs are met and whose leases are free, and closes the run when nothing is left. Then
    the runs that waited for what this one gave back are advanced.

    ``jobs`` gets the steps of runs that workers do; without it they stay PENDING. Raises
    ``QueueUnavailable``; the run is recorded all the same, and the sweep queues it later.
    """
    status = _advance_one(records, run_id, jobs)
    if status not in (Status.PENDING, Status.QUEUED):  # else it had nothing to give back
        wake(records, jobs, skip=run_id)
    return status


def wake(records: Records, jobs: Jobs | None, *, skip: str | None = None) -> int:
    """Advance the runs whose leases became free; returns how many."""
    woken = 0
    seen = {skip}
    while todo := [run_id for run_id in leases.next_in_line(records) if run_id not in seen]:
        for run_id in todo:
            _advance_one(records, run_id, jobs)
            seen.add(run_id)
            woken += 1
    return woken


def to_advance(records: Records) -> list[str]:
    """Open runs that somebody should advance, in the order of priority and time."""
    need = step_runs.alias("need")
    unmet = sa.exists().where(
        step_needs.c.run_id == step_runs.c.run_id,
        step_needs.c.step_id == step_runs.c.step_id,
        need.c.run_id == step_needs.c.run_id,
        need.c.step_id == step_needs.c.need,
        need.c.status.in_(OPEN),
    )
    movable = sa.exists().where(
        step_runs.c.run_id == runs.c.id,
        step_runs.c.status == Status.PENDING,
        step_runs.c.waiting_for.is_(None),
        sa.or_(step_runs.c.not_before.is_(None), step_runs.c.not_before <= records.now()),
        ~unmet,
    )
    unfinished = sa.exists().where(step_runs.c.run_id == runs.c.id, step_runs.c.status.in_(OPEN))
    found = records.rows(
        sa.select(runs.c.id)
        .where(runs.c.status.in_(OPEN))
        .where(sa.or_(runs.c.cancel_requested, movable, ~unfinished))
        .order_by(runs.c.priority.desc(), runs.c.created_at, runs.c.id)
    )
    return [row.id for row in found]


def _advance_one(records: Records, run_id: str, jobs: Jobs | None) -> Status:
    with records.begin() as connection:
        run = lock_run(connection, run_id)
        if Status(run.status).is_final:
            return Status(run.status)
        steps = list(
            connection.execute(
                sa.select(step_runs)
                .where(step_runs.c.run_id == run_id)
                .order_by(step_runs.c.position)
            )
        )
        now = records.now(connection)
        statuses = {step.step_id: Status(step.status) for step in steps}
        if run.cancel_requested:
            _set(connection, run_id, statuses, _open_ids(statuses), Status.CANCELLED, now)
        else:
            needs = _needs(connection, run_id)
            _skip(connection, run_id, statuses, needs, now)
            if run.owner is not None or jobs is not None:
                _queue(connection, run_id, steps, statuses, needs, now)
        queued = [
            step
            for step in steps
            if step.status == Status.PENDING and statuses[step.step_id] == Status.QUEUED
        ]
        status = _close(connection, run, steps, statuses, now)
        leases.release_done(connection, run_id)
    if run.owner is None and jobs is not None:
        _enqueue(records, run, queued, jobs)
    return status


def _queue(
    connection: Connection,
    run_id: str,
    steps: list[AnyRow],
    statuses: dict[str, Status],
    needs: dict[str, list[str]],
    now: datetime,
) -> None:
    ready = [
        step
        for step in steps
        if statuses[step.step_id] == Status.PENDING
        and (step.not_before is None or step.not_before <= now)
        and all(statuses[need] == Status.SUCCESS for need in needs.get(step.step_id, ()))
    ]
    for step in sorted(ready, key=lambda step: (step.lease, step.target_lease or "")):
        names = {step.lease, step.target_lease} - {None}
        blocker = leases.acquire(connection, run_id, names, now)
        update = sa.update(step_runs).where(
            step_runs.c.run_id == run_id, step_runs.c.step_id == step.step_id
        )
        if blocker is None:
            statuses[step.step_id] = Status.QUEUED
            values: dict[str, Any] = {"status": Status.QUEUED, "queued_at": now}
            connection.execute(update.values(**values, waiting_for=None))
        elif step.waiting_for != blocker:
            connection.execute(update.values(waiting_for=blocker))


def _enqueue(records: Records, run: AnyRow, queued: list[AnyRow], jobs: Jobs) -> None:
    """Hand steps to the queue; those that it does not take become PENDING again."""
    for place, step in enumerate(queued):
        try:
            jobs.enqueue(
                run.id,
                step.step_id,
                step.position,
                step.attempt + 1,
                run.priority,
                front=run.started_at is not None,
            )
        except QueueUnavailable:
            with records.begin() as connection:
                lock_run(connection, run.id)
                for left in queued[place:]:
                    connection.execute(
                        sa.update(step_runs)
                        .where(
                            step_runs.c.run_id == run.id,
                            step_runs.c.step_id == left.step_id,
                            step_runs.c.status == Status.QUEUED,
                            step_runs.c.attempt == left.attempt,
                        )
                        .values(status=Status.PENDING, queued_at=None)
                    )
                if place == 0:
                    connection.execute(
                        sa.update(runs)
                        .where(runs.c.id == run.id, runs.c.status == Status.QUEUED)
                        .values(status=Status.PENDING)
                    )
                leases.release_done(connection, run.id)
            raise


def _skip(
    connection: Connection,
    run_id: str,
    statuses: dict[str, Status],
    needs: dict[str, list[str]],
    now: datetime,
) -> None:
    """Skip every step that needs one which will not succeed, and those that need it, and so on."""
    while True:
        hopeless = [
            step_id
            for step_id, status in statuses.items()
            if status in (Status.PENDING, Status.QUEUED)
            and any(statuses[need] in _DEAD for need in needs.get(step_id, ()))
        ]
        if not hopeless:
            return
        _set(connection, run_id, statuses, hopeless, Status.SKIPPED, now)


def _close(
    connection: Connection,
    run: AnyRow,
    steps: list[AnyRow],
    statuses: dict[str, Status],
    now: datetime,
) -> Status:
    """The run's status as its steps have it; a run without open steps is finished."""
    found = set(statuses.values())
    if found & set(OPEN):
        if Status.RUNNING in found or run.started_at is not None:
            status = Status.RUNNING
        else:
            status = Status.QUEUED if Status.QUEUED in found else Status.PENDING
    elif Status.FAILED in found:
        status = Status.FAILED
    else:
        status = Status.CANCELLED if Status.CANCELLED in found else Status.SUCCESS
    if status != run.status:
        values: dict[str, Any] = {"status": status}
        if status.is_final:
            failed = next((s for s in steps if statuses[s.step_id] == Status.FAILED), None)
            values["finished_at"] = now
            values["error"] = {**failed.error, "step": failed.step_id} if failed else None
        connection.execute(sa.update(runs).where(runs.c.id == run.id).values(**values))
    return status


def _needs(connection: Connection, run_id: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in connection.execute(sa.select(step_needs).where(step_needs.c.run_id == run_id)):
        found.setdefault(row.step_id, []).append(row.need)
    return found


def _open_ids(statuses: dict[str, Status]) -> list[str]:
    return [
        step_id for step_id, status in statuses.items() if status in (Status.PENDING, Status.QUEUED)
    ]


def _set(
    connection: Connection,
    run_id: str,
    statuses: dict[str, Status],
    step_ids: list[str],
    status: Status,
    now: datetime,
) -> None:
    statuses.update(dict.fromkeys(step_ids, status))
    connection.execute(
        sa.update(step_runs)
        .where(step_runs.c.run_id == run_id, step_runs.c.step_id.in_(step_ids))
        .values(status=status, finished_at=now, waiting_for=None)
    )

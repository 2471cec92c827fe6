"""Attempts at steps: claimed by one worker, kept alive, finished once.

An attempt is current while its step is RUNNING and has its number. Whoever is not current any
more (taken over, cancelled, finished) is refused with ``FenceRefused`` and changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from workbench.errors import FenceRefused
from workbench.model.result import StepResult
from workbench.model.run import StepRun
from workbench.model.status import Status
from workbench.records import results
from workbench.records.leases import release_done
from workbench.records.runs import get_step, lock_run
from workbench.records.schema import attempts, leases, runs, step_runs
from workbench.records.store import Records
from workbench.records.types import AnyRow


def claim_step(
    records: Records, run_id: str, step_id: str, worker: str, attempt: int | None = None
) -> StepRun | None:
    """Begin the next attempt at a QUEUED step; ``None`` when it is not to be had.

    Of any number of claimers one gets it. ``attempt`` is the number that the claimer was told to
    begin; an old message does not begin a later one. The attempt's id becomes the fence of the
    step and of its leases, which the run must hold.
    """
    with records.begin() as connection:
        run = lock_run(connection, run_id)
        if run.cancel_requested or Status(run.status).is_final:
            return None
        step = _select(connection, run_id, step_id)
        if step is None or step.status != Status.QUEUED:
            return None
        if attempt is not None and attempt != step.attempt + 1:
            return None
        now = records.now(connection)
        fence = connection.execute(
            sa.insert(attempts)
            .values(
                run_id=run_id,
                step_id=step_id,
                number=step.attempt + 1,
                worker=worker,
                pid=os.getpid(),
                status=Status.RUNNING,
                started_at=now,
                heartbeat_at=now,
            )
            .returning(attempts.c.id)
        ).scalar_one()
        names = {step.lease, step.target_lease} - {None}
        held = connection.execute(
            sa.update(leases)
            .where(leases.c.name.in_(names), leases.c.holder == run_id)
            .values(step_id=step_id, attempt=step.attempt + 1, fence=fence)
        )
        claimed = connection.execute(
            sa.update(step_runs)
            .where(
                step_runs.c.run_id == run_id,
                step_runs.c.step_id == step_id,
                step_runs.c.status == Status.QUEUED,
                step_runs.c.attempt == step.attempt,
            )
            .values(
                status=Status.RUNNING,
                attempt=step.attempt + 1,
                tries=step.tries + 1,
                fence=fence,
                worker=worker,
                started_at=now,
                finished_at=None,
                not_before=None,
                error=None,
                waiting_for=None,
            )
        )
        if held.rowcount != len(names) or claimed.rowcount != 1:
            raise FenceRefused(
                f"run {run_id} does not hold the leases of its queued step {step_id}",
                remedy="the next sweep queues it again",
            )
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == run_id)
            .values(
                status=Status.RUNNING,
                started_at=sa.func.coalesce(
                    runs.c.started_at, sa.bindparam("now", now, type_=runs.c.started_at.type)
                ),
            )
        )
    return get_step(records, run_id, step_id)


def first_queued(records: Records) -> tuple[str, str, int] | None:
    """The queued step that comes first, by the priority and then the age of its run.

    Returns its run, step and the number of the attempt to begin. Only what workers do counts.
    However many runs wait, this looks at few: it goes along the index of runs.
    """
    found = []
    for status in (Status.RUNNING, Status.QUEUED):
        ours = (
            runs.c.status == status,
            runs.c.owner.is_(None),
            runs.c.cancel_requested.is_(False),
            sa.exists().where(step_runs.c.run_id == runs.c.id, step_runs.c.status == Status.QUEUED),
        )
        top = sa.select(runs.c.priority).where(*ours).order_by(runs.c.priority.desc())
        chosen = (
            sa.select(runs.c.id)
            .where(*ours, runs.c.priority == top.limit(1).scalar_subquery())
            .order_by(runs.c.created_at, runs.c.id)
        )
        # one statement each: between two of them, another worker would begin what the first found
        row = records.row(
            sa.select(
                -runs.c.priority,
                runs.c.created_at,
                step_runs.c.run_id,
                step_runs.c.position,
                step_runs.c.step_id,
                step_runs.c.attempt + 1,
            )
            .join(step_runs, step_runs.c.run_id == runs.c.id)
            .where(
                runs.c.id == chosen.limit(1).scalar_subquery(),
                step_runs.c.status == Status.QUEUED,
            )
            .order_by(step_runs.c.position)
            .limit(1)
        )
        if row is not None:
            found.append(tuple(row))
    if not found:
        return None
    *_, run_id, _, step_id, attempt = min(found)
    return run_id, step_id, attempt


def is_current(records: Records, run_id: str, step_id: str, attempt: int) -> bool:
    """Whether this attempt may still work: its step runs, it is the latest, no cancel is asked."""
    statement = (
        sa.select(sa.literal(1))
        .select_from(step_runs.join(runs, runs.c.id == step_runs.c.run_id))
        .where(
            step_runs.c.run_id == run_id,
            step_runs.c.step_id == step_id,
            step_runs.c.attempt == attempt,
            step_runs.c.status == Status.RUNNING,
            runs.c.cancel_requested.is_(False),
        )
    )
    return records.value(statement) is not None


def finish_step(
    records: Records,
    run_id: str,
    step_id: str,
    attempt: int,
    result: StepResult,
    *,
    also: Callable[[Connection], None] | None = None,
) -> None:
    """Record the result of an attempt and make its step SUCCESS, in one transaction.

    ``also`` writes what belongs to the same transaction: the pointer to a published version,
    batches, a load. Raises ``LedgerImbalance`` when rows are unaccounted for and ``FenceRefused``
    when the attempt is not current; then nothing is written.
    """
    result.check()
    with records.begin() as connection:
        lock_run(connection, run_id)
        _require_current(connection, run_id, step_id, attempt)
        now = records.now(connection)
        results.store(connection, run_id, step_id, result)
        if also is not None:
            also(connection)
        _end(connection, run_id, step_id, attempt, Status.SUCCESS, None, now)
        connection.execute(
            _update_step(run_id, step_id).values(
                status=Status.SUCCESS,
                finished_at=now,
                error=None,
                result=result.model_dump(mode="json"),
            )
        )
        release_done(connection, run_id)


def end_attempt(
    records: Records,
    run_id: str,
    step_id: str,
    attempt: int,
    *,
    status: Status,
    step_status: Status,
    error: dict[str, Any] | None,
    not_before: datetime | None = None,
    count: bool = True,
) -> bool:
    """End an attempt without a result; false when it is not current (nothing is changed).

    The attempt becomes ``status``, its step ``step_status``: PENDING to be tried again, not
    before ``not_before``. Without ``count`` the attempt does not use up a retry.
    """
    with records.begin() as connection:
        lock_run(connection, run_id)
        step = _select(connection, run_id, step_id)
        if step is None or step.status != Status.RUNNING or step.attempt != attempt:
            return False
        now = records.now(connection)
        _end(connection, run_id, step_id, attempt, status, error, now)
        connection.execute(
            _update_step(run_id, step_id).values(
                status=step_status,
                error=error,
                not_before=not_before,
                finished_at=now if step_status.is_final else None,
                tries=step.tries if count else step.tries - 1,
            )
        )
        release_done(connection, run_id)
    return True


def note_error(
    records: Records, run_id: str, step_id: str, attempt: int, error: dict[str, Any]
) -> None:
    """Keep what went wrong in the words of the step itself; the engine decides what follows."""
    with records.begin() as connection:
        connection.execute(
            sa.update(attempts)
            .where(
                attempts.c.run_id == run_id,
                attempts.c.step_id == step_id,
                attempts.c.number == attempt,
                attempts.c.status == Status.RUNNING,
            )
            .values(error=error)
        )


def note_result(
    records: Records, run_id: str, step_id: str, attempt: int, result: StepResult
) -> None:
    """Keep what a step found out before it failed: checks and counts, but no success."""
    with records.begin() as connection:
        _require_current(connection, run_id, step_id, attempt)
        results.store(connection, run_id, step_id, result)
        connection.execute(
            _update_step(run_id, step_id).values(result=result.model_dump(mode="json"))
        )


def noted_error(records: Records, run_id: str, step_id: str, attempt: int) -> dict[str, Any] | None:
    """What ``note_error`` kept for this attempt."""
    error: dict[str, Any] | None = records.value(
        sa.select(attempts.c.error).where(
            attempts.c.run_id == run_id,
            attempts.c.step_id == step_id,
            attempts.c.number == attempt,
        )
    )
    return error


def set_notebook(records: Records, run_id: str, step_id: str, attempt: int, path: str) -> None:
    """Note where the executed notebook of the current attempt is kept."""
    with records.begin() as connection:
        connection.execute(
            _update_step(run_id, step_id)
            .where(step_runs.c.attempt == attempt)
            .values(notebook=path)
        )


def list_attempts(records: Records, run_id: str) -> list[dict[str, Any]]:
    """All attempts at the steps of a run, oldest first, as plain values."""
    statement = sa.select(attempts).where(attempts.c.run_id == run_id).order_by(attempts.c.id)
    return [dict(row._mapping) for row in records.rows(statement)]


def _select(connection: Connection, run_id: str, step_id: str) -> AnyRow | None:
    return connection.execute(
        sa.select(step_runs).where(step_runs.c.run_id == run_id, step_runs.c.step_id == step_id)
    ).first()


def _require_current(connection: Connection, run_id: str, step_id: str, attempt: int) -> None:
    step = _select(connection, run_id, step_id)
    if step is None or step.status != Status.RUNNING or step.attempt != attempt:
        found = "gone" if step is None else f"{step.status} at attempt {step.attempt}"
        raise FenceRefused(
            f"attempt {attempt} may not record a result: its step is {found}",
            where=f"run {run_id}, step {step_id}",
            remedy=f"nothing is lost; see what became of the run with `workbench show {run_id}`",
        )


def _end(
    connection: Connection,
    run_id: str,
    step_id: str,
    attempt: int,
    status: Status,
    error: dict[str, Any] | None,
    now: datetime,
) -> None:
    connection.execute(
        sa.update(attempts)
        .where(
            attempts.c.run_id == run_id,
            attempts.c.step_id == step_id,
            attempts.c.number == attempt,
        )
        .values(status=status, finished_at=now, error=error)
    )


def _update_step(run_id: str, step_id: str) -> sa.Update:
    return sa.update(step_runs).where(step_runs.c.run_id == run_id, step_runs.c.step_id == step_id)

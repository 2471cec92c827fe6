"""Finds what died or was forgotten and sets it going again. Anyone may call it at any time."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from workbench.engine.execution import Jobs, Outcome
from workbench.engine.kernels.processes import RUN_MARK, end_marked
from workbench.engine.orchestrator import advance, to_advance, wake
from workbench.engine.settling import settle
from workbench.errors import QueueUnavailable
from workbench.model.status import Status
from workbench.model.value import Value
from workbench.records import leases, workers
from workbench.records.rows import step_from
from workbench.records.runs import OPEN, lock_run
from workbench.records.schema import attempts, runs, step_runs
from workbench.records.schema import leases as lease_table
from workbench.records.schema import workers as worker_table
from workbench.records.store import Records
from workbench.records.workers import WorkerRow

#: Seconds without a heartbeat after which a process is taken for dead.
STALE = 9.0
#: Seconds after which a queued step that is not in Redis is queued anew.
FORGOTTEN = 5.0
#: What one sweep queues anew, and the seconds for which it advances runs, at most: after a long
#: outage there are thousands, and whoever sweeps has other things to do.
_AT_ONCE = 500
_ADVANCING = 1.0
#: A gap between two looks of this many seconds means that the watcher itself was held up.
_HELD_UP = 8.0

logger = logging.getLogger(__name__)


class Swept(Value):
    """What a sweep found and did."""

    dead: tuple[str, ...] = ()
    lost: int = 0
    requeued: int = 0
    advanced: int = 0
    redis: bool = True


class Watch:
    """Judges by its own clock whether heartbeats move.

    Clocks that jump, machines that sleep and a watcher that was stopped itself must not make
    the living look dead: a heartbeat counts as still only after this watcher has seen it
    unmoved for ``STALE`` seconds, looking regularly.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[object, float]] = {}
        self._last_look = 0.0

    def still(self, alive: tuple[WorkerRow, ...]) -> set[str]:
        """The ids of those whose heartbeat has not moved for too long."""
        now = time.monotonic()
        if now - self._last_look > _HELD_UP:
            self._seen = {}
        self._last_look = now
        seen = {}
        for row in alive:
            beat, since = self._seen.get(row.id, (None, now))
            seen[row.id] = (beat, since) if beat == row.heartbeat_at else (row.heartbeat_at, now)
        self._seen = seen
        return {name for name, (_, since) in seen.items() if now - since > STALE}


def sweep(records: Records, jobs: Jobs | None = None, watch: Watch | None = None) -> Swept:
    """Look for dead processes, lost attempts, forgotten steps and stuck leases; mend all of it.

    ``watch`` belongs to a caller that sweeps regularly; without one, heartbeats are judged by
    the clock of the records.
    """
    dead = _dead(records, watch)
    for row in dead:
        _bury(records, row)
    lost = _settle_lost(records)
    _adopt(records)
    _free_leases(records)
    advanced = requeued = 0
    redis = True
    try:
        requeued = _requeue(records, jobs) if jobs is not None else 0
        until = time.monotonic() + _ADVANCING
        for run_id in to_advance(records):
            advance(records, run_id, jobs)
            advanced += 1
            if time.monotonic() > until:
                break  # the next sweep goes on
        advanced += wake(records, jobs)
    except QueueUnavailable as error:
        redis = False
        logger.debug("sweep: %s", error)
    return Swept(
        dead=tuple(row.id for row in dead),
        lost=lost,
        requeued=requeued,
        advanced=advanced,
        redis=redis,
    )


def _dead(records: Records, watch: Watch | None) -> list[WorkerRow]:
    alive = workers.list_workers(records)
    if watch is not None:
        still = watch.still(alive)
    else:
        limit = records.now() - timedelta(seconds=STALE)
        still = {row.id for row in alive if row.heartbeat_at < limit}
    return [row for row in alive if row.id in still or _is_gone(row)]


def _is_gone(row: WorkerRow) -> bool:
    """Whether the process ran on this machine and is no more."""
    if row.machine != workers.machine():
        return False
    return workers.process_start(row.pid) != row.pid_started


def _bury(records: Records, row: WorkerRow) -> None:
    """Note that a process is dead, and see to it that it is, where that can be done."""
    logger.warning("%s (pid %s on %s) is gone", row.id, row.pid, row.host)
    is_here = row.machine == workers.machine() and row.pid != os.getpid()
    if is_here and (row.kind == "worker" or workers.is_stopped(row.pid)) and not _is_gone(row):
        # first of all: it may stand still in the middle of a transaction that blocks all others
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(row.pid, signal.SIGKILL)
    workers.stop(records, row.id)
    if is_here and row.run_id is not None and _works_alone(records, row):
        end_marked(RUN_MARK, row.run_id)


def _works_alone(records: Records, row: WorkerRow) -> bool:
    """Whether no other process works for the same run; its notebooks carry the same mark."""
    others = records.value(
        sa.select(sa.func.count())
        .select_from(attempts)
        .where(
            attempts.c.run_id == row.run_id,
            attempts.c.status == Status.RUNNING,
            attempts.c.worker != row.id,
        )
    )
    return not others


def _settle_lost(records: Records) -> int:
    """End the attempts whose worker has stopped; their steps are tried again or fail."""
    rows = records.rows(
        sa.select(step_runs)
        .outerjoin(worker_table, worker_table.c.id == step_runs.c.worker)
        .where(
            step_runs.c.status == Status.RUNNING,
            sa.or_(worker_table.c.id.is_(None), worker_table.c.stopped_at.is_not(None)),
        )
    )
    for row in rows:
        error = {
            "type": "KernelDied",
            "message": f"the process that worked on this step ({row.worker}) is gone",
            "where": None,
            "remedy": "if it was killed for want of memory, give it more; else just retry",
            "transient": True,
        }
        settle(records, step_from(row), Outcome(status="died", error=error))
    return len(rows)


def _adopt(records: Records) -> None:
    """Give the runs of dead foreground processes to the workers; without workers they fail.

    One whose steps have all ended is only closed, by the next ``advance``.
    """
    rows = records.rows(
        sa.select(runs.c.id, runs.c.owner)
        .outerjoin(worker_table, worker_table.c.id == runs.c.owner)
        .where(
            runs.c.status.in_(OPEN),
            runs.c.owner.is_not(None),
            sa.or_(worker_table.c.id.is_(None), worker_table.c.stopped_at.is_not(None)),
        )
    )
    if not rows:
        return
    helpers = bool(workers.list_workers(records, kind="worker"))
    for row in rows:
        with records.begin() as connection:
            run = lock_run(connection, row.id)
            if run.owner != row.owner or Status(run.status).is_final:
                continue
            connection.execute(sa.update(runs).where(runs.c.id == row.id).values(owner=None))
            if not helpers and _is_open(connection, row.id):
                error = {
                    "type": "KernelDied",
                    "message": "the process that walked this run is gone",
                    "where": None,
                    "remedy": f"go on from where it was with `workbench retry {row.id}`",
                    "transient": True,
                }
                fail(records, connection, row.id, error)


def _is_open(connection: sa.Connection, run_id: str) -> bool:
    """Whether a step of the run has not ended."""
    open_steps = sa.select(step_runs.c.step_id).where(
        step_runs.c.run_id == run_id, step_runs.c.status.in_(OPEN)
    )
    return connection.execute(open_steps.limit(1)).first() is not None


def fail(
    records: Records, connection: sa.Connection, run_id: str, error: dict[str, Any]
) -> None:
    """End a locked run that nobody will go on with; its leases are given back."""
    now = records.now(connection)
    connection.execute(
        sa.update(step_runs)
        .where(step_runs.c.run_id == run_id, step_runs.c.status.in_(OPEN))
        .values(status=Status.CANCELLED, finished_at=now, waiting_for=None)
    )
    connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id)
        .values(status=Status.FAILED, finished_at=now, error=error)
    )
    leases.release(connection, run_id)


def _free_leases(records: Records) -> None:
    """Give back what runs hold that are final, or that are not recorded at all."""
    open_runs = sa.select(runs.c.id).where(runs.c.status.in_(OPEN))
    stuck = lease_table.c.holder.is_not(None) & lease_table.c.holder.not_in(open_runs)
    if records.value(sa.select(lease_table.c.name).where(stuck).limit(1)) is None:
        return
    with records.begin() as connection:
        connection.execute(
            sa.update(lease_table)
            .where(stuck)
            .values(holder=None, step_id=None, attempt=None, acquired_at=None)
        )


def _requeue(records: Records, jobs: Jobs) -> int:
    """Queue again what SQL says is queued and Redis does not know."""
    limit = records.now() - timedelta(seconds=FORGOTTEN)
    queued = records.rows(
        sa.select(
            step_runs.c.run_id,
            step_runs.c.step_id,
            step_runs.c.position,
            step_runs.c.attempt,
            runs.c.priority,
            runs.c.started_at.label("run_started"),
        )
        .join(runs, runs.c.id == step_runs.c.run_id)
        .where(
            step_runs.c.status == Status.QUEUED,
            step_runs.c.queued_at < limit,
            runs.c.owner.is_(None),
        )
        .order_by(runs.c.priority.desc(), runs.c.created_at, runs.c.id)
    )
    known = jobs.waiting() if queued else set()
    missing = [row for row in queued if (row.run_id, row.position, row.attempt + 1) not in known]
    missing = missing[:_AT_ONCE]
    for row in missing:
        jobs.enqueue(
            row.run_id,
            row.step_id,
            row.position,
            row.attempt + 1,
            row.priority,
            front=row.run_started is not None,
        )
    return len(missing)

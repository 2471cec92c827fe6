"""Runs: created from a plan, read, listed, cancelled, retried."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from workbench.errors import NotFound, RecordsError
from workbench.model.plan import Plan, PlanStep
from workbench.model.run import Run, StepRun
from workbench.model.status import Status, Trigger
from workbench.records import slots
from workbench.records.environment import environment
from workbench.records.rows import run_from, step_from
from workbench.records.schema import runs, step_needs, step_runs
from workbench.records.store import Records
from workbench.records.types import AnyRow

#: Statuses from which a run or step still moves.
OPEN = (Status.PENDING, Status.QUEUED, Status.RUNNING)
#: Statuses of steps that ``retry_run`` does again.
_AGAIN = (Status.FAILED, Status.CANCELLED, Status.SKIPPED)


def triggered_by() -> str:
    """Who runs this process: ``user@host``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user often has no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def dataset_lease(dataset: str) -> str:
    """The name of a dataset's lease."""
    return f"dataset:{dataset}"


def target_lease(step: PlanStep) -> str | None:
    """The name of the lease of the table that a step loads."""
    if step.target is None:
        return None
    return f"target:{step.target.name}"


def create_run(
    records: Records,
    plan: Plan,
    *,
    trigger: Trigger = Trigger.MANUAL,
    by: str | None = None,
    priority: int = 0,
    slot: datetime | None = None,
    owner: str | None = None,
    error: dict[str, Any] | None = None,
    project: Path | None = None,
) -> Run | None:
    """Record a run of ``plan``; all its steps are PENDING.

    ``owner`` is the id of the foreground process that will walk it; without one the workers do.
    With ``slot``, ``None`` comes back when the workflow's slot already has its run. With
    ``error``, the run is recorded as FAILED: it could not even be planned. ``project`` is the
    folder whose commit is kept with the versions of code and packages.
    """
    known = {step.id for step in plan.steps}
    for step in plan.steps:
        unknown = sorted(set(step.needs) - known)
        if unknown or len(known) != len(plan.steps):
            raise RecordsError(
                f"step {step.id} needs {unknown}, which the plan lacks"
                if unknown
                else "two steps of the plan have the same id",
                where=f"plan of {plan.workflow}",
            )
    run_id = uuid.uuid4().hex[:12]
    with records.begin() as connection:
        if slot is not None and not slots.take(connection, plan.workflow, slot, run_id):
            return None
        now = records.now(connection)
        connection.execute(
            sa.insert(runs).values(
                id=run_id,
                workflow=plan.workflow,
                status=Status.FAILED if error else Status.PENDING,
                trigger=trigger,
                triggered_by=by or triggered_by(),
                plan=plan.model_dump(mode="json"),
                slot=slot,
                priority=priority,
                params=plan.params,
                created_at=now,
                finished_at=now if error else None,
                cancel_requested=False,
                owner=owner,
                error=error,
                environment=environment(project),
            )
        )
        if plan.steps and not error:
            _insert_steps(connection, run_id, plan.steps)
    return get_run(records, run_id)


def get_run(records: Records, run_id: str) -> Run:
    """The run with this id, or whose id alone starts so; ``NotFound`` names the candidates."""
    found = records.row(sa.select(runs).where(runs.c.id == run_id))
    if found is None:
        near = records.rows(
            sa.select(runs)
            .where(runs.c.id.startswith(run_id, autoescape=True))
            .order_by(runs.c.created_at.desc())
            .limit(6)
        )
        if len(near) > 1:
            raise NotFound(
                f"{run_id!r} is the start of several runs: {', '.join(row.id for row in near)}",
                remedy="give more of the id",
            )
        if not near or not run_id:
            raise NotFound(
                f"there is no run {run_id!r}", remedy="list the runs with `workbench runs`"
            )
        found = near[0]
    steps = records.rows(
        sa.select(step_runs).where(step_runs.c.run_id == found.id).order_by(step_runs.c.position)
    )
    return run_from(found, tuple(step_from(row) for row in steps))


def last_plan(records: Records, dataset: str) -> Plan | None:
    """The plan of the last run that had steps for a dataset."""
    row = records.row(
        sa.select(runs.c.plan)
        .where(runs.c.id.in_(sa.select(step_runs.c.run_id).where(step_runs.c.dataset == dataset)))
        .order_by(runs.c.created_at.desc())
        .limit(1)
    )
    return None if row is None else Plan.model_validate(row.plan)


def get_step(records: Records, run_id: str, step_id: str) -> StepRun:
    """One step of a run; ``NotFound`` when there is none."""
    row = records.row(
        sa.select(step_runs).where(step_runs.c.run_id == run_id, step_runs.c.step_id == step_id)
    )
    if row is None:
        raise NotFound(f"run {run_id!r} has no step {step_id!r}")
    return step_from(row)


def list_runs(
    records: Records,
    *,
    status: Iterable[Status] = (),
    workflow: str | None = None,
    dataset: str | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> tuple[Run, ...]:
    """Runs, newest first, without their steps. ``before`` continues an earlier page."""
    statement = sa.select(runs).order_by(runs.c.created_at.desc(), runs.c.id).limit(limit)
    wanted = tuple(status)
    if wanted:
        statement = statement.where(runs.c.status.in_(wanted))
    if workflow is not None:
        statement = statement.where(runs.c.workflow == workflow)
    if dataset is not None:
        statement = statement.where(
            runs.c.id.in_(sa.select(step_runs.c.run_id).where(step_runs.c.dataset == dataset))
        )
    if before is not None:
        statement = statement.where(runs.c.created_at < before)
    return tuple(run_from(row, ()) for row in records.rows(statement))


def count_runs(records: Records) -> dict[Status, int]:
    """How many runs there are of each status."""
    statement = sa.select(runs.c.status, sa.func.count()).group_by(runs.c.status)
    return {Status(status): count for status, count in records.rows(statement)}


def run_status(records: Records, run_id: str) -> Status:
    """The status of a run, cheaply; ``NotFound`` when there is none."""
    status = records.value(sa.select(runs.c.status).where(runs.c.id == run_id))
    if status is None:
        raise NotFound(f"there is no run {run_id!r}")
    return Status(status)


def is_recorded(records: Records, run_id: str) -> bool:
    """Whether there is a run with just this id."""
    return records.value(sa.select(runs.c.id).where(runs.c.id == run_id)) is not None


def cancel_run(records: Records, run_id: str) -> Status:
    """Ask for a run to stop; returns its status after that.

    What runs is ended by its worker within seconds; call ``orchestrator.advance`` to cancel what
    has not begun. A run that is final is refused.
    """
    with records.begin() as connection:
        row = lock_run(connection, run_id)
        if Status(row.status).is_final:
            raise RecordsError(
                f"run {run_id} is {row.status} already", remedy="there is nothing to cancel"
            )
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(cancel_requested=True))
    return Status(row.status)


def retry_run(records: Records, run_id: str, *, owner: str | None = None) -> Run:
    """Open a failed or cancelled run again: what succeeded stays, the rest becomes PENDING."""
    with records.begin() as connection:
        row = lock_run(connection, run_id)
        if Status(row.status) not in (Status.FAILED, Status.CANCELLED):
            raise RecordsError(
                f"run {run_id} is {row.status}; only failed and cancelled runs can be retried",
                remedy="start a new run with `workbench run`"
                if Status(row.status).is_final
                else "wait for it, or cancel it with `workbench cancel`",
            )
        reopened = connection.execute(
            sa.update(step_runs)
            .where(step_runs.c.run_id == run_id, step_runs.c.status.in_(_AGAIN))
            .values(
                status=Status.PENDING,
                tries=0,
                not_before=None,
                error=None,
                finished_at=None,
                waiting_for=None,
            )
        )
        if not reopened.rowcount:
            raise RecordsError(
                f"run {run_id} has no steps to do again",
                remedy="mend what its error says, then start a new run with `workbench run`",
            )
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == run_id)
            .values(
                status=Status.PENDING,
                cancel_requested=False,
                finished_at=None,
                error=None,
                owner=owner,
            )
        )
    return get_run(records, run_id)


def take_run(records: Records, run_id: str, owner: str) -> bool:
    """Make a run that waits for anybody this process's own; false when it is not to be had.

    Of any number of takers one gets it. What workers have in their queue is theirs.
    """
    with records.begin() as connection:
        row = lock_run(connection, run_id)
        if row.owner is not None or Status(row.status).is_final:
            return False
        begun = sa.select(step_runs.c.step_id).where(
            step_runs.c.run_id == run_id, step_runs.c.status.in_((Status.QUEUED, Status.RUNNING))
        )
        if connection.execute(begun.limit(1)).first() is not None:
            return False
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(owner=owner))
    return True


def lock_run(connection: Connection, run_id: str) -> AnyRow:
    """The run's row, locked until the transaction ends; ``NotFound`` when there is none."""
    row = connection.execute(sa.select(runs).where(runs.c.id == run_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"there is no run {run_id!r}")
    return row


def _insert_steps(connection: Connection, run_id: str, steps: Sequence[PlanStep]) -> None:
    connection.execute(
        sa.insert(step_runs),
        [
            {
                "run_id": run_id,
                "step_id": step.id,
                "position": position,
                "dataset": step.dataset,
                "verb": step.verb,
                "lease": dataset_lease(step.dataset),
                "target_lease": target_lease(step),
                "retry": step.retry.model_dump(),
                "status": Status.PENDING,
                "attempt": 0,
                "tries": 0,
                "fence": 0,
            }
            for position, step in enumerate(steps)
        ],
    )
    needs = [
        {"run_id": run_id, "step_id": step.id, "need": need}
        for step in steps
        for need in dict.fromkeys(step.needs)
    ]
    if needs:
        connection.execute(sa.insert(step_needs), needs)

"""Decides what becomes of an attempt whose notebook has ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from workbench.engine.execution import Outcome
from workbench.errors import NotFound
from workbench.model.plan import Retry
from workbench.model.run import StepRun
from workbench.model.status import Status
from workbench.records import attempts
from workbench.records.runs import get_step
from workbench.records.schema import runs, step_runs
from workbench.records.store import Records


def settle(
    records: Records,
    step: StepRun,
    outcome: Outcome,
    *,
    requeue: bool = False,
) -> Status:
    """Decide what becomes of a claimed step once its notebook has ended; returns its status.

    Only the record counts: if the attempt has saved its result, the step is SUCCESS whatever the
    notebook did afterwards. ``requeue``: the worker gave it up without fault (it is being
    stopped), so it starts again and this attempt does not count.
    """
    now = get_step(records, step.run_id, step.step_id)
    if now.status != Status.RUNNING or now.attempt != step.attempt:
        return now.status
    row = records.row(
        sa.select(runs.c.cancel_requested, step_runs.c.retry, step_runs.c.tries)
        .join(step_runs, step_runs.c.run_id == runs.c.id)
        .where(step_runs.c.run_id == step.run_id, step_runs.c.step_id == step.step_id)
    )
    if row is None:
        raise NotFound(f"run {step.run_id!r} has no step {step.step_id!r}")
    noted = attempts.noted_error(records, step.run_id, step.step_id, step.attempt)
    error = _error(step, outcome, noted)
    retry = Retry.model_validate(row.retry)
    not_before: datetime | None = None
    if row.cancel_requested:
        attempt_status, then = Status.CANCELLED, Status.CANCELLED
        error = _record("Cancelled", "the run was cancelled while this step ran")
    elif requeue:
        attempt_status, then = Status.CANCELLED, Status.PENDING
        error = _record("Cancelled", "the worker was stopped; the step starts again")
    elif outcome.status == "cancelled":
        # nobody asked for it: the worker was held up so long that others took it for dead, and
        # ended its notebook when it heard of that; it has heard before they could settle the step
        requeue = True
        attempt_status, then = Status.CANCELLED, Status.PENDING
        error = _record("Cancelled", "the worker was taken for dead; the step starts again")
    elif error.get("transient") and row.tries <= retry.count:
        attempt_status, then = Status.FAILED, Status.PENDING
        not_before = records.now() + timedelta(seconds=retry.wait(row.tries))
    else:
        attempt_status = then = Status.FAILED
    ended = attempts.end_attempt(
        records,
        step.run_id,
        step.step_id,
        step.attempt,
        status=attempt_status,
        step_status=then,
        error=error,
        not_before=not_before,
        count=not (requeue and then == Status.PENDING),
    )
    if ended:
        return then
    return get_step(records, step.run_id, step.step_id).status


def _error(step: StepRun, outcome: Outcome, noted: dict[str, Any] | None) -> dict[str, Any]:
    """The error to record: the step's own words first, then how its process ended."""
    if outcome.status == "failed" and noted:
        return noted
    if outcome.error:
        return outcome.error
    if outcome.status == "died":
        return _record("KernelDied", "the process that ran the notebook is gone", transient=True)
    if outcome.status == "timeout":
        return _record("NotebookTimeout", "the notebook took longer than its timeout")
    if outcome.status == "out_of_memory":
        return _record("OutOfMemory", "the notebook needed more memory than there was")
    if outcome.status == "cancelled":
        return _record("Cancelled", "the notebook was ended")
    return noted or _record(
        "NotebookFailed",
        f"the notebook of {step.step_id} ended without saving a result",
        remedy="its last cell must save the result; compare it with the notebook shipped",
    )


def _record(
    kind: str, message: str, *, remedy: str | None = None, transient: bool = False
) -> dict[str, Any]:
    return {
        "type": kind,
        "message": message,
        "where": None,
        "remedy": remedy,
        "transient": transient,
    }

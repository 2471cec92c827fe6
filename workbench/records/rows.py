"""Rows of runs and steps as values."""

from __future__ import annotations

from workbench.model.plan import Plan
from workbench.model.result import StepResult
from workbench.model.run import Run, StepRun
from workbench.model.status import Status, Trigger
from workbench.records.types import AnyRow


def step_from(row: AnyRow) -> StepRun:
    """A row of ``step_runs`` as a value."""
    return StepRun(
        run_id=row.run_id,
        step_id=row.step_id,
        dataset=row.dataset,
        verb=row.verb,
        position=row.position,
        status=Status(row.status),
        attempt=row.attempt,
        fence=row.fence,
        worker=row.worker,
        not_before=row.not_before,
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        notebook=row.notebook,
        error=row.error,
        result=StepResult.model_validate(row.result) if row.result else None,
        waiting_for=row.waiting_for,
    )


def run_from(row: AnyRow, steps: tuple[StepRun, ...]) -> Run:
    """A row of ``runs`` as a value."""
    return Run(
        id=row.id,
        workflow=row.workflow,
        status=Status(row.status),
        trigger=Trigger(row.trigger),
        triggered_by=row.triggered_by,
        plan=Plan.model_validate(row.plan),
        slot=row.slot,
        priority=row.priority,
        params=row.params,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        cancel_requested=row.cancel_requested,
        error=row.error,
        steps=steps,
    )

"""Runs and their steps, as recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from workbench.model.plan import Plan, Verb
from workbench.model.result import StepResult
from workbench.model.status import Status, Trigger
from workbench.model.value import Value


class StepRun(Value):
    """A step of a run: its state now, its last result and error. Times are UTC."""

    run_id: str
    step_id: str
    dataset: str
    verb: Verb
    position: int
    status: Status
    attempt: int = 0
    fence: int = 0
    worker: str | None = None
    not_before: datetime | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    notebook: str | None = None
    error: dict[str, Any] | None = None
    result: StepResult | None = None
    waiting_for: str | None = None


class Run(Value):
    """One walk of a plan. ``slot`` is the schedule's UTC instant, for scheduled runs."""

    id: str
    workflow: str
    status: Status
    trigger: Trigger
    triggered_by: str
    plan: Plan
    slot: datetime | None = None
    priority: int = 0
    params: dict[str, Any] = Field(default_factory=dict)
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_requested: bool = False
    error: dict[str, Any] | None = None
    steps: tuple[StepRun, ...] = ()

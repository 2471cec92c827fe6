"""Does one step: claims it, has its notebook executed, settles it by the record, moves on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Any

from workbench.config import Settings
from workbench.engine.events import Event, Notify
from workbench.engine.execution import Jobs, Outcome, StepExecutor
from workbench.engine.orchestrator import advance
from workbench.engine.pulse import Pulse
from workbench.engine.settling import settle
from workbench.engine.tidying import tidy
from workbench.errors import FenceRefused, NotFound, QueueUnavailable, WorkbenchError, is_transient
from workbench.model.run import StepRun
from workbench.model.status import Status
from workbench.records import attempts
from workbench.records.runs import get_run
from workbench.records.store import Records
from workbench.scrubbing import Scrubber

logger = logging.getLogger(__name__)


class StepRunner:
    """Does steps in this process. ``stopping`` tells that the process is to end soon; ``secrets``
    what must not be recorded."""

    def __init__(
        self,
        records: Records,
        settings: Settings,
        pulse: Pulse,
        execute: StepExecutor,
        notify: Notify,
        jobs: Jobs | None = None,
        stopping: Callable[[], bool] = lambda: False,
        secrets: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._records = records
        self._secrets = secrets
        self._settings = settings
        self._pulse = pulse
        self._execute = execute
        self._notify = notify
        self._jobs = jobs
        self._stopping = stopping

    def do(self, run_id: str, step_id: str, attempt: int | None = None) -> Status | None:
        """Do a queued step and advance its run; ``None`` when it was not to be had.

        Returns what became of the step: SUCCESS, FAILED, CANCELLED, or PENDING to be tried again.
        """
        try:
            step = attempts.claim_step(
                self._records, run_id, step_id, self._pulse.worker_id, attempt
            )
        except (FenceRefused, NotFound) as error:
            logger.warning("step %s of run %s is not to be had: %s", step_id, run_id, error)
            return None
        if step is None:
            return None
        self._pulse.begin(step)
        try:
            self._tell("step", step, Status.RUNNING)
            outcome = self._outcome(step)
            if outcome.notebook:
                attempts.set_notebook(
                    self._records, run_id, step_id, step.attempt, outcome.notebook
                )
            status = settle(self._records, step, outcome, requeue=self._gave_up(outcome))
        finally:
            self._pulse.end()
        self._tell("step", step, status, seconds=outcome.seconds)
        self._advance(step)
        return status

    def _outcome(self, step: StepRun) -> Outcome:
        run = get_run(self._records, step.run_id)
        try:
            return self._execute(
                run,
                step,
                self._settings,
                cancelled=lambda: self._pulse.revoked or self._stopping(),
            )
        except WorkbenchError as error:
            return Outcome(status="failed", error=self._told(error.to_record()))
        except Exception as error:
            logger.exception("step %s of run %s could not be executed", step.step_id, step.run_id)
            record = self._told(WorkbenchError(f"{type(error).__name__}: {error}").to_record())
            return Outcome(status="failed", error=record | {"transient": is_transient(error)})

    def _told(self, record: dict[str, Any]) -> dict[str, Any]:
        try:
            told: dict[str, Any] = Scrubber(self._secrets()).value(record)
        except WorkbenchError as error:  # what is secret cannot be known: only that is told
            return error.to_record()
        return told

    def _gave_up(self, outcome: Outcome) -> bool:
        return outcome.status == "cancelled" and self._stopping() and not self._pulse.revoked

    def _advance(self, step: StepRun) -> None:
        try:
            status = advance(self._records, step.run_id, self._jobs)
        except QueueUnavailable as error:
            logger.warning("run %s goes on once Redis is back: %s", step.run_id, error)
            return
        if status.is_final:
            self._tidy()
            self._notify(Event(kind="run", run_id=step.run_id, status=status))

    def _tidy(self) -> None:
        try:
            tidy(self._records, self._settings)
        except (OSError, WorkbenchError) as error:  # the next run's end is another chance
            logger.warning("what runs have staged cannot be removed: %s", error)

    def _tell(self, kind: str, step: StepRun, status: Status, **detail: float) -> None:
        self._notify(
            Event(
                kind=kind,
                run_id=step.run_id,
                step_id=step.step_id,
                status=status,
                detail={"attempt": step.attempt, **detail},
            )
        )

"""Walks a run in this process, without Redis and workers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection

import sqlalchemy as sa

from workbench.config import Settings
from workbench.engine.events import Event, Notify
from workbench.engine.execution import Outcome, StepExecutor
from workbench.engine.orchestrator import advance
from workbench.engine.pulse import Pulse
from workbench.engine.recovery import Watch, sweep
from workbench.engine.running import StepRunner
from workbench.engine.settling import settle
from workbench.engine.stopping import Interrupts
from workbench.errors import Busy, RecordsError, StorageFull
from workbench.model.plan import Plan
from workbench.model.run import Run
from workbench.model.status import Status, Trigger
from workbench.records import workers
from workbench.records.runs import (
    cancel_run,
    create_run,
    get_run,
    retry_run,
    run_status,
    take_run,
)
from workbench.records.schema import runs, step_runs
from workbench.records.store import Records

#: Seconds between looks at whether a step can begin.
_LOOK = 0.1
#: Seconds between sweeps while waiting for another run.
_SWEEP = 1.0


def run_foreground(
    records: Records,
    start: Plan | str,
    settings: Settings,
    execute: StepExecutor,
    on_event: Notify = lambda event: None,
    *,
    trigger: Trigger = Trigger.MANUAL,
    secrets: Callable[[], Collection[str]] = tuple,
) -> Run:
    """Walk a new run of a plan, or a failed run again (its id), to its end.

    While another run holds a dataset that this one needs, a ``waiting`` event names it. Raises
    ``Busy`` when that run cannot end because nobody works on it. Ctrl-C cancels the run: the
    notebook is ended, the run becomes CANCELLED, and ``KeyboardInterrupt`` goes on.
    """
    with Interrupts() as interrupts, Pulse(records, "foreground") as pulse:
        if isinstance(start, Plan):
            created = create_run(
                records, start, trigger=trigger, owner=pulse.worker_id, project=settings.project
            )
            if created is None:
                raise RecordsError("the run was not recorded")
            run_id = created.id
        else:
            run_id = retry_run(records, get_run(records, start).id, owner=pulse.worker_id).id
        walk = _Walk(records, run_id, on_event, interrupts)
        walk.to_the_end(settings, pulse, execute, secrets)
    return get_run(records, run_id)


def walk_recorded(
    records: Records,
    run_id: str,
    settings: Settings,
    execute: StepExecutor,
    on_event: Notify = lambda event: None,
    *,
    secrets: Callable[[], Collection[str]] = tuple,
) -> Run | None:
    """Walk a run that is recorded and waits; ``None`` when somebody else has it, or it has ended.

    As in ``run_foreground``, whatever interrupts this process cancels the run.
    """
    with Interrupts() as interrupts, Pulse(records, "foreground") as pulse:
        if not take_run(records, run_id, pulse.worker_id):
            return None
        walk = _Walk(records, run_id, on_event, interrupts)
        walk.to_the_end(settings, pulse, execute, secrets)
    return get_run(records, run_id)


class _Walk:
    """One walk of a run in this process."""

    def __init__(
        self, records: Records, run_id: str, on_event: Notify, interrupts: Interrupts
    ) -> None:
        self._records = records
        self._run_id = run_id
        self._on_event = on_event
        self._interrupts = interrupts
        self._is_cancelled = False

    def to_the_end(
        self,
        settings: Settings,
        pulse: Pulse,
        execute: StepExecutor,
        secrets: Callable[[], Collection[str]],
    ) -> None:
        """Do the steps of the run until it has ended."""
        runner = StepRunner(
            self._records,
            settings,
            pulse,
            execute,
            self._on_event,
            stopping=self._stops,
            secrets=secrets,
        )
        self._on_event(Event(kind="run", run_id=self._run_id, status=Status.RUNNING))
        try:
            self._walk(runner)
        except BaseException:
            with contextlib.suppress(RecordsError, StorageFull):  # the next run takes it over
                _abandon(self._records, self._run_id)
            raise

    def _stops(self) -> bool:
        """Whether the step that runs must end: then its run is cancelled, and the step told so."""
        if self._interrupts.came and not self._is_cancelled:
            self._is_cancelled = True
            with contextlib.suppress(RecordsError):  # it has just ended
                cancel_run(self._records, self._run_id)
        return self._interrupts.came

    def _walk(self, runner: StepRunner) -> None:
        records, run_id = self._records, self._run_id
        watch = Watch()
        waiting_for: str | None = None
        next_sweep = 0.0
        while not (status := advance(records, run_id)).is_final:
            self._interrupts.act()
            step_id = records.value(_first(run_id, Status.QUEUED, step_runs.c.step_id))
            if step_id is not None:
                runner.do(run_id, step_id)
                continue
            if time.monotonic() > next_sweep:
                next_sweep = time.monotonic() + _SWEEP
                sweep(records, None, watch)
            blocker = records.value(
                _first(run_id, Status.PENDING, step_runs.c.waiting_for).where(
                    step_runs.c.waiting_for.is_not(None)
                )
            )
            if blocker is not None:
                _refuse_if_idle(records, blocker)
                if blocker != waiting_for:
                    self._on_event(Event(kind="waiting", run_id=run_id, detail={"for": blocker}))
            waiting_for = blocker
            time.sleep(_LOOK)
        if status == Status.CANCELLED:
            self._interrupts.act()


def _first(run_id: str, status: Status, column: sa.Column[str]) -> sa.Select[str]:
    return (
        sa.select(column)
        .where(step_runs.c.run_id == run_id, step_runs.c.status == status)
        .order_by(step_runs.c.position)
        .limit(1)
    )


def _refuse_if_idle(records: Records, blocker: str) -> None:
    """Raise ``Busy`` when the run to wait for is the workers' and there are none."""
    row = records.row(sa.select(runs.c.owner, runs.c.status).where(runs.c.id == blocker))
    if row is None or row.owner is not None or Status(row.status).is_final:
        return
    if not workers.list_workers(records, kind="worker"):
        raise Busy(
            f"run {blocker} ({row.status}) comes first, and there is no worker to do it",
            remedy=f"start workers with `workbench up`, or cancel it with "
            f"`workbench cancel {blocker}`; then try again",
        )


def _abandon(records: Records, run_id: str) -> None:
    """Cancel what is left of a run that its process gives up."""
    if not run_status(records, run_id).is_final:
        cancel_run(records, run_id)
        for step in get_run(records, run_id).steps:
            if step.status == Status.RUNNING:
                settle(records, step, Outcome(status="cancelled"))
        advance(records, run_id)

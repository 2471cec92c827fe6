"""A worker: takes steps from the queue and has their notebooks executed."""

from __future__ import annotations

import logging
import random
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress

from workbench.config import Settings
from workbench.engine.events import Event, Publisher
from workbench.engine.execution import StepExecutor
from workbench.engine.publishing import PortalPublisher
from workbench.engine.pulse import Pulse
from workbench.engine.queue import RedisJobs, StepWorker
from workbench.engine.recovery import Watch, sweep
from workbench.engine.running import StepRunner
from workbench.engine.stopping import Stopping
from workbench.errors import QueueUnavailable, RecordsError, WorkbenchError
from workbench.model.status import Status
from workbench.records.store import open_records

#: Seconds between a worker's sweeps.
SWEEP = 3.0

logger = logging.getLogger(__name__)


def work(
    settings: Settings,
    execute: StepExecutor,
    *,
    stopping: Stopping | None = None,
    burst: bool = False,
    publish: Callable[[], None] | None = None,
) -> None:
    """Do steps until asked to stop; with ``burst`` until the queue is empty.

    ``publish`` starts publishing the portal; runs that end ask for it through the queue. While
    Redis is away it waits for it. Raises ``RecordsError`` when the records cannot be opened.
    """
    stopping = stopping or Stopping()
    records = open_records(settings)
    jobs = RedisJobs(settings)
    watch = Watch()
    next_sweep = time.monotonic() + random.uniform(0, SWEEP)  # noqa: S311 - spreads workers

    def chore() -> None:
        nonlocal next_sweep
        if time.monotonic() >= next_sweep:
            next_sweep = time.monotonic() + SWEEP
            swept = sweep(records, jobs, watch)
            if swept.lost or swept.dead:
                ask()

    def ask() -> None:
        """Have some worker publish; what Redis loses, the next run that ends makes up for."""
        if publish is not None:
            with suppress(QueueUnavailable):
                jobs.enqueue_portal()

    tell = Publisher(settings)

    def notify(event: Event) -> None:
        tell(event)
        if event.kind == "run" and event.status and Status(event.status).is_final:
            ask()

    with Pulse(records, "worker", chore) as pulse:
        runner = StepRunner(
            records,
            settings,
            pulse,
            execute,
            notify,
            jobs,
            stopping=lambda: stopping.overdue,
        )

        def handle(run_id: str, step_id: str, attempt: int) -> None:
            try:
                runner.do(run_id, step_id, attempt)
            except RecordsError as error:  # the sweep finds the step once they are back
                logger.error("step %s of run %s: %s", step_id, run_id, error)
                stopping.wait(1.0)

        while not stopping.asked:
            try:
                worker = StepWorker(
                    settings, pulse.worker_id, handle, publish or (lambda: None)
                )
                worker.work_until(lambda: stopping.asked, burst=burst)
                break
            except QueueUnavailable as error:
                logger.warning("%s", error)
                stopping.wait(1.0)
    records.close()


def main() -> int:
    """Start a worker for the settings of the environment; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    from workbench.engine.kernels import Zygote
    from workbench.engine.notebooks import NotebookExecutor

    stopping = Stopping().listen()
    try:
        settings = Settings()

        def secrets() -> Collection[str]:
            from workbench.spec.loader import load_project

            return load_project(settings).secrets()

        with Zygote() as kernel:
            execute = NotebookExecutor(kernel, notify=Publisher(settings), secrets=secrets)
            work(settings, execute, stopping=stopping, publish=PortalPublisher(settings))
    except WorkbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""A worker: takes steps from the queue and has their notebooks executed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from typing import Any

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
from workbench.records.attempts import first_queued
from workbench.records.store import open_records
from workbench.scrubbing import log_without_secrets

#: How often a worker that was too late for a step looks for another.
_RACES = 20

logger = logging.getLogger(__name__)


def work(
    settings: Settings,
    execute: StepExecutor,
    *,
    stopping: Stopping | None = None,
    burst: bool = False,
    secrets: Callable[[], Collection[str]] = tuple,
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
    tell = Publisher(settings)

    def ask() -> None:
        """Have some worker publish; what Redis loses, the next run that ends makes up for."""
        if publish is not None:
            with suppress(QueueUnavailable):
                jobs.enqueue_portal()

    def chore() -> None:
        swept = sweep(records, jobs, watch)
        if swept.lost or swept.dead:
            ask()

    def notify(event: Event) -> None:
        tell(event)
        if event.kind == "run" and event.status and Status(event.status).is_final:
            ask()

    with Pulse(records, "worker", chore=chore) as pulse:
        runner = StepRunner(
            records,
            settings,
            pulse,
            execute,
            notify,
            jobs,
            stopping=lambda: stopping.overdue,
            secrets=secrets,
        )

        def handle(*asked: Any) -> None:
            """A job says that there is something to do; what comes first is for SQL to say."""
            try:
                refused = None
                for _ in range(_RACES):
                    first = first_queued(records)
                    if first is None or first == refused:
                        break
                    if runner.do(*first) is not None:
                        return
                    refused = first  # another was quicker, or it is stuck
                if refused != asked:
                    runner.do(*asked)
            except RecordsError as error:  # the sweep finds the step once they are back
                logger.error("step %s of run %s: %s", asked[1], asked[0], error)
                stopping.wait(1.0)

        while not stopping.asked:
            try:
                worker = StepWorker(settings, pulse.worker_id, handle, publish or (lambda: None))
                worker.work_until(lambda: stopping.asked, burst=burst)
                break
            except QueueUnavailable as error:
                logger.warning("%s", error)
                stopping.wait(1.0)
    records.close()


def main() -> int:
    """Start a worker for the settings of the environment; returns the exit code."""
    logging.getLogger("papermill").setLevel(logging.WARNING)  # two lines for every step
    from workbench.engine.kernels import Zygote
    from workbench.engine.notebooks import NotebookExecutor
    from workbench.spec.loader import ProjectReader

    stopping = Stopping().listen()
    try:
        settings = Settings()
        specs = ProjectReader(settings)

        def secrets() -> Collection[str]:
            return specs.project(tolerant=True).secrets()

        log_without_secrets(secrets)
        portal = PortalPublisher(settings)
        with closing(portal), Zygote(settings.preload) as kernel:
            execute = NotebookExecutor(kernel, notify=Publisher(settings), secrets=secrets)
            execute.get_ready()
            work(
                settings,
                execute,
                stopping=stopping,
                secrets=secrets,
                publish=portal,
            )
    except WorkbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

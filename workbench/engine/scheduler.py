"""The scheduler: makes the runs that are due, and sweeps. Any number may run."""

from __future__ import annotations

import logging
from collections.abc import Callable

from workbench.config import Settings
from workbench.engine.pulse import Pulse
from workbench.engine.queue import RedisJobs
from workbench.engine.recovery import Watch, sweep
from workbench.engine.schedule import Schedules, tick
from workbench.engine.stopping import Stopping
from workbench.errors import WorkbenchError
from workbench.model.plan import Plan
from workbench.records.store import Records, open_records

#: Seconds between looks at what is due and what is forgotten.
TICK = 1.0

logger = logging.getLogger(__name__)


def run_scheduler(
    settings: Settings,
    load_schedules: Callable[[], Schedules],
    make_plan: Callable[[Records, str], Plan],
    *,
    stopping: Stopping | None = None,
) -> None:
    """Tick and sweep every second until asked to stop.

    ``load_schedules`` gives the schedule of each dataset that has one; it is asked each time, so
    that changed specs are heeded. ``make_plan`` plans a dataset. Errors are logged.
    """
    stopping = stopping or Stopping()
    records = open_records(settings)
    jobs = RedisJobs(settings)
    watch = Watch()
    with Pulse(records, "scheduler"):
        while not stopping.asked:
            for work in (
                lambda: _sweep(records, jobs, watch),
                lambda: tick(
                    records,
                    load_schedules,
                    lambda name: make_plan(records, name),
                    jobs=jobs,
                    project=settings.project,
                ),
            ):
                try:
                    work()
                except WorkbenchError as error:
                    logger.warning("%s", error)
            stopping.wait(TICK)
    records.close()


def _sweep(records: Records, jobs: RedisJobs, watch: Watch) -> None:
    """Sweep; runs that this brought to an end are to be read about, too."""
    swept = sweep(records, jobs, watch)
    if swept.lost or swept.dead:
        jobs.enqueue_portal()

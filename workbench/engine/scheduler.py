"""The scheduler: makes the runs that are due, sweeps, and has old things removed.

Any number may run.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime

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
#: Seconds between two cleanings, and before the first.
CLEAN = 3600.0
FIRST_CLEAN = 120.0
#: Cleaning is a process of its own, so that what it reads does not stay in the scheduler's memory.
CLEANER = (sys.executable, "-m", "workbench.cli", "clean")

logger = logging.getLogger(__name__)


def run_scheduler(
    settings: Settings,
    load_schedules: Callable[[], Schedules],
    make_plan: Callable[[Records, str], Plan],
    *,
    stopping: Stopping | None = None,
    clock: Callable[[], datetime | None] = lambda: None,
    cleaner: Sequence[str] = CLEANER,
) -> None:
    """Tick and sweep every second until asked to stop; clean every hour.

    ``load_schedules`` gives the schedule of each dataset that has one; it is asked each time, so
    that changed specs are heeded. ``make_plan`` plans a dataset. ``clock`` gives the time that
    slots go by; by default that of the records. Errors are logged.
    """
    stopping = stopping or Stopping()
    records = open_records(settings)
    jobs = RedisJobs(settings)
    watch = Watch()
    cleaning = _Cleaning(settings, cleaner)
    said: dict[int, str] = {}
    with Pulse(records, "scheduler"):
        try:
            while not stopping.asked:
                for number, work in enumerate((
                    lambda: _sweep(records, jobs, watch),
                    lambda: tick(
                        records,
                        load_schedules,
                        lambda name: make_plan(records, name),
                        now=clock(),
                        jobs=jobs,
                        project=settings.project,
                    ),
                    cleaning.look,
                )):  # fmt: skip
                    try:
                        work()
                        said.pop(number, None)
                    except WorkbenchError as error:
                        if said.get(number) != str(error):  # once, not every second
                            logger.warning("%s", error)
                        said[number] = str(error)
                stopping.wait(TICK)
        finally:
            cleaning.end()
    records.close()


class _Cleaning:
    """Starts the cleaner when its time has come, one at a time."""

    def __init__(self, settings: Settings, command: Sequence[str]) -> None:
        self._command = command
        self._environ = {**os.environ, **settings.environ()}
        self._next = time.monotonic() + FIRST_CLEAN
        self._process: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._process = None
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + CLEAN
            self._process = subprocess.Popen(
                self._command, env=self._environ, stdin=subprocess.DEVNULL
            )

    def end(self) -> None:
        """It may be interrupted at any time."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)


def _sweep(records: Records, jobs: RedisJobs, watch: Watch) -> None:
    """Sweep; runs that this brought to an end are to be read about, too."""
    swept = sweep(records, jobs, watch)
    if swept.lost or swept.dead:
        jobs.enqueue_portal()

"""``up``, ``worker`` and ``scheduler``."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import click

from workbench.config import Settings
from workbench.errors import SpecError

if TYPE_CHECKING:
    from workbench.model.plan import Plan
    from workbench.records.store import Records
    from workbench.spec.models import ScheduleSpec

logger = logging.getLogger(__name__)


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), help="How many; default WORKBENCH_WORKERS.")
def up(workers: int | None) -> None:
    """Start Redis, workers and the scheduler; Ctrl-C stops them cleanly."""
    from workbench.engine.supervisor import up as supervise

    settings = Settings()
    supervise(settings, workers=workers, tell=click.echo)


@click.command()
def worker() -> None:
    """Start one worker for the settings of the environment."""
    from workbench.engine.worker import main

    sys.exit(main())


@click.command()
def scheduler() -> None:
    """Start one scheduler; any number may run, each slot runs once."""
    from workbench.engine.scheduler import run_scheduler
    from workbench.engine.stopping import Stopping
    from workbench.scrubbing import log_without_secrets
    from workbench.spec.loader import load_project
    from workbench.steps.planning import make_plan, sync_catalog

    settings = Settings()
    log_without_secrets(lambda: load_project(settings, tolerant=True).secrets())

    def plan_dataset(records: Records, name: str) -> Plan:
        project = load_project(settings, tolerant=True)
        sync_catalog(records, project)
        return make_plan(settings, project, records, [name])

    run_scheduler(settings, Schedules(settings), plan_dataset, stopping=Stopping().listen())


class Schedules:
    """Gives the schedule of each dataset that has one. Asked every second, so the specs are read
    only when a file of theirs changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stamp: object = None
        self._found: dict[str, ScheduleSpec] = {}

    def __call__(self) -> dict[str, ScheduleSpec]:
        """The schedules by dataset; one whose spec has a fault is told in the log and waits."""
        from workbench.spec.loader import load_project

        files = sorted(self._settings.specs.rglob("*.y*ml"))
        stamp = [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in files]
        if stamp != self._stamp:
            project = load_project(self._settings, tolerant=True)
            for name, problems in project.faults.items():
                logger.warning("%s is not scheduled: %s", name, SpecError(problems))
            self._found = {
                name: spec.schedule for name, spec in project.datasets.items() if spec.schedule
            }
            self._stamp = stamp
        return self._found

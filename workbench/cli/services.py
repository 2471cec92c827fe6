"""``up``, ``worker`` and ``scheduler``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from workbench.config import Settings

if TYPE_CHECKING:
    from workbench.model.plan import Plan
    from workbench.records.store import Records
    from workbench.spec.models import ScheduleSpec


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
    log_without_secrets(lambda: load_project(settings).secrets())

    seen: tuple[object, dict[str, ScheduleSpec]] = (None, {})

    def load_schedules() -> dict[str, ScheduleSpec]:
        """Asked every second, so the specs are read only when a file of theirs changed."""
        nonlocal seen
        files = sorted(settings.specs.rglob("*.y*ml"))
        stamp = [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in files]
        if stamp != seen[0]:
            datasets = load_project(settings).datasets
            found = {name: spec.schedule for name, spec in datasets.items() if spec.schedule}
            seen = (stamp, found)
        return seen[1]

    def plan_dataset(records: Records, name: str) -> Plan:
        project = load_project(settings)
        sync_catalog(records, project)
        return make_plan(settings, project, records, [name])

    run_scheduler(settings, load_schedules, plan_dataset, stopping=Stopping().listen())

"""Schedules: cron in a time zone, one run per slot.

A slot is the UTC instant at which a workflow is due. A table whose primary key is (workflow,
slot) gives each slot at most one run, however many schedulers there are and whatever their
clocks say. Daylight saving follows cron: a fixed hour that is skipped runs right after the gap,
one that comes twice runs once; ``*/10`` runs by elapsed time.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.engine.execution import Jobs
from workbench.engine.orchestrator import advance
from workbench.errors import ConfigError, QueueUnavailable, WorkbenchError
from workbench.model.plan import Plan
from workbench.model.status import Trigger
from workbench.records import slots
from workbench.records.runs import create_run
from workbench.records.store import Records
from workbench.spec.models import ScheduleSpec

#: A slot is missed when nobody looked within this time after it.
ON_TIME = timedelta(seconds=90)
#: Slots that one tick makes runs for, at most; the next tick goes on.
_AT_ONCE = 100

logger = logging.getLogger(__name__)

Schedules = Mapping[str, ScheduleSpec]


def slots_between(schedule: ScheduleSpec, after: datetime, until: datetime) -> Iterator[datetime]:
    """The slots with ``after < slot <= until``, in order, as UTC. Raises ``ConfigError``."""
    for slot in _walk(schedule, after):
        if slot > until:
            return
        if slot > after:
            yield slot


def last_slot(schedule: ScheduleSpec, after: datetime, until: datetime) -> datetime | None:
    """The last slot with ``after < slot <= until``; looks at the recent past first."""
    for past in (timedelta(hours=3), timedelta(days=3), timedelta(days=100), None):
        start = after if past is None else max(after, until - past)
        last = deque(slots_between(schedule, start, until), maxlen=1)
        if last or start == after:
            return last[0] if last else None
    return None


def due_slots(schedule: ScheduleSpec, after: datetime, now: datetime) -> list[datetime]:
    """The slots to make runs for now, by the catch-up policy: at most the first hundred."""
    if schedule.catch_up == "all":
        return list(islice(slots_between(schedule, after, now), _AT_ONCE))
    since = after if schedule.catch_up == "latest" else max(after, now - ON_TIME)
    latest = last_slot(schedule, since, now)
    return [] if latest is None else [latest]


def tick(
    records: Records,
    load_schedules: Callable[[], Schedules],
    make_plan: Callable[[str], Plan],
    now: datetime | None = None,
    jobs: Jobs | None = None,
    project: Path | None = None,
) -> list[str]:
    """Make the runs that are due; returns their ids.

    ``load_schedules`` gives the schedule of each workflow (dataset), ``make_plan`` its plan. A
    workflow that cannot be planned gets a FAILED run that says why. ``now`` defaults to the
    clock of the records; the commit of ``project`` is kept with each run.
    """
    moment = now or records.now()
    made: list[str] = []
    for workflow, schedule in load_schedules().items():
        try:
            made += _tick_one(records, workflow, schedule, make_plan, moment, jobs, project)
        except WorkbenchError as error:
            logger.error("schedule of %s: %s", workflow, error)
    return made


def _tick_one(
    records: Records,
    workflow: str,
    schedule: ScheduleSpec,
    make_plan: Callable[[str], Plan],
    now: datetime,
    jobs: Jobs | None,
    project: Path | None,
) -> list[str]:
    after = slots.considered(records, workflow, schedule.cron, schedule.timezone, now)
    due = due_slots(schedule, after, now)
    made: list[str] = []
    for slot in due:
        run_id = _make_run(records, workflow, slot, make_plan, project)
        if run_id is not None:
            made.append(run_id)
            try:
                advance(records, run_id, jobs)
            except QueueUnavailable as error:
                logger.warning("run %s waits for Redis: %s", run_id, error)
    if due:
        slots.consider(records, workflow, due[-1])
    return made


def _make_run(
    records: Records,
    workflow: str,
    slot: datetime,
    make_plan: Callable[[str], Plan],
    project: Path | None,
) -> str | None:
    if slots.is_taken(records, workflow, slot):
        return None
    error = None
    try:
        plan = make_plan(workflow).model_copy(update={"workflow": workflow})
    except WorkbenchError as problem:
        plan = Plan(workflow=workflow, datasets=(workflow,), steps=())
        error = problem.to_record()
    run = create_run(
        records,
        plan,
        trigger=Trigger.SCHEDULED,
        by="scheduler",
        slot=slot,
        error=error,
        project=project,
    )
    return None if run is None else run.id


def _walk(schedule: ScheduleSpec, start: datetime) -> Iterator[datetime]:
    from cronsim import CronSim, CronSimError

    try:
        zone = ZoneInfo(schedule.timezone)
        local = start.astimezone(zone)
        for moment in CronSim(schedule.cron, local):
            yield moment.astimezone(UTC)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(
            f"{schedule.timezone!r} is not a time zone",
            remedy="give a name of the IANA database, such as America/Santiago",
        ) from error
    except CronSimError as error:
        raise ConfigError(
            f"{schedule.cron!r} is not a cron expression: {error}",
            remedy="give five fields: minute, hour, day of month, month, day of week",
        ) from error

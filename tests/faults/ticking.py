"""Schedulers whose clocks are wrong, and which slots there are, by another way of counting.

``keep_ticking`` is called in children of the nursery.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from tests.engine.recording import plan_of, steps_of
from tests.faults import boundaries, sabotage
from workbench.config import Settings
from workbench.engine.schedule import ON_TIME, tick
from workbench.model.plan import Plan
from workbench.records.store import open_records
from workbench.spec.models import ScheduleSpec

Policy = Literal["none", "latest", "all"]

#: Zones, and days on which their clocks change.
CHANGES = {
    "Europe/Berlin": ("2024-03-31", "2024-10-27"),
    "America/Santiago": ("2024-09-08", "2024-04-07"),
    "Australia/Lord_Howe": ("2024-10-06", "2024-04-07"),  # by half an hour
    "America/New_York": ("2024-03-10", "2024-11-03"),
}


class Timetable:
    """Schedules of a fixed time and of every quarter of an hour, in one zone."""

    def __init__(self, zone: str, hour: int, minute: int, policy: Policy) -> None:
        self.zone = ZoneInfo(zone)
        self.hour, self.minute = hour, minute
        self.specs = {
            "fixed": ScheduleSpec(cron=f"{minute} {hour} * * *", timezone=zone, catch_up=policy),
            "often": ScheduleSpec(cron="*/15 * * * *", timezone=zone, catch_up=policy),
        }

    def slots(self, name: str, after: datetime, until: datetime) -> list[datetime]:
        """The slots with ``after < slot <= until``, found by looking at the clock on the wall."""
        found = self._fixed(after, until) if name == "fixed" else self._often(after, until)
        return [slot for slot in found if after < slot <= until]

    def _fixed(self, after: datetime, until: datetime) -> Iterator[datetime]:
        day = after.astimezone(self.zone).date() - timedelta(days=1)
        while day <= until.astimezone(self.zone).date() + timedelta(days=1):
            yield self._on(day)
            day += timedelta(days=1)

    def _on(self, day: date) -> datetime:
        wall = datetime(day.year, day.month, day.day, self.hour, self.minute)
        moment = wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
        if moment.astimezone(self.zone).replace(tzinfo=None) == wall:
            return moment  # the first of two, when it comes twice
        # the wall never shows it: right after the gap
        start = moment - timedelta(hours=3)
        minutes = (start + timedelta(minutes=n) for n in range(360))
        return next(
            each
            for each in minutes
            if each.astimezone(self.zone).utcoffset()
            != (each - timedelta(minutes=1)).astimezone(self.zone).utcoffset()
        )

    def _often(self, after: datetime, until: datetime) -> Iterator[datetime]:
        moment = after.replace(second=0, microsecond=0) - timedelta(minutes=1)
        while moment <= until:
            if moment.astimezone(self.zone).minute % 15 == 0:
                yield moment
            moment += timedelta(minutes=1)

    def caught_up(self, name: str, first: datetime, ticks: Sequence[datetime]) -> set[datetime]:
        """The slots that one scheduler runs which looked at these times, by its policy."""
        policy = self.specs[name].catch_up
        considered, made = first, set()
        for now in ticks:
            since = max(considered, now - ON_TIME) if policy == "none" else considered
            due = self.slots(name, since, now)
            chosen = due if policy == "all" else due[-1:]
            made.update(chosen)
            considered = max([considered, *chosen])
        return made


def plan(name: str) -> Plan:
    """A plan of one step."""
    steps = steps_of(name)[:1]
    return plan_of(steps, workflow=name)


def keep_ticking(
    settings: Settings,
    table: tuple[str, int, int, Policy],
    times: Sequence[datetime],
    *,
    kill: int | None = None,
    broken: str | None = None,
) -> int:
    """Look at these times what is due; with ``kill``, be killed at a boundary that it chooses.

    Returns how many runs were made.
    """
    timetable = Timetable(*table)
    records = open_records(settings)
    made = 0
    with ExitStack() as stack:
        if broken:
            stack.enter_context(sabotage.without(broken))
        if kill is not None:
            chance = random.Random(kill)
            sites = _sites()
            stack.enter_context(
                boundaries.at(chance.choice(sites), chance.randint(1, 8), boundaries.die)
            )
        for now in times:
            made += len(tick(records, lambda: timetable.specs, plan, now))
    return made


def _sites() -> list[boundaries.Site]:
    """Where making a run may be interrupted: at every statement and commit of the records."""
    from pathlib import Path

    import sqlalchemy.engine.default as engine

    found = []
    for number, line in enumerate(Path(engine.__file__).read_text().splitlines(), 1):
        for call in ("cursor.execute(", "cursor.executemany(", ".commit()", ".rollback()"):
            if call in line:
                found += [
                    f"sqlalchemy/engine/default.py:{number} c_{e}" for e in ("call", "return")
                ]
    return found

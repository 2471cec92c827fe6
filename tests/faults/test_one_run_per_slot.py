"""Promise 7: one run per slot, however many schedulers there are and whatever their clocks say."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.nursery import Killed, Nursery
from tests.faults.ticking import CHANGES, Policy, Timetable, keep_ticking
from tests.faults.trials import Trials
from workbench.config import Settings
from workbench.records import slots
from workbench.records.runs import list_runs
from workbench.records.store import Records, open_records

pytestmark = pytest.mark.timeout(3600)

POLICIES: tuple[Policy, ...] = ("all", "latest", "none")
HOUR = timedelta(hours=1)


class Clockwork:
    """Records, and a timetable around a night in which the clocks change."""

    def __init__(self, folder: Path, seed: int, policy: Policy, url: str | None) -> None:
        (folder / "specs").mkdir(parents=True)
        environ = {"DATABASE_URL": url} if url else {}
        self.settings = Settings(project=folder, home=folder / "home", environ=environ)
        self.records: Records = open_records(self.settings)
        self.chance = random.Random(seed)
        zone = self.chance.choice(sorted(CHANGES))
        day = datetime.fromisoformat(self.chance.choice(CHANGES[zone])).replace(
            tzinfo=Timetable(zone, 0, 0, "all").zone
        )
        self.start = day.astimezone(UTC) - 2 * HOUR
        self.end = self.start + 8 * HOUR
        self.table = (zone, self.chance.randrange(4), self.chance.choice([0, 15, 30, 45]), policy)
        self.timetable = Timetable(*self.table)

    def made(self, name: str) -> list[datetime]:
        """The slots of the runs that were made, sorted; a slot with two runs comes twice."""
        found = list_runs(self.records, workflow=name, limit=10_000)
        return sorted(run.slot for run in found if run.slot is not None)

    def is_once(self) -> None:
        """No slot has two runs, and no run has a slot that is none."""
        for name in self.timetable.specs:
            made = self.made(name)
            assert len(made) == len(set(made)), f"{name}: a slot has two runs"
            assert set(made) == set(slots.taken(self.records, name))
            last = max(made, default=self.end)
            true = set(self.timetable.slots(name, self.start - HOUR, last))
            assert set(made) <= true, sorted(set(made) - true)


def database(seed: int, request: pytest.FixtureRequest) -> str | None:
    """SQLite and PostgreSQL in turn; a database of its own for each trial."""
    if seed % 4:
        return None
    import psycopg

    url = str(request.getfixturevalue("postgres_url"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return url


def test_four_schedulers_with_wrong_clocks(
    nursery: Nursery, trials: Trials, request: pytest.FixtureRequest
) -> None:
    """They are skewed by up to ten minutes, go back now and then, are killed and begin again."""

    def trial(seed: int, folder: Path) -> None:
        clock = Clockwork(folder, seed, "all", database(seed, request))
        chance = clock.chance
        nursery.call(keep_ticking, clock.settings, clock.table, [clock.start])
        skews = [timedelta(minutes=chance.uniform(-10, 10)) for _ in range(4)]
        clocks = [clock.start] * 4
        while min(clocks) < clock.end + HOUR / 2:
            crowd = []
            for n, skew in enumerate(skews):
                times = []
                now = clocks[n]
                for _ in range(6):
                    now += timedelta(minutes=chance.choice([5, 11, 17, 40, -8]))
                    times.append(now + skew)
                kill = chance.randrange(1 << 30) if chance.random() < 0.4 else None
                crowd.append(
                    nursery.child(keep_ticking, clock.settings, clock.table, times, kill=kill)
                )
                clocks[n] = now
            for n, child in enumerate(crowd):
                if child.wait() is Killed:  # it begins again, from where it does not know
                    trials.count(schedulers_killed=1)
                    clocks[n] -= timedelta(minutes=chance.uniform(0, 60))
        clock.is_once()
        for name in clock.timetable.specs:
            wanted = set(
                clock.timetable.slots(name, clock.start + timedelta(minutes=11), clock.end)
            )
            assert wanted <= set(clock.made(name)), sorted(wanted - set(clock.made(name)))
            trials.count(slots=len(clock.made(name)))

    trials.run(trial, small=2, full=60)


def test_missed_slots_follow_the_policy(
    nursery: Nursery, trials: Trials, request: pytest.FixtureRequest
) -> None:
    """One scheduler with outages, against a replay that reads the clock on the wall."""

    def trial(seed: int, folder: Path) -> None:
        policy = POLICIES[seed % 3]
        clock = Clockwork(folder, seed, policy, None)
        ticks, now = [], clock.start
        while now < clock.end:
            gap = [timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=50), 3 * HOUR]
            now += clock.chance.choices(gap, [10, 10, 2, 1])[0]
            ticks.append(now)
        nursery.call(keep_ticking, clock.settings, clock.table, [clock.start])
        rest = ticks
        while rest:  # killed in the middle of a slot, and started again there
            part, rest = rest[:40], rest[40:]
            kill = clock.chance.randrange(1 << 30)
            if (
                nursery.child(keep_ticking, clock.settings, clock.table, part, kill=kill).wait()
                is Killed
            ):
                trials.count(schedulers_killed=1)
                nursery.call(keep_ticking, clock.settings, clock.table, part)
        clock.is_once()
        for name in clock.timetable.specs:
            wanted = clock.timetable.caught_up(name, clock.start, ticks)
            made = set(clock.made(name))
            assert made == wanted, (policy, sorted(wanted ^ made))
            trials.count(slots=len(made))

    trials.run(trial, small=3, full=60)


def test_without_the_key_of_slots_runs_are_doubled(nursery: Nursery, tmp_path: Path) -> None:
    """The negative control: two schedulers that look at the same time."""
    clock = Clockwork(tmp_path, 1, "all", None)
    nursery.call(keep_ticking, clock.settings, clock.table, [clock.start])
    for _ in range(2):
        nursery.call(
            keep_ticking, clock.settings, clock.table, [clock.start + HOUR, clock.start],
            broken="the key of slots",
        )  # fmt: skip
        _forget(clock)
    with pytest.raises(AssertionError, match="a slot has two runs"):
        clock.is_once()


def _forget(clock: Clockwork) -> Any:
    """As if the other scheduler had read the table before the first one wrote it."""
    import sqlalchemy as sa

    from workbench.records.schema import schedules

    with clock.records.begin() as connection:
        connection.execute(sa.update(schedules).values(considered_until=clock.start))

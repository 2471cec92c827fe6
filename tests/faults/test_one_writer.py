"""Promise 6: one writer per dataset and target: whoever was taken over cannot publish any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.destinations.requests import oracle, row
from tests.faults import boundaries
from tests.faults.loading import KINDS, STRATEGIES, Load, Story, load, place_in, points, survey
from tests.faults.nursery import Child, Nursery
from tests.faults.trials import Trials
from tests.faults.walking import Project, take_over, walk
from tests.faults.walking import survey as survey_run
from workbench.records import leases

pytestmark = pytest.mark.timeout(3600)


class Rivals(Story):
    """A holder that was stopped within its load, and another run that takes over."""

    def rival(self, table: str, fence: int) -> Load:
        """The load of the run that takes over; it rests on what the first one rested on."""
        keys = [("r", n) for n in range(5)]
        rows = tuple(row(*key, "7.00", "x") for key in keys)
        return Load(table, rows, self.strategy, "run-3", fence, self.base, takes_over=True)

    def outcomes(self, table: str) -> tuple[list[Any], list[Any]]:
        """The rows if only the rival has an effect, and if the holder came before it."""
        on = self.place.on(self.strategy)
        first, _ = oracle([], self.first, self.strategy, on)
        second, _ = oracle(first, self.second, self.strategy, on)
        rows = self.rival(table, 9).rows
        both = [oracle(there, rows, self.strategy, on)[0] for there in (first, second)]
        return sorted(both[0], key=repr), sorted(both[1], key=repr)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """One kind of target after the other."""
    return str(request.param)


def stopped(nursery: Nursery, story: Rivals, table: str, sites: Any) -> Child:
    """A holder that stands still at some boundary of its load."""
    order = list(sites)  # as they are passed first: the table is locked but for both ends
    ends = [(site, 1) for site in (*order[:6], *order[-4:])]
    point = story.chance.choice(ends if story.chance.random() < 0.5 else points(sites))
    holder = nursery.child(load, story.place, story.load(table, 1), *point, stop=True)
    assert holder.until_stopped(), point
    return holder


def taken_over(nursery: Nursery, story: Rivals, table: str, holder: Child) -> bool:
    """The rival loads; whether it could while the holder stood still."""
    done = nursery.call(load, story.place, story.rival(table, 3))
    if done != "TargetUnavailable":
        assert not isinstance(done, str), done
        return True
    # the holder has the table locked: on this machine it would be killed, elsewhere one waits
    holder.wake()
    holder.wait()
    done = nursery.call(load, story.place, story.rival(table, 4))
    assert not isinstance(done, str), done
    return False


def test_a_stopped_holder_that_wakes_up_is_refused(
    kind: str, nursery: Nursery, trials: Trials, request: pytest.FixtureRequest
) -> None:
    def trial(seed: int, folder: Path) -> None:
        strategy = STRATEGIES[seed % 4]
        place = place_in(folder, kind, request.getfixturevalue, wait=1)
        story = Rivals(place, strategy, seed, nursery)
        names = [f"t{seed}_{n}" for n in range(trials.size(small=2, full=12))]
        story.begin([*names, f"s{seed}"])
        sites = nursery.call(survey, place, story.load(f"s{seed}", 1))
        for table in names:
            alone, both = story.outcomes(table)
            holder = stopped(nursery, story, table, sites)
            if taken_over(nursery, story, table, holder):
                there = place.rows(table)
                holder.wake()
                said = holder.wait()
                assert place.rows(table) == there, "the holder published after the takeover"
                trials.count(woken_after=1, refused=int(isinstance(said, str)))
            else:
                trials.count(held_the_lock=1)
            assert place.rows(table) in (alone, both)

    trials.run(trial, small=1, full=8)


def test_woken_up_before_the_fence_one_effect_stands(
    kind: str, nursery: Nursery, trials: Trials, request: pytest.FixtureRequest
) -> None:
    """The same run's next attempt and the holder race: their rows are there once."""

    def trial(seed: int, folder: Path) -> None:
        strategy = STRATEGIES[seed % 4]
        place = place_in(folder, kind, request.getfixturevalue)
        story = Rivals(place, strategy, seed, nursery)
        names = [f"t{seed}_{n}" for n in range(trials.size(small=2, full=12))]
        story.begin([*names, f"s{seed}"])
        sites = nursery.call(survey, place, story.load(f"s{seed}", 1))
        for table in names:
            holder = stopped(nursery, story, table, sites)
            next_one = nursery.child(load, place, story.load(table, 2))
            holder.wake()
            said, done = holder.wait(), next_one.wait()
            if done == "VersionConflict":  # it is tried again, as passing faults are
                done = nursery.call(load, place, story.load(table, 3))
            story.is_done(table, done)
            trials.count(races=1, holder_first=int(not isinstance(said, str)))

    trials.run(trial, small=1, full=8)


def test_a_stopped_run_is_taken_over(nursery: Nursery, trials: Trials) -> None:
    """The whole road: a run stands still, on a machine where nobody can end it; the next takes
    over; it wakes up."""

    def campaign(seed: int, folder: Path) -> None:
        project = Project(folder, seed, keyed=seed % 2 == 1)
        project.deliver()
        assert nursery.call(walk, project.settings) == "SUCCESS"
        project.deliver()
        sites = nursery.call(survey_run, project.settings)
        for _ in range(trials.size(small=2, full=15)):
            project.deliver()
            point = boundaries.choose(project.chance, sites)
            holder = nursery.child(walk, project.settings, *point, stop=True)
            if not holder.until_stopped():
                continue
            successor = nursery.child(take_over, project.settings, elsewhere=True)
            if project.chance.random() < 0.3:
                holder.wake()  # before, or while, the other takes over
            else:
                successor.until_ended(8)  # it may hold the lock of the records: then all wait
            trials.count(stops=1, taken_over=int(successor.ended))
            holder.wake()
            trials.count(refused=int(holder.wait() != "SUCCESS"))
            successor.wait()
            project.published()
            assert nursery.call(walk, project.settings) == "SUCCESS"
            project.versions_are_sound(newest=3)
            project.is_complete()
            assert leases.holders(project.road.records) == {}

    trials.run(campaign, small=1, full=8)


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_fence_the_holder_publishes(
    kind: str, nursery: Nursery, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The negative control: it is woken up after the takeover, and its rows come too."""
    strategy = "append" if kind != "delta" else "truncate_insert"
    place = place_in(tmp_path, kind, request.getfixturevalue)
    story = Rivals(place, strategy, 1, nursery)
    story.begin(["t"])
    before = next(iter(nursery.call(survey, place, Load("s", story.first, strategy, "run-1", 1))))
    broken = {"broken": "the fence"}
    holder = nursery.child(load, place, story.load("t", 1), before, stop=True, **broken)
    assert holder.until_stopped()
    assert not isinstance(nursery.call(load, place, story.rival("t", 3), **broken), str)
    there = place.rows("t")
    holder.wake()
    holder.wait()
    assert place.rows("t") != there

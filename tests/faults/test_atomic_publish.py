"""Promise 1: readers see the whole old or the whole new version, wherever a run is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults import boundaries
from tests.faults.nursery import Killed, Nursery
from tests.faults.trials import Trials
from tests.faults.walking import Project, survey, walk

pytestmark = pytest.mark.timeout(3600)


def test_killed_at_any_boundary(nursery: Nursery, trials: Trials) -> None:
    """A campaign is one project whose runs are killed one after the other."""
    kills = trials.size(small=4, full=25)

    def campaign(seed: int, place: Path) -> None:
        project = Project(place, seed, keyed=seed % 3 != 0)
        project.deliver()
        assert nursery.call(walk, project.settings) == "SUCCESS"
        project.deliver()
        sites = nursery.call(survey, project.settings)
        killed = 0
        while killed < kills:
            project.deliver()
            point = boundaries.choose(project.chance, sites)
            victim = nursery.child(walk, project.settings, *point)
            while not victim.ended:
                project.published()  # what readers see meanwhile
                time.sleep(0.1)
            killed += victim.wait() is Killed
            project.published()
            checked = project.versions_are_sound(newest=3)
            trials.count(kills=int(victim.wait() is Killed), runs=1, versions=checked)
        assert nursery.call(walk, project.settings) == "SUCCESS"
        trials.count(versions=project.versions_are_sound())
        project.is_complete()

    trials.run(campaign, small=1, full=38)
    assert trials.counts["kills"] >= kills


def test_killed_at_any_instant(nursery: Nursery, trials: Trials) -> None:
    """The command itself, with its notebooks, killed from outside."""

    def trial(seed: int, place: Path) -> None:
        project = Project(place, seed, targets="targets: []\n")
        environ = {**os.environ, **project.settings.environ()}
        command = [sys.executable, "-m", "workbench.cli", "run", "sales"]
        quiet = subprocess.DEVNULL
        project.deliver()
        assert nursery.call(walk, project.settings) == "SUCCESS"
        for _ in range(trials.size(small=1, full=6)):
            project.deliver()
            victim = subprocess.Popen(command, env=environ, stdout=quiet, stderr=quiet)
            end = time.monotonic() + project.chance.uniform(0.5, 4.0)
            while time.monotonic() < end and victim.poll() is None:
                time.sleep(0.01)
            victim.send_signal(signal.SIGKILL)
            trials.count(kills=int(victim.wait(30) == -signal.SIGKILL))
            project.published()
            trials.count(versions=project.versions_are_sound())
        assert nursery.call(walk, project.settings) == "SUCCESS"
        project.versions_are_sound()
        project.is_complete(project.silver)

    trials.run(trial, small=1, full=10)


def test_published_in_place_is_noticed(nursery: Nursery, tmp_path: Path) -> None:
    """The negative control: versions that change what older ones need."""
    project = Project(tmp_path, 1)
    for _ in range(2):
        project.deliver()
        assert nursery.call(walk, project.settings, broken="immutable versions") == "SUCCESS"
    with pytest.raises(Exception, match=r"No files found|No such file|cannot open"):
        project.versions_are_sound()


def test_half_a_version_is_noticed(nursery: Nursery, tmp_path: Path) -> None:
    """The negative control of what readers see: rows that are not yet whole."""
    project = Project(tmp_path, 1)
    for _ in range(2):
        project.deliver()
        assert nursery.call(walk, project.settings) == "SUCCESS"
    assert project.published() == 2
    project.deliveries._files[-1].pop()
    with pytest.raises(AssertionError, match="no whole version"):
        project.published()

"""Promise 4: death is seen within 15 seconds, whoever dies, and nobody who lives is condemned."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engine.acting import start_worker, until
from tests.engine.recording import plan_of, steps_of
from tests.faults.town import FAR, Town
from tests.faults.trials import Trials
from workbench.config import Settings
from workbench.engine import recovery, redis_server
from workbench.engine.orchestrator import advance
from workbench.engine.queue import RedisJobs
from workbench.engine.recovery import Watch, sweep
from workbench.model.status import Status
from workbench.records import workers
from workbench.records.runs import create_run, get_run, list_runs, run_status
from workbench.records.store import Records, open_records
from workbench.records.workers import list_workers

pytestmark = pytest.mark.timeout(3600)

#: Seconds: what is promised.
PROMISED = 15
#: RQ's work-horse is none of ours: a worker takes steps itself, and a zygote's child runs cells.
VICTIMS = ("worker", "kernel", "zygote", "scheduler")


def test_whoever_dies_is_seen_and_who_stands_still_is_not_condemned(trials: Trials) -> None:
    def campaign(seed: int, place: Path) -> None:
        town = Town(place, seed)
        process = town.project.up(2)
        try:
            with town.watched():
                _stop(town, trials, trials.size(small=2, full=13))
                _kill(town, trials, trials.size(small=4, full=25))
                until(lambda: all(r.status.is_final for r in list_runs(town.records)), 240)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            town.project.end()
        town.is_whole()
        lost = [each["error"]["type"] for each in town.attempts() if each["error"]]
        assert set(lost) <= {"KernelDied", "Cancelled"}, lost
        trials.count(runs=len(town.finished), attempts_lost=len(lost))

    trials.run(campaign, small=1, full=4)


def _stop(town: Town, trials: Trials, count: int) -> None:
    """Stop processes for a while, in rotation; nobody may be taken for dead."""
    there = {row.id for row in list_workers(town.records)}
    for turn in range(count):
        found = town.wait_for(VICTIMS[(turn + 3) % 4])
        with suppress(ProcessLookupError):  # a kernel that was done in the meantime
            os.kill(found.pid, signal.SIGSTOP)
            time.sleep(town.chance.uniform(0.2, 3.0))
            os.kill(found.pid, signal.SIGCONT)
        trials.count(stops=1)
    assert {row.id for row in list_workers(town.records)} == there
    numbers = {each["number"] for each in town.attempts()}
    assert numbers == {1}, "somebody was taken for dead"


def _kill(town: Town, trials: Trials, count: int) -> None:
    """Kill processes, in rotation; each death is seen."""
    kinds = VICTIMS if trials.soak is None else (*VICTIMS, FAR)
    for turn in range(count):
        kind = kinds[turn % len(kinds)]
        killed = None
        while killed is None:
            found = town.wait_for(kind)
            time.sleep(town.chance.uniform(0, 0.3))
            if kind == FAR:
                town.remove_far(found)
            with suppress(ProcessLookupError):  # a kernel that was done in the meantime
                os.kill(found.pid, signal.SIGKILL)
                killed = time.monotonic()
        until(lambda: town.is_seen(found, kind), 60)  # noqa: B023
        took = time.monotonic() - killed
        trials.note(**{f"seconds until a {kind}'s death is seen": took})
        trials.count(**{f"{kind}s killed": 1})
        assert trials.soak is None or took <= PROMISED, f"a {kind}: {took:.1f} s"


# -- negative controls ---------------------------------------------------------------------------


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[tuple[Settings, Records, int, str]]:
    """A worker in the middle of a step of a run."""
    (tmp_path / "specs").mkdir()
    settings = Settings(project=tmp_path, home=tmp_path / "home", environ={})
    records = open_records(settings)
    redis = redis_server.start(settings)
    worker = start_worker(settings)
    plan = plan_of(steps_of("a")).model_copy(update={"params": {"a.transform": "sleep 3"}})
    run = create_run(records, plan)
    assert run is not None
    advance(records, run.id, RedisJobs(settings))
    until(lambda: get_run(records, run.id).steps[1].status == Status.RUNNING)
    yield settings, records, worker.pid, run.id
    worker.kill()
    worker.wait()
    redis_server.stop(settings)
    if redis is not None:
        redis.wait(10)


def test_without_the_sweep_a_death_is_not_seen(
    at_work: tuple[Settings, Records, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the first test."""
    settings, records, pid, run_id = at_work
    os.kill(pid, signal.SIGKILL)
    with monkeypatch.context() as patch:
        patch.setattr(recovery, "_dead", lambda *_: [])
        for _ in range(5):
            sweep(records, RedisJobs(settings), Watch())
    assert get_run(records, run_id).steps[1].status == Status.RUNNING
    until(lambda: sweep(records, RedisJobs(settings), Watch()).lost == 1)
    assert get_run(records, run_id).steps[1].status != Status.RUNNING


def test_a_watcher_without_patience_condemns_the_living(
    at_work: tuple[Settings, Records, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the second test."""
    _, records, pid, run_id = at_work
    os.kill(pid, signal.SIGSTOP)
    patient, impatient = Watch(), Watch()
    for _ in range(5):
        assert patient.still(workers.list_workers(records)) == set()
        time.sleep(0.1)
    monkeypatch.setattr(recovery, "STALE", 0.2)
    until(lambda: impatient.still(workers.list_workers(records)))
    os.kill(pid, signal.SIGCONT)
    until(lambda: run_status(records, run_id).is_final, 30)

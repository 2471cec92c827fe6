"""Runs that others walk: by workers, in the background, retried, stopped."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import pytest

from tests.engine.acting import Actor, effects, start_worker, until
from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.engine import starting
from workbench.engine.foreground import walk_recorded
from workbench.engine.recovery import sweep
from workbench.engine.starting import start_again, start_run, stop_run
from workbench.errors import EngineError, RecordsError
from workbench.model.plan import Plan
from workbench.model.status import Status
from workbench.records import workers
from workbench.records.runs import create_run, get_run, list_runs, run_status, take_run
from workbench.records.store import Records

#: As ``workbench.engine.background``, with the acting executor in place of notebooks.
ACTING = """
import sys
from tests.engine.acting import Actor
from workbench.config import Settings
from workbench.engine import background
from workbench.engine.foreground import walk_recorded
from workbench.records.store import open_records
import signal
signal.signal(signal.SIGTERM, background._stop)
walk_recorded(open_records(Settings()), sys.argv[1], Settings(), Actor())
"""


@pytest.fixture
def background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    monkeypatch.setattr(starting, "COMMAND", (sys.executable, "-c", ACTING))


def telling(plan: Plan, **params: str) -> Plan:
    told = {f"{name}.transform": what for name, what in params.items()}
    return plan.model_copy(update={"params": told})


@pytest.mark.usefixtures("background")
def test_without_workers_a_process_of_its_own_does_it(
    records: Records, any_settings: Settings
) -> None:
    started = start_run(any_settings, records, plan_of(steps_of("a")))
    assert started.by == "background" and started.waits is None
    until(lambda: run_status(records, started.run_id).is_final)
    assert run_status(records, started.run_id) == Status.SUCCESS
    until(lambda: workers.list_workers(records) == ())


@pytest.mark.usefixtures("background")
def test_it_is_stopped_and_goes_on_again(records: Records, any_settings: Settings) -> None:
    plan = telling(plan_of(steps_of("a")), a="sleep 60")
    run_id = start_run(any_settings, records, plan).run_id
    until(lambda: len(effects(any_settings, "begin")) == 2)
    stop_run(any_settings, records, run_id[:8])
    until(lambda: run_status(records, run_id).is_final)
    assert run_status(records, run_id) == Status.CANCELLED
    with pytest.raises(RecordsError, match="CANCELLED already"):
        stop_run(any_settings, records, run_id)
    again = start_again(any_settings, records, run_id)
    assert again.run_id == run_id
    until(lambda: len(effects(any_settings, "begin")) == 3)
    stop_run(any_settings, records, run_id)
    until(lambda: run_status(records, run_id).is_final)


def test_workers_do_it_where_some_are_up(redis: Settings, records: Records) -> None:
    process = start_worker(redis)
    try:
        until(lambda: workers.list_workers(records, kind="worker"))
        started = start_run(redis, records, plan_of(steps_of("a")))
        assert started.by == "workers"
        until(lambda: run_status(records, started.run_id).is_final)
        assert run_status(records, started.run_id) == Status.SUCCESS
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def test_while_redis_is_away_it_waits_and_says_so(
    records: Records, any_settings: Settings
) -> None:
    workers.register(records, "worker")
    started = start_run(any_settings, records, plan_of(steps_of("a")))
    assert started.by == "workers" and started.waits
    assert run_status(records, started.run_id) == Status.PENDING


@pytest.mark.usefixtures("background")
def test_workers_that_died_unseen_are_not_waited_for(
    records: Records, any_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(workers, "process_start", lambda pid: 1.0)
        workers.register(records, "worker")  # its pid is another process's by now
    started = start_run(any_settings, records, plan_of(steps_of("a")))
    assert started.by == "background"
    until(lambda: run_status(records, started.run_id).is_final)


def test_a_process_that_cannot_be_started_fails_the_run(
    records: Records, any_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "COMMAND", (str(any_settings.home / "nothing"),))
    with pytest.raises(EngineError, match="no process could be started"):
        start_run(any_settings, records, plan_of(steps_of("a")))
    [run] = list_runs(records)
    assert run.status == Status.FAILED and run.error
    assert f"workbench retry {run.id}" in run.error["remedy"]


def test_of_many_takers_one_gets_a_run(records: Records, any_settings: Settings) -> None:
    run = create_run(records, plan_of(steps_of("a")))
    assert run
    taken: list[str] = []

    def take(name: str) -> None:
        if take_run(records, run.id, name):
            taken.append(name)

    threads = [threading.Thread(target=take, args=(f"taker-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert walk_recorded(records, run.id, any_settings, Actor()) is None


def test_a_run_that_was_cancelled_before_it_began_is_not_walked(
    records: Records, any_settings: Settings
) -> None:
    run = create_run(records, plan_of(steps_of("a")))
    assert run
    stop_run(any_settings, records, run.id)
    assert walk_recorded(records, run.id, any_settings, Actor()) is None
    assert effects(any_settings, "begin") == []


@pytest.mark.usefixtures("background")
def test_a_process_that_is_killed_leaves_a_run_that_can_go_on(
    records: Records, any_settings: Settings
) -> None:
    plan = telling(plan_of(steps_of("a")), a="die")
    run_id = start_run(any_settings, records, plan).run_id
    until(lambda: len(effects(any_settings, "begin")) == 2)

    def buried() -> bool:
        sweep(records)
        return run_status(records, run_id).is_final

    until(buried)
    error = get_run(records, run_id).error
    assert error and f"workbench retry {run_id}" in error["remedy"]

"""Workers as processes: killed, stopped, cancelled, without Redis. Nothing lost, nothing twice."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from tests.engine.acting import effects, start_worker, until
from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.engine import recovery
from workbench.engine.orchestrator import advance
from workbench.engine.queue import RedisJobs
from workbench.engine.recovery import Watch, sweep
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.records import leases, workers
from workbench.records.attempts import list_attempts
from workbench.records.runs import cancel_run, count_runs, create_run, get_run, run_status
from workbench.records.schema import workers as worker_table
from workbench.records.store import Records

Start = Callable[[], subprocess.Popen[bytes]]

# what differs between databases is tested with both; the rest once, since processes take time
once = pytest.mark.parametrize("any_settings", ["sqlite"], indirect=True)


@pytest.fixture
def start(redis: Settings) -> Iterator[Start]:
    """Starts workers; they end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def one() -> subprocess.Popen[bytes]:
        started.append(start_worker(redis))
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.wait(10)


def queue(records: Records, settings: Settings, *datasets: str, **params: str) -> Run:
    """A queued run; ``params`` are for the datasets' transforms."""
    plan = plan_of(*(steps_of(name) for name in datasets))
    told = {f"{name}.transform": what for name, what in params.items()}
    run = create_run(records, plan.model_copy(update={"params": told}))
    assert run
    advance(records, run.id, RedisJobs(settings))
    return run


def is_final(records: Records, *runs: Run) -> Callable[[], bool]:
    return lambda: all(run_status(records, run.id).is_final for run in runs)


def begun(settings: Settings, step_id: str) -> Callable[[], bool]:
    return lambda: any(step_id in line for line in effects(settings, "begin"))


@once
def test_runs_are_done_by_two_workers(records: Records, redis: Settings, start: Start) -> None:
    start(), start()
    runs = [queue(records, redis, f"d{n}", f"e{n}") for n in range(4)]
    until(is_final(records, *runs))
    assert count_runs(records) == {Status.SUCCESS: 4}
    done = Counter(effects(redis, "done"))
    assert len(done) == 4 * 6
    assert set(done.values()) == {1}
    step = get_run(records, runs[0].id).steps[0]
    assert step.result and step.result.metrics == {"one": 1.0}
    assert step.queued_at and step.started_at and step.finished_at


@once
def test_transient_failures_are_retried(records: Records, redis: Settings, start: Start) -> None:
    start()
    flaky = queue(records, redis, "a", a="flaky 2")
    broken = queue(records, redis, "b", b="raise")
    until(is_final(records, flaky, broken))
    assert run_status(records, flaky.id) == Status.SUCCESS
    assert [a["number"] for a in list_attempts(records, flaky.id)] == [1, 1, 2, 3, 1]
    error = get_run(records, broken.id).error
    assert error and error["message"] == "RuntimeError: the executor is broken"


def test_a_killed_worker_is_seen_and_its_step_done_again(
    records: Records, redis: Settings, start: Start
) -> None:
    victim = start()
    run = queue(records, redis, "a", a="sleep 1")
    until(begun(redis, "a.transform"))
    victim.kill()
    victim.wait()
    killed = time.monotonic()
    start()
    until(is_final(records, run), 15)
    assert time.monotonic() - killed < 15
    assert run_status(records, run.id) == Status.SUCCESS
    lost = [a for a in list_attempts(records, run.id) if a["status"] == Status.FAILED]
    assert [a["error"]["type"] for a in lost] == ["KernelDied"]
    assert leases.holders(records) == {}


@once
def test_a_step_that_kills_its_worker_each_time_fails(
    records: Records, redis: Settings, start: Start
) -> None:
    run = queue(records, redis, "a", a="die")
    for _ in range(3):
        start().wait(20)
        until(lambda: sweep(records, RedisJobs(redis)).dead, 5)
        time.sleep(0.05)
        sweep(records, RedisJobs(redis))
    until(is_final(records, run))
    done = get_run(records, run.id)
    assert done.status == Status.FAILED
    assert [step.status.value for step in done.steps] == ["SUCCESS", "FAILED", "SKIPPED"]


def test_a_worker_elsewhere_is_judged_by_its_heartbeat(
    records: Records, redis: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = workers.register(records, "worker")
    run = queue(records, redis, "a")
    from workbench.records.attempts import claim_step

    assert claim_step(records, run.id, "a.ingest", there)
    with records.begin() as connection:
        connection.execute(sa.update(worker_table).values(machine="elsewhere", pid=1))
    monkeypatch.setattr(recovery, "STALE", 0.5)
    watch = Watch()
    assert sweep(records, None, watch).dead == ()
    for _ in range(4):  # a heartbeat that moves is alive, whatever it says the time is
        workers.heartbeat(records, there)
        time.sleep(0.2)
        assert sweep(records, None, watch).dead == ()
    until(lambda: sweep(records, None, watch).dead == (there,), 3)
    assert get_run(records, run.id).steps[0].status == Status.PENDING
    assert not workers.heartbeat(records, there)  # it is told when it comes back


def test_a_watcher_that_was_held_up_condemns_nobody(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = workers.register(records, "worker")
    with records.begin() as connection:
        connection.execute(sa.update(worker_table).values(machine="elsewhere"))
    now = [100.0]
    monkeypatch.setattr(recovery, "time", SimpleNamespace(monotonic=lambda: now[0]))
    watch = Watch()
    watch.still(workers.list_workers(records))
    now[0] += 60  # the watcher and all others were stopped
    assert watch.still(workers.list_workers(records)) == set()
    for _ in range(3):
        now[0] += 3
        assert watch.still(workers.list_workers(records)) == set()
    now[0] += 3
    assert watch.still(workers.list_workers(records)) == {there}


@once
def test_a_stopped_worker_that_wakes_up_is_refused(
    records: Records, redis: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGSTOP, takeover, SIGCONT: one effect stands. The takeover may not kill it here."""
    monkeypatch.setattr(recovery, "STALE", 3.0)
    sleeper = start()
    run = queue(records, redis, "a", a="sleep 0.7")
    until(begun(redis, "a.transform"))
    sleeper.send_signal(signal.SIGSTOP)
    with records.begin() as connection:  # on another machine it cannot be killed
        connection.execute(sa.update(worker_table).values(machine="elsewhere"))
    watch = Watch()
    until(lambda: sweep(records, RedisJobs(redis), watch).dead, 10)
    start()
    until(is_final(records, run))
    sleeper.send_signal(signal.SIGCONT)
    time.sleep(1.5)
    done = [line for line in effects(redis, "done") if line[1] == "a.transform"]
    assert done == [(run.id, "a.transform", "2")]
    assert run_status(records, run.id) == Status.SUCCESS
    until(lambda: len(workers.list_workers(records)) == 2, 5)  # it registers anew


@once
def test_a_cancel_ends_the_notebook_in_time(
    records: Records, redis: Settings, start: Start
) -> None:
    start()
    run = queue(records, redis, "a", a="sleep 60")
    until(begun(redis, "a.transform"))
    cancel_run(records, run.id)
    asked = time.monotonic()
    until(is_final(records, run), 5)
    assert time.monotonic() - asked < 2.5
    assert run_status(records, run.id) == Status.CANCELLED


@once
def test_a_worker_that_is_stopped_gives_its_step_back(
    records: Records, redis: Settings, start: Start
) -> None:
    first = start()
    run = queue(records, redis, "a", a="sleep 3")
    until(begun(redis, "a.transform"))
    first.terminate()
    assert first.wait(5) == 0
    step = get_run(records, run.id).steps[1]
    assert step.status in (Status.PENDING, Status.QUEUED)
    assert workers.list_workers(records) == ()
    start()
    until(is_final(records, run))
    assert run_status(records, run.id) == Status.SUCCESS


@once
def test_a_worker_that_is_stopped_finishes_what_is_nearly_done(
    records: Records, redis: Settings, start: Start
) -> None:
    first = start()
    run = queue(records, redis, "a", a="sleep 0.8")
    until(begun(redis, "a.transform"))
    first.terminate()
    assert first.wait(5) == 0
    assert get_run(records, run.id).steps[1].status == Status.SUCCESS


def test_stuck_leases_are_freed(records: Records, redis: Settings) -> None:
    from workbench.records.schema import leases as lease_table

    with records.begin() as connection:
        connection.execute(sa.insert(lease_table).values(name="dataset:a", holder="gone", fence=1))
    run = queue(records, redis, "a")
    assert get_run(records, run.id).steps[0].waiting_for == "gone"
    sweep(records, RedisJobs(redis))
    assert get_run(records, run.id).steps[0].status == Status.QUEUED

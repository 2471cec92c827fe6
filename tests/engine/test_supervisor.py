"""``up``: everything starts, what dies is started again, a stop leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.acting import REPOSITORY, UP, effects, until
from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.engine import redis_server
from workbench.engine.events import Event, Publisher, subscribe
from workbench.engine.orchestrator import advance
from workbench.engine.queue import RedisJobs
from workbench.engine.supervisor import status
from workbench.errors import EngineError
from workbench.model.status import Status
from workbench.records import workers
from workbench.records.runs import create_run, run_status
from workbench.records.store import Records, open_records

pytestmark = pytest.mark.parametrize("any_settings", ["sqlite"], indirect=True)


@pytest.fixture
def engine(any_settings: Settings, records: Records) -> Iterator[subprocess.Popen[str]]:
    """``up`` with two acting workers, ready for work."""
    try:
        redis_server.binary()
    except EngineError as error:
        pytest.skip(f"missing: redis-server ({error.remedy})")
    process = subprocess.Popen(
        [sys.executable, "-c", UP],
        env={**os.environ, **any_settings.environ()},
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    until(lambda: len(workers.list_workers(records)) == 2)
    yield process
    process.kill()
    process.wait(10)
    until(lambda: not _alive(records, any_settings), 20)


def _alive(records: Records, settings: Settings) -> list[int]:
    """The processes that ``up`` started and that still live."""
    pids = [row.pid for row in workers.list_workers(records)]
    pid_file = settings.path("redis", "redis.pid")
    pids += [int(pid_file.read_text())] if pid_file.exists() else []
    return [pid for pid in pids if workers.process_start(pid) is not None]


def queue(records: Records, settings: Settings, step: str = "ok") -> str:
    plan = plan_of(steps_of("a")).model_copy(update={"params": {"a.transform": step}})
    run = create_run(records, plan)
    assert run
    advance(records, run.id, RedisJobs(settings))
    return run.id


def test_work_is_done_and_a_stop_leaves_nothing(
    engine: subprocess.Popen[str], records: Records, any_settings: Settings
) -> None:
    run_id = queue(records, any_settings)
    until(lambda: run_status(records, run_id) == Status.SUCCESS)
    found = status(any_settings, records)
    assert found.redis_up
    assert found.queues == {"high": 0, "default": 0, "low": 0}
    assert found.runs == {"SUCCESS": 1}
    assert [row.kind for row in found.workers] == ["worker", "worker"]
    alive = _alive(records, any_settings)
    assert len(alive) == 3
    engine.send_signal(signal.SIGINT)
    assert engine.wait(15) == 0
    assert _alive(records, any_settings) == []
    assert all(workers.process_start(pid) is None for pid in alive)
    assert engine.stdout
    told = engine.stdout.read()
    assert "worker 1" in told and "stopped" in told
    down = status(any_settings, records)
    assert not down.redis_up
    assert "down" in down.redis


def test_what_dies_is_started_again(
    engine: subprocess.Popen[str], records: Records, any_settings: Settings
) -> None:
    first = {row.pid for row in workers.list_workers(records)}
    victim = min(first)
    os.kill(victim, signal.SIGKILL)
    os.kill(int(any_settings.path("redis", "redis.pid").read_text()), signal.SIGKILL)
    until(lambda: redis_server.is_up(any_settings))
    until(lambda: len({row.pid for row in workers.list_workers(records)} - first) == 1)
    run_id = queue(records, any_settings)
    until(lambda: run_status(records, run_id) == Status.SUCCESS)


def test_children_end_with_a_killed_parent(
    engine: subprocess.Popen[str], records: Records, any_settings: Settings
) -> None:
    alive = _alive(records, any_settings)
    assert len(alive) == 3
    engine.kill()
    engine.wait()
    until(lambda: not any(workers.process_start(pid) for pid in alive), 10)


def test_the_next_up_goes_on_after_a_stop_in_the_middle(
    engine: subprocess.Popen[str], records: Records, any_settings: Settings
) -> None:
    run_id = queue(records, any_settings, "sleep 4")
    until(lambda: len(effects(any_settings, "begin")) == 2)
    engine.terminate()
    time.sleep(0.2)
    engine.terminate()  # at once
    assert engine.wait(10) == 0
    assert not run_status(records, run_id).is_final
    again = subprocess.Popen(
        [sys.executable, "-c", UP],
        env={**os.environ, **any_settings.environ()},
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
    )
    until(lambda: run_status(records, run_id) == Status.SUCCESS, 30)
    again.send_signal(signal.SIGINT)
    assert again.wait(15) == 0


def test_events_of_runs_are_on_the_stream(
    engine: subprocess.Popen[str], records: Records, any_settings: Settings
) -> None:
    run_id = queue(records, any_settings)
    heard = []
    for _, event in subscribe(any_settings, after="0", timeout=10):
        heard.append((event.kind, event.step_id, event.status))
        if event.kind == "run":
            assert event.run_id == run_id
            break
    steps = [step.id for step in plan_of(steps_of("a")).steps]
    told = [("step", name, word) for name in steps for word in ("RUNNING", "SUCCESS")]
    assert heard == [*told, ("run", None, "SUCCESS")]


def test_events_without_redis_are_dropped_quickly(any_settings: Settings, tmp_path: Path) -> None:
    publish = Publisher(any_settings)
    began = time.monotonic()
    for _ in range(1000):
        publish(Event(kind="step", run_id="r"))
    assert time.monotonic() - began < 1


def test_a_second_up_is_refused(any_settings: Settings) -> None:
    from workbench.engine.supervisor import up

    records = open_records(any_settings)
    workers.register(records, "scheduler")
    with pytest.raises(EngineError, match="is up already"):
        up(any_settings)

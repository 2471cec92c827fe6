"""Promise 11: thousands of runs queued at once: memory stays flat, the line is kept, ``status``
answers, and a stop leaves a state from which the next ``up`` goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.engine.acting import REPOSITORY, UP, effects, until
from tests.engine.recording import plan_of, steps_of
from tests.faults.nursery import Nursery
from tests.faults.queueing import displacement, order, work_off
from tests.faults.trials import Trials
from workbench.config import Settings
from workbench.engine import recovery, redis_server
from workbench.engine.orchestrator import to_advance
from workbench.engine.queue import RedisJobs
from workbench.engine.recovery import sweep
from workbench.engine.supervisor import status
from workbench.model.status import Status
from workbench.records.attempts import first_queued
from workbench.records.runs import count_runs, create_run
from workbench.records.schema import runs, step_runs
from workbench.records.store import Records, open_records
from workbench.records.workers import list_workers

pytestmark = pytest.mark.timeout(3600)

#: Seconds: what is promised of ``status``.
PROMISED = 0.1


def fresh(folder: Path, database: str | None = None) -> tuple[Settings, Records]:
    """A project without anything."""
    (folder / "specs").mkdir(parents=True)
    environ = {"DATABASE_URL": database} if database else {}
    settings = Settings(project=folder, home=folder / "home", environ=environ)
    return settings, open_records(settings)


def memory(pid: int) -> int:
    """Memory that a process has for itself, in KiB."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in text.splitlines() if "Private_Dirty" in line)


def test_a_crowd_is_worked_off_in_line(trials: Trials) -> None:
    """``up`` with two workers is stopped in the middle; the next one goes on (in ``make test``,
    ``tests/engine/test_supervisor.py`` has that part)."""

    def trial(seed: int, folder: Path) -> None:
        settings, records = fresh(folder)
        crowd = trials.size(small=60, full=5000, scaled=True)
        redis = redis_server.start(settings)
        began = time.monotonic()
        order(settings, records, crowd, random.Random(seed))
        trials.note(seconds_to_queue=time.monotonic() - began)
        redis_server.stop(settings)
        assert redis is None or redis.wait(10) is not None
        sizes: dict[int, list[int]] = {}
        for share in (1.0,) if trials.soak is None else (0.4, 1.0):
            up = subprocess.Popen(
                [sys.executable, "-c", "import signal\n"
                 "signal.signal(signal.SIGINT, signal.default_int_handler)\n" + UP],
                env={**os.environ, **settings.environ()},
                cwd=REPOSITORY,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                give_up = time.monotonic() + 1200
                while _done(records) < share * crowd:
                    assert time.monotonic() < give_up
                    asked = time.monotonic()
                    status(settings, records)
                    trials.note(seconds_until_status_answers=time.monotonic() - asked)
                    for row in list_workers(records, kind="worker"):
                        sizes.setdefault(row.pid, []).append(memory(row.pid))
                    time.sleep(trials.size(small=1, full=10) / 10)
            finally:
                up.send_signal(signal.SIGINT)  # Ctrl-C
                assert up.wait(60) == 0
            assert list_workers(records) == ()
            assert not count_runs(records).get(Status.RUNNING)
        assert count_runs(records) == {Status.SUCCESS: crowd}
        times = Counter(run for run, *_ in effects(settings, "done"))
        assert len(times) == crowd and set(times.values()) == {1}
        assert displacement(records) <= 4, "two workers, and two stops"
        for pid, found in sizes.items():
            if len(found) > 3:
                trials.note(growth_of_a_worker_in_KiB=found[-1] - found[len(found) // 4])
                assert found[-1] - found[len(found) // 4] < 16 << 10, (pid, found)
        answers = sorted(trials.samples["seconds_until_status_answers"])
        assert trials.soak is None or answers[len(answers) // 2] <= PROMISED
        trials.count(runs=crowd)

    trials.run(trial, small=1, full=1)


def _done(records: Records) -> int:
    return count_runs(records).get(Status.SUCCESS, 0)


def test_the_line_is_kept(nursery: Nursery, tmp_path: Path) -> None:
    """By priority, then by time, though Redis has but three queues."""
    settings, records = fresh(tmp_path / "p")
    redis = redis_server.start(settings)
    order(settings, records, 25, random.Random(1))
    nursery.call(work_off, settings)
    assert count_runs(records) == {Status.SUCCESS: 25}
    assert displacement(records) == 0
    redis_server.stop(settings)
    assert redis is None or redis.wait(10) is not None


def test_without_the_line_what_came_first_goes_first(nursery: Nursery, tmp_path: Path) -> None:
    """The negative control: the order in which Redis hands out."""
    settings, records = fresh(tmp_path / "p")
    redis = redis_server.start(settings)
    order(settings, records, 25, random.Random(1))
    nursery.call(work_off, settings, broken="the line")
    assert count_runs(records) == {Status.SUCCESS: 25}
    assert displacement(records) > 4
    redis_server.stop(settings)
    assert redis is None or redis.wait(10) is not None


def crowd_in_sql(records: Records, count: int) -> None:
    """So many runs that wait for workers, as if they had been ordered while Redis was away."""
    first = create_run(records, plan_of(steps_of("same")[:1]))
    assert first is not None
    with records.begin() as connection:
        for table, column in ((runs, "id"), (step_runs, "run_id")):
            row = dict(connection.execute(sa.select(table)).one()._mapping)
            connection.execute(
                sa.insert(table), [{**row, column: f"{n:012x}"} for n in range(count)]
            )


@pytest.mark.parametrize("count", [20, 2000])
def test_questions_cost_the_same_however_many_wait(count: int, tmp_path: Path) -> None:
    """The number of statements, and of rows that come back; times are for ``make soak``."""
    settings, records = fresh(tmp_path / "p")
    crowd_in_sql(records, count)
    asked: list[str] = []

    def note(*arguments: Any) -> None:
        asked.append(arguments[2])

    event.listen(records._reader, "before_cursor_execute", note)
    assert sum(status(settings, records).runs.values()) == count + 1
    assert len(asked) == 2
    asked.clear()
    assert first_queued(records) is None
    assert len(asked) == 2


def test_a_sweep_after_an_outage_takes_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of runs are advanced bit by bit, lest who sweeps misses his heartbeat."""
    settings, records = fresh(tmp_path / "p")
    crowd_in_sql(records, 50)
    redis = redis_server.start(settings)
    jobs = RedisJobs(settings)
    monkeypatch.setattr(recovery, "_ADVANCING", 0.0)
    assert sweep(records, jobs).advanced == 1
    monkeypatch.undo()
    until(lambda: not to_advance(records) or sweep(records, jobs).advanced)
    monkeypatch.setattr(recovery, "_AT_ONCE", 3)
    monkeypatch.setattr(recovery, "FORGOTTEN", 0.0)
    redis_server.connect(settings).flushall()
    queued = count_runs(records)[Status.QUEUED]
    assert sweep(records, jobs).requeued == min(3, queued)
    redis_server.stop(settings)
    assert redis is None or redis.wait(10) is not None

"""Promise 8: Redis is down, killed, or comes back empty: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.acting import Actor, effects, start_worker
from tests.engine.recording import plan_of, steps_of
from tests.faults import sabotage
from tests.faults.canary import CANARY, TELL, found_in
from tests.faults.project import APPEND, GOOD, MORE, Project, Said, Shell, until
from tests.faults.trials import Trials
from workbench.config import Settings
from workbench.engine import recovery, redis_server
from workbench.engine.orchestrator import advance
from workbench.engine.queue import RedisJobs
from workbench.engine.recovery import sweep
from workbench.errors import QueueUnavailable
from workbench.model.status import Status
from workbench.records.attempts import list_attempts
from workbench.records.runs import count_runs, create_run, get_run, run_status
from workbench.records.store import Records, open_records
from workbench.records.workers import list_workers

pytestmark = pytest.mark.timeout(3600)


class Shop:
    """Redis, two workers that act, and runs of one dataset each."""

    def __init__(self, folder: Path, seed: int, database: str | None = None) -> None:
        (folder / "specs").mkdir(parents=True)
        environ = {"DATABASE_URL": database} if database else {}
        self.settings = Settings(project=folder, home=folder / "home", environ=environ)
        self.chance = random.Random(seed)
        self.records: Records = open_records(self.settings)
        self.runs: list[str] = []
        self.redis = redis_server.start(self.settings)
        self.workers: list[subprocess.Popen[bytes]] = []

    def hire(self, count: int = 2) -> None:
        """Start workers."""
        self.workers += [start_worker(self.settings) for _ in range(count)]

    def order(self, count: int) -> None:
        """Queue so many runs, by three priorities."""
        jobs = RedisJobs(self.settings)
        for _ in range(count):
            plan = plan_of(steps_of(f"d{len(self.runs)}"))
            run = create_run(self.records, plan, priority=self.chance.choice([-1, 0, 1]))
            assert run is not None
            self.runs.append(run.id)
            try:
                advance(self.records, run.id, jobs)
            except QueueUnavailable:
                jobs = RedisJobs(self.settings)

    def lose(self) -> None:
        """Redis is killed, and starts again with nothing in it."""
        pid = int(self.settings.path("redis", "redis.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        if self.redis is not None:
            self.redis.wait(10)
        if self.chance.random() < 0.5:  # some runs are ordered while it is away
            self.order(3)
        for path in self.settings.path("redis").glob("*.aof"):
            path.unlink()
        self.redis = redis_server.start(self.settings)

    def waiting(self) -> int:
        """How many runs are not finished."""
        counts = count_runs(self.records)
        return sum(count for status, count in counts.items() if not status.is_final)

    def is_done_once(self) -> None:
        """Every step of every run has had its effect, once, at the first attempt."""
        assert count_runs(self.records) == {Status.SUCCESS: len(self.runs)}
        done = effects(self.settings, "done")
        assert Counter((run, step) for run, step, _ in done).most_common(1)[0][1] == 1
        assert len(done) == 3 * len(self.runs)
        assert {attempt for _, _, attempt in done} == {"1"}
        assert len(effects(self.settings, "begin")) == len(done)

    def close(self) -> None:
        """End all of it."""
        for worker in self.workers:
            worker.kill()
            worker.wait(10)
        redis_server.stop(self.settings)
        if self.redis is not None:
            self.redis.wait(10)


def test_killed_and_restarted_empty(trials: Trials, request: pytest.FixtureRequest) -> None:
    crowd = trials.size(small=20, full=200)

    def trial(seed: int, folder: Path) -> None:
        database = str(request.getfixturevalue("postgres_url")) if seed % 2 == 0 else None
        shop = Shop(folder, seed, database)
        try:
            shop.order(crowd)
            shop.hire()
            for _ in range(trials.size(small=1, full=10)):
                shop.order(max(0, crowd - shop.waiting()))
                before = len(effects(shop.settings, "done"))
                until(lambda: len(effects(shop.settings, "done")) > before, 60)  # noqa: B023
                time.sleep(shop.chance.uniform(0, 0.3))
                assert shop.waiting()
                lost = len(RedisJobs(shop.settings).waiting())
                shop.lose()
                began = time.monotonic()
                before = len(effects(shop.settings, "done"))
                # those that were begun may still end; the queue goes on when more than these do
                until(lambda: len(effects(shop.settings, "done")) > before + 4, 90)  # noqa: B023
                trials.note(seconds_until_the_queue_is_back=time.monotonic() - began)
                trials.count(losses=1, jobs_lost=lost)
            until(lambda: shop.waiting() == 0, 240)
            shop.is_done_once()
            trials.count(runs=len(shop.runs))
        finally:
            shop.close()

    trials.run(trial, small=1, full=2)


def test_without_the_sweep_a_lost_queue_is_lost(tmp_path: Path) -> None:
    """Negative control: what Redis forgets comes back through the sweep, and only so."""
    shop = Shop(tmp_path / "shop", 1)
    try:
        shop.order(1)
        jobs = RedisJobs(shop.settings)
        [(run_id, *_)] = jobs.waiting()
        redis_server.connect(shop.settings).flushall()
        advance(shop.records, run_id, jobs)
        assert jobs.waiting() == set()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(recovery, "FORGOTTEN", 0.0)
            assert sweep(shop.records, jobs).requeued == 1
            assert sweep(shop.records, jobs).requeued == 0
        assert jobs.waiting() == {(run_id, 0, 1)}
    finally:
        shop.close()


def test_without_the_fence_an_attempt_counts_twice(tmp_path: Path) -> None:
    """Negative control: a job that comes a second time is refused by SQL, and only there."""
    shop = Shop(tmp_path / "shop", 1)
    try:
        shop.order(1)
        shop.hire(1)
        until(lambda: shop.waiting() == 0, 60)
        shop.is_done_once()
        run = get_run(shop.records, shop.runs[0])

        def again() -> None:
            Actor()(run, run.steps[1], shop.settings, cancelled=lambda: False)

        again()
        assert len(effects(shop.settings, "refused")) == 1
        with sabotage.without("the fence"):
            again()
        with pytest.raises(AssertionError):
            shop.is_done_once()
    finally:
        shop.close()


@contextmanager
def up(project: Project) -> Iterator[None]:
    """Redis and one worker, which is there when the block begins."""
    process = project.start("up", "--workers", "1")
    records = project.road.records
    try:
        until(lambda: list_workers(records, kind="worker"), 100)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert project.left_over() == []


@pytest.mark.long
def test_redis_down_then_workers_killed(project: Project, shell: Shell) -> None:
    project.road.spec("sales", APPEND)
    project.road.file("a.csv", GOOD)
    records = project.road.records

    said = shell("run", "sales", "--queue", "--no-wait")
    waits_for_redis(said)
    run_id = said.out.strip()
    run = get_run(records, run_id)
    assert run.status == Status.PENDING
    assert {step.status for step in run.steps} == {Status.PENDING}

    # what runs in workers keeps the secrets of the project, too
    project.environ["TEAM_PASSWORD"] = CANARY
    (project.settings.specs / "connections" / "team.yml").write_text(
        "connection: team\ntype: postgres\ndatabase: sales\npassword: ${env:TEAM_PASSWORD}\n"
    )
    gate = project.gate("validate", before=TELL)
    gate.open()
    with up(project):
        until(lambda: run_status(records, run_id).is_final, 100)
        assert run_status(records, run_id) == Status.SUCCESS
        assert project.road.query("SELECT count(*), sum(amount) FROM sales") == [(2, 30)]

        # the worker is killed between the publication and its record
        gate.close()
        project.road.file("b.csv", MORE)
        said = shell("run", "sales", "--queue", "--no-wait")
        assert said.code == 0 and said.err == "", said.text
        second = said.out.strip()
        gate.wait()
        (worker,) = list_workers(records, kind="worker")
        os.kill(worker.pid, signal.SIGKILL)
        killed = time.monotonic()
        gate.open()
        until(lambda: run_status(records, second).is_final, 100)
        assert time.monotonic() - killed < 60
        done = get_run(records, second)
        assert done.status == Status.SUCCESS, done.error
        assert [step.attempt for step in done.steps] == [1, 1, 2, 1]
        lost = [a["error"] for a in list_attempts(records, second) if a["error"]]
        assert [error["type"] for error in lost] == ["KernelDied"]
        assert project.road.query("SELECT count(*), sum(amount) FROM sales") == [(4, 81)]

        # Redis is killed while a run waits in it, and comes back
        gate.close()
        project.road.file("c.csv", "id,amount\n4,40\n")
        third = shell("run", "sales", "--queue", "--no-wait").out.strip()
        gate.wait()
        os.kill(int(project.settings.path("redis", "redis.pid").read_text()), signal.SIGKILL)
        gate.open()
        until(lambda: run_status(records, third).is_final, 100)
        assert run_status(records, third) == Status.SUCCESS
        live = redis_server.connect(project.settings)
        assert live.dbsize() > 0
        assert found_in(project.settings.home, redis=live) == []
    assert project.road.query("SELECT count(*), sum(amount) FROM sales") == [(5, 121)]
    assert found_in(project.settings.home) == []
    logs = "".join(path.read_text() for path in project.settings.path("logs").glob("*"))
    assert "worker" in logs


def waits_for_redis(said: Said) -> None:
    assert said.code == 0, said.text
    assert f"run {said.out.strip()} is recorded and waits" in said.err
    assert "Redis cannot be reached" in said.err
    assert "start it with `workbench up`" in said.err
    assert "Traceback" not in said.err

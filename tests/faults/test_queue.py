"""Redis is down, workers are killed: what is queued waits, and is done once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.canary import CANARY, TELL, found_in
from tests.faults.project import APPEND, GOOD, MORE, Project, Said, Shell, until
from workbench.model.status import Status
from workbench.records.attempts import list_attempts
from workbench.records.runs import get_run, run_status
from workbench.records.workers import list_workers

pytestmark = pytest.mark.timeout(300)


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
    assert project.road.query("SELECT count(*), sum(amount) FROM sales") == [(5, 121)]
    assert found_in(project.settings.home) == []


def waits_for_redis(said: Said) -> None:
    assert said.code == 0, said.text
    assert f"run {said.out.strip()} is recorded and waits" in said.err
    assert "Redis cannot be reached" in said.err
    assert "start it with `workbench up`" in said.err
    assert "Traceback" not in said.err

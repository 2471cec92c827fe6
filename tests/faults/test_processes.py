"""Processes that meet, are stopped, or are killed: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import time

import duckdb
import pytest

from tests.faults.project import GOOD, MORE, SALES, Project, is_clear, until
from workbench.model.status import Status
from workbench.records import leases
from workbench.records.runs import list_runs

APPEND = SALES.replace("key: [id]\n", "")


@pytest.fixture
def published(project: Project) -> Project:
    """A dataset without a key, so that a row that comes twice shows; three rows are to come."""
    project.road.spec("sales", APPEND)
    project.road.file("a.csv", GOOD)
    assert project.road.run("sales").status == Status.SUCCESS
    project.road.file("b.csv", MORE)
    return project


def is_whole(project: Project) -> None:
    """Both deliveries are there once: published, in the target, and in the ledger."""
    assert project.road.query("SELECT count(*), sum(amount) FROM sales") == [(4, 81)]
    with duckdb.connect(str(project.settings.path("warehouse.duckdb")), read_only=True) as opened:
        assert opened.execute("SELECT count(*), sum(amount) FROM sales").fetchall() == [(4, 81)]
    assert leases.holders(project.road.records) == {}


def test_two_runs_of_one_dataset_at_once(published: Project) -> None:
    gate = published.gate("transform")
    first = published.start("run", "sales")
    gate.wait()
    second = published.start("run", "sales")
    records = published.road.records
    until(lambda: any(step.waiting_for for step in published.last().steps))
    assert len(list_runs(records)) == 3
    gate.open()
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, out + err
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, out + err
    assert f"waits for run {list_runs(records)[1].id}" in out
    assert {run.status for run in list_runs(records)} == {Status.SUCCESS}
    is_whole(published)


@pytest.mark.parametrize("terminal", [True, False], ids=["in a terminal", "kill -INT"])
def test_ctrl_c_in_the_middle(terminal: bool, published: Project) -> None:
    gate = published.gate("validate")
    process = published.start("run", "sales", group=True)
    gate.wait()
    if terminal:  # the whole group hears it
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err
    stopped = published.last()
    assert stopped.status == Status.CANCELLED
    assert f"workbench retry {stopped.id}" in err, err
    assert [step.status.value for step in stopped.steps[1:]] == [
        "SUCCESS", "CANCELLED", "CANCELLED",
    ]  # fmt: skip
    until(lambda: published.left_over() == [], 5)
    assert published.road.query("SELECT count(*), sum(amount) FROM sales") == [(2, 30)]

    gate.open()
    said = published.cli("retry", stopped.id)
    assert said.code == 0, said.text
    is_whole(published)


@pytest.mark.parametrize("verb", ["ingest", "validate", "materialize"])
def test_a_killed_run_is_taken_over_by_the_next(verb: str, published: Project) -> None:
    """It dies between the work of a step and its record: the worst moment."""
    gate = published.gate(verb)
    victim = published.start("run", "sales")
    child = gate.wait()
    victim.kill()
    victim.communicate(timeout=10)
    dead = published.last()
    assert dead.status == Status.RUNNING, "nobody was there to say that it died"
    until(lambda: not is_alive(child), 5)
    gate.open()
    began = time.monotonic()
    said = published.cli("run", "sales")
    assert said.code == 0, said.text
    assert time.monotonic() - began < 40
    is_whole(published)
    found = published.cli("show", dead.id)
    assert "the process that walked this run is gone" in found.out, found.text
    assert f"workbench retry {dead.id}" in found.out
    said = published.cli("retry", dead.id)
    assert said.code == 0, said.text
    is_whole(published)


def test_a_run_that_lives_is_not_taken_over(published: Project) -> None:
    """The negative control: the next run waits for a living one, however long."""
    gate = published.gate("transform")
    first = published.start("run", "sales")
    gate.wait()
    second = published.start("run", "sales")
    until(lambda: any(step.waiting_for for step in published.last().steps))
    time.sleep(2.5)  # several sweeps
    assert second.poll() is None
    second.send_signal(signal.SIGINT)
    assert second.wait(20) == 130
    assert {run.status for run in list_runs(published.road.records, limit=1)} == {Status.CANCELLED}
    gate.open()
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, out + err
    is_whole(published)


def test_a_killed_kernel_is_told_and_tried_again(published: Project) -> None:
    published.notebook(
        "transform",
        before="import os, signal\nif attempt == 1: os.kill(os.getpid(), signal.SIGKILL)",
    )
    said = published.cli("run", "sales")
    assert said.code == 0, said.text
    assert [step.attempt for step in published.last().steps] == [1, 2, 1, 1]
    is_whole(published)


def test_a_kernel_that_dies_each_time_is_told(published: Project) -> None:
    published.notebook("transform", before="import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    said = published.cli("run", "sales")
    is_clear(said, "transform.ipynb", "retry")
    assert published.last().steps[1].attempt == 3
    assert published.road.query("SELECT count(*) FROM sales") == [(2,)]


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

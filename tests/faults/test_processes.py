"""Processes that meet, are stopped, or are killed: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import threading
import time

import duckdb
import pytest

from tests.faults.project import APPEND, GOOD, MORE, Project, Shell, until
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.records import leases
from workbench.records.runs import list_runs

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def published(project: Project) -> Project:
    """A dataset without a key, so that a row that comes twice shows; two more rows have come."""
    project.road.spec("sales", APPEND)
    project.road.file("a.csv", GOOD)
    assert project.road.run("sales").status == Status.SUCCESS
    project.road.file("b.csv", MORE)
    return project


def is_whole(project: Project) -> None:
    """Both deliveries are there once, published and in the target, and nothing is held."""
    assert project.road.query("SELECT count(*), sum(amount) FROM sales") == [(4, 81)]
    with duckdb.connect(str(project.settings.path("warehouse.duckdb")), read_only=True) as opened:
        assert opened.execute("SELECT count(*), sum(amount) FROM sales").fetchall() == [(4, 81)]
    assert leases.holders(project.road.records) == {}


def test_two_runs_of_one_dataset_at_once(published: Project) -> None:
    """The second waits for the first, which lives: however long it takes."""
    gate = published.gate("transform")
    first = published.start("run", "sales")
    gate.wait()
    done: list[Run] = []
    second = threading.Thread(target=lambda: done.append(published.road.run("sales")))
    second.start()
    until(lambda: any(step.waiting_for for step in published.last().steps))
    waits = published.last()
    time.sleep(2.5)  # several sweeps
    assert second.is_alive()
    assert {step.status for step in published.last().steps} == {Status.PENDING}
    gate.open()
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, out + err
    second.join(60)
    assert [run.id for run in done] == [waits.id]
    assert {run.status for run in list_runs(published.road.records)} == {Status.SUCCESS}
    is_whole(published)


@pytest.mark.parametrize(
    "terminal",
    [
        pytest.param(True, id="in a terminal"),
        pytest.param(False, id="kill -INT", marks=pytest.mark.long),
    ],
)
def test_ctrl_c_in_the_middle(terminal: bool, published: Project) -> None:
    gate = published.gate("validate")
    process = published.start("run", "sales", group=True)
    gate.wait()
    began = time.monotonic()
    if terminal:  # the whole group hears it
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 15
    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err
    stopped = published.last()
    assert stopped.status == Status.CANCELLED
    assert err.splitlines() == [
        f"error: run {stopped.id} was cancelled; what was published stays",
        f"  → go on from where it was: workbench retry {stopped.id}",
    ]
    assert [step.status.value for step in stopped.steps[1:]] == [
        "SUCCESS", "CANCELLED", "CANCELLED",
    ]  # fmt: skip
    until(lambda: published.left_over() == [], 5)
    assert leases.holders(published.road.records) == {}
    assert published.road.query("SELECT count(*), sum(amount) FROM sales") == [(2, 30)]
    assert published.road.retry(stopped).status == Status.SUCCESS
    is_whole(published)


@pytest.mark.parametrize(
    "verb",
    [
        pytest.param("ingest", marks=pytest.mark.long),
        "validate",
        pytest.param("materialize", marks=pytest.mark.long),
    ],
)
def test_a_killed_run_is_taken_over_by_the_next(
    verb: str, published: Project, shell: Shell
) -> None:
    """It dies between the work of a step and its record: the worst moment."""
    gate = published.gate(verb)
    victim = published.start("run", "sales")
    child = gate.wait()
    victim.kill()
    victim.communicate(timeout=30)
    dead = published.last()
    assert dead.status == Status.RUNNING, "nobody was there to say that it died"
    until(lambda: not is_alive(child), 5)
    until(lambda: published.left_over() == [], 5)
    assert published.road.query("SELECT count(*) FROM sales") == [
        (4,) if verb == "materialize" else (2,)
    ]
    began = time.monotonic()
    said = shell("run", "sales")
    assert said.code == 0, said.text
    assert time.monotonic() - began < 15
    is_whole(published)
    found = shell("show", dead.id)
    assert "the process that walked this run is gone" in found.out, found.text
    assert f"workbench retry {dead.id}" in found.out
    assert shell("retry", dead.id).code == 0
    is_whole(published)


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

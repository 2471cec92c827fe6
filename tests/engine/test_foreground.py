"""Runs in this process: to the end, beside other runs, interrupted, killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.acting import Actor, effects, until
from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.engine.events import Event
from workbench.engine.execution import Outcome
from workbench.engine.foreground import run_foreground
from workbench.engine.orchestrator import advance
from workbench.engine.recovery import sweep
from workbench.errors import Busy, EngineError, Problem, SpecError
from workbench.model.plan import Plan, Retry
from workbench.model.result import StepResult
from workbench.model.run import Run, StepRun
from workbench.model.status import Status
from workbench.records import leases, workers
from workbench.records.attempts import claim_step, finish_step, list_attempts
from workbench.records.runs import cancel_run, create_run, get_run, list_runs
from workbench.records.store import Records, open_records

FORK = multiprocessing.get_context("fork")


def telling(plan: Plan, **params: str) -> Plan:
    told = {f"{name}.transform": what for name, what in params.items()}
    return plan.model_copy(update={"params": told})


def walk(settings: Settings, plan: Plan) -> None:
    run_foreground(open_records(settings), plan, settings, Actor())


def test_a_run_is_walked_to_its_end(records: Records, any_settings: Settings) -> None:
    heard: list[Event] = []
    plan = plan_of(steps_of("a"), steps_of("b", "a.transform"))
    run = run_foreground(records, plan, any_settings, Actor(), heard.append)
    assert run.status == Status.SUCCESS
    assert {step.status for step in run.steps} == {Status.SUCCESS}
    told = [(e.step_id, e.status) for e in heard if e.kind == "step"]
    assert len(told) == 12
    assert heard[-1].kind == "run" and heard[-1].status == Status.SUCCESS
    assert workers.list_workers(records) == ()
    assert leases.holders(records) == {}


def test_failures_end_it_and_a_retry_goes_on(records: Records, any_settings: Settings) -> None:
    failed = run_foreground(
        records, telling(plan_of(steps_of("a")), a="fail"), any_settings, Actor()
    )
    assert failed.status == Status.FAILED
    assert failed.error == {
        "type": "TestError",
        "message": "as told",
        "transient": False,
        "step": "a.transform",
    }

    def works(
        run: Run, step: StepRun, settings: Settings, *, cancelled: Callable[[], bool]
    ) -> Outcome:
        mended = run.model_copy(update={"params": {}})
        return Actor()(mended, step, settings, cancelled=cancelled)

    again = run_foreground(records, failed.id, any_settings, works)
    assert again.status == Status.SUCCESS
    assert [a["number"] for a in list_attempts(records, failed.id)] == [1, 1, 2, 1]


def test_a_passing_fault_is_waited_for(records: Records, any_settings: Settings) -> None:
    plan = plan_of(steps_of("a", retry=Retry(count=2, delay=0.2, backoff=1)))
    run = run_foreground(records, telling(plan, a="flaky 2"), any_settings, Actor())
    assert run.status == Status.SUCCESS
    assert run.steps[1].attempt == 3


def test_two_runs_of_a_dataset_follow_each_other(records: Records, any_settings: Settings) -> None:
    plan = telling(plan_of(steps_of("a")), a="sleep 0.5")
    first = FORK.Process(target=walk, args=(any_settings, plan))
    first.start()
    until(lambda: effects(any_settings, "begin"))
    heard: list[Event] = []
    run = run_foreground(records, plan, any_settings, Actor(), heard.append)
    first.join(10)
    assert run.status == Status.SUCCESS
    [earlier] = [other for other in list_runs(records) if other.id != run.id]
    assert [e.detail for e in heard if e.kind == "waiting"] == [{"for": earlier.id}]
    order = [line[0] for line in effects(any_settings, "begin")]
    assert order == [earlier.id] * 3 + [run.id] * 3


def test_a_dead_holder_does_not_hold_for_ever(records: Records, any_settings: Settings) -> None:
    plan = telling(plan_of(steps_of("a")), a="sleep 60")
    first = FORK.Process(target=walk, args=(any_settings, plan))
    first.start()
    until(lambda: len(effects(any_settings, "begin")) == 2)
    assert first.pid
    os.kill(first.pid, signal.SIGKILL)
    first.join(10)
    run = run_foreground(records, plan_of(steps_of("a")), any_settings, Actor())
    assert run.status == Status.SUCCESS
    [lost] = [other for other in list_runs(records) if other.id != run.id]
    assert lost.status == Status.FAILED
    assert lost.error and "workbench retry" in lost.error["remedy"]
    done = run_foreground(records, lost.id, any_settings, _quick)
    assert done.status == Status.SUCCESS
    assert done.steps[0].attempt == 1  # from where it was


def _quick(run: Run, step: StepRun, settings: Settings, *, cancelled: Any) -> Outcome:
    mended = run.model_copy(update={"params": {}})
    return Actor()(mended, step, settings, cancelled=cancelled)


def test_a_run_whose_process_dies_when_all_is_done_has_succeeded(
    records: Records, any_settings: Settings
) -> None:
    plan = plan_of(steps_of("a"))
    orphan = create_run(records, plan, owner="foreground-gone")
    assert orphan
    for step in orphan.steps:
        advance(records, orphan.id)
        claimed = claim_step(records, orphan.id, step.step_id, "foreground-gone")
        assert claimed
        done = StepResult(verb=step.verb, dataset=step.dataset)
        finish_step(records, orphan.id, step.step_id, claimed.attempt, done)
    assert get_run(records, orphan.id).status == Status.RUNNING  # killed before it could be closed
    sweep(records)
    run = get_run(records, orphan.id)
    assert (run.status, run.error) == (Status.SUCCESS, None)


def test_workers_adopt_the_run_of_a_dead_process(records: Records, any_settings: Settings) -> None:
    orphan = create_run(records, plan_of(steps_of("a")), owner="foreground-gone")
    workers.register(records, "worker")
    assert orphan
    sweep(records)
    assert get_run(records, orphan.id).status == Status.PENDING
    assert not get_run(records, orphan.id).error


def test_without_workers_a_queued_run_ahead_is_told(
    records: Records, any_settings: Settings
) -> None:
    from tests.engine.test_orchestrator import FakeJobs

    queued = create_run(records, plan_of(steps_of("a")))
    assert queued
    advance(records, queued.id, FakeJobs())
    with pytest.raises(Busy) as caught:
        run_foreground(records, plan_of(steps_of("a")), any_settings, Actor())
    assert f"workbench cancel {queued.id}" in str(caught.value)
    newest = list_runs(records)[0]
    assert newest.status == Status.CANCELLED


def test_a_cancel_from_elsewhere_ends_it(records: Records, any_settings: Settings) -> None:
    plan = telling(plan_of(steps_of("a")), a="sleep 60")

    def cancel() -> None:
        until(lambda: len(effects(any_settings, "begin")) == 2)
        cancel_run(records, list_runs(records)[0].id)

    thread = threading.Thread(target=cancel)
    thread.start()
    began = time.monotonic()
    run = run_foreground(records, plan, any_settings, Actor())
    thread.join()
    assert run.status == Status.CANCELLED
    assert time.monotonic() - began < 10


def test_ctrl_c_cancels_the_run(records: Records, any_settings: Settings) -> None:
    def interrupted(
        run: Run, step: StepRun, settings: Settings, *, cancelled: Callable[[], bool]
    ) -> Outcome:
        if step.verb == "transform":
            raise KeyboardInterrupt
        return Actor()(run, step, settings, cancelled=cancelled)

    with pytest.raises(KeyboardInterrupt):
        run_foreground(records, plan_of(steps_of("a")), any_settings, interrupted)
    run = list_runs(records)[0]
    assert run.status == Status.CANCELLED
    statuses = [step.status.value for step in get_run(records, run.id).steps]
    assert statuses == ["SUCCESS", "CANCELLED", "CANCELLED"]
    assert leases.holders(records) == {}
    assert run_foreground(records, run.id, any_settings, Actor()).status == Status.SUCCESS


INTERRUPTED = """
import os, signal, sys, threading
from pathlib import Path
from sqlalchemy import event
from tests.engine.acting import Actor
from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.engine import stopping
from workbench.engine.foreground import run_foreground
from workbench.records.store import open_records

place, at, unguarded = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "unguarded"
records = open_records(Settings(project=place, home=place, environ={}))
records.patience = 0.5
if unguarded:
    stopping.Interrupts._note = lambda self, number, frame: self._usual[number](number, frame)
count = 0

@event.listens_for(records._writer, "after_cursor_execute")
def interrupt(connection, cursor, statement, *_):
    global count
    if threading.current_thread() is threading.main_thread():
        count += 1
        if count == at:  # Ctrl-C in the middle of a transaction
            os.kill(os.getpid(), signal.SIGINT)

try:
    run_foreground(records, plan_of(steps_of("a")), Settings(project=place, home=place), Actor())
except KeyboardInterrupt:
    sys.exit(130)
"""


def interrupted_at(place: Path, at: int, how: str) -> tuple[int, str]:
    """The exit code of a run whose process gets Ctrl-C after so many statements, and its status."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(place), str(at), how],
        cwd=Path(__file__).parents[2],
        timeout=60,
        capture_output=True,
        check=False,
    )
    runs = list_runs(open_records(Settings(project=place, home=place, environ={})))
    return done.returncode, runs[0].status.value if runs else ""


@pytest.mark.parametrize("at", [4, 9, 16, 25, 33])
def test_ctrl_c_in_the_middle_of_a_transaction_cancels_the_run(tmp_path: Path, at: int) -> None:
    assert interrupted_at(tmp_path, at, "guarded") == (130, "CANCELLED")


def test_without_the_guard_a_lock_is_left_and_the_run_stays(tmp_path: Path) -> None:
    """The negative control: the exception leaves the transaction open, and nobody can cancel."""
    assert interrupted_at(tmp_path, 16, "guarded") == (130, "CANCELLED")
    found = []
    for at in range(9, 40, 5):
        place = tmp_path / str(at)
        place.mkdir()
        found.append(interrupted_at(place, at, "unguarded")[1])
        if found[-1] not in ("", "CANCELLED"):
            return
    raise AssertionError(found)


def test_where_secrets_cannot_be_known_nothing_but_that_is_told(settings: Settings) -> None:
    """A broken connection: neither is the run stuck, nor is an error told unscrubbed."""

    def unknown() -> tuple[str, ...]:
        raise SpecError([Problem("specs/connections/x.yml", 3, 1, "unknown key 'hots'", None)])

    def fail(*_: Any, **__: Any) -> Outcome:
        raise EngineError("the password is hunter2")

    records = open_records(settings)
    run = run_foreground(records, plan_of(steps_of("a")[:1]), settings, fail, secrets=unknown)
    assert run.status == Status.FAILED
    assert "x.yml:3:1" in str(run.error)
    assert "hunter2" not in str(list_attempts(records, run.id))

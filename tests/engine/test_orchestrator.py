"""advance: what is ready, who waits for whom, what a failure means for the rest."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from tests.engine.recording import plan_of, steps_of
from workbench.engine.execution import Outcome
from workbench.engine.orchestrator import advance, to_advance
from workbench.engine.settling import settle
from workbench.errors import QueueUnavailable
from workbench.model.plan import Plan, Retry
from workbench.model.result import StepResult
from workbench.model.run import Run, StepRun
from workbench.model.status import Status
from workbench.records import leases
from workbench.records.attempts import claim_step, finish_step, note_error
from workbench.records.runs import cancel_run, create_run, get_run, get_step
from workbench.records.schema import step_runs
from workbench.records.store import Records

TRANSIENT = {"type": "TargetUnavailable", "message": "down", "transient": True}
FINAL = {"type": "ChecksFailed", "message": "bad", "transient": False}


class FakeJobs:
    """A queue in memory; ``down`` makes it refuse."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, str, int]] = []
        self.down = False

    def enqueue(
        self, run_id: str, step_id: str, position: int, attempt: int, priority: int, *, front: bool
    ) -> None:
        if self.down:
            raise QueueUnavailable("down")
        self.jobs.append((run_id, step_id, attempt))

    def waiting(self) -> set[tuple[str, int, int]]:
        return set()

    def take(self) -> list[tuple[str, str, int]]:
        taken, self.jobs = self.jobs, []
        return taken


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


def begin(records: Records, jobs: FakeJobs, plan: Plan, priority: int = 0) -> Run:
    run = create_run(records, plan, priority=priority)
    assert run
    advance(records, run.id, jobs)
    return get_run(records, run.id)


def claim(records: Records, job: tuple[str, str, int]) -> StepRun:
    step = claim_step(records, job[0], job[1], "w", job[2])
    assert step
    return step


def succeed(records: Records, jobs: FakeJobs, job: tuple[str, str, int]) -> Status:
    step = claim(records, job)
    result = StepResult(verb=step.verb, dataset=step.dataset)
    finish_step(records, step.run_id, step.step_id, step.attempt, result)
    return advance(records, step.run_id, jobs)


def fail(
    records: Records, jobs: FakeJobs, job: tuple[str, str, int], error: dict[str, object]
) -> Status:
    step = claim(records, job)
    status = settle(records, step, Outcome(status="failed", error=error))
    advance(records, step.run_id, jobs)
    return status


def statuses(records: Records, run: Run) -> list[str]:
    return [step.status.value for step in get_run(records, run.id).steps]


def test_steps_follow_their_needs(records: Records, jobs: FakeJobs) -> None:
    run = begin(records, jobs, plan_of(steps_of("a"), steps_of("b", "a.transform")))
    ids = set()
    while taken := jobs.take():
        for job in taken:
            needs = run.plan.step(job[1]).needs
            assert all(get_step(records, run.id, need).status == Status.SUCCESS for need in needs)
            ids.add(job[1])
            status = succeed(records, jobs, job)
    assert ids == {step.id for step in run.plan.steps}
    assert status == Status.SUCCESS
    assert leases.holders(records) == {}
    assert get_run(records, run.id).finished_at


def test_advance_is_idempotent(records: Records, jobs: FakeJobs) -> None:
    run = begin(records, jobs, plan_of(steps_of("a")))
    for _ in range(3):
        advance(records, run.id, jobs)
    assert jobs.take() == [(run.id, "a.ingest", 1)]


def test_transient_errors_are_retried_with_backoff(records: Records, jobs: FakeJobs) -> None:
    retry = Retry(count=2, delay=0.2, backoff=2)
    run = begin(records, jobs, plan_of(steps_of("a", retry=retry)))
    for wait in (0.2, 0.4):
        [job] = jobs.take()
        before = records.now()
        assert fail(records, jobs, job, TRANSIENT) == Status.PENDING
        assert jobs.take() == []
        assert to_advance(records) == []
        not_before = get_step(records, run.id, "a.ingest").not_before
        assert not_before
        assert wait <= (not_before - before).total_seconds() < wait + 0.2
        time.sleep(wait)
        assert to_advance(records) == [run.id]
        advance(records, run.id, jobs)
    [job] = jobs.take()
    assert fail(records, jobs, job, TRANSIENT) == Status.FAILED
    assert get_run(records, run.id).status == Status.FAILED


def test_other_errors_are_not_retried(records: Records, jobs: FakeJobs) -> None:
    run = begin(records, jobs, plan_of(steps_of("a")))
    assert fail(records, jobs, jobs.take()[0], FINAL) == Status.FAILED
    done = get_run(records, run.id)
    assert done.status == Status.FAILED
    assert done.error
    assert (done.error["type"], done.error["step"]) == ("ChecksFailed", "a.ingest")
    assert leases.holders(records) == {}


def test_independent_branches_finish_first(records: Records, jobs: FakeJobs) -> None:
    run = begin(records, jobs, plan_of(steps_of("a"), steps_of("b"), steps_of("c", "a.transform")))
    first = {job[1]: job for job in jobs.take()}
    fail(records, jobs, first["a.ingest"], FINAL)
    assert get_run(records, run.id).status == Status.RUNNING
    succeed(records, jobs, first["c.ingest"])
    status = succeed(records, jobs, first["b.ingest"])
    while taken := jobs.take():
        assert status == Status.RUNNING
        status = succeed(records, jobs, taken[0])
    assert status == Status.FAILED
    assert statuses(records, run) == (
        ["FAILED", "SKIPPED", "SKIPPED"] + ["SUCCESS"] * 3 + ["SUCCESS", "SKIPPED", "SKIPPED"]
    )


def test_the_record_decides_not_the_notebook(records: Records, jobs: FakeJobs) -> None:
    begin(records, jobs, plan_of(steps_of("a")))
    step = claim(records, jobs.take()[0])
    result = StepResult(verb="ingest", dataset="a", skipped="nothing new")
    finish_step(records, step.run_id, step.step_id, step.attempt, result)
    assert settle(records, step, Outcome(status="died")) == Status.SUCCESS


def test_a_notebook_that_saves_nothing_has_failed(records: Records, jobs: FakeJobs) -> None:
    begin(records, jobs, plan_of(steps_of("a")))
    step = claim(records, jobs.take()[0])
    assert settle(records, step, Outcome(status="finished")) == Status.FAILED
    error = get_step(records, step.run_id, step.step_id).error
    assert error
    assert error["type"] == "NotebookFailed"
    assert "without saving a result" in error["message"]


def test_the_words_of_the_step_come_first(records: Records, jobs: FakeJobs) -> None:
    begin(records, jobs, plan_of(steps_of("a")))
    step = claim(records, jobs.take()[0])
    note_error(records, step.run_id, step.step_id, step.attempt, FINAL)
    settle(records, step, Outcome(status="failed", error={"type": "NotebookFailed", "message": ""}))
    assert get_step(records, step.run_id, step.step_id).error == FINAL


def test_one_run_of_a_dataset_at_a_time(records: Records, jobs: FakeJobs) -> None:
    plan = plan_of(steps_of("a"))
    runs = [begin(records, jobs, plan) for _ in range(3)]
    urgent = begin(records, jobs, plan, priority=5)
    waiting = [get_run(records, run.id).steps[0].waiting_for for run in (*runs, urgent)]
    assert waiting == [None, runs[0].id, runs[0].id, runs[0].id]
    order = []
    while taken := jobs.take():
        [job] = taken
        order.append(job[0])
        succeed(records, jobs, job)
    assert list(dict.fromkeys(order)) == [runs[0].id, urgent.id, runs[1].id, runs[2].id]
    assert order == [run for run in dict.fromkeys(order) for _ in range(3)]
    assert leases.holders(records) == {}


def test_a_target_is_loaded_by_one_step_at_a_time(records: Records, jobs: FakeJobs) -> None:
    one = begin(records, jobs, plan_of(steps_of("a", table="t")))
    two = begin(records, jobs, plan_of(steps_of("b", table="t")))
    for _ in range(2):
        for job in jobs.take():
            succeed(records, jobs, job)
    [job] = jobs.take()
    assert job[0] == one.id
    assert get_run(records, two.id).steps[2].waiting_for == one.id
    succeed(records, jobs, job)
    [job] = jobs.take()
    assert succeed(records, jobs, job) == Status.SUCCESS


def test_who_waits_for_two_leases_blocks_nobody(records: Records, jobs: FakeJobs) -> None:
    """The earliest in line for a target cannot go on; a later run must not wait for it."""
    early = begin(records, jobs, plan_of(steps_of("a", table="t")))
    for _ in range(2):
        succeed(records, jobs, jobs.take()[0])
    fail(records, jobs, jobs.take()[0], FINAL)
    late = begin(records, jobs, plan_of(steps_of("a", table="t")))
    from workbench.records.runs import retry_run

    retry_run(records, early.id)
    advance(records, early.id, jobs)  # waits: late has the dataset
    assert get_run(records, early.id).steps[2].waiting_for == late.id
    for _ in range(3):
        [job] = jobs.take()
        assert job[0] == late.id
        succeed(records, jobs, job)
    [job] = jobs.take()
    assert job[0] == early.id
    assert succeed(records, jobs, job) == Status.SUCCESS


def test_cancel_ends_what_has_not_begun(records: Records, jobs: FakeJobs) -> None:
    run = begin(records, jobs, plan_of(steps_of("a")))
    [job] = jobs.take()
    cancel_run(records, run.id)
    assert advance(records, run.id, jobs) == Status.CANCELLED
    assert statuses(records, run) == ["CANCELLED"] * 3
    assert claim_step(records, *job[:2], "w", job[2]) is None
    assert leases.holders(records) == {}


def test_cancel_waits_for_what_runs(records: Records, jobs: FakeJobs) -> None:
    run = begin(records, jobs, plan_of(steps_of("a")))
    step = claim(records, jobs.take()[0])
    cancel_run(records, run.id)
    assert advance(records, run.id, jobs) == Status.RUNNING
    assert leases.holders(records) == {"dataset:a": run.id}
    assert settle(records, step, Outcome(status="cancelled")) == Status.CANCELLED
    assert advance(records, run.id, jobs) == Status.CANCELLED
    assert leases.holders(records) == {}


def test_giving_a_step_back_uses_up_no_retry(records: Records, jobs: FakeJobs) -> None:
    run = begin(records, jobs, plan_of(steps_of("a", retry=Retry(count=0))))
    for number in (1, 2, 3):
        [job] = jobs.take()
        assert job[2] == number
        step = claim(records, job)
        assert settle(records, step, Outcome(status="cancelled"), requeue=True) == Status.PENDING
        advance(records, run.id, jobs)
    tries = records.value(sa.select(step_runs.c.tries).where(step_runs.c.step_id == "a.ingest"))
    assert tries == 0


def test_who_was_taken_for_dead_fails_nothing(records: Records, jobs: FakeJobs) -> None:
    """It ends its notebook when it hears of that; nobody asked for a cancel."""
    run = begin(records, jobs, plan_of(steps_of("a", retry=Retry(count=0))))
    [job] = jobs.take()
    step = claim(records, job)
    assert settle(records, step, Outcome(status="cancelled")) == Status.PENDING
    advance(records, run.id, jobs)
    assert [job[2] for job in jobs.take()] == [2]
    assert statuses(records, run)[0] == "QUEUED"


def test_without_redis_a_run_waits_in_sql(records: Records, jobs: FakeJobs) -> None:
    jobs.down = True
    run = create_run(records, plan_of(steps_of("a")))
    assert run
    with pytest.raises(QueueUnavailable):
        advance(records, run.id, jobs)
    assert get_run(records, run.id).status in (Status.PENDING, Status.QUEUED)
    assert statuses(records, run) == ["PENDING"] * 3
    assert leases.holders(records) == {}  # and it keeps nobody from working
    jobs.down = False
    assert to_advance(records) == [run.id]
    advance(records, run.id, jobs)
    assert jobs.take() == [(run.id, "a.ingest", 1)]


def test_many_waiting_runs_stay_quick(records: Records, jobs: FakeJobs) -> None:
    plan = plan_of(steps_of("a"))
    for _ in range(60):
        run = create_run(records, plan)
        assert run
    began = time.monotonic()
    for run_id in to_advance(records):
        advance(records, run_id, jobs)
    assert len(jobs.jobs) == 1
    assert time.monotonic() - began < 10
    began = time.monotonic()
    assert to_advance(records) == []
    succeed(records, jobs, jobs.take()[0])
    assert time.monotonic() - began < 1

"""Attempts: one winner, no late result, nothing recorded that does not balance."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.engine.orchestrator import advance
from workbench.errors import FenceRefused
from workbench.model.dataset import Column, DatasetRef
from workbench.model.ledger import LedgerImbalance, LoadLedger, TransformLedger
from workbench.model.lineage import LineageEdge
from workbench.model.result import CheckResult, ColumnProfile, QuarantineBatch, StepResult
from workbench.model.run import Run, StepRun
from workbench.model.status import Status
from workbench.records import attempts, results, versions
from workbench.records.runs import cancel_run, create_run, get_run, get_step, retry_run
from workbench.records.schema import leases
from workbench.records.store import Records, open_records

FORK = multiprocessing.get_context("fork")
RESULT = StepResult(verb="ingest", dataset="a")
LOST = {"type": "KernelDied", "message": "gone", "transient": True}


@pytest.fixture
def run(records: Records) -> Run:
    """A run in the foreground whose first step is queued."""
    made = create_run(records, plan_of(steps_of("a")), owner="me")
    assert made
    advance(records, made.id)
    return made


def claim(records: Records, run: Run, step: str = "a.ingest") -> StepRun:
    claimed = attempts.claim_step(records, run.id, step, "me")
    assert claimed
    return claimed


def lose(records: Records, step: StepRun) -> None:
    """The sweep finds the worker of an attempt dead."""
    assert attempts.end_attempt(
        records,
        step.run_id,
        step.step_id,
        step.attempt,
        status=Status.FAILED,
        step_status=Status.PENDING,
        error=LOST,
    )
    advance(records, step.run_id)


def claim_in_a_crowd(settings: Settings, run_id: str, ready: Any, answers: Any) -> None:
    records = open_records(settings)
    ready.wait(30)
    for _ in range(20):
        claimed = attempts.claim_step(records, run_id, "a.ingest", f"worker {id(records)}")
        answers.put(claimed is not None)


def test_of_many_claimers_one_wins(any_settings: Settings, records: Records, run: Run) -> None:
    ready, answers = FORK.Event(), FORK.Queue()
    crowd = [
        FORK.Process(target=claim_in_a_crowd, args=(any_settings, run.id, ready, answers))
        for _ in range(4)
    ]
    for process in crowd:
        process.start()
    ready.set()
    won = [answers.get(timeout=60) for _ in range(80)]
    for process in crowd:
        process.join(10)
    assert sum(won) == 1
    assert len(attempts.list_attempts(records, run.id)) == 1


def test_a_claim_is_recorded(records: Records, run: Run) -> None:
    step = claim(records, run)
    assert (step.status, step.attempt, step.worker) == (Status.RUNNING, 1, "me")
    [attempt] = attempts.list_attempts(records, run.id)
    assert attempt["id"] == step.fence
    assert attempt["status"] == Status.RUNNING
    [fence] = records.rows(sa.select(leases.c.fence).where(leases.c.holder == run.id))
    assert fence == (step.fence,)
    assert get_run(records, run.id).status == Status.RUNNING


def test_an_old_message_begins_no_later_attempt(records: Records, run: Run) -> None:
    step = attempts.claim_step(records, run.id, "a.ingest", "me", attempt=1)
    assert step
    lose(records, step)
    assert get_step(records, run.id, "a.ingest").status == Status.QUEUED
    assert attempts.claim_step(records, run.id, "a.ingest", "me", attempt=1) is None
    assert attempts.claim_step(records, run.id, "a.ingest", "me", attempt=2)


def test_what_is_not_queued_cannot_be_claimed(records: Records, run: Run) -> None:
    assert attempts.claim_step(records, run.id, "a.transform", "me") is None
    assert attempts.claim_step(records, run.id, "no.step", "me") is None
    cancel_run(records, run.id)
    assert attempts.claim_step(records, run.id, "a.ingest", "me") is None


def test_without_its_lease_a_step_does_not_begin(records: Records, run: Run) -> None:
    with records.begin() as connection:
        connection.execute(sa.update(leases).values(holder="another"))
    with pytest.raises(FenceRefused):
        claim(records, run)
    assert get_step(records, run.id, "a.ingest").attempt == 0
    assert attempts.list_attempts(records, run.id) == []


def test_a_stale_attempt_is_refused(records: Records, run: Run) -> None:
    first = claim(records, run)
    lose(records, first)
    second = claim(records, run)
    assert second.fence > first.fence
    assert not attempts.is_current(records, run.id, "a.ingest", first.attempt)
    with pytest.raises(FenceRefused, match="attempt 1 may not"):
        attempts.finish_step(records, run.id, "a.ingest", first.attempt, RESULT)
    assert get_step(records, run.id, "a.ingest").status == Status.RUNNING
    attempts.finish_step(records, run.id, "a.ingest", second.attempt, RESULT)
    assert get_step(records, run.id, "a.ingest").status == Status.SUCCESS


def test_a_result_is_recorded_once(records: Records, run: Run) -> None:
    step = claim(records, run)
    attempts.finish_step(records, run.id, "a.ingest", step.attempt, RESULT)
    with pytest.raises(FenceRefused):
        attempts.finish_step(records, run.id, "a.ingest", step.attempt, RESULT)
    assert not attempts.end_attempt(  # and what was finished is never marked failed
        records,
        run.id,
        "a.ingest",
        step.attempt,
        status=Status.FAILED,
        step_status=Status.FAILED,
        error=LOST,
    )
    assert get_step(records, run.id, "a.ingest").status == Status.SUCCESS


def test_a_refused_attempt_moves_no_pointer(records: Records, run: Run) -> None:
    first = claim(records, run)
    lose(records, first)
    claim(records, run)
    ref = DatasetRef(dataset="a", layer="silver", uri="x", format="delta", version=0)
    now = records.now()
    with pytest.raises(FenceRefused):
        attempts.finish_step(
            records,
            run.id,
            "a.ingest",
            first.attempt,
            RESULT,
            also=lambda c: versions.publish_version(c, ref, run.id, now=now),
        )
    assert versions.published_version(records, "a") is None


def test_pointer_and_result_move_together(records: Records, run: Run) -> None:
    step = claim(records, run)
    ref = DatasetRef(dataset="a", layer="silver", uri="x", format="delta", version=0)

    def publish_and_fail(connection: sa.Connection) -> None:
        versions.publish_version(connection, ref, run.id, now=records.now(connection))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        attempts.finish_step(
            records, run.id, "a.ingest", step.attempt, RESULT, also=publish_and_fail
        )
    assert versions.published_version(records, "a") is None
    assert get_step(records, run.id, "a.ingest").status == Status.RUNNING


def test_rows_that_are_unaccounted_for_are_not_recorded(records: Records, run: Run) -> None:
    step = claim(records, run)
    bad = RESULT.model_copy(
        update={"ledgers": (TransformLedger(name="trim", rows_in=10, rows_out=9),)}
    )
    with pytest.raises(LedgerImbalance):
        attempts.finish_step(records, run.id, "a.ingest", step.attempt, bad)
    assert get_step(records, run.id, "a.ingest").status == Status.RUNNING


def test_everything_in_a_result_comes_back(records: Records, run: Run) -> None:
    step = claim(records, run)
    result = StepResult(
        verb="ingest",
        dataset="a",
        outputs=(
            DatasetRef(
                dataset="a",
                layer="bronze",
                uri="x",
                format="delta",
                version=3,
                columns=(Column(name="ñandú", original="Ñandú\0\udce4"),),
            ),
        ),
        ledgers=(
            TransformLedger(name="trim", rows_in=10, rows_out=9, filtered=1),
            LoadLedger(name="t", candidate=1, inserted=1, after=1),
        ),
        checks=(
            CheckResult(
                expectation="expect_x", success=False, result={"n": float("nan"), "t": "a\0b"}
            ),
        ),
        profiles=(ColumnProfile(column="c", type="text", rows=9, nulls=0, top=(("a", 9),)),),
        lineage=(LineageEdge(source="b", target="a", source_column="x", target_column="y"),),
        quarantine=(QuarantineBatch(dataset="a", uri="q", rows=2, reasons={"bad": 2}),),
        metrics={"seconds": 0.25},
        detected={"f.csv": {"encoding": "latin-1"}},
        warnings=("odd \0 \udce4",),
    )
    attempts.finish_step(records, run.id, "a.ingest", step.attempt, result)
    again = get_step(records, run.id, "a.ingest").result
    assert again
    assert again.model_copy(update={"checks": ()}) == result.model_copy(update={"checks": ()})
    assert str(again.checks[0].result["n"]) == "nan"
    assert results.lineage(records, "a") == result.lineage
    assert results.latest_profiles(records, "a") == result.profiles
    [check] = results.latest_checks(records, "a")
    assert check.result["t"] == "a\0b"


def test_a_retry_keeps_what_succeeded(records: Records, run: Run) -> None:
    step = claim(records, run)
    attempts.finish_step(records, run.id, "a.ingest", step.attempt, RESULT)
    advance(records, run.id)
    second = claim(records, run, "a.transform")
    attempts.end_attempt(
        records,
        run.id,
        "a.transform",
        second.attempt,
        status=Status.FAILED,
        step_status=Status.FAILED,
        error={"type": "X", "message": "m"},
    )
    assert advance(records, run.id) == Status.FAILED
    failed = get_run(records, run.id)
    assert failed.error == {"type": "X", "message": "m", "step": "a.transform"}
    assert [s.status for s in failed.steps] == [Status.SUCCESS, Status.FAILED, Status.SKIPPED]
    again = retry_run(records, run.id, owner="me")
    assert [s.status for s in again.steps] == [Status.SUCCESS, Status.PENDING, Status.PENDING]
    advance(records, run.id)
    assert claim(records, run, "a.transform").attempt == 2


@pytest.fixture(autouse=True)
def _fence_rises(records: Records) -> Iterator[None]:
    """After each test: fences rise in the order in which attempts began."""
    yield
    fences = records.rows(sa.text("SELECT id, started_at FROM attempts ORDER BY id"))
    assert [row[1] for row in fences] == sorted(row[1] for row in fences)

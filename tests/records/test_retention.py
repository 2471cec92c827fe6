"""What the records may forget, on each database."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.engine.recording import plan_of, steps_of
from workbench.model.dataset import DatasetRef
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.records import batches, retention, schema, slots, versions, workers
from workbench.records.runs import create_run, list_runs
from workbench.records.store import Records


def ended(records: Records, dataset: str, *, days: int, status: Status = Status.SUCCESS) -> Run:
    """A run that ended so many days ago."""
    run = create_run(records, plan_of(steps_of(dataset)))
    assert run is not None
    then = records.now() - timedelta(days=days)
    with records.begin() as connection:
        connection.execute(
            sa.update(schema.runs)
            .where(schema.runs.c.id == run.id)
            .values(status=status, created_at=then, finished_at=then)
        )
    return run


def publish(records: Records, version: int, run: Run, *, days: int = 0) -> None:
    with records.begin() as connection:
        versions.publish_version(
            connection,
            DatasetRef(dataset="a", layer="silver", uri="u", format="delta", version=version),
            run.id,
            now=records.now() - timedelta(days=days),
        )


def test_runs_are_forgotten_with_all_that_is_recorded_of_them(records: Records) -> None:
    before = records.now() - timedelta(days=90)
    maker = ended(records, "a", days=300)
    waiting = ended(records, "a", days=299, status=Status.FAILED)
    old = [ended(records, "a", days=200 - n, status=s) for n, s in enumerate(
        (Status.SUCCESS, Status.FAILED, Status.CANCELLED))]  # fmt: skip
    last = ended(records, "a", days=100)
    other = ended(records, "b", days=400)
    at_work = create_run(records, plan_of(steps_of("a")))
    publish(records, 1, maker)
    with records.begin() as connection:
        batches.add_batch(connection, "a", waiting.id, 3, now=records.now())
    assert at_work is not None
    found = retention.forgettable_runs(records, before)
    assert found == tuple(run.id for run in old)
    assert retention.forget_runs(records, [*found, at_work.id]) == len(old)
    kept = {run.id for run in list_runs(records)}
    assert kept == {maker.id, waiting.id, last.id, other.id, at_work.id}
    steps = records.value(sa.select(sa.func.count()).select_from(schema.step_runs))
    assert steps == 3 * len(kept)
    assert retention.open_runs(records) == {at_work.id}
    assert retention.is_open(records, at_work.id) and not retention.is_open(records, last.id)
    assert retention.datasets_at_work(records) == {"a"}
    assert set(retention.ended_runs(records)) == kept - {at_work.id}


def test_slots_are_forgotten_once_their_schedule_has_dealt_with_them(records: Records) -> None:
    now = records.now()
    for workflow in ("a", "b", "gone"):
        with records.begin() as connection:
            for days in (100, 95, 1):
                slots.take(connection, workflow, now - timedelta(days=days), "r")
    slots.considered(records, "a", "* * * * *", "UTC", now - timedelta(days=97))
    slots.considered(records, "b", "* * * * *", "UTC", now)
    before = now - timedelta(days=90)
    assert retention.old_slots(records, before) == 5
    assert retention.forget_slots(records, before) == 5
    assert set(slots.taken(records, "a")) == {now - timedelta(days=95), now - timedelta(days=1)}
    assert len(slots.taken(records, "b")) == len(slots.taken(records, "gone")) == 1


def test_processes_are_forgotten_once_nothing_open_names_them(records: Records) -> None:
    owner, stopped, alive = (workers.register(records, "foreground") for _ in range(3))
    create_run(records, plan_of(steps_of("a")), owner=owner)
    workers.stop(records, owner)
    workers.stop(records, stopped)
    later = records.now() + timedelta(days=1)
    assert retention.old_workers(records, records.now() - timedelta(days=1)) == ()
    assert retention.old_workers(records, later) == (stopped,)
    assert retention.forget_workers(records, [stopped, alive]) == 1


@pytest.mark.parametrize(("days", "kept"), [(0, [3]), (6, [2, 3]), (12, [1, 2, 3])])
def test_versions_stay_in_use_for_a_while_after_they_were_replaced(
    records: Records, days: int, kept: list[int]
) -> None:
    run = ended(records, "a", days=0)
    for version, ago in ((1, 20), (2, 10), (3, 5)):
        publish(records, version, run, days=ago)
    since = records.now() - timedelta(days=days)
    assert retention.versions_in_use(records, "a", "silver", since) == kept
    assert retention.versions_in_use(records, "a", "gold", since) == []

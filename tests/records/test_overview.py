"""Runs in short: pages, steps, counters of needs, usual times."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.engine.acting import Actor
from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.engine.foreground import run_foreground
from workbench.engine.orchestrator import advance
from workbench.model.status import Status
from workbench.records import overview
from workbench.records.overview import (
    latest_run_of_each,
    list_overview,
    run_states,
    usual_seconds,
)
from workbench.records.runs import cancel_run, create_run
from workbench.records.schema import runs, step_runs
from workbench.records.store import Records


def test_steps_come_with_how_many_of_their_needs_are_met(
    records: Records, any_settings: Settings
) -> None:
    plan = plan_of(steps_of("a"), steps_of("b", "a.transform"))
    waiting = create_run(records, plan)
    assert waiting
    [row] = list_overview(records)
    counters = {step.step_id: (step.met, step.needs) for step in row.steps}
    assert counters["a.ingest"] == (0, 0)
    assert counters["b.transform"] == (0, 2)
    cancel_run(records, waiting.id)
    advance(records, waiting.id)
    run_foreground(records, plan, any_settings, Actor())
    row = list_overview(records, status=[Status.SUCCESS])[0]
    assert {step.step_id: (step.met, step.needs) for step in row.steps}["b.transform"] == (2, 2)
    assert row.datasets == ("a", "b")


def test_pages_do_not_miss_runs_of_the_same_moment(records: Records) -> None:
    made = {run.id for _ in range(5) if (run := create_run(records, plan_of(steps_of("a"))))}
    with records.begin() as connection:
        now = records.now(connection)
        connection.execute(sa.update(runs).values(created_at=now))
    seen: list[str] = []
    before = None
    while page := list_overview(records, before=before, limit=2):
        seen += [row.id for row in page]
        before = (page[-1].created_at, page[-1].id)
    assert len(seen) == 5 and set(seen) == made


def test_the_newest_run_of_each_dataset_also_if_it_is_long_ago(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = create_run(records, plan_of(steps_of("rare")))
    create_run(records, plan_of(steps_of("often")))
    newest = create_run(records, plan_of(steps_of("often")))
    assert rare and newest
    for limit in (1, 300):
        monkeypatch.setattr(overview, "_NEWEST", limit)
        found = latest_run_of_each(records, ["often", "rare", "never"])
        assert {name: row.id for name, row in found.items()} == {
            "often": newest.id,
            "rare": rare.id,
        }


def test_usual_times_are_those_of_successes(records: Records, any_settings: Settings) -> None:
    for seconds in (1, 2, 30):
        run = run_foreground(records, plan_of(steps_of("a")), any_settings, Actor())
        with records.begin() as connection:
            step = next(s for s in run.steps if s.step_id == "a.ingest")
            assert step.started_at
            connection.execute(
                sa.update(step_runs)
                .where(step_runs.c.run_id == run.id, step_runs.c.step_id == "a.ingest")
                .values(finished_at=step.started_at + timedelta(seconds=seconds))
            )
    assert usual_seconds(records, {"a.ingest": "a"}) == {"a.ingest": 2.0}
    assert usual_seconds(records, {"b.ingest": "b"}) == {}


def test_states_change_when_a_step_does(records: Records, any_settings: Settings) -> None:
    run = create_run(records, plan_of(steps_of("a")), owner="somebody")
    assert run
    before = run_states(records)
    advance(records, run.id)
    assert run_states(records)[run.id] != before[run.id]
    assert run_states(records) == run_states(records)

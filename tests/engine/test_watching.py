"""Changes of runs are told: by events, and without Redis by looking."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.engine.acting import Actor, until
from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.engine import redis_server, watching
from workbench.engine.events import Event, Publisher
from workbench.engine.foreground import run_foreground
from workbench.engine.watching import Change, RunsWatch
from workbench.model.status import Status
from workbench.records import workers
from workbench.records.quarantine import add_rows
from workbench.records.runs import create_run, run_status
from workbench.records.store import Records


@contextmanager
def watched(settings: Settings, records: Records) -> Iterator[tuple[RunsWatch, list[Change]]]:
    heard: list[Change] = []
    watch = RunsWatch(settings, records, heard.append).start()
    try:
        yield watch, heard
    finally:
        watch.close()


def ids(heard: list[Change]) -> set[str]:
    return {run for change in heard for run in change.runs}


def test_without_redis_changes_are_seen_by_looking(
    records: Records, any_settings: Settings
) -> None:
    with watched(any_settings, records) as (watch, heard):
        run = run_foreground(records, plan_of(steps_of("a")), any_settings, Actor())
        until(lambda: run.id in ids(heard))
        assert not watch.is_live and not any(change.live for change in heard)


def test_events_wake_it_at_once(
    records: Records, redis: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "POLL_WITH_EVENTS", 600.0)  # so that looking does not help
    with watched(redis, records) as (watch, heard):
        until(lambda: watch.is_live)
        until(lambda: any(change.live for change in heard))
        tell = Publisher(redis)
        run = create_run(records, plan_of(steps_of("a")))
        assert run
        until(lambda: _told(tell, run.id) and run.id in ids(heard))
        tell(Event(kind="progress", run_id=run.id, step_id="s", detail={"cell": 2, "cells": 6}))
        until(lambda: any(change.cells == {f"{run.id} s": (2, 6)} for change in heard))


def _told(tell: Publisher, run_id: str) -> bool:
    """The stream is read from its end on, so the first event may come before it is read."""
    tell(Event(kind="run", run_id=run_id))
    return True


def test_redis_that_goes_away_is_noticed_and_looked_past(
    records: Records, redis: Settings
) -> None:
    with watched(redis, records) as (watch, heard):
        until(lambda: watch.is_live)
        redis_server.stop(redis)
        until(lambda: not watch.is_live)
        run = run_foreground(records, plan_of(steps_of("a")), redis, Actor())
        until(lambda: run.id in ids(heard))


def test_what_did_not_change_is_not_told(records: Records, any_settings: Settings) -> None:
    run = run_foreground(records, plan_of(steps_of("a")), any_settings, Actor())
    looked = threading.Event()
    with watched(any_settings, records) as (watch, heard):
        for _ in range(3):
            watch.wake()
            looked.wait(0.2)
        other = create_run(records, plan_of(steps_of("b")))
        assert other
        until(lambda: other.id in ids(heard))  # the control: it does look
        assert run.id not in ids(heard)


def test_refused_rows_are_told(records: Records, any_settings: Settings) -> None:
    with watched(any_settings, records) as (watch, heard):
        watch.wake()
        run = run_foreground(records, plan_of(steps_of("a")), any_settings, Actor())
        until(lambda: run.id in ids(heard))
        with records.begin() as connection:
            now = records.now(connection)
            rows = [("x", "a.csv", 1, ["because"])]
            add_rows(connection, "a", run.id, "validate", "uri", rows, now=now)
        until(lambda: any(change.quarantine for change in heard))


def test_without_workers_a_dead_process_is_found_out(
    records: Records, any_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(records, plan_of(steps_of("a")), owner="foreground-gone")
    assert run
    monkeypatch.setattr(watching, "_SWEEP", 0.2)
    with watched(any_settings, records) as (_, heard):
        until(lambda: run_status(records, run.id) == Status.FAILED)
        until(lambda: run.id in ids(heard))


def test_where_workers_are_up_they_sweep(
    records: Records, any_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.register(records, "worker")
    run = create_run(records, plan_of(steps_of("a")), owner="foreground-gone")
    assert run
    monkeypatch.setattr(watching, "_SWEEP", 0.05)
    swept: list[str] = []
    monkeypatch.setattr(watching, "sweep", lambda *_: swept.append("swept"))
    with watched(any_settings, records) as (watch, heard):
        watch.wake()
        other = create_run(records, plan_of(steps_of("b")))
        assert other
        until(lambda: other.id in ids(heard))
    assert swept == []

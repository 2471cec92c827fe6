"""Schedules: daylight saving, catch-up; ``tests/faults`` has schedulers with wrong clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.engine.recording import plan_of, steps_of
from workbench.cli.services import Schedules
from workbench.config import Settings
from workbench.engine.schedule import last_slot, slots_between, tick
from workbench.errors import ConfigError, SourceMissing
from workbench.model.plan import Plan
from workbench.model.status import Status, Trigger
from workbench.records import slots
from workbench.records.runs import get_run
from workbench.records.store import Records
from workbench.spec.models import ScheduleSpec

DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def between(cron: str, zone: str, after: str, until: str) -> list[str]:
    schedule = ScheduleSpec.model_construct(cron=cron, timezone=zone)  # unchecked
    return [f"{slot:%d %H:%M}" for slot in slots_between(schedule, at(after), at(until))]


def plan(name: str) -> Plan:
    return plan_of(steps_of(name), workflow=name)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "until", "expected"),
    [
        # Berlin skips 02:00-03:00 on 31 March: what is missing runs right after the gap
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2024-03-30",
            "2024-04-02",
            ["30 01:30", "31 01:00", "01 00:30"],
        ),
        # and has 02:00-03:00 twice on 27 October: a fixed time runs once
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2024-10-26",
            "2024-10-29",
            ["26 00:30", "27 00:30", "28 01:30"],
        ),
        # elapsed time knows no daylight saving
        (
            "*/30 * * * *",
            "Europe/Berlin",
            "2024-10-27T00:00",
            "2024-10-27T02:00",
            ["27 00:30", "27 01:00", "27 01:30", "27 02:00"],
        ),
        ("0 6 * * 1-5", "America/Santiago", "2024-04-05", "2024-04-09", ["05 09:00", "08 10:00"]),
        (
            "30 0 * * *",
            "America/Santiago",
            "2024-09-07",
            "2024-09-10",
            ["07 04:30", "08 04:00", "09 03:30"],
        ),
    ],
)
def test_slots_follow_daylight_saving(
    cron: str, zone: str, after: str, until: str, expected: list[str]
) -> None:
    assert between(cron, zone, after, until) == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago"])
@pytest.mark.parametrize("cron", ["30 2 * * *", "*/30 * * * *", "45 23 * * 0", "15 0,2,3 * * *"])
@pytest.mark.parametrize("start", ["2024-03-29", "2024-10-25", "2024-04-05", "2024-09-06"])
def test_where_one_looks_from_makes_no_difference(zone: str, cron: str, start: str) -> None:
    schedule = ScheduleSpec(cron=cron, timezone=zone)
    first, end = at(start) + DAY, at(start) + 3 * DAY
    all_slots = list(slots_between(schedule, first, end))
    assert all_slots == sorted(set(all_slots))
    moment = first
    while moment + timedelta(minutes=61) <= end:
        moment += timedelta(minutes=61)
        assert list(slots_between(schedule, moment, end)) == [s for s in all_slots if s > moment]
        past = [slot for slot in all_slots if slot <= moment]
        assert last_slot(schedule, first, moment) == (past[-1] if past else None)


@pytest.mark.parametrize(
    ("catch_up", "expected"), [("none", [6]), ("latest", [6]), ("all", [2, 3, 4, 5, 6])]
)
def test_missed_slots_follow_the_policy(
    records: Records, catch_up: Any, expected: list[int]
) -> None:
    schedules = {"a": ScheduleSpec(cron="0 12 * * *", catch_up=catch_up)}
    start = at("2024-05-01T13:00")
    assert tick(records, lambda: schedules, plan, start) == []  # nothing from before its time
    tick(records, lambda: schedules, plan, at("2024-05-06T12:00:30"))
    assert sorted(slot.day for slot in slots.taken(records, "a")) == expected
    assert tick(records, lambda: schedules, plan, at("2024-05-06T12:00:40")) == []


def test_late_slots_are_left_out_or_caught_up(records: Records) -> None:
    schedules = {
        policy: ScheduleSpec(cron="0 12 * * *", catch_up=policy)  # type: ignore[arg-type]
        for policy in ("none", "latest", "all")
    }
    tick(records, lambda: schedules, plan, at("2024-05-01T13:00"))
    tick(records, lambda: schedules, plan, at("2024-05-03T15:00"))
    days = {name: sorted(s.day for s in slots.taken(records, name)) for name in schedules}
    assert days == {"none": [], "latest": [3], "all": [2, 3]}


def test_a_clock_that_goes_back_repeats_nothing(records: Records) -> None:
    schedules = {"a": ScheduleSpec(cron="*/10 * * * *", catch_up="all")}
    now = at("2024-05-01T12:00")
    tick(records, lambda: schedules, plan, now)
    assert len(tick(records, lambda: schedules, plan, now + timedelta(hours=1))) == 6
    for minutes in (-300, -30, 20, 55, 60):
        assert tick(records, lambda: schedules, plan, now + timedelta(minutes=minutes)) == []
    assert len(tick(records, lambda: schedules, plan, now + timedelta(minutes=70))) == 1


def test_a_changed_schedule_begins_now(records: Records) -> None:
    old = {"a": ScheduleSpec(cron="0 12 * * *", catch_up="all")}
    new = {"a": ScheduleSpec(cron="0 * * * *", catch_up="all")}
    tick(records, lambda: old, plan, at("2024-05-01T10:00"))
    assert tick(records, lambda: new, plan, at("2024-05-05T10:30")) == []
    assert len(tick(records, lambda: new, plan, at("2024-05-05T12:00:01"))) == 2


def test_a_scheduled_run_says_so(records: Records) -> None:
    schedules = {"a": ScheduleSpec(cron="* * * * *")}
    tick(records, lambda: schedules, plan, at("2024-05-01T10:00"))
    [run_id] = tick(records, lambda: schedules, plan, at("2024-05-01T10:01:02"))
    run = get_run(records, run_id)
    assert (run.trigger, run.triggered_by) == (Trigger.SCHEDULED, "scheduler")
    assert run.slot == at("2024-05-01T10:01")


def test_what_cannot_be_planned_fails_visibly_and_once(records: Records) -> None:
    def no_plan(name: str) -> Plan:
        raise SourceMissing("no such file", where="inbox")

    schedules = {
        "a": ScheduleSpec(cron="* * * * *"),
        "b": ScheduleSpec.model_construct(cron="bad", timezone="UTC"),
    }
    tick(records, lambda: schedules, no_plan, at("2024-05-01T10:00"))
    [run_id] = tick(records, lambda: schedules, no_plan, at("2024-05-01T10:01:02"))
    run = get_run(records, run_id)
    assert run.status == Status.FAILED
    assert run.error and run.error["type"] == "SourceMissing"
    assert tick(records, lambda: schedules, no_plan, at("2024-05-01T10:01:03")) == []


@pytest.mark.parametrize(
    ("cron", "zone"), [("61 * * * *", "UTC"), ("* * * *", "UTC"), ("* * * * *", "Mars/Olympus")]
)
def test_a_wrong_schedule_is_told(cron: str, zone: str) -> None:
    with pytest.raises(ConfigError):
        between(cron, zone, "2024-01-01", "2024-01-02")


def test_a_broken_spec_stops_only_the_schedules_that_rest_on_it(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def spec(name: str, more: str) -> None:
        path = settings.specs / "datasets" / f"{name}.yml"
        text = f"dataset: {name}\nschedule: {{cron: 0 6 * * *}}\n{more}"
        path.write_text(text, encoding="utf-8")

    spec("sound", "source: {path: a.csv}\n")
    spec("later", "source: {path: b.csv}\n")
    spec("gold", "source: {dataset: later}\n")
    schedules = Schedules(settings)
    assert set(schedules()) == {"sound", "later", "gold"}
    spec("later", "source: {path: [\n")
    assert set(schedules()) == {"sound"}
    assert "later is not scheduled: specs/datasets/later.yml:" in caplog.text
    caplog.clear()
    assert set(schedules()) == {"sound"}
    assert not caplog.text, "told once, not every second"
    spec("later", "source: {path: b.csv}\n")
    assert set(schedules()) == {"sound", "later", "gold"}

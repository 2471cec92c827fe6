"""Health adds up and says why; freshness follows the schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workbench.publish.collect.facts import (
    CheckCounts,
    ColumnFacts,
    DatasetFacts,
    RunFacts,
    SpecFacts,
    StepFacts,
    VersionFacts,
)
from workbench.publish.collect.snapshot import Snapshot
from workbench.publish.health import POINTS, freshness, health, last_status
from workbench.publish.messages import catalogue

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def dataset(cron: str | None = None, **changes: object) -> DatasetFacts:
    facts = DatasetFacts(
        name="d", title="D", description="words", owner="team", tags=(), layer="silver",
        spec_path="", active=True, updated=NOON, spec=SpecFacts("1", cron=cron),
        columns=(ColumnFacts("a", "text", description="words"),),
        published=VersionFacts("d", "silver", 1, "r", 100, NOON),
    )  # fmt: skip
    return replace(facts, **changes)  # type: ignore[arg-type]


def snapshot(statuses: Sequence[str] = ("SUCCESS",), checks: CheckCounts | None = None) -> Snapshot:
    run = RunFacts("r", "w", "SUCCESS", "MANUAL", "me", None, NOON, NOON, NOON, {}, None)
    steps = tuple(
        StepFacts("r", f"d.{n}", n, "d", "validate", status, 1, NOON, NOON)
        for n, status in enumerate(statuses)
    )
    return Snapshot(
        runs=(run,) if statuses else (), steps={"r": steps} if statuses else {}, datasets={},
        versions=(), checks={("r", "d.0"): checks} if checks else {}, refused={}, edges=(),
        loads={}, spec_seen={}, quarantine={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "facts", "points", "level"),
    [
        (snapshot(checks=CheckCounts(held=4)), dataset(), 100, "good"),
        (snapshot(), dataset(), 80, "fair"),
        (snapshot(("SUCCESS", "FAILED"), CheckCounts(held=4)), dataset(), 70, "fair"),
        (snapshot(checks=CheckCounts(held=3, failed=1)), dataset(), 90, "good"),
        (snapshot(checks=CheckCounts(held=3, warned=1)), dataset(), 95, "good"),
        (snapshot(checks=CheckCounts(held=4)), dataset(open_rows=50), 85, "good"),
        (snapshot(checks=CheckCounts(held=4)), dataset(owner="", description=""), 90, "good"),
        (snapshot(("FAILED",), CheckCounts(errored=4)), dataset(open_rows=99), 15, "poor"),
        (snapshot(()), dataset(published=None), 0, "unknown"),
    ],
)
def test_health(found: Snapshot, facts: DatasetFacts, points: int, level: str) -> None:
    got = health(found, facts)
    assert (got.points, got.level) == (points, level)
    assert got.points == round(sum(part.points for part in got.parts))
    for part in got.parts:
        assert 0 <= part.points <= POINTS[part.name]
        assert f"health.{part.name}.{part.case}" in catalogue("en")


def test_the_parts_make_a_hundred() -> None:
    assert sum(POINTS.values()) == 100


def test_a_run_under_way_does_not_count_yet() -> None:
    found = snapshot(("SUCCESS", "RUNNING"))
    running = replace(found, runs=(replace(found.runs[0], finished=None),))
    assert last_status(running, "d") is None
    assert last_status(found, "other") is None


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (timedelta(hours=1), "fresh"),
        (timedelta(hours=18, minutes=59), "fresh"),  # due at six, an hour's grace
        (timedelta(hours=20), "late"),
        (timedelta(days=3), "stale"),
    ],
)
def test_freshness(after: timedelta, kind: str) -> None:
    found = freshness(dataset("0 6 * * *"), NOON + after)
    assert found.kind == kind
    assert found.due == datetime(2024, 5, 2, 7, tzinfo=UTC)
    assert found.period == timedelta(days=1)


def test_without_a_schedule_freshness_is_not_known() -> None:
    assert freshness(dataset(), NOON).kind == "unknown"
    assert freshness(dataset("not a cron line"), NOON).kind == "unknown"
    assert freshness(dataset("0 6 * * *", published=None), NOON).kind == "unknown"
    assert freshness(dataset("0 6 * * *", published=None), NOON + timedelta(days=1)).kind == "late"

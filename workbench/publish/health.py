"""How good a dataset is, as points that add up, and how fresh it is by its schedule.

Health says nothing about time, and freshness nothing else: a static page is read later than it is
made, so that freshness is judged again in the reader's browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from workbench.publish.collect.facts import DatasetFacts
from workbench.publish.collect.snapshot import Snapshot

#: What each part of the health counts at most; together 100.
POINTS = {"run": 30, "checks": 40, "refused": 15, "described": 15}
#: Share of refused rows from which on they cost all their points.
_TOO_MANY = 0.05
#: From how many points on a dataset is good, and fair.
GOOD, FAIR = 85, 60

#: A run may take this share of the schedule's period (and at most this long) to be on time.
_GRACE_SHARE, _GRACE = 0.1, timedelta(hours=1)


@dataclass(frozen=True)
class Part:
    """A part of the health: its ``points`` of ``POINTS[name]``, and the case that it is.

    ``count`` and ``total`` are numbers for its sentence.
    """

    name: str
    case: str
    points: float
    count: int = 0
    total: int = 0


@dataclass(frozen=True)
class Health:
    """The health of a dataset; ``unknown`` when nothing was published yet."""

    level: Literal["good", "fair", "poor", "unknown"]
    points: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Freshness:
    """How fresh a dataset is: ``due`` is when its next version is expected, grace included."""

    kind: Literal["fresh", "late", "stale", "unknown"]
    due: datetime | None = None
    period: timedelta | None = None


def health(snapshot: Snapshot, dataset: DatasetFacts) -> Health:
    """Points for the last run, its checks, refused rows and descriptions."""
    if dataset.published is None:
        return Health("unknown", 0, ())
    parts = (
        _run(snapshot, dataset),
        _checks(snapshot, dataset),
        _refused(dataset),
        _described(dataset),
    )
    points = round(sum(part.points for part in parts))
    level: Literal["good", "fair", "poor"] = (
        "good" if points >= GOOD else "fair" if points >= FAIR else "poor"
    )
    return Health(level, points, parts)


def last_status(snapshot: Snapshot, dataset: str) -> str | None:
    """What became of the dataset in its newest run that has ended: the worst of its steps."""
    for run, steps in snapshot.by_dataset.get(dataset, ()):
        statuses = {step.status for step in steps}
        if statuses & {"PENDING", "QUEUED", "RUNNING"} and run.finished is None:
            continue
        for worst in ("FAILED", "CANCELLED", "SKIPPED", "SUCCESS"):
            if worst in statuses:
                return worst
    return None


def _run(snapshot: Snapshot, dataset: DatasetFacts) -> Part:
    status = last_status(snapshot, dataset.name)
    if status is None:
        return Part("run", "none", 0)
    case = "succeeded" if status == "SUCCESS" else "failed" if status == "FAILED" else "stopped"
    return Part("run", case, POINTS["run"] if case == "succeeded" else 0)


def _checks(snapshot: Snapshot, dataset: DatasetFacts) -> Part:
    for run, _ in snapshot.by_dataset.get(dataset.name, ()):
        counts = snapshot.checks_of.get((dataset.name, run.id))
        if counts:
            bad = counts.failed + counts.errored + counts.warned / 2
            points = POINTS["checks"] * (1 - bad / counts.total)
            failing = counts.total - counts.held
            case = "some" if failing else "all"
            return Part("checks", case, points, failing or counts.total, counts.total)
    return Part("checks", "none", POINTS["checks"] / 2)


def _refused(dataset: DatasetFacts) -> Part:
    rows = (dataset.published.rows or 0) if dataset.published else 0
    share = dataset.open_rows / (rows + dataset.open_rows) if dataset.open_rows else 0.0
    points = POINTS["refused"] * max(0.0, 1 - share / _TOO_MANY)
    case = "some" if dataset.open_rows else "none"
    return Part("refused", case, points, dataset.open_rows, rows + dataset.open_rows)


def _described(dataset: DatasetFacts) -> Part:
    said = [bool(dataset.owner), bool(dataset.description)]
    said += [bool(column.description) for column in dataset.columns]
    missing = said.count(False)
    points = POINTS["described"] * (1 - missing / len(said))
    return Part("described", "some" if missing else "all", points, missing, len(said))


def freshness(dataset: DatasetFacts, at: datetime) -> Freshness:
    """How fresh a dataset is at this moment; ``unknown`` without a schedule."""
    if dataset.spec.cron is None:
        return Freshness("unknown")
    since = dataset.published.published if dataset.published else dataset.updated
    due, after = _next_two(dataset.spec.cron, dataset.spec.timezone, since)
    if due is None or after is None:
        return Freshness("unknown")
    period = after - due
    expected = due + min(period * _GRACE_SHARE, _GRACE)
    kind: Literal["fresh", "late", "stale"] = (
        "fresh" if at <= expected else "late" if at <= expected + period else "stale"
    )
    if dataset.published is None and kind == "fresh":
        return Freshness("unknown", expected, period)
    return Freshness(kind, expected, period)


@lru_cache(maxsize=4096)
def _next_two(cron: str, timezone: str, since: datetime) -> tuple[datetime | None, datetime | None]:
    from cronsim import CronSim, CronSimError

    try:
        slots = CronSim(cron, since.astimezone(ZoneInfo(timezone)))
        return next(slots).astimezone(UTC), next(slots).astimezone(UTC)
    except (CronSimError, StopIteration, KeyError, ValueError, OSError):
        return None, None

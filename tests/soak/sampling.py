"""What a running workbench takes: memory, descriptors, threads, files, Redis; and whether it grows.

Growth is judged by the Theil-Sen slope, the median of the slopes between all pairs of samples,
which a few outliers do not move; samples of the warm-up do not count.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from workbench.config import Settings
from workbench.engine import redis_server
from workbench.engine.kernels import processes
from workbench.errors import QueueUnavailable
from workbench.model.status import Status
from workbench.records import retention
from workbench.records.store import Records

#: The part of the time that is warm-up.
WARM_UP = 0.3
#: Days for which staged data of runs that succeeded is kept.
DONE = 60 / 86_400


@dataclass(frozen=True)
class Limit:
    """How much a series may grow over the time that is judged: a part of its median, or this much
    in its own unit, whichever is more."""

    part: float
    least: float
    unit: str


#: What is judged; a series that is not here is only shown.
LIMITS = {
    "worker memory": Limit(0.10, 10, "MB"),
    "zygote memory": Limit(0.10, 15, "MB"),
    "scheduler memory": Limit(0.10, 10, "MB"),
    "supervisor memory": Limit(0.10, 10, "MB"),
    "worker descriptors": Limit(0.10, 3, ""),
    "zygote descriptors": Limit(0.10, 3, ""),
    "scheduler descriptors": Limit(0.10, 3, ""),
    "supervisor descriptors": Limit(0.10, 3, ""),
    "worker threads": Limit(0.10, 2, ""),
    "zygote threads": Limit(0.10, 2, ""),
    "scheduler threads": Limit(0.10, 2, ""),
    "temporary files": Limit(0.25, 8, ""),
    "redis keys": Limit(0.25, 10, ""),
    "redis memory without events": Limit(0.25, 1, "MB"),
    "notebooks kept too long": Limit(0.25, 4, ""),
    "runs kept too long": Limit(0.25, 4, ""),
    "run latency": Limit(0.20, 0.25, "s"),
}

#: How many times longer than on an idle machine a piece of work of a fixed size takes.
SLOWNESS = "slowness of the machine"

Series = dict[str, list[tuple[float, float]]]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The Theil-Sen slope of a series; 0 for one that is too short."""
    step = max(1, len(points) // 300)  # all pairs of at most 300 points
    chosen = points[::step]
    slopes = [
        (y - b) / (x - a)
        for number, (a, b) in enumerate(chosen)
        for x, y in chosen[number + 1 :]
        if x > a
    ]
    return median(slopes) if slopes else 0.0


@dataclass(frozen=True)
class Verdict:
    """How a series moved over the time that is judged, and whether that is within its limit."""

    name: str
    unit: str
    middle: float
    growth: float
    allowed: float
    samples: int

    @property
    def is_flat(self) -> bool:
        return self.samples >= 8 and self.growth <= self.allowed


def judge(series: Series, seconds: float) -> list[Verdict]:
    """A verdict for each series that is judged; one that was not measured is not flat."""
    verdicts = []
    for name, limit in LIMITS.items():
        points = [point for point in series.get(name, ()) if point[0] >= WARM_UP * seconds]
        if name == "run latency":
            points = _without(points, dict(series.get(SLOWNESS, ())))
        middle = median([value for _, value in points]) if points else 0.0
        growth = slope(points) * (1 - WARM_UP) * seconds
        allowed = max(limit.part * middle, limit.least)
        verdicts.append(Verdict(name, limit.unit, middle, growth, allowed, len(points)))
    return verdicts


def _without(
    points: list[tuple[float, float]], slowness: dict[float, float]
) -> list[tuple[float, float]]:
    """A series without what the slowness of the machine at the same moments explains.

    Others use the machine too: what a second is worth changes while the workbench lives. How much
    slowness costs is taken from one sample to the next, so that growth over time is not hidden.
    """
    if any(t not in slowness for t, _ in points):
        return points
    steps = [
        (slowness[t] - slowness[s], value - before)
        for (s, before), (t, value) in pairwise(points)
    ]
    usual = median([slowness[t] for t, _ in points]) if points else 0.0
    costs = [more / slower for slower, more in steps if abs(slower) > 0.1 * usual]
    cost = max(0.0, median(costs)) if costs else 0.0
    return [(t, value - cost * (slowness[t] - usual)) for t, value in points]


@dataclass(frozen=True)
class Family:
    """The processes of one ``up``: by role, the kernels' children apart."""

    supervisor: psutil.Process | None
    workers: list[psutil.Process]
    zygotes: dict[int, psutil.Process]
    children: list[psutil.Process]
    scheduler: psutil.Process | None
    redis: psutil.Process | None

    @classmethod
    def of(cls, supervisor: psutil.Process) -> Family:
        workers, zygotes, children = [], {}, []
        scheduler = redis = None
        for one in _children(supervisor):
            words = " ".join(_command(one))
            if "workbench.engine.worker" in words:
                workers.append(one)
                for zygote in _children(one):
                    if "kernels.zygote" in " ".join(_command(zygote)):
                        zygotes[one.pid] = zygote
                        children += _children(zygote)
            elif "redis-server" in words:
                redis = one
            elif "long_life" in words or "scheduler" in words:
                scheduler = one
        workers.sort(key=lambda one: one.create_time())
        return cls(supervisor, workers, zygotes, children, scheduler, redis)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children()
    except psutil.Error:
        return []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _anonymous(pid: int) -> int:
    """Bytes that a process has written itself: its share of common pages depends on others."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    (line,) = (line for line in text.splitlines() if line.startswith("Anonymous:"))
    return int(line.split()[1]) * 1024


class Sampler:
    """Takes samples; ``spared`` is the worker that nobody kills."""

    def __init__(
        self, settings: Settings, records: Records, began: float, clean_every: float
    ) -> None:
        self.settings = settings
        self.records = records
        self.clean_every = clean_every
        self.began = began
        self.series: Series = {}

    def note(self, name: str, value: float) -> None:
        self.series.setdefault(name, []).append((round(time.monotonic() - self.began, 2), value))

    def take(self, family: Family, spared: int) -> None:
        """One sample of everything."""
        worker = next((one for one in family.workers if one.pid == spared), None)
        roles = {
            "worker": worker,
            "zygote": family.zygotes.get(spared),
            "scheduler": family.scheduler,
            "supervisor": family.supervisor,
        }
        for role, process in roles.items():
            if process is not None:
                self._process(role, process.pid)
        self.note("processes", 2 + len(family.workers) + len(family.zygotes))
        self._files()
        self._redis()

    def _process(self, role: str, pid: int) -> None:
        try:
            descriptors = len(os.listdir(f"/proc/{pid}/fd"))
            threads = len(processes.threads(pid))
        except OSError:
            return
        self.note(f"{role} memory", _anonymous(pid) / 1e6)
        self.note(f"{role} descriptors", descriptors)
        self.note(f"{role} threads", threads)

    def _files(self) -> None:
        home = self.settings.home
        spilled = sum(len(names) for _, _, names in os.walk(home / "staging" / "spill"))
        temporary = sum(len(names) for _, _, names in os.walk(self.settings.project / "tmp"))
        parts = sum(
            name.endswith((".part", ".tmp"))
            for place in ("raw", "lake", "runs")
            for _, _, names in os.walk(home / place)
            for name in names
        )
        self.note("temporary files", spilled + temporary + parts + self._overdue("staging", DONE))
        self.note("notebooks kept too long", self._overdue("runs", self.settings.keep.notebooks))
        late = self._before(self.settings.keep.runs)
        self.note("runs kept too long", len(retention.forgettable_runs(self.records, late)))
        notebooks = sum(len(names) for _, _, names in os.walk(home / "runs"))
        self.note("executed notebooks", notebooks)
        self.note("records", Path(home / "records.db").stat().st_size / 1e6)
        self.note("log bytes", sum(p.stat().st_size for p in (home / "logs").glob("*")) / 1e6)

    def _before(self, days: float) -> datetime:
        """Before when things should be gone that are kept for so long, and cleaned up regularly."""
        return self.records.now() - timedelta(days=days, seconds=3 * self.clean_every)

    def _overdue(self, name: str, days: float) -> int:
        """How many folders of runs that succeeded are there although their time is over."""
        ended = retention.ended_runs(self.records)
        moving = retention.open_runs(self.records)
        late = self._before(days)
        count = 0
        for path in (self.settings.home / name).glob("*"):
            status, at = ended.get(path.name, (None, None))
            if path.name == "spill" or path.name in moving or status == Status.FAILED:
                continue
            count += at is None or at < late
        return count

    def _redis(self) -> None:
        try:
            client: Any = redis_server.connect(self.settings)
        except QueueUnavailable:
            return
        try:
            events = client.memory_usage("workbench:events") or 0
            self.note("redis keys", client.dbsize())
            used = client.info("memory")["used_memory"]
            self.note("redis memory without events", (used - events) / 1e6)
            self.note("redis events", events / 1e6)
        except Exception:
            return
        finally:
            client.close()

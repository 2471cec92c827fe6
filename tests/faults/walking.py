"""Runs of a small project that are killed on their way, and what must be true afterwards.

``walk`` and ``survey`` are called in children of the nursery. The truth is a serial replay in plain
Python: ``Deliveries.after(n)`` is what the first ``n`` files come to, row by row.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from tests.faults import boundaries, sabotage
from tests.faults.boundaries import Site
from tests.steps.road import Road
from workbench.config import Settings
from workbench.engine import recovery
from workbench.lake.layers import DeltaLayer
from workbench.model.status import Status
from workbench.records.runs import get_run, list_runs
from workbench.records.schema import workers
from workbench.records.versions import list_versions

#: Rows of a delivery.
ROWS = 20

KEYED = """\
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {id: integer, amount: integer, batch: integer}, on_error: stop}
key: [id]
expectations:
  - expect_column_values_to_be_between: {column: amount, min_value: 0}
retry: {count: 3, delay: 0}
"""
UNKEYED = KEYED.replace("key: [id]\n", "")

Row = tuple[int, int, int]


class Deliveries:
    """Files drawn from a seed: new rows, changed rows; without a key nothing is ever replaced."""

    def __init__(self, chance: random.Random, *, keyed: bool) -> None:
        self._chance = chance
        self._keyed = keyed
        self._files: list[list[Row]] = []

    def __len__(self) -> int:
        return len(self._files)

    def text(self) -> str:
        """The next file."""
        number = len(self._files)
        known = ROWS // 2 * number
        ids = list(range(known, known + ROWS // 2))
        old = self._chance.sample(range(known), min(known, ROWS // 2))
        rows = [(n, self._chance.randrange(1000), number) for n in [*ids, *old]]
        self._files.append(rows)
        return "id,amount,batch\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)

    def after(self, files: int) -> list[Row]:
        """The published rows once so many files are in, sorted."""
        if not self._keyed:
            return sorted(row for file in self._files[:files] for row in file)
        rows: dict[int, Row] = {}
        for file in self._files[:files]:
            for row in file:
                rows[row[0]] = row
        return sorted(rows.values())


class Project:
    """A dataset ``sales`` that gets one file after the other."""

    def __init__(
        self, place: Path, seed: int, *, keyed: bool = True, targets: str = "", environ: Any = None
    ) -> None:
        folder = place / "project"
        for name in ("specs/datasets", "specs/connections", "inbox"):
            (folder / name).mkdir(parents=True)
        self.settings = Settings(project=folder, home=place / "home", environ=environ or {})
        self.road = Road(self.settings)
        self.chance = random.Random(seed)
        self.deliveries = Deliveries(self.chance, keyed=keyed)
        self.seen = 0
        targets = targets or "targets:\n  - {connection: warehouse}\n"
        self.road.spec("sales", (KEYED if keyed else UNKEYED) + targets)

    def deliver(self) -> None:
        """One more file arrives."""
        number = len(self.deliveries)
        path = self.road.file(f"f{number:05d}.part", self.deliveries.text())
        path.rename(path.with_suffix(".csv"))

    def published(self) -> int:
        """How many files are published whole; fails when readers see anything else."""
        if not list_versions(self.road.records, "sales"):
            return 0
        found = sorted(self.road.query("SELECT id, amount, batch FROM sales"))
        for files in range(self.seen, len(self.deliveries) + 1):
            if found == self.deliveries.after(files):
                self.seen = files
                return files
        raise AssertionError(f"{len(found)} rows are seen: no whole version, or an older one")

    def versions_are_sound(self, *, newest: int | None = None) -> int:
        """Every published version is readable and equals its fingerprint; how many they are."""
        versions = list_versions(self.road.records, "sales")[:newest]
        for version in versions:
            layer = DeltaLayer(self.settings, "sales", version.ref.layer)
            with duckdb.connect() as connection:
                scan = layer.scan(version.ref.version)
                rows = connection.execute(f"SELECT count(*) FROM ({scan})").fetchall()
            assert rows == [(version.ref.rows,)], version.ref.version
            assert layer.fingerprint(version.ref.version) == version.ref.fingerprint, (
                f"version {version.ref.version} is not what was published"
            )
        return len(versions)

    def is_complete(self, *tables: Callable[[], list[Row]]) -> None:
        """All files are published, and each table holds just their rows."""
        wanted = self.deliveries.after(len(self.deliveries))
        assert sorted(self.road.query("SELECT id, amount, batch FROM sales")) == wanted
        for table in tables or (self.warehouse,):
            found = sorted(table())
            assert found == wanted, different(found, wanted)
        left = [path for path in self.settings.home.rglob("*.part") if path.is_file()]
        assert len(left) <= len(list_runs(self.road.records, limit=10_000)), left

    def silver(self) -> list[Row]:
        """The rows that are published."""
        return self.road.query("SELECT id, amount, batch FROM sales")

    def warehouse(self) -> list[Row]:
        """The rows of the built-in target."""
        with duckdb.connect(str(self.settings.path("warehouse.duckdb")), read_only=True) as opened:
            return opened.execute("SELECT id, amount, batch FROM sales").fetchall()

    def folder(self, name: str = "house") -> list[Row]:
        """The rows of a Parquet target."""
        path = self.settings.project / name / "sales" / "current" / "data.parquet"
        return duckdb.sql(f"SELECT id, amount, batch FROM '{path}'").fetchall()


def different(found: list[Any], wanted: list[Any]) -> str:
    """What two tables differ in, shortly."""
    have, want = Counter(found), Counter(wanted)
    more, less = list((have - want).items())[:5], list((want - have).items())[:5]
    return f"too many: {more}; missing: {less}"


def walk(
    settings: Settings,
    site: Site | None = None,
    passing: int = 1,
    *,
    stop: bool = False,
    environ: dict[str, str] | None = None,
    broken: str | None = None,
    retry: str | None = None,
) -> str:
    """Run ``sales`` to its end, or to a boundary where the process is killed or stopped.

    ``broken`` names a protection that is taken away. Returns the run's status.
    """
    os.environ.update(environ or {})
    road = Road(settings)
    act = boundaries.stand_still if stop else boundaries.die
    with ExitStack() as stack:
        if broken:
            stack.enter_context(sabotage.without(broken))
        if site is not None:
            stack.enter_context(boundaries.at(site, passing, act))
        run = road.retry(get_run(road.records, retry)) if retry else road.run("sales")
    if run.status != Status.SUCCESS:
        return f"{run.status}: {run.error}"
    return str(run.status.value)


def survey(settings: Settings, *, environ: dict[str, str] | None = None) -> Counter[Site]:
    """Run ``sales`` and count the boundaries on the way."""
    os.environ.update(environ or {})
    road = Road(settings)
    with boundaries.counted() as sites:
        run = road.run("sales")
    assert run.status == Status.SUCCESS, run.error
    return sites


def take_over(settings: Settings, *, elsewhere: bool = False) -> str:
    """Run ``sales`` although another run stands still with it, which soon counts as dead.

    ``elsewhere``: it is on another machine, where nobody can end it.
    """
    recovery.STALE = 1.0
    road = Road(settings)
    if elsewhere:
        with road.records.begin() as connection:
            connection.execute(
                sa.update(workers).where(workers.c.stopped_at.is_(None)).values(machine="far")
            )
    run = road.run("sales")
    return str(run.status.value)


def finish(settings: Settings, *, environ: dict[str, str], retry: str | None) -> str:
    """In a child: what the killed run left is done, by itself or by the next run."""
    os.environ.update(environ)
    if retry is not None:
        road = Road(settings)
        recovery.sweep(road.records)
        status = list_runs(road.records, limit=1)[0].status
        if status == Status.FAILED:
            said = walk(settings, retry=retry)
            if said != "SUCCESS":
                return said
    return walk(settings)

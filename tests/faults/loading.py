"""Loads that are interrupted at a chosen boundary, into every kind of target.

``load``, ``load_all`` and ``survey`` are called in children of the nursery. A target is a kind and
a place: a DuckDB file, a folder of Parquet files, a PostgreSQL database, a Delta layer.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from tests.destinations.requests import KEY, SCHEMA, Row, oracle, request, row, table
from tests.faults import boundaries, sabotage
from tests.faults.boundaries import Site
from tests.faults.nursery import Nursery
from workbench import registry
from workbench.config import Settings
from workbench.errors import WorkbenchError
from workbench.lake.layers import DeltaLayer
from workbench.model.ledger import LoadLedger

STRATEGIES = ("append", "truncate_insert", "delete_insert", "upsert")
KINDS = ("duckdb", "parquet", "postgres", "delta")

#: How a Delta layer says what the strategies do; rows of one source make way for it.
_MODES = {
    "append": "append",
    "truncate_insert": "replace",
    "delete_insert": "append",
    "upsert": "merge",
}

#: Where statements are sent and files are changed: their boundaries are those that matter.
_WHERE = ("destinations/", "lake/", "durable.py")


@dataclass(frozen=True)
class Load:
    """One load of ``rows`` into ``table`` by a run, as its ``fence``-th attempt."""

    table: str
    rows: tuple[Row, ...]
    strategy: str
    run: str
    fence: int
    base: int | None = None  # of a Delta layer: the version that the run began with
    takes_over: bool = False


@dataclass(frozen=True)
class Place:
    """A target under test. ``settings`` and ``url`` say where it is."""

    kind: str
    settings: Settings
    url: str = ""
    wait: int = 20  # seconds for another's load

    def on(self, strategy: str) -> tuple[str, ...]:
        """What ``delete_insert`` deletes by, besides what it is told."""
        return ("note",) if self.kind == "delta" and strategy == "delete_insert" else ()

    def do(self, load: Load) -> LoadLedger:
        """Load, as the step does."""
        if self.kind == "delta":
            return self._publish(load)
        destination = self.destination()
        if load.takes_over:
            destination.raise_fence(None, load.table, load.fence)
        ledger: LoadLedger = destination.load(
            request(
                load.rows,
                load.run,
                table=load.table,
                strategy=load.strategy,
                key=() if load.strategy == "append" else KEY,  # so that a row twice shows
                fence=load.fence,
                version=7,
            )
        )
        return ledger

    def destination(self) -> Any:
        """The destination of this place."""
        module = registry.find("destinations", self.kind)
        more = {"postgres": {"url": self.url}, "parquet": {"path": "out"}}.get(self.kind, {})
        wait = (
            {"lock_timeout": self.wait} if self.kind == "postgres" else {"wait": float(self.wait)}
        )
        return module.Destination(module.Options(**more, **wait), self.settings)

    def layer(self, name: str) -> DeltaLayer:
        """The Delta layer that stands for a table."""
        return DeltaLayer(self.settings, name, "silver")

    def _publish(self, load: Load) -> LoadLedger:
        layer = self.layer(load.table)
        staged = self.settings.path(f"{load.table}-{load.run}-{load.fence}.parquet")
        candidate = table(load.rows)
        if load.strategy == "delete_insert":
            candidate = candidate.append_column("_source", candidate.column("note"))
        pq.write_table(candidate, staged)
        if load.takes_over:
            layer.fence_commit(load.fence, load.run)
        done = layer.publish(
            [staged],
            mode=_MODES[load.strategy],  # type: ignore[arg-type]
            run_id=load.run,
            key=KEY if load.strategy in ("upsert", "truncate_insert") else (),
            fence=load.fence,
            base_version=load.base,
        )
        return done.ledger

    def rows(self, name: str) -> list[Row]:
        """What another program finds in a table, sorted."""
        columns = ", ".join(f'"{each}"' for each in SCHEMA.names)
        if self.kind == "postgres":
            import psycopg

            with psycopg.connect(self.url) as connection:
                found: Any = connection.execute(f'SELECT {columns} FROM "{name}"').fetchall()
        elif self.kind == "duckdb":
            path = str(self.settings.path("warehouse.duckdb"))
            with duckdb.connect(path, read_only=True) as opened:
                found = opened.execute(f'SELECT {columns} FROM "{name}"').fetchall()
        else:
            source = f"'{self.settings.project}/out/{name}/current/data.parquet'"
            if self.kind == "delta":
                source = f"({self.layer(name).scan()})"
            with duckdb.connect() as opened:
                found = opened.execute(f"SELECT {columns} FROM {source}").fetchall()
        return sorted((tuple(row) for row in found), key=repr)


def load_all(place: Place, loads: Sequence[Load]) -> int | None:
    """Do these loads; the version of the last one's Delta layer."""
    for load in loads:
        place.do(load)
    return place.layer(loads[-1].table).version() if place.kind == "delta" else None


def load(
    place: Place,
    what: Load,
    site: Site | None = None,
    passing: int = 1,
    *,
    stop: bool = False,
    broken: str | None = None,
) -> LoadLedger | str:
    """Do a load and be killed, or stopped, at a boundary; the ledger, or the name of the error."""
    act = boundaries.stand_still if stop else boundaries.die
    with ExitStack() as stack:
        if broken:
            stack.enter_context(sabotage.without(broken))
        if site is not None:
            stack.enter_context(boundaries.at(site, passing, act))
        try:
            return place.do(what)
        except WorkbenchError as error:
            return type(error).__name__


def survey(place: Place, what: Load) -> Counter[Site]:
    """The boundaries of a load: before and after each statement and each change of files."""
    with boundaries.counted() as sites:
        place.do(what)
    return Counter(
        {
            site: count
            for site, count in sites.items()
            if site.startswith(_WHERE) and site.rpartition(" ")[2].startswith("c_")
        }
    )


def points(sites: Counter[Site]) -> list[tuple[Site, int]]:
    """Every boundary, each time that it is passed."""
    return [(site, n) for site in sorted(sites) for n in range(1, sites[site] + 1)]


class Story:
    """Tables that hold a first load; a second one is about to come, the same for each."""

    def __init__(self, place: Place, strategy: str, seed: int, nursery: Nursery) -> None:
        self.place = place
        self.nursery = nursery
        self.chance = random.Random(f"{seed} {place.kind} {strategy}")
        self.strategy = strategy
        keys = [(p, m) for p in "abcd" for m in range(1, 6)]
        self.chance.shuffle(keys)
        first, second = keys[:10], keys[10:] if strategy == "append" else keys[5:15]
        self.first = self._rows(first)
        self.second = self._rows(second)
        there, _ = oracle([], self.first, strategy, place.on(strategy))
        wanted, self.ledger = oracle(there, self.second, strategy, place.on(strategy))
        self.wanted = sorted(wanted, key=repr)
        self.base: int | None = None

    def _rows(self, keys: list[tuple[str, int]]) -> tuple[Row, ...]:
        note = "xyz" if self.place.kind == "delta" else ["x", "y", None]
        pick = self.chance.choice
        return tuple(row(*key, pick(["1.00", "2.00", None]), pick(note)) for key in keys)

    def begin(self, tables: list[str]) -> None:
        """Fill the tables."""
        loads = [Load(name, self.first, self.strategy, "run-1", 1) for name in tables]
        self.base = self.nursery.call(load_all, self.place, loads)

    def load(self, table: str, attempt: int) -> Load:
        """The second load, by the next run; later attempts take it over."""
        return Load(table, self.second, self.strategy, "run-2", 1 + attempt, self.base, attempt > 1)

    def is_done(self, table: str, done: Any) -> None:
        """The table is as after one load, and so is the ledger."""
        assert not isinstance(done, str), done
        assert self.place.rows(table) == self.wanted
        found = {name: getattr(done, name) for name in self.ledger}
        assert found == self.ledger


def place_in(folder: Path, kind: str, url: Callable[[str], Any], wait: int = 20) -> Place:
    """A target of a kind, with nothing in it; ``url`` is asked for that of a database."""
    (folder / "home").mkdir(parents=True)
    settings = Settings(project=folder, home=folder / "home", environ={})
    return Place(kind, settings, str(url("postgres_url")) if kind == "postgres" else "", wait)

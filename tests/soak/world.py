"""A project that lives: what is delivered to it, how its specs change, and what must come of it.

The oracle folds what was received in the order of the records, in plain Python; the replay sends
the same files through the workbench one delivery after another, without queue, workers and kills.
Both must give the rows that are published.
"""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.steps.road import Road
from workbench.config import Settings
from workbench.lake.layers import DeltaLayer
from workbench.lake.raw import RawStore
from workbench.model.status import Status
from workbench.records import batches
from workbench.records.batches import ReceivedFile
from workbench.records.store import Records
from workbench.records.versions import published_version

Rows = list[tuple[Any, ...]]

#: Rows above this are refused by an expectation.
HIGHEST = 9000
#: What the filter of ``prices`` lets through; an edit of its spec changes it.
FLOORS = (0, 50, 100, 200)

_SCHEDULE = 'schedule: {cron: "* * * * *"}\nretry: {count: 6, delay: 0.5}\n'
_CASTS = "transforms:\n  - type_cast: {columns: {amount: integer}}\n"
_REFUSE = f"""\
expectations:
  - expect_column_values_to_be_between:
      {{column: amount, min_value: 0, max_value: {HIGHEST}, severity: quarantine}}
"""

SPECS = {
    "sales": 'source: {path: "inbox/sales_*.csv"}\n' + _CASTS + "key: [id]\n" + _REFUSE
    + "targets:\n  - {connection: warehouse}\n",
    "events": 'source: {path: "inbox/events_*.csv"}\n' + _CASTS + _REFUSE
    + "targets:\n  - {connection: warehouse, strategy: truncate_insert}\n",
    "prices": 'source: {path: "inbox/prices_*.csv"}\n' + _CASTS
    + "  - filter: {where: amount >= FLOOR}\nkey: [id]\n" + _REFUSE
    + "targets:\n  - {connection: files, strategy: truncate_insert}\n",
    "stock": 'source: {path: "inbox/stock_*.csv"}\n' + _CASTS + _REFUSE
    + "update: replace\ntargets:\n  - {connection: warehouse}\n",
    "summary": "source: {dataset: sales}\ntransforms:\n  - aggregate:\n      group_by: [branch]\n"
    "      measures: {total: {function: sum, column: amount}, rows: count(*)}\n"
    "targets:\n  - {connection: warehouse}\n",
}  # fmt: skip

#: How many files a dataset has (the same names come again, corrected), rows of each, and keys.
FILES = {"sales": (12, 150, 1500), "events": (10, 100, 10**9), "prices": (4, 80, 300),
         "stock": (1, 120, 10**9)}  # fmt: skip


@dataclass
class World:
    """The project folder and its life; everything random comes from ``seed``."""

    settings: Settings
    seed: int

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.floor = FLOORS[0]
        self.edits = 0
        self.delivered: dict[str, bytes] = {}
        for folder in ("specs/datasets", "specs/connections", "inbox"):
            (self.settings.project / folder).mkdir(parents=True, exist_ok=True)
        (self.settings.specs / "connections" / "files.yml").write_text(
            "connection: files\ntype: parquet\npath: out\n", encoding="utf-8"
        )

    def write_specs(self, *, scheduled: bool = True) -> None:
        """Write all specs as they are now."""
        for name, text in SPECS.items():
            whole = (
                f"dataset: {name}\ntitle: edited {self.edits} times\n"
                + text.replace("FLOOR", str(self.floor))
                + (_SCHEDULE if scheduled else "retry: {count: 6, delay: 0.5}\n")
            )
            path = self.settings.specs / "datasets" / f"{name}.yml"
            aside = path.with_suffix(".part")
            aside.write_text(whole, encoding="utf-8")
            aside.replace(path)

    def edit(self) -> str:
        """Change the specs: the filter of ``prices`` every third time, else titles only."""
        self.edits += 1
        if self.edits % 3 == 0:
            self.floor = self.random.choice([each for each in FLOORS if each != self.floor])
        self.write_specs()
        return f"filter of prices: {self.floor}" if self.edits % 3 == 0 else "titles"

    def deliver(self, dataset: str | None = None) -> str:
        """Put a file into the inbox, a new one or one that came before with other rows."""
        name = dataset or self.random.choice(["sales"] * 3 + ["events"] * 2 + ["prices", "stock"])
        count, rows, keys = FILES[name]
        file = f"{name}_{self.random.randrange(count):02d}.csv"
        content = self._content(rows, keys)
        aside = self.settings.project / "inbox" / f".{file}"
        aside.write_bytes(content)
        aside.replace(aside.with_name(file))
        self.delivered[file] = content
        return file

    def _content(self, rows: int, keys: int) -> bytes:
        draw = self.random
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["id", "branch", "amount", "note"])
        for key in draw.sample(range(keys), rows):
            amount = draw.randrange(HIGHEST + 200)
            note = draw.choice(["plain", "ñandú", "with, comma", 'with "quotes"', "=1+1"])
            writer.writerow([f"k{key}", f"b{draw.randrange(7)}", amount, note])
        return out.getvalue().encode()


def received(records: Records, dataset: str) -> list[list[ReceivedFile]]:
    """What was received, one list of files a delivery, without what made way unpublished."""
    order = {batch.run_id: batch.id for batch in batches.list_batches(records, dataset)}
    grouped: dict[str, list[ReceivedFile]] = defaultdict(list)
    for file in batches.known_files(records, dataset):
        if not file.superseded:
            grouped[file.run_id].append(file)
    return [
        sorted(grouped[run_id], key=lambda file: file.position)
        for run_id in sorted(grouped, key=lambda run_id: order[run_id])
    ]


def expected(world: World, records: Records) -> dict[str, Rows]:
    """The rows that must be published, by plain Python."""
    store = RawStore(world.settings)

    def good(file: ReceivedFile) -> Iterable[tuple[str, str, int, str]]:
        text = store.path(file.sha256).read_text(encoding="utf-8")
        for row in list(csv.reader(io.StringIO(text)))[1:]:
            if int(row[2]) <= HIGHEST:
                yield row[0], row[1], int(row[2]), row[3]

    def merged(dataset: str, floor: int) -> Rows:
        rows: dict[str, tuple[Any, ...]] = {}
        for delivery in received(records, dataset):
            for file in delivery:
                rows |= {row[0]: row for row in good(file) if row[2] >= floor}
        return list(rows.values())

    def last_of_each(dataset: str) -> Rows:
        newest = {file.name: file for one in received(records, dataset) for file in one}
        return [row for file in newest.values() for row in good(file)]

    sales = merged("sales", 0)
    branches: dict[str, list[int]] = defaultdict(list)
    for row in sales:
        branches[row[1]].append(row[2])
    return {
        "sales": sorted(sales),
        "prices": sorted(merged("prices", world.floor)),
        "events": sorted(last_of_each("events")),
        "stock": sorted(last_of_each("stock")),
        "summary": sorted((name, sum(each), len(each)) for name, each in branches.items()),
    }


def published(settings: Settings, records: Records, dataset: str) -> Rows:
    """The rows that readers see, sorted."""
    version = published_version(records, dataset)
    if version is None:
        return []
    scan = DeltaLayer(settings, dataset, version.ref.layer).scan(version.ref.version)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT * EXCLUDE (_source, _row, _run) FROM ({scan})"
        ).fetchall()
    return sorted(found)


def loaded(settings: Settings, dataset: str) -> Rows:
    """The rows in the target of a dataset, sorted."""
    if dataset == "prices":
        path = settings.project / "out" / "prices" / "current" / "data.parquet"
        return sorted(duckdb.sql(f"FROM '{path}'").fetchall())
    with duckdb.connect(str(settings.path("warehouse.duckdb")), read_only=True) as connection:
        return sorted(connection.execute(f"FROM {dataset}").fetchall())


def replayed(world: World, records: Records, folder: Path) -> dict[str, Rows]:
    """The rows that come of the same deliveries, one after another, in a project of their own."""
    settings = Settings(project=folder / "project", home=folder / "home", environ={})
    twin = World(settings, world.seed)
    twin.floor, twin.edits = world.floor, world.edits
    twin.write_specs(scheduled=False)
    road = Road(settings)
    store = RawStore(world.settings)
    for dataset in FILES:
        for delivery in received(records, dataset):
            for file in delivery:
                path = settings.project / "inbox" / file.name
                path.write_bytes(store.path(file.sha256).read_bytes())
            run = road.run(dataset)
            assert run.status == Status.SUCCESS, run.error
    assert road.run("summary", upstream=False).status == Status.SUCCESS
    return {name: published(settings, road.records, name) for name in SPECS}


def differences(wanted: dict[str, Rows], found: Callable[[str], Rows], what: str) -> list[str]:
    """In words, which datasets do not hold the rows that they should."""
    faults = []
    for name, rows in wanted.items():
        seen = found(name)
        if seen != rows:
            missing = len(set(rows) - set(seen))
            extra = len(set(seen) - set(rows))
            faults.append(
                f"{what} {name}: {len(seen)} rows where {len(rows)} are expected, "
                f"{missing} missing, {extra} too many"
            )
    return faults

"""The engine of previews: a DuckDB in this process that keeps the rows after transforms.

Rows are kept under keys made of the content of the file and of the transforms that led to them, so
that a change of one transform is computed from there on. What was used longest ago goes first.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import Settings
from workbench.errors import Cancelled
from workbench.model.dataset import RUN, SOURCE
from workbench.model.ledger import TransformLedger
from workbench.model.sql import identifier, literal
from workbench.records.store import Records
from workbench.steps.keeping import Keeper
from workbench.steps.preview.cache import Cache
from workbench.steps.preview.inputs import Hashes, Received
from workbench.steps.preview.model import InputView
from workbench.transforms.core import pipeline
from workbench.transforms.core.columns import ROW_ID

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir

#: Of a received row: the places of the columns whose text was taken for "no value".
MARKED = "_wb_marked"
#: What stands in ``_run``: a preview is no run.
PREVIEW = "preview"
#: Cells that are kept in all, by number; memory beyond the limit goes to disk.
MOST_CELLS = 80_000_000
_MEMORY = "1GB"


@dataclass
class Kept:
    """Rows after some transforms, kept under ``key``.

    ``view`` shows them, with provenance and ``_wb_row``; ``names`` are the tables that it rests
    on, ``views`` others made of it. ``raw`` shows a received file with the texts that mean "no
    value" in place. ``parts`` are what was computed of these rows since, and goes with them.
    ``users`` read them just now.
    """

    key: str
    view: str
    stage: pipeline.Stage
    rows: int
    names: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    input: InputView | None = None
    raw: str | None = None
    users: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """How much it weighs."""
        width = len(self.stage.columns) + 3
        return self.rows * width * (2 if self.raw else 1)


@dataclass
class Told:
    """What became of the rows at one transform: known by the transforms up to it."""

    ledger: TransformLedger
    reasons: tuple[tuple[str, int], ...] = ()
    refused: tuple[dict[str, Any], ...] = ()


class Engine:
    """Where previews are computed; one for a process is enough.

    ``redis`` is a client, or ``None``; ``records`` gives the records, or ``None`` without them.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        redis: Any = None,
        records: Callable[[], Records | None] = lambda: None,
        most_cells: int = MOST_CELLS,
    ) -> None:
        import duckdb

        self.settings = settings
        self.cache = Cache(redis)
        self.records = records
        self.hashes = Hashes()
        self.most_cells = most_cells
        self.lock = threading.RLock()
        self._here = threading.local()
        self.kept: OrderedDict[str, Kept] = OrderedDict()
        self.parsed: dict[str, Received] = {}
        self.told: OrderedDict[str, Told] = OrderedDict()
        self.thoughts: OrderedDict[str, Any] = OrderedDict()
        self._numbers = 0
        self._folder = Path(tempfile.mkdtemp(prefix="workbench-preview-"))
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET memory_limit = $1", [_MEMORY])
        self.connection.execute("SET temp_directory = $1", [str(self._folder / "spill")])
        # threads that match the same patterns wait for each other: two of them take three times
        # the work of one, and who looks at windows meanwhile brings a thread along
        self.connection.execute("SET threads = $1", [max(1, (os.cpu_count() or 2) // 2)])
        # two builders, so that a sample never waits for a whole file
        self._builders = {scope: Builder(self) for scope in ("sample", "whole")}

    def close(self) -> None:
        """Let go of everything."""
        self.connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def name(self, what: str) -> str:
        """A name for a table or view that nobody else has."""
        with self.lock:
            self._numbers += 1
            return f"{what}_{self._numbers}"

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of one's own: windows are read while others are computed."""
        cursor = self.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def building(
        self, scope: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Builder]:
        """The builder for samples or whole files, one user at a time."""
        builder = self._builders[scope]
        with builder.lock:
            builder.cancelled = cancelled
            yield builder

    @contextmanager
    def using(self) -> Iterator[None]:
        """Whatever this thread finds or keeps in this block stays until the block ends."""
        held: list[Kept] | None = getattr(self._here, "held", None)
        if held is not None:  # a block within another
            yield
            return
        self._here.held = held = []
        try:
            yield
        finally:
            self._here.held = None
            with self.lock:
                for kept in held:
                    kept.users -= 1
                self._make_room()

    def find(self, key: str) -> Kept | None:
        """What is kept under ``key``; it was used now."""
        with self.lock:
            found = self.kept.get(key)
            if found is not None:
                self.kept.move_to_end(key)
                self._hold(found)
            return found

    def keep(self, kept: Kept) -> Kept:
        """Keep rows."""
        with self.lock:
            self.kept[kept.key] = kept
            self._hold(kept)
            return kept

    def _hold(self, kept: Kept) -> None:
        held: list[Kept] | None = getattr(self._here, "held", None)
        if held is not None:
            held.append(kept)
            kept.users += 1

    def _make_room(self) -> None:
        """Let go of what nobody uses, the longest unused first, until the rest is not too much."""
        total = sum(each.cells for each in self.kept.values())
        for key in list(self.kept):
            if total <= self.most_cells:
                return
            if not self.kept[key].users:
                total -= self.kept[key].cells
                self._let_go(key)

    def _let_go(self, key: str) -> None:
        import duckdb

        gone = self.kept.pop(key)
        with self.reading() as cursor, suppress(duckdb.Error):
            for view in (*gone.views, gone.view, gone.raw):
                if view:
                    cursor.execute(f"DROP VIEW IF EXISTS {identifier(view)}")
            for name in gone.names:
                cursor.execute(f"DROP TABLE IF EXISTS {identifier(name)}")


def remember(store: OrderedDict[str, Any], key: str, value: Any, most: int = 4_000) -> None:
    """Keep a small value; the oldest go when there are too many."""
    store[key] = value
    store.move_to_end(key)
    while len(store) > most:
        store.popitem(last=False)


class Builder:
    """Computes rows, one after another, with a cursor and an ibis backend of its own."""

    def __init__(self, engine: Engine) -> None:
        import ibis

        self.engine = engine
        self.lock = threading.RLock()
        self.cancelled: Callable[[], bool] = lambda: False
        self.connection = engine.connection.cursor()
        self.backend = ibis.duckdb.from_connection(self.connection)
        self.keeper = Keeper(self.connection, self.backend, temporary=False)

    def materialize(self, table: ir.Table) -> ir.Table:
        """``table``, computed once; ``Cancelled`` when nobody waits for it any more."""
        self.check()
        return self.keeper(table)

    def check(self) -> None:
        """Raise ``Cancelled`` when nobody waits for the result any more."""
        if self.cancelled():
            raise Cancelled("the preview was superseded by a newer one")

    def take_names(self) -> list[str]:
        """The tables kept since the last call."""
        names = list(self.keeper.names)
        self.keeper.names.clear()
        return names

    def drop(self, names: list[str]) -> None:
        """Let go of tables of a preview that was not finished."""
        for name in names:
            self.connection.execute(f"DROP TABLE IF EXISTS {identifier(name)}")

    def show(self, table: ir.Table) -> str:
        """A view of an expression over kept tables."""
        name = self.engine.name("stage")
        sql = self.backend.compile(table)
        self.connection.execute(f"CREATE OR REPLACE VIEW {identifier(name)} AS {sql}")
        return name

    def load(self, received: Received, context: Any) -> Kept:
        """Put parsed rows into the engine, typed as bronze: text, with provenance."""
        table = received.table
        name, view = self.engine.name("received"), self.engine.name("stage")
        # rows of a published table have lost where they came from, as in a run
        run = f", {literal(PREVIEW)} AS {identifier(RUN)}" if SOURCE in table.column_names else ""
        self._copy(name, table, f"*{run}")
        names, raw = [name], None
        if received.markers:
            texts = self.engine.name("markers")
            self._copy(texts, with_markers(table, received.markers), "*")
            names.append(texts)
            raw = self.engine.name("raw")
            self.connection.execute(
                f"CREATE VIEW {identifier(raw)} AS "
                f"SELECT *, rowid AS {identifier(ROW_ID)} FROM {identifier(texts)}"
            )
        base = self.backend.table(name)
        numbered = base.mutate(**{ROW_ID: base.rowid()})
        self.connection.execute(
            f"CREATE VIEW {identifier(view)} AS "
            f"SELECT *, rowid AS {identifier(ROW_ID)} FROM {identifier(name)}"
        )
        stage = pipeline.begin(numbered, context)
        return Kept(received.key, view, stage, table.num_rows, names, input=received.view, raw=raw)

    def _copy(self, name: str, table: Any, chosen: str) -> None:
        given = f"arrow_{name}"
        self.connection.register(given, table)
        try:
            self.connection.execute(
                f"CREATE TABLE {identifier(name)} AS SELECT {chosen} FROM {given}"
            )
        finally:
            self.connection.unregister(given)


def with_markers(table: Any, markers: Mapping[str, Any]) -> Any:
    """The table as it was received: where null was made of a text, the text stands again.

    ``_wb_marked`` lists, for each row, the places of such columns among the data columns.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    rows, places = [], []
    for name, found in markers.items():
        index = found["index"].to_numpy()
        mask = np.zeros(table.num_rows, dtype=bool)
        mask[index] = True
        place = table.column_names.index(name)
        column, texts = table[name].combine_chunks(), found["text"].combine_chunks()
        table = table.set_column(place, name, pc.replace_with_mask(column, pa.array(mask), texts))
        rows.append(index)
        places.append(np.full(len(index), place, dtype=np.int32))
    each = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    order = np.argsort(each, kind="stable")
    ends = np.zeros(table.num_rows + 1, dtype=np.int32)
    ends[1:] = np.cumsum(np.bincount(each, minlength=table.num_rows))
    values = np.concatenate(places)[order] if places else np.zeros(0, dtype=np.int32)
    return table.append_column(MARKED, pa.ListArray.from_arrays(pa.array(ends), pa.array(values)))

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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import Settings
from workbench.model.sql import identifier
from workbench.records.store import Records
from workbench.steps.preview.builder import Builder
from workbench.steps.preview.cache import Cache
from workbench.steps.preview.inputs import Hashes, Received
from workbench.steps.preview.kept import Kept, Told

if TYPE_CHECKING:
    import duckdb

#: Rows that DuckDB gives to one thread; where there are no more, others wait, busily.
GROUP = 122_880
#: Cells that are kept in all: about half of the memory, beyond which tables go to disk, which makes
#: every edit slower.
MOST_CELLS = 48_000_000
_MEMORY = "1GB"


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
        # nobody waits for tables to be dropped
        self._dropping = ThreadPoolExecutor(1, thread_name_prefix="workbench-preview-drop")
        self._folder = Path(tempfile.mkdtemp(prefix="workbench-preview-"))
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET memory_limit = $1", [_MEMORY])
        self.connection.execute("SET temp_directory = $1", [str(self._folder / "spill")])
        self._threads = 0
        self.use_threads_for(0)
        # two builders, so that a sample never waits for a whole file
        self._builders = {scope: Builder(self) for scope in ("sample", "whole")}

    def close(self) -> None:
        """Let go of everything."""
        self._dropping.shutdown()
        self.connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def name(self, what: str) -> str:
        """A name for a table or view that nobody else has."""
        with self.lock:
            self._numbers += 1
            return f"{what}_{self._numbers}"

    def use_threads_for(self, rows: int) -> None:
        """Compute so many rows with as many threads as have something to do."""
        threads = min(os.cpu_count() or 1, 1 + rows // GROUP)
        with self.lock:
            if threads != self._threads:
                self._threads = threads
                self.connection.execute("SET threads = $1", [threads])

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
                gone = self.kept.pop(key)
                views = [view for view in (*gone.views, gone.view, gone.raw) if view]
                self.drop(gone.names, views)

    def drop(self, tables: Sequence[str], views: Sequence[str] = ()) -> None:
        """Let go of tables and views, while others are computed."""
        self._dropping.submit(self._drop, tuple(tables), tuple(views))

    def _drop(self, tables: Sequence[str], views: Sequence[str]) -> None:
        import duckdb

        with self.reading() as cursor, suppress(duckdb.Error):
            for view in views:
                cursor.execute(f"DROP VIEW IF EXISTS {identifier(view)}")
            for table in tables:
                cursor.execute(f"DROP TABLE IF EXISTS {identifier(table)}")


def remember(store: OrderedDict[str, Any], key: str, value: Any, most: int = 4_000) -> None:
    """Keep a small value; the oldest go when there are too many."""
    store[key] = value
    store.move_to_end(key)
    while len(store) > most:
        store.popitem(last=False)

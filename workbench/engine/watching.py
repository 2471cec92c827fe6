"""Watches runs for whoever shows them live.

Events on Redis wake it at once; what has changed is always read from SQL, which is also looked at
regularly. So it works without Redis, a second later.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import Field

from workbench.config import Settings
from workbench.engine import redis_server
from workbench.engine.events import Event, subscribe
from workbench.engine.recovery import Watch, sweep
from workbench.errors import QueueUnavailable, WorkbenchError
from workbench.model.status import Status
from workbench.model.value import Value
from workbench.records.overview import run_states
from workbench.records.quarantine import count_rows
from workbench.records.store import Records
from workbench.records.workers import list_workers

#: Seconds between looks at SQL while Redis is away, and while its events come.
POLL, POLL_WITH_EVENTS = 1.0, 3.0
#: Seconds in which events that come together are told together.
_TOGETHER = 0.05
#: Seconds without an event after which the connection to the stream is made anew.
_SILENCE = 5.0
#: Seconds after which a Redis that was away is tried again.
_AGAIN = 3.0
#: Seconds between sweeps where no worker is up to do them.
_SWEEP = 3.0

logger = logging.getLogger(__name__)


class Change(Value):
    """What has changed: ``runs`` (ids), the quarantine, cells begun by (run, step).

    ``live``: events wake the watch; without them it polls.
    """

    runs: tuple[str, ...] = ()
    quarantine: bool = False
    cells: dict[str, tuple[int, int]] = Field(default_factory=dict)
    live: bool = False


class RunsWatch:
    """Tells ``tell`` of changes, from a thread of its own, between ``start`` and ``close``."""

    def __init__(
        self,
        settings: Settings,
        records: Records,
        tell: Callable[[Change], None],
    ) -> None:
        self._settings = settings
        self._records = records
        self._tell = tell
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._live = False
        self._cells: dict[str, tuple[int, int]] = {}
        self._known: tuple[dict[str, tuple[Any, ...]], dict[str, int]] | None = None
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._look, name="runs watch", daemon=True),
            threading.Thread(target=self._listen, name="runs events", daemon=True),
        ]

    def start(self) -> RunsWatch:
        """Begin to watch: what changes from now on is told."""
        with contextlib.suppress(WorkbenchError):  # the records are away; they come back
            self._known = self._seen()
        for thread in self._threads:
            thread.start()
        return self

    def close(self) -> None:
        """Stop watching; nothing is told any more once this has returned."""
        self._ended.set()
        self._woken.set()
        if threading.current_thread() is not self._threads[0]:
            self._threads[0].join(10)

    def wake(self) -> None:
        """Have it look now: the caller has just changed something."""
        self._woken.set()

    @property
    def is_live(self) -> bool:
        """Whether events come; if not, changes are seen by polling."""
        return self._live

    def _look(self) -> None:
        was_live = False
        watch, next_sweep = Watch(), 0.0
        while not self._ended.is_set():
            try:
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + _SWEEP
                    self._sweep_if_nobody_does(watch)
                known, seen = self._known, self._seen()
                with self._lock:
                    cells, self._cells = self._cells, {}
                changed = _changed(known[0], seen[0]) if known else ()
                refused = known is not None and known[1] != seen[1]
                if changed or refused or cells or self._live != was_live:
                    was_live = self._live
                    self._tell_safely(
                        Change(runs=changed, quarantine=refused, cells=cells, live=was_live)
                    )
                self._known = seen
            except WorkbenchError as error:  # the records are away; they come back
                logger.warning("runs cannot be watched just now: %s", error)
            self._woken.wait(POLL_WITH_EVENTS if self._live else POLL)
            if not self._ended.is_set() and self._woken.is_set():
                self._ended.wait(_TOGETHER)
            self._woken.clear()

    def _tell_safely(self, change: Change) -> None:
        if self._ended.is_set():
            return
        try:
            self._tell(change)
        except Exception:  # whoever listens may be gone; the next change is told all the same
            logger.exception("a change of runs could not be told")

    def _seen(self) -> tuple[dict[str, tuple[Any, ...]], dict[str, int]]:
        return run_states(self._records), count_rows(self._records)

    def _sweep_if_nobody_does(self, watch: Watch) -> None:
        """Without workers, nobody else finds out that the process of a run has died."""
        states = self._known[0].values() if self._known else ()
        is_open = any(not Status(state[1]).is_final for state in states)
        if is_open and not list_workers(self._records, kind="worker"):
            sweep(self._records, None, watch)

    def _listen(self) -> None:
        after = "$"
        while not self._ended.is_set():
            try:
                for number, event in self._events(after):
                    after = number
                    self._hear(event)
                    if self._ended.is_set():
                        return
            except QueueUnavailable:
                self._set_live(False)
                after = "$"
                self._ended.wait(_AGAIN)

    def _events(self, after: str) -> Iterator[tuple[str, Event]]:
        redis_server.connect(self._settings).close()  # else it is found out a silence later
        self._set_live(True)
        return subscribe(self._settings, after=after, timeout=_SILENCE)

    def _set_live(self, live: bool) -> None:
        if live != self._live:
            self._live = live
            self._woken.set()

    def _hear(self, event: Event) -> None:
        cell, cells = event.detail.get("cell"), event.detail.get("cells")
        if event.kind == "progress" and isinstance(cell, int) and isinstance(cells, int):
            with self._lock:
                self._cells[f"{event.run_id} {event.step_id}"] = (cell, cells)
        self._woken.set()


def _changed(
    before: dict[str, tuple[Any, ...]], after: dict[str, tuple[Any, ...]]
) -> tuple[str, ...]:
    return tuple(sorted(name for name in after if before.get(name) != after[name]))

"""The heartbeat of a process that works, and its ear for cancel requests.

Threads with their own connections: they work while the main thread waits for a notebook.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from workbench.errors import WorkbenchError
from workbench.model.run import StepRun
from workbench.records import attempts, workers
from workbench.records.store import Records
from workbench.records.workers import WorkerKind

#: Seconds between heartbeats.
BEAT = 2.0
#: Seconds between looks at whether the current attempt may go on.
LOOK = 0.5

logger = logging.getLogger(__name__)


class Pulse:
    """Registers this process as a worker and keeps it alive in the records, in a ``with`` block.

    ``chore`` is called every ``BEAT`` seconds (the sweep), in a thread of its own, since no
    heartbeat may wait for it; its errors are logged.
    """

    def __init__(
        self, records: Records, kind: WorkerKind, chore: Callable[[], object] | None = None
    ) -> None:
        self.records = records
        self.kind = kind
        self.worker_id = workers.register(records, kind)
        self._chore = chore
        self._step: StepRun | None = None
        self._turning = threading.Lock()  # from one step to the next
        self._revoked = threading.Event()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, name="pulse", daemon=True)]
        if chore is not None:
            self._threads.append(threading.Thread(target=self._do, name="chore", daemon=True))

    def __enter__(self) -> Pulse:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=5)
        try:
            workers.stop(self.records, self.worker_id)
        except WorkbenchError as error:  # the sweep finds out
            logger.warning("cannot sign off: %s", error)

    @property
    def revoked(self) -> bool:
        """Whether the current attempt must end: cancelled, taken over, or declared dead."""
        return self._revoked.is_set()

    def begin(self, step: StepRun) -> None:
        """Watch over this attempt."""
        with self._turning:
            self._revoked.clear()
            self._step = step

    def end(self) -> None:
        """The attempt is over."""
        with self._turning:
            self._step = None

    def _run(self) -> None:
        next_beat = 0.0
        while not self._ended.is_set():
            try:
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + BEAT
                    self._beat()
                self._look()
            except Exception as error:
                logger.warning("heartbeat: %s", error)
            self._ended.wait(LOOK)

    def _do(self) -> None:
        while self._chore is not None and not self._ended.is_set():
            try:
                self._chore()
            except Exception as error:
                logger.warning("sweep: %s", error)
            self._ended.wait(BEAT)

    def _beat(self) -> None:
        step = self._step
        current = (step.run_id, step.step_id, step.attempt) if step else None
        if not workers.heartbeat(self.records, self.worker_id, current):
            # this process was held up so long that others took it for dead
            self._revoked.set()
            self.worker_id = workers.register(self.records, self.kind)

    def _look(self) -> None:
        step = self._step
        if step is None or attempts.is_current(
            self.records, step.run_id, step.step_id, step.attempt
        ):
            return
        with self._turning:
            # it may have ended while this looked, and another one have begun
            if self._step is step:
                self._revoked.set()

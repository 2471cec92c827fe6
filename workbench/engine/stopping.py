"""How a process is asked to end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

#: Seconds that the current step gets to finish once the process is asked to end.
GRACE = 10.0
#: The same, when nobody waits for this process any more: its parent has died.
ORPHANED = 1.0


class Stopping:
    """What signals ask of a process: SIGTERM or SIGINT once, finish; twice, give up."""

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._parent = os.getppid()
        self._deadline: float | None = None
        self._event = threading.Event()

    def listen(self) -> Stopping:
        """Take the signals of this process; only in the main thread."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        return self

    def ask(self) -> None:
        """Ask for the end; asked again, the current step ends at once and is queued anew."""
        grace = self._grace if os.getppid() == self._parent else min(ORPHANED, self._grace)
        self._deadline = time.monotonic() + (grace if self._deadline is None else 0)
        self._event.set()

    @property
    def asked(self) -> bool:
        """Whether no further work may begin."""
        return self._deadline is not None

    @property
    def overdue(self) -> bool:
        """Whether the current work must end, too."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than until somebody asks."""
        self._event.wait(seconds)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.ask()


class Interrupts:
    """Ctrl-C and the like, in a ``with`` block: noted when they come, acted on where it is safe.

    An exception in the middle of a transaction would leave its lock with a connection that only
    the traceback holds, and whoever then records that the run was cancelled would wait for it. A
    second signal does at once what it does outside of the block. Elsewhere than in the main
    thread nothing is noted.
    """

    def __init__(self) -> None:
        self._usual: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._came: int | None = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                usual = signal.getsignal(number)
                if callable(usual):
                    self._usual[number] = usual
                    signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, usual in self._usual.items():
            signal.signal(number, usual)

    @property
    def came(self) -> bool:
        """Whether one has come that was not acted on."""
        return self._came is not None

    def act(self) -> None:
        """Do what the signal that came does outside of the block; nothing if none has come."""
        number, self._came = self._came, None
        if number is not None:
            self._usual[number](number, None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._came is not None:
            self._usual[number](number, frame)
        self._came = number

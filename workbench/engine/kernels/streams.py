"""Everything that cells write, in the order in which it was written.

Two ways lead out of a cell: Python's ``sys.stdout`` and ``sys.stderr``, and the descriptors 1 and
2, to which C libraries and other processes write. Both end in one list of pieces. The pipes
behind the descriptors are emptied before each piece that Python writes, so that the order is
right, and by a thread, so that nobody waits for room in a pipe and long cells show something.
"""

from __future__ import annotations

import codecs
import contextlib
import ctypes
import fcntl
import io
import os
import select
import sys
import threading
from collections.abc import Callable
from itertools import groupby

Send = Callable[[str, str], None]

NAMES = {1: "stdout", 2: "stderr"}

#: Seconds after which what was written is sent, and characters after which it is sent at once.
INTERVAL = 0.1
ENOUGH = 1 << 18

_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031


class Streams:
    """Takes over the streams of this process. ``send(name, text)`` passes on what was written."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._owner = os.getpid()
        self._lock = threading.RLock()
        self._pieces: list[tuple[str, str]] = []
        self._size = 0
        self._written = threading.Event()
        self._pipes: dict[int, int] = {}
        self._decoders = {
            number: codecs.getincrementaldecoder("utf-8")("replace") for number in NAMES
        }
        self._flush_c = ctypes.CDLL(None).fflush
        for number in NAMES:
            read, write = os.pipe()
            with contextlib.suppress(OSError):
                fcntl.fcntl(write, _F_SETPIPE_SZ, _PIPE_BYTES)
            os.set_blocking(read, False)
            os.dup2(write, number)
            os.close(write)
            self._pipes[number] = read
        sys.stdout = sys.__stdout__ = Writer(self, 1)  # type: ignore[assignment,misc]
        sys.stderr = sys.__stderr__ = Writer(self, 2)  # type: ignore[assignment,misc]
        os.register_at_fork(after_in_child=self._renew)
        threading.Thread(target=self._pump, name="workbench-output", daemon=True).start()
        threading.Thread(target=self._tick, name="workbench-flush", daemon=True).start()

    def write(self, number: int, text: str) -> None:
        """Add what Python writes to stream ``number``."""
        with self._lock:
            if os.getpid() != self._owner:
                self._add(NAMES[number], text)
                if "\n" in text:
                    self._write_through()
                return
            self._drain()
            self._add(NAMES[number], text)
            if self._size > ENOUGH:
                self._pass_on()
        self._written.set()

    def flush(self) -> None:
        """Send all that was written so far."""
        with self._lock:
            if os.getpid() != self._owner:
                self._write_through()
                return
            self._drain()
            self._pass_on()

    def finish_cell(self) -> None:
        """Send all that the cell wrote, also what the C library still holds."""
        self._flush_c(None)
        self.flush()

    def _add(self, name: str, text: str) -> None:
        if text:
            self._pieces.append((name, text))
            self._size += len(text)

    def _drain(self) -> None:
        for number, pipe in self._pipes.items():
            with contextlib.suppress(BlockingIOError):
                while data := os.read(pipe, _PIPE_BYTES):
                    self._add(NAMES[number], self._decoders[number].decode(data))

    def _write_through(self) -> None:
        """A process forked by a cell has no channel, but it has the descriptors."""
        numbers = {name: number for number, name in NAMES.items()}
        for name, text in self._take():
            os.write(numbers[name], text.encode("utf-8", "replace"))

    def _pass_on(self) -> None:
        for name, text in self._take():
            self._send(name, text)

    def _take(self) -> list[tuple[str, str]]:
        """All pieces, those of one stream that follow each other joined."""
        pieces, self._pieces, self._size = self._pieces, [], 0
        groups = groupby(pieces, key=lambda piece: piece[0])
        return [(name, "".join(text for _, text in group)) for name, group in groups]

    def _pump(self) -> None:
        poll = select.poll()
        for pipe in self._pipes.values():
            poll.register(pipe, select.POLLIN)
        while True:
            poll.poll()
            with self._lock:
                self._drain()
                if self._size > ENOUGH:
                    self._pass_on()
            self._written.set()

    def _tick(self) -> None:
        pause = threading.Event()
        while True:
            self._written.wait()
            pause.wait(INTERVAL)
            self._written.clear()
            with contextlib.suppress(OSError):
                self.flush()

    def _renew(self) -> None:
        self._lock = threading.RLock()
        self._pieces = []
        self._size = 0


class Writer(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a cell."""

    encoding = "UTF-8"
    errors = "strict"

    def __init__(self, streams: Streams, number: int) -> None:
        self._streams = streams
        self._number = number

    @property
    def name(self) -> str:
        """As IPython's kernel has it."""
        return f"<{NAMES[self._number]}>"

    def write(self, text: str) -> int:
        """Write ``text``; returns how many characters."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._streams.write(self._number, text)
        return len(text)

    def flush(self) -> None:
        """Send what was written."""
        self._streams.flush()

    def fileno(self) -> int:
        """The descriptor; what is written to it is shown as well."""
        return self._number

    def writable(self) -> bool:
        """Always."""
        return True

    def isatty(self) -> bool:
        """Never."""
        return False

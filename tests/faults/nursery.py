"""Processes to be killed: forked from one that has imported what runs need, and done nothing else.

A fresh interpreter takes seconds to be ready to die; a fork of this one takes milliseconds. The
nursery itself only imports, so that no lock or thread of a library is forked half-way.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.engine.kernels import processes

REPOSITORY = Path(__file__).resolve().parents[2]

#: What children use besides that.
_MODULES = (
    "adbc_driver_postgresql.dbapi",
    "alembic",
    "cronsim",
    "nbformat",
    "papermill",
    "psycopg",
    "redis",
    "rq",
    "sqlalchemy",
    "tests.faults.loading",
    "tests.faults.queueing",
    "tests.faults.ticking",
    "tests.faults.walking",
    "tests.faults.writing",
    "workbench.engine.foreground",
    "workbench.engine.notebooks",
    "workbench.engine.orchestrator",
    "workbench.engine.recovery",
    "workbench.engine.schedule",
    "workbench.records.store",
)


class Child:
    """A process that calls one function. It may be killed, stopped and woken at any time."""

    def __init__(self, status: socket.socket, pid: int) -> None:
        self.pid = pid
        self._status = status
        self._data = bytearray()
        self._ended = False

    def kill(self) -> None:
        """SIGKILL, to it and to its process group."""
        processes.signal_group(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """SIGSTOP."""
        os.kill(self.pid, signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def is_stopped(self) -> bool:
        """Whether it stands still."""
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{self.pid}/stat").read_text()
            return stat.rpartition(")")[2].split()[0] == "T"
        return False

    def until_stopped(self, seconds: float = 60) -> bool:
        """Wait for it to stand still; false when it ended instead."""
        end = time.monotonic() + seconds
        while not self.is_stopped():
            if self._read(0.005):
                return False
            assert time.monotonic() < end, "it neither stopped nor ended"
        return True

    @property
    def ended(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._ended or self._read(0)

    def until_ended(self, seconds: float) -> bool:
        """Wait so long for its end, and no longer; whether it has ended."""
        end = time.monotonic() + seconds
        while not self._ended and time.monotonic() < end:
            self._read(0.1)
        return self._ended

    def wait(self, seconds: float = 120) -> Any:
        """Wait for its end: what the function returned, or ``Killed``.

        Raises ``AssertionError`` with its traceback when the function raised.
        """
        end = time.monotonic() + seconds
        while not self._ended:
            assert time.monotonic() < end, f"process {self.pid} did not end"
            self._read(1.0)
        if not self._data:
            return Killed
        good, value = pickle.loads(bytes(self._data))
        assert good, f"in a child:\n{value}"
        return value

    def _read(self, timeout: float) -> bool:
        if not self._ended and select.select([self._status], [], [], timeout)[0]:
            data = self._status.recv(1 << 20)
            self._data += data
            if not data:
                self._ended = True
                self._status.close()
        return self._ended


class Killed:
    """What ``Child.wait`` gives for a child that was killed before it was done."""


class Nursery:
    """The process from which children are forked; use it in a ``with`` statement."""

    def __enter__(self) -> Nursery:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery", str(theirs.fileno())],
                cwd=REPOSITORY,
                env={**os.environ, **processes.room_for_marks()},
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        self._control = ours
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._control.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def child(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> Child:
        """Begin ``function`` (of a module) in a child of its own."""
        status, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
        _send(status, pickle.dumps((function, arguments, more)))
        return Child(status, int.from_bytes(_exactly(status, 8), "big"))

    def call(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Have a child do it, and wait for what comes of it."""
        return self.child(function, *arguments, **more).wait()


def _send(sock: socket.socket, data: bytes) -> None:
    sock.sendall(len(data).to_bytes(8, "big") + data)


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        assert more, "the other side is gone"
        data += more
    return data


def _serve(control: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by themselves
    parent = os.getpid()
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 16, 1)
        if not data:
            return
        with socket.socket(fileno=descriptors[0]) as status:
            work = _exactly(status, int.from_bytes(_exactly(status, 8), "big"))
            pid = os.fork()
            if pid == 0:
                try:
                    control.close()
                    _be_a_child(status, work, parent)
                finally:
                    os._exit(70)


def _be_a_child(status: socket.socket, work: bytes, parent: int) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    processes.die_with_parent(parent)
    status.sendall(os.getpid().to_bytes(8, "big"))
    try:
        function, arguments, more = pickle.loads(work)
        answer = (True, function(*arguments, **more))
        data = pickle.dumps(answer)
    except BaseException:
        data = pickle.dumps((False, traceback.format_exc()))
    sys.setprofile(None)
    status.sendall(data)
    os._exit(0)


def main() -> None:
    """Import, then fork on request."""
    from workbench.engine.kernels import preload

    control = socket.socket(fileno=int(sys.argv[1]))
    processes.die_with_parent(os.getppid())
    preload.import_all([*preload.LIGHT, *_MODULES])
    preload.settle()
    _serve(control)


if __name__ == "__main__":
    main()

"""The handle of a zygote, held by the process that executes notebooks."""

from __future__ import annotations

import os
import secrets
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import IO

from workbench.engine.kernels import frames, preload, processes
from workbench.engine.kernels.session import Session
from workbench.errors import EngineError, KernelDied

_COMMAND = (sys.executable, "-P", "-m", "workbench.engine.kernels.zygote")

#: What the last lines of a zygote's log may take in an error message, in characters.
_LOG_TAIL = 2000


class Zygote:
    """Starts a zygote when it is needed, and again when it died or is out of date.

    ``preload`` is ``"full"`` (workers), ``"light"`` (one cold run), ``"none"`` or a list of
    modules. :meth:`start` does not wait: what is asked for meanwhile waits in the socket. Use it
    in a ``with`` statement, or call :meth:`close`. A forked worker may go on using the handle of
    its parent.
    """

    def __init__(self, preload: str | Sequence[str] = "full") -> None:
        self._preload = preload
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._handle: int | None = None
        self._control: socket.socket | None = None
        self._fingerprint = ""
        self._log: IO[bytes] | None = None

    def __enter__(self) -> Zygote:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self.is_alive() else None

    def is_alive(self) -> bool:
        """Whether the process runs."""
        if self._handle is None:
            return False
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        return not poll.poll(0)

    def is_stale(self) -> bool:
        """Whether the workbench's code or the Python environment changed since the start.

        Other files that the zygote imported, it looks at itself before each run.
        """
        return self._fingerprint != preload.fingerprint()

    def start(self) -> None:
        """Start the process, or start it anew if it died or is stale. Does not wait for it."""
        if self.is_alive() and not self.is_stale():
            return
        self.close()
        self._owner = os.getpid()
        self._fingerprint = preload.fingerprint()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*_COMMAND, str(theirs.fileno()), *preload.names(self._preload)],
                env={**os.environ, **processes.room_for_marks(), **_search_path()},
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._control = ours
        self._handle = os.pidfd_open(self._process.pid)

    def session(
        self,
        *,
        environ: Mapping[str, str],
        cwd: Path,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Session:
        """A fresh child with exactly this environment and working folder.

        Returns when the child is there. ``is_wanted`` is asked while it waits for the zygote;
        the session comes without a child once it says no. Raises ``KernelDied`` if the zygote
        cannot be brought to life.
        """
        for _ in range(3):  # stale, ended in between, and then there
            self.start()
            session = self._request(environ, cwd)
            if session is None:
                continue
            session.wait_for_start(is_wanted)
            if session.stale is not None:
                self.close()  # what it imported has changed
            elif session.exit is None:
                return session
            session.close()
        if session is not None and session.stale is not None:
            raise KernelDied(
                "a file that notebooks need changes all the time",
                where=session.stale,
                remedy="retry the run once nobody edits it",
            )
        tail = self._log_tail()
        raise KernelDied(
            "the process that starts notebooks ended while it was starting"
            + (f":\n{tail}" if tail else ""),
            remedy="see the text above",
        )

    def close(self) -> None:
        """Let the zygote go: it ends once the notebooks that still run in it have ended."""
        if self._control is not None:
            self._control.close()
        if self._handle is not None:
            os.close(self._handle)
        if self._process is not None and self._owner == os.getpid():
            try:
                self._process.wait(timeout=1.0)
            except subprocess.TimeoutExpired:
                # still importing, or a notebook of another thread runs; it ends by itself
                _waiting.append(self._process)
        if self._log is not None:
            self._log.close()
        _waiting[:] = [process for process in _waiting if process.poll() is None]
        self._control = self._handle = self._process = self._log = None

    def _request(self, environ: Mapping[str, str], cwd: Path) -> Session | None:
        if self._control is None:
            raise EngineError("the zygote is closed")
        mark = secrets.token_hex(16)
        status, their_status = socket.socketpair()
        channel, their_channel = socket.socketpair()
        with their_status, their_channel:
            try:
                socket.send_fds(
                    self._control, [b"run"], [their_status.fileno(), their_channel.fileno()]
                )
                status.sendall(
                    frames.encode({"mark": mark, "environ": dict(environ), "cwd": str(cwd)})
                )
            except OSError:
                status.close()
                channel.close()
                return None
        return Session(status, channel, mark)

    def _log_tail(self) -> str:
        if self._log is None:
            return ""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _LOG_TAIL))
        return self._log.read().decode(errors="replace").strip()


def _search_path() -> dict[str, str]:
    """What lets a new process find the workbench where it runs from its sources, uninstalled."""
    try:
        metadata.distribution("data-workbench")
    except metadata.PackageNotFoundError:
        source = str(Path(__file__).resolve().parents[3])
        given = os.environ.get("PYTHONPATH")
        return {"PYTHONPATH": f"{source}{os.pathsep}{given}" if given else source}
    return {}


#: Zygotes that were let go and had not ended yet; kept so that they are reaped.
_waiting: list[subprocess.Popen[bytes]] = []

"""Who holds the lock of an SQLite file, where the system tells (Linux)."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Holder:
    """A process that holds the lock; ``stopped``: it stands still (SIGSTOP, Ctrl-Z)."""

    pid: int
    command: str
    stopped: bool

    @property
    def is_ours(self) -> bool:
        """Whether it is a command, worker or notebook of the workbench."""
        return "workbench" in self.command

    def __str__(self) -> str:
        still = ", which stands still" if self.stopped else ""
        return f"process {self.pid} ({self.command[:120]}){still}"


def holder(path: Path) -> Holder | None:
    """Who holds a lock for writing on this file; ``None`` when nobody does, or nobody can tell."""
    try:
        found = path.stat()
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    place = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in lines:
        fields = line.split()
        if len(fields) >= 6 and fields[1:4] == ["POSIX", "ADVISORY", "WRITE"]:
            pid = int(fields[4])
            if fields[5] == place and pid not in (os.getpid(), 0, -1):
                return _about(pid)
    return None


def end_if_stopped(path: Path) -> Holder | None:
    """End the process of the workbench that stands still with the lock; what it had not committed
    is rolled back by the next who comes. Others are left alone. The process that was ended."""
    found = holder(path)
    if found is None or not found.stopped or not found.is_ours:
        return None
    logger.warning("%s holds the records and is ended", found)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(found.pid, signal.SIGKILL)
    return found


def _about(pid: int) -> Holder | None:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None
    return Holder(pid, " ".join(command.decode(errors="replace").split()), state == "T")

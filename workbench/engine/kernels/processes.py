"""Processes of a run: marks that find them, what they hold, and how all of them are ended.

A mark is an environment variable. A forked child shares the memory in which the kernel of the
system looks up ``/proc/<pid>/environ`` with nobody, so :func:`stamp` writes the mark there; what
the child starts inherits it in the usual way.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

#: Mark of all processes that work for a run; the value is the run's id.
RUN_MARK = "WORKBENCH_RUN"
#: Mark of all processes of one execution of one notebook; the value is random.
KERNEL_MARK = "WORKBENCH_KERNEL"

#: Bytes reserved for each mark in the environment that a zygote is started with.
ROOM = {RUN_MARK: 128, KERNEL_MARK: 64}

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PAGE = os.sysconf("SC_PAGE_SIZE")


def can_fork() -> bool:
    """Whether zygotes work here: they need Linux (parent-death signals, ``/proc``)."""
    return sys.platform == "linux"


def room_for_marks() -> dict[str, str]:
    """Environment variables that reserve the room which :func:`stamp` fills."""
    return {name: " " * size for name, size in ROOM.items()}


def stamp(name: str, value: str) -> None:
    """Write a mark where other processes see it; only in a child forked from a zygote.

    Call it before ``os.environ`` is changed: ``getenv`` must still point into the first
    environment.
    """
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    place = libc.getenv(name.encode())
    if place:
        room = ROOM[name]
        ctypes.memmove(place, value.encode()[:room].ljust(room, b"\0"), room)


def die_with_parent(parent: int) -> None:
    """End this process when ``parent`` ends, even if it has ended just now."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def give_way(niceness: int) -> None:
    """Let other processes of this machine go first.

    Where Linux weighs whole sessions against each other, niceness counts within a session only;
    a process that has a session of its own makes that one give way too.
    """
    os.nice(niceness - os.nice(0))
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def children(pid: int) -> list[int]:
    """The direct children of a process; empty if it is gone."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def threads(pid: int | str = "self") -> list[str]:
    """The names of the threads of a process, the main thread's first."""
    names = []
    for task in sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda task: int(task.name)):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            names.append((task / "comm").read_text().strip())
    return names


def mark_of(pid: int, name: str) -> str | None:
    """The value of a mark of a process; ``None`` if it has none or cannot be read."""
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return None
    head = name.encode() + b"="
    for entry in environ.split(b"\0"):
        if entry.startswith(head):
            return entry[len(head) :].decode(errors="replace").strip() or None
    return None


def marked(name: str, value: str) -> list[int]:
    """All other processes with this mark."""
    wanted = value[: ROOM.get(name, len(value))]
    own = os.getpid()
    pids = (int(entry) for entry in os.listdir("/proc") if entry.isdigit())
    return [pid for pid in pids if pid != own and mark_of(pid, name) == wanted]


def end_marked(name: str, value: str, *, within: float = 2.0) -> list[int]:
    """Kill every process with this mark; returns those that were killed.

    Looks again until none is left, since a process may start others while it is being ended.
    """
    ended: set[int] = set()
    deadline = time.monotonic() + within
    while can_fork():
        found = [pid for pid in marked(name, value) if not _is_zombie(pid)]
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        ended.update(found)
        if not found or time.monotonic() > deadline:
            break
        time.sleep(0.01)
    return sorted(ended)


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal a process and its process group, as far as they still live."""
    for send in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(pid, number)
            if number is not signal.SIGKILL:
                return


def memory(pid: int, enough: int) -> int:
    """Bytes of memory that a process and its descendants take.

    Pages shared with others count in proportion. Reading that is slow, so the resident size,
    which is never smaller, is returned as long as it is below ``enough``.
    """
    family, todo = [], [pid]
    while todo:
        current = todo.pop()
        family.append(current)
        todo += children(current)
    total = sum(_resident(member) for member in family)
    return total if total <= enough else sum(_proportional(member) for member in family)


def machine_memory() -> int:
    """Bytes of memory that this machine, or the container around this process, has."""
    total = os.sysconf("SC_PHYS_PAGES") * _PAGE
    for place in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            return min(total, int(Path(place).read_text()))
    return total


def ended_for_memory() -> int:
    """How many processes the system has ended so far because memory ran out."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _is_zombie(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"

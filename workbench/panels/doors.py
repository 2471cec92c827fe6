"""Doors: how a kernel lets the Jupyter server beside it write into the uploads of its project.

A door is a file in Jupyter's runtime folder, which is its user's alone, and says where project and
state are. Its name is a secret that the kernel tells its panels; who sends it with a chunk reaches
the uploads of that project, and nothing else: no path ever comes from a page. A door is open as
long as the kernel that made it holds its lock, however the kernel ends.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import logging
import os
import re
import secrets
import threading
from contextlib import suppress
from pathlib import Path

from jupyter_core.paths import jupyter_runtime_dir

from workbench.config import Settings

_log = logging.getLogger(__name__)

_SECRET = re.compile(r"[\w-]{43}", re.ASCII)
_PREFIX = "workbench-door-"


class Doors:
    """The doors of this process, one for each project and home, removed when it ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[Path, Path], tuple[str, int]] = {}
        self._process = os.getpid()

    def to(self, settings: Settings) -> str:
        """The secret of the door to a project; empty where none can be made."""
        key = (settings.project, settings.home)
        with self._lock:
            if os.getpid() != self._process:  # a fork: what it got belongs to who made it
                self._made, self._process = {}, os.getpid()
            known = self._made.get(key)
            if known and _path(known[0]).exists():
                return known[0]
            try:
                _sweep()
                secret, handle = _make(settings)
            except OSError as error:
                _log.info("uploads go through the kernel: %s", error)
                return ""
            if known:
                os.close(known[1])
            else:
                atexit.register(self.close)
            self._made[key] = (secret, handle)
            return secret

    def close(self) -> None:
        """Remove the doors that this process made."""
        with self._lock:
            if os.getpid() == self._process:
                for secret, handle in self._made.values():
                    _path(secret).unlink(missing_ok=True)
                    os.close(handle)
            self._made.clear()
        atexit.unregister(self.close)


def find(secret: str) -> Settings | None:
    """Where the door with this secret leads; ``None`` if there is none, or its kernel has ended."""
    if not _SECRET.fullmatch(secret):
        return None
    try:
        handle = os.open(_path(secret), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    with open(handle, encoding="utf-8") as file:
        if os.fstat(handle).st_uid != os.geteuid() or not _held(handle):
            return None
        try:
            said = json.load(file)
            return Settings(project=said["project"], home=said["home"], environ={})
        except (ValueError, KeyError, TypeError):
            return None


def _path(secret: str) -> Path:
    return Path(jupyter_runtime_dir()) / f"{_PREFIX}{secret}.json"


def _make(settings: Settings) -> tuple[str, int]:
    """A new door: its secret, and the handle that holds its lock."""
    secret = secrets.token_urlsafe(32)
    path = _path(secret)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_suffix(".part")
    handle = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        said = {"project": str(settings.project), "home": str(settings.home)}
        os.write(handle, json.dumps(said).encode())
        aside.rename(path)  # seen only when it is locked
    except BaseException:
        os.close(handle)
        aside.unlink(missing_ok=True)
        raise
    return secret, handle


def _sweep() -> None:
    """Remove the doors of kernels that were killed."""
    for path in Path(jupyter_runtime_dir()).glob(f"{_PREFIX}*.json"):
        with suppress(OSError), path.open("rb") as file:
            if not _held(file.fileno()):
                path.unlink()


def _held(handle: int) -> bool:
    """Whether the kernel that made a door still holds its lock."""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


#: Those of this kernel.
doors = Doors()

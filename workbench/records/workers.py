"""Processes that work: registered, alive while their heartbeat moves."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from workbench.model.status import Status
from workbench.model.value import Value
from workbench.records.schema import attempts, workers
from workbench.records.store import Records

WorkerKind = Literal["worker", "scheduler", "foreground"]


class WorkerRow(Value):
    """A process as it registered itself. ``machine`` tells whether ``pid`` means anything here."""

    id: str
    kind: WorkerKind
    host: str
    machine: str
    pid: int
    pid_started: float
    started_at: datetime
    heartbeat_at: datetime
    stopped_at: datetime | None = None
    run_id: str | None = None
    step_id: str | None = None


def register(records: Records, kind: WorkerKind) -> str:
    """Register this process; returns its new id."""
    worker_id = f"{kind}-{uuid.uuid4().hex[:8]}"
    with records.begin() as connection:
        now = records.now(connection)
        connection.execute(
            sa.insert(workers).values(
                id=worker_id,
                kind=kind,
                host=socket.gethostname(),
                machine=machine(),
                pid=os.getpid(),
                pid_started=process_start(os.getpid()) or 0.0,
                started_at=now,
                heartbeat_at=now,
            )
        )
    return worker_id


def heartbeat(
    records: Records,
    worker_id: str,
    current: tuple[str, str, int] | None = None,
) -> bool:
    """Say that this process lives and which (run, step, attempt) it works on.

    False when somebody has declared it dead: it must end what it does and register anew.
    """
    run_id, step_id, attempt = current or (None, None, None)
    with records.begin() as connection:
        now = records.now(connection)
        alive = connection.execute(
            sa.update(workers)
            .where(workers.c.id == worker_id, workers.c.stopped_at.is_(None))
            .values(heartbeat_at=now, run_id=run_id, step_id=step_id)
        )
        if current is not None:
            connection.execute(
                sa.update(attempts)
                .where(
                    attempts.c.run_id == run_id,
                    attempts.c.step_id == step_id,
                    attempts.c.number == attempt,
                    attempts.c.status == Status.RUNNING,
                    attempts.c.worker == worker_id,
                )
                .values(heartbeat_at=now)
            )
    return alive.rowcount == 1


def stop(records: Records, worker_id: str) -> None:
    """Note that a process has ended."""
    with records.begin() as connection:
        connection.execute(
            sa.update(workers)
            .where(workers.c.id == worker_id, workers.c.stopped_at.is_(None))
            .values(stopped_at=records.now(connection), run_id=None, step_id=None)
        )


def list_workers(records: Records, *, kind: WorkerKind | None = None) -> tuple[WorkerRow, ...]:
    """The processes that have not stopped, oldest first."""
    statement = (
        sa.select(workers).where(workers.c.stopped_at.is_(None)).order_by(workers.c.started_at)
    )
    if kind is not None:
        statement = statement.where(workers.c.kind == kind)
    names = WorkerRow.model_fields
    return tuple(
        WorkerRow.model_validate({name: getattr(row, name) for name in names})
        for row in records.rows(statement)
    )


@cache
def machine() -> str:
    """What has the same process ids: the boot of the machine and the namespace of pids."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return f"{socket.gethostname()}/{uuid.getnode():x}"


def process_start(pid: int) -> float | None:
    """When a process of this machine began, in clock ticks since boot; ``None`` if it is gone.

    Tells a process from a later one with the same id. A zombie is gone.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None if Path("/proc/self/stat").exists() else 0.0
    return None if fields[0] in "ZX" else float(fields[19])


def is_stopped(pid: int) -> bool:
    """Whether a process of this machine stands still (SIGSTOP, Ctrl-Z, a debugger)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    except OSError:
        return False

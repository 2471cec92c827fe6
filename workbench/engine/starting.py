"""Starts, retries and stops runs for those who do not walk them: panels, and ``--no-wait``.

Workers do a run when some are up; else a process of its own does, which goes on when the one that
asked for it ends. Either way the run is in the records before this returns.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Literal

from workbench.config import Settings
from workbench.engine.orchestrator import advance
from workbench.engine.publishing import PortalPublisher
from workbench.engine.queue import RedisJobs
from workbench.engine.recovery import fail, sweep
from workbench.errors import EngineError, QueueUnavailable, RecordsError
from workbench.model.plan import Plan
from workbench.model.run import Run
from workbench.model.status import Status, Trigger
from workbench.model.value import Value
from workbench.records.runs import cancel_run, create_run, get_run, lock_run, retry_run
from workbench.records.store import Records
from workbench.records.workers import list_workers

#: What walks one run in the background; the run's id follows.
COMMAND = (sys.executable, "-m", "workbench.engine.background")


class Started(Value):
    """Who does a run; ``waits`` says why it does not begin at once."""

    run_id: str
    by: Literal["workers", "background"]
    waits: str | None = None


def start_run(
    settings: Settings,
    records: Records,
    plan: Plan,
    *,
    trigger: Trigger = Trigger.MANUAL,
    priority: int = 0,
) -> Started:
    """Record a run of ``plan`` and have it done; returns at once.

    Raises ``EngineError`` when no process can be started for it; the run is FAILED then.
    """
    run = create_run(
        records, plan, trigger=trigger, priority=priority, project=settings.project
    )
    if run is None:
        raise RecordsError("the run was not recorded")
    return _hand_over(settings, records, run)


def start_again(settings: Settings, records: Records, run_id: str) -> Started:
    """Do again what failed in a run; what succeeded stays. Returns at once.

    Raises ``RecordsError`` when it is neither failed nor cancelled.
    """
    return _hand_over(settings, records, retry_run(records, get_run(records, run_id).id))


def stop_run(settings: Settings, records: Records, run_id: str) -> Status:
    """Ask for a run to end; its status after that.

    What has not begun is cancelled here and now; what runs is ended by its process within
    seconds. Raises ``RecordsError`` when the run has ended already.
    """
    found = get_run(records, run_id)
    cancel_run(records, found.id)
    status = advance(records, found.id)
    if status.is_final:
        PortalPublisher(settings)()
    return status


def _hand_over(settings: Settings, records: Records, run: Run) -> Started:
    sweep(records)  # a worker that died unseen does nothing
    if list_workers(records, kind="worker"):
        try:
            advance(records, run.id, RedisJobs(settings))
        except QueueUnavailable as error:  # it waits in SQL, and the workers' sweep finds it
            return Started(run_id=run.id, by="workers", waits=error.message)
        return Started(run_id=run.id, by="workers")
    try:
        _spawn(settings, run.id)
    except OSError as error:
        failure = EngineError(
            f"no process could be started for run {run.id}: {error}",
            remedy=f"try again with `workbench retry {run.id}`",
        )
        with records.begin() as connection:
            lock_run(connection, run.id)
            fail(records, connection, run.id, failure.to_record())
        raise failure from error
    return Started(run_id=run.id, by="background")


def _spawn(settings: Settings, run_id: str) -> None:
    log = settings.path("logs", "background.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*COMMAND, run_id],
            env={**os.environ, **settings.environ()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # a kernel that is restarted does not take the run with it
        )
    # somebody has to ask for the exit code, or the process stays as a zombie
    threading.Thread(target=process.wait, name=f"run {run_id}", daemon=True).start()

"""Walks one recorded run in a process of its own: ``python -m workbench.engine.background RUN``."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Collection
from types import FrameType

from workbench.config import Settings
from workbench.engine.events import Publisher
from workbench.engine.foreground import walk_recorded
from workbench.engine.publishing import PortalPublisher
from workbench.engine.recovery import fail
from workbench.errors import WorkbenchError
from workbench.records.runs import lock_run, take_run
from workbench.records.store import Records, open_records
from workbench.scrubbing import Scrubber, log_without_secrets


def main(arguments: list[str] | None = None) -> int:
    """Walk the run whose id is given, unless somebody else has it; returns the exit code."""
    (run_id,) = sys.argv[1:] if arguments is None else arguments
    logging.getLogger("papermill").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, _stop)
    try:
        settings = Settings()
        records = open_records(settings)
    except WorkbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return _walk(settings, records, run_id)


def _walk(settings: Settings, records: Records, run_id: str) -> int:
    from workbench.engine.kernels import Zygote
    from workbench.engine.notebooks import NotebookExecutor

    def secrets() -> Collection[str]:
        from workbench.spec.loader import load_project

        return load_project(settings, tolerant=True).secrets()

    try:
        secrets()  # where they cannot be known, nothing is begun that might tell them
        log_without_secrets(secrets)
        tell = Publisher(settings)
        with Zygote(preload="light") as kernel:
            execute = NotebookExecutor(kernel, notify=tell, secrets=secrets)
            walk_recorded(records, run_id, settings, execute, tell, secrets=secrets)
    except WorkbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        _note(records, run_id, error, secrets)
        return error.exit_code
    finally:
        PortalPublisher(settings)()
        records.close()
    return 0


def _note(
    records: Records, run_id: str, error: WorkbenchError, secrets: Callable[[], Collection[str]]
) -> None:
    """A run that nobody began fails with what kept this process from it."""
    try:
        known = secrets()
    except WorkbenchError:  # the specs cannot be read, so nothing of them is in the error
        known = ()
    record = Scrubber(known).value(error.to_record())
    if take_run(records, run_id, "background"):
        with records.begin() as connection:
            lock_run(connection, run_id)
            fail(records, connection, run_id, record)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    raise SystemExit(main())

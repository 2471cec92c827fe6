"""An executor that acts out what a run's parameters say, and workers that use it.

``params`` maps a step id to what happens there: ``ok`` (the default), ``sleep SECONDS``, ``fail``,
``flaky N`` (fails N times with a transient error), ``silent`` (no result), ``die`` (the worker is
killed), ``raise``. Each attempt that begins and each result that is recorded leaves a line in the
file ``effects`` of the home folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from workbench.config import Settings
from workbench.engine.execution import Outcome
from workbench.errors import FenceRefused
from workbench.model.result import StepResult
from workbench.model.run import Run, StepRun
from workbench.records.attempts import finish_step, note_error
from workbench.records.store import Records, open_records

REPOSITORY = Path(__file__).resolve().parents[2]

#: ``workbench up`` with two such workers.
UP = """
import sys
from tests.engine.acting import Actor
from workbench.config import Settings
from workbench.engine.supervisor import up
acting = [sys.executable, "-m", "tests.engine.acting"]
up(Settings(), workers=2, scheduler=None, worker=acting, tell=lambda text: print(text, flush=True))
"""


def note(settings: Settings, *words: object) -> None:
    """Append a line to the effects; whole lines, whoever writes at the same time."""
    settings.home.mkdir(parents=True, exist_ok=True)
    line = " ".join(map(str, words)) + "\n"
    handle = os.open(settings.path("effects"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, line.encode())
    os.close(handle)


def effects(settings: Settings, word: str) -> list[tuple[str, ...]]:
    """The lines of the effects that begin with ``word``, without it."""
    path = settings.path("effects")
    lines = path.read_text().splitlines() if path.exists() else []
    split = (tuple(line.split()) for line in lines)
    return [parts[1:] for parts in split if parts[0] == word]


class Actor:
    """The executor; as a notebook does, it records results through records of its own."""

    def __init__(self) -> None:
        self._records: Records | None = None

    def __call__(
        self, run: Run, step: StepRun, settings: Settings, *, cancelled: Callable[[], bool]
    ) -> Outcome:
        self._records = self._records or open_records(settings)
        what, _, number = str(run.params.get(step.step_id, "ok")).partition(" ")
        note(settings, "begin", run.id, step.step_id, step.attempt)
        ids = (run.id, step.step_id, step.attempt)
        if what == "raise":
            raise RuntimeError("the executor is broken")
        if what == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "silent":
            return Outcome(status="finished")
        if what == "fail" or (what == "flaky" and step.attempt <= int(number)):
            error = {"type": "TestError", "message": "as told", "transient": what == "flaky"}
            note_error(self._records, *ids, error)
            return Outcome(status="failed", error={"type": "Other", "message": "from outside"})
        end = time.monotonic() + (float(number) if what == "sleep" else 0)
        while time.monotonic() < end:
            if cancelled():
                return Outcome(status="cancelled")
            time.sleep(0.02)
        result = StepResult(verb=step.verb, dataset=step.dataset, metrics={"one": 1.0})
        try:
            finish_step(self._records, *ids, result)
        except FenceRefused:
            note(settings, "refused", *ids)
            return Outcome(status="failed")
        note(settings, "done", *ids)
        return Outcome(status="finished", seconds=0.1)


def start_worker(settings: Settings, log: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """A worker process that acts."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engine.acting"],
        env={**os.environ, **settings.environ()},
        cwd=REPOSITORY,
        stderr=log or subprocess.DEVNULL,
    )


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something to become true; fail with its name when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        time.sleep(0.05)


if __name__ == "__main__":
    import logging

    from workbench.engine.stopping import Stopping
    from workbench.engine.worker import work

    logging.basicConfig()
    work(Settings(), Actor(), stopping=Stopping(grace=1.0).listen())

"""The papermill engine ``workbench``: runs the cells of a notebook in a child of a zygote.

papermill finds it by its entry point; ``papermill --engine workbench in.ipynb out.ipynb`` works
too, with a zygote of its own. :mod:`workbench.engine.executor` passes a :class:`Conduct`, which
says within what limits the notebook may run and afterwards how that ended.
"""

from __future__ import annotations

import os
import platform
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nbformat import NotebookNode
from papermill.engines import Engine, NotebookExecutionManager

from workbench.engine.kernels import Zygote, processes
from workbench.engine.kernels.outputs import Outputs
from workbench.engine.kernels.session import Session

#: What a kernel says about its language.
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": platform.python_version(),
}

Status = Literal["finished", "failed", "timeout", "cancelled", "died", "out_of_memory"]

#: Seconds that an interrupted cell gets before its process group is killed.
GRACE = 0.6

#: Seconds between two looks at the clock and the memory, and between two questions whether the
#: run was cancelled (which may cost a query).
LOOK = 0.1
ASK = 0.25

#: What Python, Arrow and DuckDB call it when they can get no memory.
_NO_MEMORY = ("MemoryError", "ArrowMemoryError", "OutOfMemoryException")


@dataclass
class Conduct:
    """Within what limits a notebook runs; then how it ended, where and why."""

    kernel: Zygote | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path = field(default_factory=Path.cwd)
    timeout: float | None = None
    cell_timeout: float | None = None
    memory_limit: int | None = None
    cancelled: Callable[[], bool] = lambda: False
    on_event: Callable[[dict[str, Any]], None] = lambda event: None
    save: Callable[[NotebookNode], None] = lambda notebook: None

    notebook: NotebookNode = field(default_factory=NotebookNode)
    status: Status = "finished"
    cell: NotebookNode | None = None
    #: Of an error raised by a cell: ename, evalue, traceback, record.
    raised: dict[str, Any] | None = None
    #: Of anything else: what happened, in words, and whether it may pass by itself.
    reason: str = ""
    passing: bool = False
    _ended_before: int = field(default_factory=lambda: processes.ended_for_memory())

    def stop(self, status: Status, reason: str, cell: NotebookNode | None = None) -> None:
        """Note why the notebook ends early; the first reason stands."""
        if self.status == "finished":
            self.status, self.reason, self.cell = status, reason, cell or self.cell

    def fail(self, error: dict[str, Any], cell: NotebookNode) -> None:
        """Note that a cell raised ``error`` (ename, evalue, traceback)."""
        if error.get("ename") in _NO_MEMORY:
            self.stop("out_of_memory", "the notebook could get no more memory", cell)
        self.raised = error
        self.stop("failed", "", cell)

    def die(self, code: int | None, cell: NotebookNode | None = None) -> None:
        """Note that the kernel is gone, with its exit code where it is known."""
        if code in (None, -signal.SIGKILL) and processes.ended_for_memory() > self._ended_before:
            # another run may have taken the memory, so that a later try has more
            self.passing = True
            reason = "the machine's memory ran out, and the system ended the kernel"
            self.stop("out_of_memory", reason, cell)
        self.stop("died", _how_it_died(code), cell)


class Watch:
    """Looks whether a limit is reached."""

    def __init__(self, conduct: Conduct) -> None:
        self._conduct = conduct
        self._end = time.monotonic() + conduct.timeout if conduct.timeout else None
        self._cell_end: float | None = None
        self._asked = 0.0

    def begin_cell(self) -> None:
        """The clock of the cell starts."""
        if self._conduct.cell_timeout:
            self._cell_end = time.monotonic() + self._conduct.cell_timeout

    def look(self, pid: int | None) -> tuple[Status, str] | None:
        """The limit that is reached by the process and those below it, if any."""
        now, conduct = time.monotonic(), self._conduct
        if self._end and now > self._end:
            return "timeout", f"the notebook took longer than {conduct.timeout:g} s"
        if self._cell_end and now > self._cell_end:
            return "timeout", f"the cell took longer than {conduct.cell_timeout:g} s"
        if now - self._asked >= ASK:
            self._asked = now
            if conduct.cancelled():
                return "cancelled", "the run was cancelled"
        if (
            conduct.memory_limit
            and pid
            and processes.memory(pid, conduct.memory_limit) > conduct.memory_limit
        ):
            size = conduct.memory_limit >> 20
            return "out_of_memory", f"the notebook needed more than {size} MiB of memory"
        return None


class ZygoteEngine(Engine):  # type: ignore[misc]
    """Runs a notebook's cells in a fresh child of a zygote."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        conduct: Conduct | None = None,
        **_: Any,
    ) -> None:
        """Run the cells in order, up to the first that fails."""
        conduct = conduct or Conduct()
        conduct.notebook = nb_man.nb
        if conduct.kernel is None:
            with Zygote("light") as kernel:
                _Walk(nb_man, conduct, kernel).run()
        else:
            _Walk(nb_man, conduct, conduct.kernel).run()


class _Walk:
    """One notebook being run."""

    def __init__(self, manager: NotebookExecutionManager, conduct: Conduct, kernel: Zygote) -> None:
        self._manager = manager
        self._kernel = kernel
        self._conduct = conduct
        self._outputs = Outputs()
        self._watch = Watch(conduct)
        self._count = 0

    def run(self) -> None:
        conduct = self._conduct
        session = self._kernel.session(
            environ=conduct.environ, cwd=conduct.cwd, is_wanted=self._is_wanted
        )
        try:
            if session.pid is None:
                return
            self._manager.nb.metadata["language_info"] = LANGUAGE
            for index, cell in enumerate(self._manager.nb.cells):
                tell_cell(conduct, index)
                self._manager.cell_start(cell, index)
                if not _is_skipped(cell):
                    self._run_cell(session, cell)
                if conduct.status != "finished":
                    self._manager.cell_exception(cell, cell_index=index)
                self._manager.cell_complete(cell, cell_index=index)
                if conduct.status != "finished":
                    return
                conduct.save(self._manager.nb)
        except BaseException:
            session.kill()
            raise
        finally:
            if conduct.status not in ("finished", "failed"):
                session.kill()
            session.close()

    def _run_cell(self, session: Session, cell: NotebookNode) -> None:
        outputs = self._outputs
        outputs.begin(cell)
        self._count += 1
        cell.execution_count = self._count
        self._watch.begin_cell()
        session.execute(cell.source, cell.get("id"))
        reply = self._wait(session, cell)
        outputs.finish()
        if reply is None:
            return
        error = reply["error"] or {}
        if reply["status"] == "ok" or "raises-exception" in cell.metadata.get("tags", ()):
            return
        self._conduct.fail(error, cell)

    def _wait(self, session: Session, cell: NotebookNode) -> dict[str, Any] | None:
        """Take in messages until the cell has ended; its reply, or ``None`` if it had to be ended.

        A cell that reaches a limit is interrupted first, so that its traceback says where it was.
        """
        conduct = self._conduct
        killed_at: float | None = None
        while True:
            for message in session.receive(LOOK):
                if "done" in message:
                    reply: dict[str, Any] = message["done"]
                    if killed_at is not None:
                        conduct.raised = reply["error"]
                        return None
                    return reply
                self._outputs.add(message)
                conduct.save(self._manager.nb)
            if session.exit is not None:
                conduct.die(session.exit, cell)
                return None
            if killed_at is None:
                limit = self._watch.look(session.pid)
                if limit:
                    conduct.stop(*limit, cell)
                    killed_at = time.monotonic()
                    if limit[0] == "out_of_memory":
                        return None
                    session.interrupt()
            elif time.monotonic() - killed_at > GRACE:
                return None

    def _is_wanted(self) -> bool:
        limit = self._watch.look(None)
        if limit:
            self._conduct.stop(*limit)
        return limit is None


def tell_cell(conduct: Conduct, index: int) -> None:
    """Pass on that a cell begins."""
    conduct.on_event({"event": "cell", "cell": index, "cells": len(conduct.notebook.cells)})


def _is_skipped(cell: NotebookNode) -> bool:
    tags = cell.metadata.get("tags", ())
    return cell.cell_type != "code" or not cell.source.strip() or "skip-execution" in tags


def _how_it_died(code: int | None) -> str:
    if code is None:
        return "the kernel ended without a result"
    if code >= 0:
        return f"the kernel ended by itself with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (the system may have run out of memory)" if code == -signal.SIGKILL else ""
    return f"the kernel was ended by {name}{hint}"

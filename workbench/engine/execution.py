"""What the parts of the engine expect of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from workbench.config import Settings
from workbench.model.run import Run, StepRun
from workbench.model.value import Value


class Outcome(Value):
    """How the process that executed a notebook ended; whether the step succeeded is in SQL.

    ``error`` is an error record (type, message, where, remedy, transient), ``seconds`` wall time,
    ``notebook`` the path of the executed notebook.
    """

    status: Literal["finished", "failed", "timeout", "cancelled", "died", "out_of_memory"]
    error: dict[str, Any] | None = None
    seconds: float = 0.0
    notebook: str | None = None


class StepExecutor(Protocol):
    """Executes the notebook of a claimed step; ends it soon after ``cancelled()`` becomes true."""

    def __call__(
        self, run: Run, step: StepRun, settings: Settings, *, cancelled: Callable[[], bool]
    ) -> Outcome: ...


class Jobs(Protocol):
    """A queue that carries ids of steps to workers. It may lose them; SQL does not."""

    def enqueue(
        self, run_id: str, step_id: str, position: int, attempt: int, priority: int, *, front: bool
    ) -> None:
        """Queue an attempt; raises ``QueueUnavailable``. Queued twice, it is still begun once."""

    def waiting(self) -> set[tuple[str, int, int]]:
        """The (run, position, attempt) that wait in the queue; raises ``QueueUnavailable``."""

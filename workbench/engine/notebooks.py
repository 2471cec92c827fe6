"""Executes the notebook of a step: the ``StepExecutor`` that runs are really done with."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from workbench.config import Settings
from workbench.engine.events import Event, Notify
from workbench.engine.execution import Outcome
from workbench.errors import EngineError
from workbench.model.run import Run, StepRun

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.engine.kernels import Zygote

#: The part of the machine's memory that one notebook may take where nothing else is said.
_SHARE = 0.8


def executed_path(settings: Settings, step: StepRun) -> Path:
    """Where the executed notebook of an attempt is kept; each attempt has its own."""
    name = "".join(c if c.isalnum() or c in "._-" else "_" for c in step.step_id)[:150]
    again = f".{step.attempt}" if step.attempt > 1 else ""
    return settings.path("runs", step.run_id, f"{name}{again}.ipynb")


class NotebookExecutor:
    """Executes step notebooks in children of ``kernel``, or in stock kernels without one.

    ``secrets`` gives the values that must not be saved anywhere; ``notify`` hears of progress.
    """

    def __init__(
        self,
        kernel: Zygote | None,
        *,
        notify: Notify = lambda event: None,
        secrets: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._kernel = kernel
        self._notify = notify
        self._secrets = secrets

    def get_ready(self) -> None:
        """Import what the first notebook would wait for."""
        from workbench.engine import executor

        executor.get_ready()

    def __call__(
        self, run: Run, step: StepRun, settings: Settings, *, cancelled: Callable[[], bool]
    ) -> Outcome:
        from workbench.engine.executor import execute_notebook
        from workbench.engine.kernels.processes import RUN_MARK, machine_memory

        source = settings.notebooks / f"{step.verb}.ipynb"
        if not source.is_file():
            raise EngineError(
                f"there is no notebook for the step {step.step_id}",
                where=str(source),
                remedy="restore it from the notebooks that the workbench ships",
            )
        planned = run.plan.step(step.step_id)
        target = executed_path(settings, step)
        target.parent.mkdir(parents=True, exist_ok=True)

        def tell(event: dict[str, Any]) -> None:
            self._notify(Event(kind="progress", run_id=run.id, step_id=step.step_id, detail=event))

        execution = execute_notebook(
            source,
            target,
            {"run": run.id, "step": step.step_id, "attempt": step.attempt},
            kernel=self._kernel,
            timeout=planned.timeout,
            cell_timeout=planned.cell_timeout,
            memory_limit=planned.memory or settings.memory or int(_SHARE * machine_memory()),
            environ={**settings.environ(), RUN_MARK: run.id},
            cwd=settings.project,
            cancelled=cancelled,
            on_event=tell,
            secrets=self._secrets(),
        )
        return Outcome.model_validate(
            {
                "status": execution.status,
                "error": execution.error,
                "seconds": execution.seconds,
                "notebook": str(execution.notebook),
            }
        )

"""Runs the road in this process: the verbs themselves, without kernels and notebooks."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench import steps
from workbench.config import Settings
from workbench.engine.execution import Outcome
from workbench.engine.foreground import run_foreground
from workbench.errors import WorkbenchError
from workbench.model.result import StepResult
from workbench.model.run import Run, StepRun
from workbench.records.store import Records, open_records
from workbench.spec.loader import load_project
from workbench.steps.context import StepContext
from workbench.steps.planning import make_plan, sync_catalog


class Road:
    """A project under test: write specs and files, run datasets, look at what came of it.

    ``before`` is called with each context before its verb, to inject faults.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.records: Records = open_records(settings)
        self.before: Callable[[StepContext], None] = lambda context: None

    def spec(self, name: str, text: str) -> None:
        path = self.settings.specs / "datasets" / f"{name}.yml"
        path.write_text(f"dataset: {name}\n{text}", encoding="utf-8")

    def file(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        path = self.settings.project / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return path

    def run(self, *datasets: str, upstream: bool = True, **params: Any) -> Run:
        project = load_project(self.settings)
        sync_catalog(self.records, project)
        plan = make_plan(
            self.settings, project, self.records, datasets, params=params, upstream=upstream
        )
        return run_foreground(self.records, plan, self.settings, self._execute)

    def retry(self, run: Run) -> Run:
        return run_foreground(self.records, run.id, self.settings, self._execute)

    def _execute(
        self, run: Run, step: StepRun, settings: Settings, *, cancelled: Callable[[], bool]
    ) -> Outcome:
        began = time.perf_counter()
        try:
            context = StepContext(
                settings,
                self.records,
                load_project(settings, tolerant=True),
                run.id,
                step.step_id,
                step.attempt,
                step.verb,
            )
            self.before(context)
            context.save(getattr(steps, step.verb)(context))
        except WorkbenchError as error:
            return Outcome(status="failed", error=error.to_record())
        return Outcome(status="finished", seconds=time.perf_counter() - began)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        from workbench.steps.reading import query

        return query(sql, settings=self.settings).fetchall()


def result(run: Run, verb: str, dataset: str | None = None) -> StepResult:
    """The result of a step of a run; fails the test when it has none."""
    for step in run.steps:
        if step.verb == verb and dataset in (None, step.dataset):
            assert step.result is not None, step.error
            return step.result
    raise AssertionError(f"the run has no step to {verb}")

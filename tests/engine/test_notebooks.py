"""Step notebooks: executed with ids, kept per attempt, judged by the record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.engine.events import Event
from workbench.engine.foreground import run_foreground
from workbench.engine.kernels import Zygote, processes
from workbench.engine.notebooks import NotebookExecutor
from workbench.model.plan import Plan, Retry
from workbench.model.status import Status
from workbench.records.store import Records

pytestmark = pytest.mark.parametrize("any_settings", ["sqlite"], indirect=True)

PARAMETERS = 'run = ""\nstep = ""\nattempt = 0'
OPEN = """
import os
from workbench.config import Settings
from workbench.model.result import StepResult
from workbench.records.attempts import finish_step
from workbench.records.store import open_records
assert os.environ["WORKBENCH_RUN"] == run
records = open_records(Settings())
"""
SAVE = """
verb = step.split(".")[1]
finish_step(records, run, step, attempt, StepResult(verb=verb, dataset="a"))
"""


def write(settings: Settings, verb: str, *cells: str) -> None:
    """A notebook in the project's own folder."""
    content: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "execution_count": None,
            "metadata": {"tags": ["parameters"]} if number == 0 else {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate((PARAMETERS, *cells))
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {
        "cells": content,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = settings.project / "notebooks" / f"{verb}.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(notebook))


@pytest.fixture
def kernel() -> Iterator[Zygote]:
    with Zygote(preload="none") as zygote:
        yield zygote


def one(verb: str, **limits: Any) -> Plan:
    [step] = (step for step in plan_of(steps_of("a")).steps if step.verb == verb)
    step = step.model_copy(update={"needs": (), **limits})
    return Plan(workflow="w", datasets=("a",), steps=(step,))


def test_a_step_is_executed_and_kept(
    records: Records, any_settings: Settings, kernel: Zygote
) -> None:
    write(any_settings, "ingest", OPEN, "print('hunter' + '2')", SAVE)
    heard: list[Event] = []
    execute = NotebookExecutor(kernel, notify=heard.append, secrets=lambda: ["hunter2"])
    run = run_foreground(records, one("ingest"), any_settings, execute, heard.append)
    assert run.status == Status.SUCCESS, run.error
    [step] = run.steps
    assert step.notebook == str(any_settings.path("runs", run.id, "a.ingest.ipynb"))
    text = Path(step.notebook).read_text()
    assert run.id in text
    assert "hunter2" not in text
    assert {event.kind for event in heard} == {"run", "step", "progress"}


def test_a_failing_cell_fails_the_step_with_its_words(
    records: Records, any_settings: Settings, kernel: Zygote
) -> None:
    write(any_settings, "ingest", OPEN, "1 / 0")
    run = run_foreground(records, one("ingest"), any_settings, NotebookExecutor(kernel))
    assert run.status == Status.FAILED
    [step] = run.steps
    assert step.attempt == 1
    assert "ZeroDivisionError" in json.dumps(step.error)
    assert step.notebook and Path(step.notebook).is_file()


def test_what_fails_after_the_result_changes_nothing(
    records: Records, any_settings: Settings, kernel: Zygote
) -> None:
    write(any_settings, "ingest", OPEN, SAVE, "import os; os._exit(9)")
    run = run_foreground(records, one("ingest"), any_settings, NotebookExecutor(kernel))
    assert run.status == Status.SUCCESS


def test_a_kernel_that_dies_is_tried_again(
    records: Records, any_settings: Settings, kernel: Zygote
) -> None:
    write(any_settings, "ingest", OPEN, "if attempt < 3: os._exit(9)", SAVE)
    run = run_foreground(records, one("ingest"), any_settings, NotebookExecutor(kernel))
    assert run.status == Status.SUCCESS, run.error
    assert run.steps[0].attempt == 3
    kept = sorted(path.name for path in any_settings.path("runs", run.id).iterdir())
    assert kept == ["a.ingest.2.ipynb", "a.ingest.3.ipynb", "a.ingest.ipynb"]


@pytest.mark.parametrize(
    ("source", "limits", "kind", "words"),
    [
        ("import time; time.sleep(60)", {"timeout": 1.0}, "NotebookTimeout", "notebook took"),
        ("import time; time.sleep(60)", {"cell_timeout": 1.0}, "NotebookTimeout", "cell took"),
        ("x = bytearray(1 << 30)\nimport time; time.sleep(60)", {"memory": 400 << 20},
         "OutOfMemory", "more than 400 MiB"),
    ],
)  # fmt: skip
def test_the_limits_of_a_plan_hold(
    records: Records,
    any_settings: Settings,
    kernel: Zygote,
    source: str,
    limits: dict[str, Any],
    kind: str,
    words: str,
) -> None:
    write(any_settings, "ingest", OPEN, source, SAVE)
    plan = one("ingest", retry=Retry(count=0), **limits)
    run = run_foreground(records, plan, any_settings, NotebookExecutor(kernel))
    assert run.status == Status.FAILED
    assert run.error is not None and run.error["type"] == kind
    assert words in run.error["message"] and run.error["remedy"]
    assert run.steps[0].notebook and Path(run.steps[0].notebook).is_file()


def test_memory_has_a_limit_also_where_nobody_gave_one(
    records: Records, any_settings: Settings, kernel: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(any_settings, "ingest", OPEN, "x = bytearray(1 << 30)\nimport time; time.sleep(60)")
    monkeypatch.setattr(processes, "machine_memory", lambda: 500 << 20)
    run = run_foreground(records, one("ingest"), any_settings, NotebookExecutor(kernel))
    assert run.error is not None and run.error["type"] == "OutOfMemory"
    assert "400 MiB" in run.error["message"]
    # the project's own word goes before the machine's
    any_settings.memory = 2 << 30
    write(any_settings, "ingest", OPEN, "x = bytearray(1 << 30)", SAVE)
    run = run_foreground(records, one("ingest"), any_settings, NotebookExecutor(kernel))
    assert run.status == Status.SUCCESS, run.error


def test_a_missing_notebook_is_told(
    records: Records, any_settings: Settings, kernel: Zygote
) -> None:
    write(any_settings, "ingest", OPEN, SAVE)
    run = run_foreground(records, one("transform"), any_settings, NotebookExecutor(kernel))
    assert run.status == Status.FAILED
    assert run.error and "transform.ipynb" in run.error["where"]

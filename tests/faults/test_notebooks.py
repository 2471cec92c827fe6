"""A step notebook raises, hangs, dies, or ends without a result."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.project import GOOD, MORE, SALES, Project, Shell, fault, is_clear
from workbench import errors
from workbench.model.status import Status

KILL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def published(project: Project) -> Project:
    """A project that has published two rows, and received more."""
    project.road.spec("sales", SALES)
    project.road.file("a.csv", GOOD)
    assert project.road.run("sales").status == Status.SUCCESS
    project.road.file("b.csv", MORE)
    return project


def is_mended(published: Project, notebooks: Shell, *attempts: int) -> None:
    """What was published stayed; with a notebook that works, a retry does the rest."""
    assert published.road.query("SELECT count(*) FROM sales") == [(2,)]
    published.notebook("transform")
    said = notebooks("retry", notebooks.last().id)
    assert said.code == 0, said.text
    assert published.road.query("SELECT count(*), sum(amount) FROM sales") == [(3, 61)]
    assert tuple(step.attempt for step in notebooks.last().steps) == attempts


def test_a_notebook_that_raises(published: Project, notebooks: Shell) -> None:
    published.notebook("transform", before="raise ValueError('the moon is full')")
    said = notebooks("run", "sales")
    is_clear(said, "ValueError: the moon is full", "transform.ipynb, In [", "executed notebook")
    step = notebooks.last().steps[1]
    assert step.status == Status.FAILED and step.attempt == 1, "only passing faults are retried"
    assert step.notebook is not None and step.notebook in said.out
    assert "the moon is full" in Path(step.notebook).read_text(encoding="utf-8")
    is_mended(published, notebooks, 1, 2, 1, 1)


def test_a_notebook_that_hangs_is_ended_at_its_timeout(
    published: Project, notebooks: Shell
) -> None:
    published.road.spec("sales", SALES + "timeout: 3\n")
    published.notebook(
        "transform", before="import subprocess\nsubprocess.run(['sleep', '600'], check=True)"
    )
    began = time.monotonic()
    said = notebooks("run", "sales")
    assert time.monotonic() - began < 30
    is_clear(said, "transform.ipynb", "3 s", "`timeout` in the spec")
    fault(notebooks.last(), errors.NotebookTimeout, where="transform.ipynb")
    assert published.left_over() == [], "what the notebook started is ended, too"
    is_mended(published, notebooks, 1, 2, 1, 1)


def test_a_notebook_that_ends_itself_is_no_success(published: Project, notebooks: Shell) -> None:
    published.notebook("transform", before="raise SystemExit(0)")
    is_clear(notebooks("run", "sales"), "ended itself", "transform.ipynb")
    is_mended(published, notebooks, 1, 2, 1, 1)


def test_a_notebook_that_saves_nothing_is_no_success(published: Project, notebooks: Shell) -> None:
    published.notebook("transform", after="context.save = lambda result: None")
    is_clear(notebooks("run", "sales"), "without saving a result", "sales.transform", "last cell")
    is_mended(published, notebooks, 1, 2, 1, 1)


def test_a_kernel_that_dies_once_is_tried_again(published: Project, notebooks: Shell) -> None:
    published.notebook("transform", before="if attempt == 1:\n    " + KILL.replace("\n", "\n    "))
    said = notebooks("run", "sales")
    assert said.code == 0, said.text
    assert [step.attempt for step in notebooks.last().steps] == [1, 2, 1, 1]
    assert published.road.query("SELECT count(*), sum(amount) FROM sales") == [(3, 61)]


def test_a_kernel_that_dies_each_time_is_told(published: Project, notebooks: Shell) -> None:
    published.notebook("transform", before=KILL)
    is_clear(notebooks("run", "sales"), "transform.ipynb", "SIGKILL", "retry")
    fault(notebooks.last(), errors.KernelDied, where="transform.ipynb")
    is_mended(published, notebooks, 1, 4, 1, 1)


def test_no_notebook_for_a_step(published: Project, notebooks: Shell) -> None:
    published.notebook("transform")
    (published.settings.project / "notebooks" / "transform.ipynb").unlink()
    is_clear(notebooks("run", "sales"), "transform.ipynb", "restore it")
    is_mended(published, notebooks, 1, 2, 1, 1)

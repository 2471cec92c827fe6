"""A step notebook raises, hangs, or ends without a result."""

from __future__ import annotations

import time

import pytest

from tests.faults.project import GOOD, MORE, SALES, Project, fault, is_clear
from workbench import errors
from workbench.model.status import Status


@pytest.fixture
def published(project: Project) -> Project:
    """A project that has published two rows, and received more."""
    project.road.spec("sales", SALES)
    project.road.file("a.csv", GOOD)
    assert project.road.run("sales").status == Status.SUCCESS
    project.road.file("b.csv", MORE)
    return project


def test_a_notebook_that_raises(published: Project) -> None:
    published.notebook("transform", before="raise ValueError('the moon is full')")
    said = published.cli("run", "sales")
    is_clear(said, "ValueError: the moon is full", "transform.ipynb, In [", "executed notebook")
    failed = published.last()
    step = failed.steps[1]
    assert step.status == Status.FAILED and step.attempt == 1, "only passing faults are retried"
    assert step.notebook and "the moon is full" in open(step.notebook, encoding="utf-8").read()
    assert published.road.query("SELECT count(*) FROM sales") == [(2,)]

    published.notebook("transform")
    said = published.cli("retry", failed.id)
    assert said.code == 0, said.text
    assert published.road.query("SELECT count(*), sum(amount) FROM sales") == [(3, 61)]
    assert [step.attempt for step in published.last().steps] == [1, 2, 1, 1]


def test_a_notebook_that_hangs_is_ended_at_its_timeout(published: Project) -> None:
    published.road.spec("sales", SALES + "timeout: 1.5\n")
    published.notebook("transform", before="import time; time.sleep(600)")
    began = time.monotonic()
    said = published.cli("run", "sales")
    assert time.monotonic() - began < 30
    is_clear(said, "transform.ipynb", "1.5 s", "`timeout` in the spec")
    fault(published.last(), errors.NotebookTimeout, where="transform.ipynb")
    assert published.road.query("SELECT count(*) FROM sales") == [(2,)]
    assert published.left_over() == []

    published.notebook("transform")
    said = published.cli("retry", published.last().id)
    assert said.code == 0, said.text
    assert published.road.query("SELECT count(*), sum(amount) FROM sales") == [(3, 61)]


def test_a_notebook_that_ends_without_a_result(published: Project) -> None:
    """It may not look like success, however well its cells end."""
    published.notebook("transform", before="raise SystemExit(0)")
    is_clear(published.cli("run", "sales"), "ended itself")
    assert published.road.query("SELECT count(*) FROM sales") == [(2,)]

"""Runs that are left to others: workers, or a process in the background."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.engine.acting import until
from tests.steps.road import Road
from workbench.cli import cli
from workbench.config import Settings
from workbench.engine.starting import COMMAND
from workbench.model.status import Status
from workbench.records.runs import create_run, get_run, run_status
from workbench.spec.loader import load_project
from workbench.steps.planning import make_plan


@pytest.fixture
def road(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Road:
    for name, value in settings.environ().items():
        monkeypatch.setenv(name, value)
    found = Road(settings)
    found.spec("sales", 'source: {path: "inbox/sales.csv"}\n')
    found.spec("report", "source: {dataset: sales}\n")
    found.file("sales.csv", "id\n1\n")
    return found


def call(*arguments: str) -> str:
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_run_goes_on_in_the_background_with_what_is_made_from_it(road: Road) -> None:
    run = json.loads(call("run", "sales", "--downstream", "--no-wait", "--json"))["run"]
    until(lambda: run_status(road.records, run).is_final, 90)
    found = get_run(road.records, run)
    assert found.status == Status.SUCCESS, found.error
    assert found.plan.datasets == ("sales", "report")
    assert all(step.notebook and Path(step.notebook).is_file() for step in found.steps)


def test_what_keeps_the_background_from_beginning_is_told(road: Road) -> None:
    project = load_project(road.settings)
    run = create_run(road.records, make_plan(road.settings, project, road.records, ["sales"]))
    assert run
    broken = road.settings.specs / "connections" / "broken.yml"
    broken.write_text("connection: broken\ntype: nothing\n", encoding="utf-8")
    done = subprocess.run([*COMMAND, run.id], capture_output=True, text=True, check=False)
    assert done.returncode, done.stderr
    found = get_run(road.records, run.id)
    assert found.status == Status.FAILED
    assert "broken.yml" in json.dumps([found.error, [step.error for step in found.steps]])

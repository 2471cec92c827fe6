"""Two runs of a dataset side by side, and the command that shows them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.steps.road import Road
from workbench.cli import cli
from workbench.config import Settings
from workbench.errors import NotFound
from workbench.model.run import Run
from workbench.spec.loader import load_project
from workbench.steps.comparing import Comparison, compare_rows, compare_runs

SPEC = """
source: {path: "inbox/*.csv"}
transforms:
  - filter: {where: "id <> '9'"}
  - type_cast: {columns: {amount: integer}}
key: [id]
expectations:
  - expect_column_values_to_be_between: {column: amount, max_value: 100, severity: quarantine}
"""


@pytest.fixture
def road(settings: Settings) -> Road:
    return Road(settings)


def twice(road: Road) -> tuple[Run, Run]:
    road.spec("items", SPEC)
    road.file("a.csv", "id,amount\n1,10\n2,20\n9,1\n")
    first = road.run("items")
    road.file("a.csv", "id,amount\n1,10\n2,21\n3,400\n4,40\n")
    second = road.run("items")
    assert first.status == second.status == "SUCCESS", second.error
    return first, second


def compared(road: Road, left: Run, right: Run, dataset: str | None = None) -> Comparison:
    project = load_project(road.settings)
    return compare_runs(road.settings, road.records, left.id, right.id, dataset, project=project)


def test_rows_checks_times_and_ledgers_stand_side_by_side(road: Road) -> None:
    first, second = twice(road)
    found = compared(road, first, second)
    assert found.dataset == "items" and found.same_spec
    assert (found.left.rows, found.right.rows) == (2, 3)
    assert found.left.own and found.right.own
    [check] = found.checks
    assert check.success == (True, False) and check.unexpected == (0, 1)
    kept = next(each for each in found.ledgers if "filter" in each.name)
    assert kept.terms["filtered"] == (1, 0)
    assert {step.verb for step in found.steps} == {"ingest", "transform", "validate"}
    assert all(seconds is not None for step in found.steps for seconds in step.seconds)
    assert found.data is not None and found.data.by_key
    assert (found.data.added, found.data.removed, found.data.changed) == (1, 0, 1)
    assert found.data.cells == {"amount": 1}
    project = load_project(road.settings)
    page = compare_rows(
        road.settings, road.records, first.id, second.id, "items", kind="changed", project=project
    )
    assert [(row.left, row.right) for row in page.rows] == [(("2", "20"), ("2", "21"))]


def test_a_run_that_published_nothing_stands_for_what_readers_saw(road: Road) -> None:
    first, second = twice(road)
    idle = road.run("items")
    found = compared(road, second, idle)
    assert found.left.own and not found.right.own
    assert found.right.version == found.left.version
    assert found.data is None and found.no_data and "the same version" in found.no_data
    failed = _failing(road)
    before = compared(road, first, failed)
    assert before.right.status == "FAILED" and not before.right.own
    assert before.data is not None and before.data.added == 1


def _failing(road: Road) -> Run:
    road.spec("items", SPEC.replace("max_value: 100, severity: quarantine", "max_value: 1"))
    run = road.run("items")
    assert run.status == "FAILED"
    return run


def test_a_spec_that_changed_between_them_is_told(road: Road) -> None:
    first, _ = twice(road)
    renamed = SPEC.replace("filter: {where: \"id <> '9'\"}", "rename: {columns: {id: key}}")
    road.spec("items", renamed.replace("key: [id]", "key: [key]"))
    third = road.run("items")
    assert third.status == "SUCCESS", third.error
    found = compared(road, first, third)
    assert not found.same_spec
    changed = {column.name: column.types for column in found.columns}
    assert changed == {"id": ("text", None), "key": (None, "text")}
    assert found.data is not None and not found.data.by_key
    assert found.data.why == "the key names key, which is not in both versions"


def test_runs_without_a_dataset_in_common_are_refused(road: Road) -> None:
    first, _ = twice(road)
    road.spec("others", 'source: {path: "inbox/b.csv"}\n')
    road.spec("items", SPEC.replace("inbox/*.csv", "inbox/a.csv"))
    road.file("b.csv", "x\n1\n")
    other = road.run("others")
    with pytest.raises(NotFound, match="no dataset in common"):
        compared(road, first, other)
    with pytest.raises(NotFound, match="no steps of 'others' in common"):
        compared(road, first, first, "others")


def test_the_command_shows_the_same(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = twice(road)
    for name, value in road.settings.environ().items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(cli, ["compare", first.id, second.id])
    assert shown.exit_code == 0, shown.output
    assert "1 added, 0 removed, 1 changed, 1 the same" in shown.output
    assert "20 → 21" in shown.output
    asked = ["compare", first.id[:8], second.id, "--rows", "added", "--json"]
    content = json.loads(CliRunner().invoke(cli, asked).output)
    assert content["different"]["added"]["rows"][0]["right"] == ["4", "40"]
    assert list(content["different"]) == ["added"]

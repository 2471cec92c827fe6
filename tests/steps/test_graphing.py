"""The state of the graph's nodes, as the records have it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.steps.road import Road
from workbench.cli import cli
from workbench.engine.orchestrator import advance
from workbench.model.status import Status
from workbench.records.runs import create_run
from workbench.spec.loader import load_project
from workbench.steps.context import StepContext
from workbench.steps.graphing import NodeState, graph_states
from workbench.steps.planning import make_plan


def states(road: Road) -> dict[str, NodeState]:
    return graph_states(load_project(road.settings), road.records)


def town(road: Road) -> None:
    road.spec("a", 'source: {path: "inbox/a.csv"}\nkey: [id]\ntargets: [{connection: warehouse}]\n')
    road.spec("b", 'source: {path: "inbox/b.csv"}\n')
    road.spec("c", "source: {dataset: a}\ntransforms: [{lookup: {dataset: b, on: id}}]\n")
    road.file("a.csv", "id\n1\n2\n")
    road.file("b.csv", "id,x\n1,one\n")


def test_nothing_has_happened_yet(road: Road) -> None:
    town(road)
    found = states(road)
    assert found["dataset:a"] == NodeState()
    assert set(found) == {"dataset:a", "dataset:b", "dataset:c", "target:warehouse.a"}


def test_a_run_leaves_its_state_and_what_it_published(road: Road) -> None:
    town(road)
    run = road.run("c")
    found = states(road)
    assert found["dataset:c"].status == Status.SUCCESS and found["dataset:c"].rows == 2
    assert (found["dataset:c"].met, found["dataset:c"].needs) == (2, 2)
    assert found["target:warehouse.a"].rows == 2
    assert found["step:a.ingest"].run_id == run.id
    assert (found["dataset:a"].done, found["dataset:a"].steps) == (3, 3)


def test_what_waits_counts_what_it_waits_for(road: Road) -> None:
    town(road)
    plan = make_plan(road.settings, load_project(road.settings), road.records, ["c"])
    run = create_run(road.records, plan)
    assert run
    advance(road.records, run.id)
    before = states(road)["dataset:c"]
    assert (before.status, before.met, before.needs) == (Status.PENDING, 0, 2)
    seen: dict[str, NodeState] = {}

    def look(context: StepContext) -> None:
        seen[context.step.id] = states(road)["dataset:c"]

    from workbench.engine.orchestrator import advance as again
    from workbench.records.runs import cancel_run

    cancel_run(road.records, run.id)
    again(road.records, run.id)
    road.before = look
    assert road.run("c").status == Status.SUCCESS
    assert [(seen[f"{name}.ingest"].met, seen[f"{name}.ingest"].needs) for name in "ab"] == [
        (0, 2), (1, 2),
    ]  # fmt: skip
    assert (seen["c.transform"].met, seen["c.transform"].status) == (2, Status.RUNNING)


def test_a_fault_stands_where_it_happened(road: Road) -> None:
    town(road)
    road.file("b.csv", "id,x\n1,one\n1,two\n")
    assert road.run("c").status == Status.FAILED
    found = states(road)
    assert found["dataset:b"].status == Status.SUCCESS
    assert found["dataset:c"].status == Status.FAILED
    assert found["dataset:c"].step_id == "c.transform"
    assert found["dataset:c"].error and "not unique" in found["dataset:c"].error
    assert found["step:c.validate"].status == Status.SKIPPED


def test_the_command_shows_it(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    town(road)
    road.run("c")
    for name, value in road.settings.environ().items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(cli, ["graph"])
    assert shown.exit_code == 0, shown.output
    assert "source a, lookup b" in shown.output
    content = json.loads(CliRunner().invoke(cli, ["graph", "--steps", "--json"]).output)
    assert content["states"]["step:c.validate"]["status"] == "SUCCESS"
    assert {edge["kind"] for edge in content["edges"]} == {"next"}

"""The graph panel's kernel side: the graph, its state, and edits that end in the specs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.panels.conftest import Front
from tests.steps.road import Road
from workbench.config import Settings
from workbench.panels.dag import Dag
from workbench.panels.live import stop_watching
from workbench.panels.workspace import Workspace
from workbench.spec.edits import Set

REPORT = """source: {dataset: sales}  # weekly
transforms:
  - lookup: {dataset: zones, on: zone}
"""


@pytest.fixture
def road(settings: Settings) -> Road:
    found = Road(settings)
    found.spec("sales", 'source: {path: "inbox/sales.csv"}\nkey: [id]\n')
    found.spec("zones", 'source: {path: "inbox/zones.csv"}\n')
    found.spec("report", REPORT)
    found.file("sales.csv", "id,zone\n1,n\n")
    found.file("zones.csv", "zone,name\nn,North\n")
    return found


@pytest.fixture
def panel(front: Callable[..., Front], workspace: Workspace, road: Road) -> Iterator[Front]:
    yield front(Dag)
    stop_watching(workspace)


def edges(panel: Front) -> set[tuple[str, str, str]]:
    graph = panel.call("graph")
    return {
        (e["kind"], e["source"].split(":", 1)[1], e["target"].split(":", 1)[1])
        for e in graph["edges"]
        if e["kind"] != "ingest"
    }


def path(road: Road, name: str) -> Path:
    return road.settings.specs / "datasets" / f"{name}.yml"


def test_the_graph_comes_with_its_state(panel: Front, road: Road) -> None:
    assert edges(panel) == {("source", "sales", "report"), ("lookup", "zones", "report")}
    assert panel.call("graph")["states"]["dataset:report"]["status"] is None
    run = road.run("report")
    panel.wait(lambda m: m.get("event") == "runs" and run.id in m["data"]["runs"])
    states = panel.call("states")["states"]
    assert states["dataset:report"]["status"] == "SUCCESS"
    assert states["dataset:report"]["needs"] == 2
    steps = panel.call("graph", level="steps")
    assert "step:report.validate" in {node["id"] for node in steps["nodes"]}
    columns = panel.call("columns", dataset="report")
    assert columns["after"] == [["id", "zone"], ["id", "zone", "name"]]
    assert columns["transforms"] == ["lookup"]


def test_edges_are_added_taken_away_and_taken_back(panel: Front, road: Road) -> None:
    before = path(road, "report").read_text()
    joined = {"dataset": "report", "upstream": "zones", "kind": "join", "on": {"zone": "zone"}}
    done = panel.call("join_with", **joined, columns=["name"], prefix="z_", position=0)
    assert done == {"saved": True, "file": "specs/datasets/report.yml", "undo": 1}
    assert ("join", "zones", "report") in edges(panel)
    assert "# weekly" in path(road, "report").read_text()
    panel.call("disconnect", dataset="report", kind="lookup", other="zones")
    assert ("lookup", "zones", "report") not in edges(panel)
    panel.call("load_into", dataset="sales", connection="warehouse", table="weekly")
    assert ("load", "sales", "warehouse.weekly") in edges(panel)
    panel.call("disconnect", dataset="sales", kind="load", other="warehouse.weekly")
    for left in (3, 2, 1, 0):
        assert panel.call("undo")["undo"] == left
    assert path(road, "report").read_text() == before
    assert "no edit of the graph" in panel.fail("undo")["message"]


def test_what_a_graph_may_not_be_is_refused_and_nothing_is_written(
    panel: Front, road: Road
) -> None:
    before = {name: path(road, name).read_text() for name in ("sales", "zones", "report")}
    circle = panel.fail("read_from", dataset="sales", upstream="report")
    assert "circle" in circle["message"] and circle["remedy"]
    bare = panel.fail("disconnect", dataset="report", kind="source", other="sales")
    assert "without a source" in bare["message"]
    nothing = {"dataset": "report", "upstream": "zones", "kind": "join", "on": {}}
    assert "which columns must be equal" in panel.fail("join_with", **nothing)["message"]
    assert panel.fail("load_into", dataset="sales", connection="nowhere")["message"]
    assert "sales" in panel.fail("new_dataset", dataset="sales", upstream="zones")["message"]
    assert panel.fail("new_dataset", dataset="../x", upstream="zones")["remedy"]
    assert panel.fail("new_dataset", dataset="x", upstream="nobody")["message"]
    assert before == {name: path(road, name).read_text() for name in before}
    assert len(list(path(road, "sales").parent.iterdir())) == 3


def test_datasets_are_made_and_deleted_and_deletions_taken_back(panel: Front, road: Road) -> None:
    panel.call("new_dataset", dataset="weekly", upstream="report")
    assert ("source", "report", "weekly") in edges(panel)
    seen = panel.call("spec_text", dataset="report")["text"]
    needed = panel.fail("delete_dataset", dataset="report", seen=seen)
    assert "weekly needs 'report'" in needed["message"]
    text = panel.call("spec_text", dataset="weekly")["text"]
    path(road, "weekly").write_text(text + "owner: me\n")
    conflict = panel.fail("delete_dataset", dataset="weekly", seen=text)
    assert conflict["type"] == "SpecConflict"
    assert path(road, "weekly").exists()
    panel.call("delete_dataset", dataset="weekly", seen=text + "owner: me\n")
    assert not path(road, "weekly").exists()
    panel.call("undo")
    assert path(road, "weekly").read_text() == text + "owner: me\n"


def test_a_spec_that_somebody_else_changed_is_a_conflict(
    panel: Front, road: Road, workspace: Workspace
) -> None:
    draft = workspace.draft("report")
    draft.apply(Set(("owner",), "me"))  # typed in another panel, not saved
    done = panel.call("read_from", dataset="report", upstream="zones")
    assert done["saved"] is False
    assert "dataset: sales" in path(road, "report").read_text()
    path(road, "report").write_text(path(road, "report").read_text() + "title: theirs\n")
    with pytest.raises(Exception, match="changed on disk"):
        draft.save()
    assert "theirs" in path(road, "report").read_text()


def test_an_edit_is_not_undone_together_with_a_later_one(
    panel: Front, road: Road, workspace: Workspace
) -> None:
    panel.call("load_into", dataset="sales", connection="warehouse")
    draft = workspace.draft("sales")
    draft.apply(Set(("owner",), "me"))
    draft.save()
    assert "edited since" in panel.fail("undo")["message"]
    assert "owner: me" in path(road, "sales").read_text()
    draft.undo()
    draft.save()
    panel.call("undo")
    assert "targets" not in path(road, "sales").read_text()


def test_while_specs_hold_faults_the_last_good_graph_is_shown(panel: Front, road: Road) -> None:
    before = edges(panel)
    path(road, "zones").write_text("dataset: zones\n")
    graph = panel.call("graph")
    assert graph["problems"][0]["file"] == "specs/datasets/zones.yml"
    assert edges(panel) == before


def test_edits_elsewhere_are_told(panel: Front, workspace: Workspace) -> None:
    workspace.draft("zones").apply(Set(("owner",), "me"))
    panel.wait(lambda m: m.get("event") == "graph")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("graph", {"level": "cells"}),
        ("join_with", {"dataset": "a", "upstream": "b", "kind": "cross", "on": {}}),
        ("disconnect", {"dataset": "report", "kind": "", "other": "x"}),
        ("columns", {"dataset": "nobody"}),
    ],
)
def test_what_the_front_may_not_ask_is_refused(
    panel: Front, name: str, arguments: dict[str, Any]
) -> None:
    assert panel.fail(name, **arguments)["message"]

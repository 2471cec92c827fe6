"""The Materialize panel's kernel side: choices go to the draft, a plan is confirmed, and what
moves in between is shown anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from tests.panels.conftest import Front
from tests.steps.road import Road
from workbench.config import Settings
from workbench.panels.live import stop_watching
from workbench.panels.materialize import Materialize
from workbench.panels.workspace import Workspace

SPEC = """
source: {path: inbox/shops.csv}  # sent on Mondays
transforms:
  - type_cast: {columns: {sales: integer}}
key: [shop]
targets:
  - {connection: warehouse}
"""


@pytest.fixture
def road(settings: Settings) -> Road:
    found = Road(settings)
    found.spec("shops", SPEC)
    found.file("shops.csv", "shop,sales\nNorth,1\nSouth,2\n")
    return found


@pytest.fixture
def panel(front: Callable[..., Front], workspace: Workspace, road: Road) -> Iterator[Front]:
    yield front(Materialize, "shops")
    stop_watching(workspace)


def warehouse(road: Road, sql: str) -> list[Any]:
    with duckdb.connect(str(road.settings.path("warehouse.duckdb"))) as connection:
        return connection.execute(sql).fetchall()


def text(road: Road) -> str:
    return (road.settings.specs / "datasets" / "shops.yml").read_text()


def ended(panel: Front, run: str) -> dict[str, Any]:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        [found] = panel.call("runs", ids=[run])["runs"]
        if found["finished_at"]:
            return dict(found)
        time.sleep(0.2)
    raise AssertionError("the run did not end")


def test_it_says_what_is_written_and_what_may_be_chosen(panel: Front) -> None:
    state = panel.call("state")
    assert state["key"] == ["shop"]
    assert [each["name"] for each in state["columns"]] == ["shop", "sales"]
    (target,) = state["targets"]
    assert target == {
        "written": {"connection": "warehouse"},
        "strategy": "upsert",
        "connection": "warehouse",
        "table": "shops",
    }
    assert [each["name"] for each in state["connections"]] == ["warehouse"]
    kinds = {kind["type"]: kind["features"] for kind in state["kinds"]}
    assert set(kinds) >= {"duckdb", "parquet", "postgres"}
    for features in kinds.values():
        for feature in features.values():
            assert feature["can"] is (feature["reason"] == "")


def test_choices_change_their_own_lines_and_can_be_undone(panel: Front, road: Road) -> None:
    before = text(road)
    state = panel.call("set_target", index=0, field="strategy", value="append")
    assert state["dirty"] and state["targets"][0]["strategy"] == "append"
    assert state["changed_lines"] == [8]
    state = panel.call("add_target", connection="warehouse")
    assert [each["table"] for each in state["targets"]] == ["shops", "shops_2"]
    state = panel.call("set_key", columns=[])
    assert state["key"] == []
    assert text(road) == before, "nothing is saved yet"
    for _ in range(3):
        state = panel.call("undo")
    assert not state["dirty"]
    panel.call("redo")
    assert panel.call("save")["conflict"] is None
    assert "# sent on Mondays" in text(road) and "strategy: append" in text(road)


def test_problems_are_told_and_keep_a_plan_from_being_made(panel: Front, road: Road) -> None:
    road.run("shops")
    panel.call("set_key", columns=[])
    state = panel.call("set_target", index=0, field="strategy", value="upsert")
    assert any("needs a key" in each["message"] for each in state["problems"])
    assert "needs a key" in panel.fail("plan")["problems"][0]["message"]


def test_a_plan_is_confirmed_and_done_by_an_ordinary_run(panel: Front, road: Road) -> None:
    road.run("shops")
    warehouse(road, "DELETE FROM shops WHERE shop = 'South'")
    plan = panel.call("plan")
    (load,) = plan["loads"]
    assert (load["ledger"]["inserted"], load["ledger"]["unchanged"]) == (1, 1)
    done = panel.call("load", fingerprint=plan["fingerprint"], targets=[load["target"]])
    run = done["started"]["run_id"]
    panel.wait(lambda m: m.get("event") == "runs" and run in m["data"]["runs"])
    found = ended(panel, run)
    assert found["status"] == "SUCCESS", panel.call("run", run=run)
    assert [step["verb"] for step in found["steps"]] == ["materialize"]
    assert warehouse(road, "SELECT count(*) FROM shops") == [(2,)]
    assert panel.call("plan")["loads"][0]["done"]


def test_what_moved_between_plan_and_confirmation_is_planned_anew(panel: Front, road: Road) -> None:
    road.run("shops")
    warehouse(road, "DELETE FROM shops WHERE shop = 'South'")
    plan = panel.call("plan")
    warehouse(road, "DELETE FROM shops")  # somebody comes between
    runs = len(panel.call("runs")["runs"])
    answer = panel.call("load", fingerprint=plan["fingerprint"], targets=["warehouse.shops"])
    assert "started" not in answer
    assert [(each["what"], each["before"], each["now"]) for each in answer["moved"]] == [
        ("table", "1", "0")
    ]
    assert len(panel.call("runs")["runs"]) == runs
    new = answer["plan"]
    assert new["loads"][0]["ledger"]["inserted"] == 2
    assert (
        "not known any more"
        in panel.fail("load", fingerprint=plan["fingerprint"], targets=["warehouse.shops"])[
            "message"
        ]
    )
    again = panel.call("load", fingerprint=new["fingerprint"], targets=["warehouse.shops"])
    assert ended(panel, again["started"]["run_id"])["status"] == "SUCCESS"


def test_a_draft_is_saved_when_its_plan_is_confirmed(panel: Front, road: Road) -> None:
    road.run("shops")
    panel.call("set_target", index=0, field="table", value="branches")
    plan = panel.call("plan")
    assert plan["loads"][0]["target"] == "warehouse.branches"
    assert "branches" not in text(road)
    done = panel.call("load", fingerprint=plan["fingerprint"], targets=["warehouse.branches"])
    assert ended(panel, done["started"]["run_id"])["status"] == "SUCCESS"
    assert "table: branches" in text(road)
    assert warehouse(road, "SELECT count(*) FROM branches") == [(2,)]


def test_another_who_saved_the_spec_is_not_written_over(panel: Front, road: Road) -> None:
    road.run("shops")
    panel.call("set_target", index=0, field="table", value="branches")
    plan = panel.call("plan")
    road.spec("shops", SPEC.replace("Mondays", "Tuesdays"))
    answer = panel.call("load", fingerprint=plan["fingerprint"], targets=["warehouse.branches"])
    conflict = answer["conflict"]
    assert any(line.startswith("-") and "Tuesdays" in line for line in conflict["diff"])
    assert any(line.startswith("+") and "branches" in line for line in conflict["diff"])
    assert "Tuesdays" in text(road)
    assert panel.call("save")["conflict"] is not None
    assert not panel.call("reload")["dirty"]
    assert panel.call("state")["targets"][0]["table"] == "shops"


def test_without_a_version_there_is_nothing_to_plan(panel: Front) -> None:
    assert "never published" in panel.call("plan")["unpublished"]
    started = panel.call("start", dataset="shops")
    assert ended(panel, started["run_id"])["status"] == "SUCCESS"
    assert panel.call("plan")["loads"][0]["done"]


def test_without_a_dataset_it_asks_for_one(front: Callable[..., Front], road: Road) -> None:
    assert "no dataset" in front(Materialize, "").fail("state")["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"index": -1, "field": "table", "value": "x"},
        {"index": 0, "field": "source", "value": "x"},
        {"index": 0, "field": "table", "value": {"a": 1}},
    ],
)
def test_arguments_are_data_of_their_kind(panel: Front, arguments: dict[str, Any]) -> None:
    assert "called wrongly" in panel.fail("set_target", **arguments)["message"]


def test_a_name_from_the_front_is_never_sql(panel: Front, road: Road) -> None:
    road.run("shops")
    state = panel.call("set_target", index=0, field="table", value='x"; DROP TABLE shops; --')
    assert any("not a usable name" in each["message"] for each in state["problems"])
    assert warehouse(road, "SELECT count(*) FROM shops") == [(2,)]

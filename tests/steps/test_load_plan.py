"""The plan of loads: what would change in each target, by a look at the real ones, and the run
that does just that."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from tests.postgres import postgres_server, postgres_url  # noqa: F401
from tests.steps.road import Road, result
from workbench.cli.loading import load as load_command
from workbench.config import Settings
from workbench.destinations.loading.request import LoadRequest
from workbench.engine.foreground import run_foreground
from workbench.errors import DestinationError, SourceMissing
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.spec.loader import load_project, parse_dataset
from workbench.steps.load_plan import LoadPlan, moved, plan_loads, plan_run
from workbench.steps.planning import open_destination

SPEC = """
title: Shops
source: {path: inbox/shops.csv}
transforms:
  - type_cast: {columns: {sales: integer}}
key: [shop]
targets:
  - {connection: warehouse}
"""
EVERYWHERE = """
  - {connection: db, strategy: delete_insert, on: [shop]}
  - {connection: files, strategy: truncate_insert}
"""


@pytest.fixture
def road(settings: Settings) -> Road:
    road = Road(settings)
    road.spec("shops", SPEC)
    road.file("shops.csv", "shop,sales\nNorth,1\nSouth,2\nWest,3\n")
    return road


def planned(road: Road, spec: Any = None) -> LoadPlan:
    project = load_project(road.settings)
    return plan_loads(road.settings, project, road.records, spec or project.dataset("shops"))


def confirm(road: Road, plan: LoadPlan, targets: Any = None) -> Run:
    project = load_project(road.settings)
    made = plan_run(road.settings, project, road.records, plan, targets)
    return run_foreground(road.records, made, road.settings, road._execute)


def warehouse(road: Road, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(road.settings.path("warehouse.duckdb"))) as connection:
        found = connection.execute(sql).fetchall()
    return [tuple(row) for row in found]


def test_nothing_published_is_nothing_to_load(road: Road) -> None:
    with pytest.raises(SourceMissing, match="workbench run shops"):
        planned(road)


def test_after_a_run_there_is_nothing_to_do(road: Road) -> None:
    road.run("shops")
    plan = planned(road)
    (load,) = plan.loads
    assert (plan.version, plan.rows, plan.rebuild) == (load.holds, 3, False)
    assert load.done
    assert load.ledger is not None
    assert (load.ledger.inserted, load.ledger.unchanged) == (0, 3)
    assert plan.ready() == ()
    with pytest.raises(DestinationError, match="nothing that can be loaded"):
        confirm(road, plan)


def test_what_the_plan_says_is_what_the_run_does(road: Road) -> None:
    road.run("shops")
    warehouse(road, "UPDATE main.shops SET sales = NULL WHERE shop = 'North'")
    warehouse(road, "DELETE FROM main.shops WHERE shop = 'South'")
    plan = planned(road)
    (load,) = plan.loads
    assert load.done and load.drifted
    assert plan.ready() == (), "what somebody changed by hand is loaded when it is asked for"
    assert load.ledger is not None
    assert (load.ledger.inserted, load.ledger.updated, load.ledger.unchanged) == (1, 1, 1)
    run = confirm(road, plan, [load.target])
    assert run.status == Status.SUCCESS
    assert [step.verb for step in run.steps] == ["materialize"]
    assert result(run, "materialize").ledgers == (load.ledger,)
    assert warehouse(road, "SELECT shop, sales FROM main.shops ORDER BY shop") == [
        ("North", 1), ("South", 2), ("West", 3),
    ]  # fmt: skip
    assert planned(road).loads[0].done


def test_every_kind_of_target_is_looked_at(road: Road, postgres_url: str) -> None:  # noqa: F811
    connections = road.settings.specs / "connections"
    connections.mkdir(exist_ok=True)
    (connections / "db.yml").write_text(
        f"connection: db\ntype: postgres\nurl: {json.dumps(postgres_url)}\n"
    )
    (connections / "files.yml").write_text("connection: files\ntype: parquet\npath: out\n")
    road.run("shops")
    road.spec("shops", SPEC.rstrip() + EVERYWHERE)
    plan = planned(road)
    done, db, files = plan.loads
    assert done.done
    for load in (db, files):
        assert (load.holds, load.done, load.before) == (None, False, 0)
        assert load.ledger is not None
        assert load.ledger.inserted == 3
        assert "create table" in load.changes[0]
    assert any("CREATE TABLE" in statement for statement in db.statements)
    assert "secret" not in db.location
    run = confirm(road, plan)
    assert sorted(step.step_id for step in run.steps) == [
        "shops.materialize.db.shops", "shops.materialize.files.shops",
    ]  # fmt: skip
    assert run.status == Status.SUCCESS
    again = planned(road)
    assert all(load.done and not load.drifted for load in again.loads)
    assert again.loads[2].kept == 3  # a table that is replaced, by the rows that it has


def test_a_draft_that_is_not_saved_can_be_planned(road: Road) -> None:
    road.run("shops")
    text = f"dataset: shops{SPEC}".replace(
        "warehouse}", "warehouse, table: other, strategy: append}"
    )
    plan = planned(road, parse_dataset(text))
    assert [load.target for load in plan.loads] == ["warehouse.other"]
    assert plan.spec_hash != planned(road).spec_hash


def test_another_key_means_that_the_version_is_made_anew(road: Road) -> None:
    road.run("shops")
    text = SPEC.replace("key: [shop]", "key: [shop, sales]")
    road.spec("shops", text.replace("warehouse}", "warehouse, table: by_sales}"))
    plan = planned(road)
    assert plan.rebuild
    run = confirm(road, plan)
    assert [step.verb for step in run.steps] == ["ingest", "transform", "validate", "materialize"]
    assert run.status == Status.SUCCESS
    assert not planned(road).rebuild


def test_a_target_that_is_down_does_not_hide_the_others(road: Road) -> None:
    (road.settings.specs / "connections").mkdir(exist_ok=True)
    (road.settings.specs / "connections" / "db.yml").write_text(
        "connection: db\ntype: postgres\nhost: 127.0.0.1\nport: 1\ndatabase: x\n"
    )
    road.run("shops")
    road.spec("shops", SPEC.rstrip() + "\n  - {connection: db}\n")
    up, down = planned(road).loads
    assert up.ledger is not None
    assert down.ledger is None
    assert "cannot be reached" in down.unavailable


def test_what_came_between_plan_and_confirmation_is_named(road: Road) -> None:
    road.run("shops")
    first = planned(road)
    assert moved(first, planned(road)) == ()
    assert planned(road).fingerprint == first.fingerprint

    warehouse(road, "UPDATE main.shops SET sales = 9 WHERE shop = 'North'")
    second = planned(road)
    assert [each.what for each in moved(first, second)] == ["rows"]
    warehouse(road, "INSERT INTO main.shops VALUES ('East', 4)")
    third = planned(road)
    (table,) = moved(second, third)
    assert (table.what, table.target, table.before, table.now) == (
        "table", "warehouse.shops", "3", "4",
    )  # fmt: skip
    road.file("shops.csv", "shop,sales\nNorth,7\n")
    road.run("shops")
    assert "version" in [each.what for each in moved(third, planned(road))]
    road.spec("shops", SPEC + "  - {connection: warehouse, table: more}\n")
    assert {each.what for each in moved(first, planned(road))} >= {"spec", "targets"}
    assert len({each.fingerprint for each in (first, second, third, planned(road))}) == 4


def test_a_confirmed_load_is_refused_when_the_table_moves_before_it(road: Road) -> None:
    road.run("shops")
    warehouse(road, "DELETE FROM main.shops WHERE shop = 'South'")
    plan = planned(road)
    road.before = lambda context: warehouse(road, "INSERT INTO main.shops VALUES ('X', 1)") and None
    run = confirm(road, plan, ["warehouse.shops"])
    assert run.status == Status.FAILED
    (step,) = run.steps
    assert step.error is not None
    assert step.error["type"] == "TargetMoved"
    assert len(warehouse(road, "SELECT 1 FROM main.shops")) == 3  # what was there, and X


def test_a_confirmed_load_is_refused_when_another_version_is_published_before_it(
    road: Road,
) -> None:
    road.run("shops")
    warehouse(road, "DELETE FROM main.shops WHERE shop = 'South'")
    plan = planned(road)
    project = load_project(road.settings)
    made = plan_run(road.settings, project, road.records, plan, ["warehouse.shops"])
    road.file("shops.csv", "shop,sales\nNorth,7\n")
    road.run("shops")
    run = run_foreground(road.records, made, road.settings, road._execute)
    assert run.steps[0].error is not None
    assert "was published after this load" in run.steps[0].error["message"]


def test_after_a_look_the_target_is_free_for_loads(road: Road) -> None:
    road.run("shops")
    project = load_project(road.settings)
    destination = open_destination(project, road.settings, "warehouse")
    plan = planned(road)
    request = LoadRequest(
        table="shops",
        columns=plan.columns,
        strategy="append",
        candidate=(),
        run_id="x",
        fence=2**40,
    )
    assert destination.load(request).inserted == 0


def invoke(road: Road, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    for name, value in road.settings.environ().items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(load_command, ["shops", *arguments])


def test_the_command_line_says_the_same(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    road.run("shops")
    warehouse(road, "DELETE FROM main.shops WHERE shop = 'South'")
    plan = planned(road)
    shown = json.loads(invoke(road, monkeypatch, "--json").output)
    assert shown["fingerprint"] == plan.fingerprint
    assert shown["loads"] == json.loads(plan.model_dump_json())["loads"]
    text = invoke(road, monkeypatch).output
    for said in (
        "warehouse.shops (duckdb, upsert, key shop)",
        "inserted 1",
        "holds   version",
        "--target warehouse.shops",
    ):
        assert said in text


def test_the_command_line_refuses_what_moved(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    road.run("shops")
    warehouse(road, "DELETE FROM main.shops WHERE shop = 'South'")
    old = planned(road).fingerprint
    warehouse(road, "DELETE FROM main.shops WHERE shop = 'West'")
    wrong = invoke(road, monkeypatch, "--yes", "--target", "warehouse.shop")
    assert "did you mean 'warehouse.shops'" in str(wrong.exception)
    done = invoke(road, monkeypatch, "--confirm", old)
    assert "something has moved" in str(done.exception)
    assert len(warehouse(road, "SELECT 1 FROM main.shops")) == 1

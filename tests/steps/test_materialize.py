"""Loads of targets by the road: which rows go, and that nothing goes twice."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.steps.road import Road, result
from workbench.destinations.loading import duckdb_session
from workbench.model.ledger import LoadLedger
from workbench.model.status import Status
from workbench.records import versions

SPEC = """
description: Sales of the shop
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {amount: integer}}
key: [id]
columns: {amount: {description: What was paid}}
targets:
  - {strategy: %s}
"""


def target(road: Road, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(road.settings.path("warehouse.duckdb")), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def load(road: Road, name: str, text: str) -> LoadLedger:
    road.file(name, text)
    run = road.run("sales")
    assert run.status == Status.SUCCESS, run.error
    ledger = result(run, "materialize").ledgers[0]
    assert isinstance(ledger, LoadLedger)
    return ledger


@pytest.mark.parametrize("strategy", ["upsert", "truncate_insert", "delete_insert"])
def test_the_target_equals_the_published_table(road: Road, strategy: str) -> None:
    road.spec("sales", SPEC % strategy)
    load(road, "a.csv", "id,amount\n1,10\n2,20\n3,30\n")
    ledger = load(road, "b.csv", "id,amount\n2,21\n4,\n")
    assert (ledger.before, ledger.after) == (3, 4)
    if strategy == "upsert":
        assert (ledger.candidate, ledger.inserted, ledger.updated) == (2, 1, 1)
    assert target(road, "FROM sales ORDER BY id") == road.query("FROM sales ORDER BY id")


def test_keys_are_looked_at_again_only_where_publishing_did_not_prove_them(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    look = duckdb_session.check_keys
    monkeypatch.setattr(
        duckdb_session, "check_keys", lambda *a: (looked.append(a[-1]), look(*a))[-1]
    )
    road.spec("sales", SPEC % "truncate_insert")
    load(road, "a.csv", "id,amount\n1,10\n2,20\n")
    assert looked == []
    with duckdb.connect(str(road.settings.path("warehouse.duckdb"))) as connection:
        connection.execute("DROP TABLE sales")
    assert road.run("sales").status == Status.SUCCESS
    assert looked == ["sales"], "this run has published nothing"


def test_doubled_keys_of_an_appended_version_are_refused(road: Road) -> None:
    # each file is sound by itself, so publishing them proves nothing of the whole
    road.spec("sales", "update: append\n" + SPEC % "truncate_insert")
    load(road, "a.csv", "id,amount\n1,10\n")
    road.file("b.csv", "id,amount\n1,11\n")
    run = road.run("sales")
    assert run.status == Status.FAILED
    assert "occurs more than once" in str(run.error)
    assert target(road, "FROM sales") == [("1", 10)]


def test_appending_adds_what_is_new_or_changed_once(road: Road) -> None:
    spec = (SPEC % "append").replace("key: [id]\n", "")
    road.spec("sales", spec)
    load(road, "a.csv", "id,amount\n1,10\n")
    ledger = load(road, "b.csv", "id,amount\n2,20\n")
    assert (ledger.candidate, ledger.inserted, ledger.after) == (1, 1, 2)
    again = result(road.run("sales"), "materialize")
    assert again.skipped is not None and "already" in again.skipped


LOG = (SPEC % "append").replace("key: [id]\n", "")


def test_a_corrected_file_does_not_stay_beside_its_correction(road: Road) -> None:
    road.spec("sales", LOG)
    load(road, "a.csv", "id,amount\n1,10\n2,20\n")
    load(road, "b.csv", "id,amount\n3,30\n")
    ledger = load(road, "a.csv", "id,amount\n1,11\n2,20\n")
    assert (ledger.before, ledger.deleted, ledger.inserted, ledger.after) == (3, 3, 3, 3)
    assert target(road, "FROM sales ORDER BY id") == [("1", 11), ("2", 20), ("3", 30)]
    ledger = load(road, "c.csv", "id,amount\n4,40\n")
    assert (ledger.candidate, ledger.inserted, ledger.after) == (1, 1, 4)
    more = "  - derive: {columns: {amount: \"concat(amount, '0')\"}}\n  - type_cast"
    road.spec("sales", LOG.replace("  - type_cast", more))
    assert road.run("sales").status == Status.SUCCESS
    assert target(road, "SELECT sum(amount) FROM sales") == [(1010,)], "a replay is loaded too"


def test_a_table_that_others_fill_too_is_not_emptied(road: Road) -> None:
    road.spec("sales", LOG + "retry: {count: 0}\n")
    load(road, "a.csv", "id,amount\n1,10\n2,20\n")
    with duckdb.connect(str(road.settings.path("warehouse.duckdb"))) as connection:
        connection.execute("INSERT INTO sales VALUES ('9', 90)")
    ledger = load(road, "b.csv", "id,amount\n3,30\n")
    assert (ledger.before, ledger.after) == (3, 4)
    road.file("a.csv", "id,amount\n1,11\n2,20\n")
    run = road.run("sales")
    assert run.status == Status.FAILED
    assert run.error is not None
    assert "has 4 rows where this dataset loaded 3" in run.error["message"]
    assert target(road, "SELECT sum(amount) FROM sales") == [(150,)]
    assert road.query("SELECT sum(amount) FROM sales") == [(61,)]


def test_a_table_is_not_emptied_where_it_is_not_known_what_it_had(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    road.spec("sales", LOG + "retry: {count: 0}\n")
    load(road, "a.csv", "id,amount\n1,10\n2,20\n")
    monkeypatch.setattr(versions, "list_versions", lambda *_, **__: ())
    road.file("a.csv", "id,amount\n1,11\n2,20\n")
    assert road.run("sales").status == Status.FAILED
    assert target(road, "SELECT sum(amount) FROM sales") == [(30,)]


def test_a_target_that_missed_versions_catches_up(road: Road) -> None:
    road.spec("sales", (SPEC % "upsert").split("targets:")[0])
    road.file("a.csv", "id,amount\n1,10\n")
    road.run("sales")
    road.file("b.csv", "id,amount\n2,20\n")
    road.run("sales")
    road.spec("sales", SPEC % "upsert")
    ledger = load(road, "c.csv", "id,amount\n3,30\n")
    assert (ledger.candidate, ledger.after) == (3, 3)


def test_a_target_that_was_removed_is_loaded_anew(road: Road) -> None:
    road.spec("sales", SPEC % "upsert")
    load(road, "a.csv", "id,amount\n1,10\n2,20\n")
    road.settings.path("warehouse.duckdb").unlink()
    ledger = load(road, "b.csv", "id,amount\n3,30\n")
    assert (ledger.before, ledger.after) == (0, 3)


def test_created_tables_get_types_keys_and_comments(road: Road) -> None:
    road.spec("sales", SPEC % "upsert")
    load(road, "a.csv", "id,amount\n1,10\n")
    assert target(
        road,
        "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = 'sales'"
        " ORDER BY column_index",
    ) == [("id", "VARCHAR", None), ("amount", "BIGINT", "What was paid")]
    assert target(road, "SELECT comment FROM duckdb_tables() WHERE table_name = 'sales'") == [
        ("Sales of the shop",)
    ]
    assert target(
        road,
        "SELECT constraint_column_names FROM duckdb_constraints()"
        " WHERE table_name = 'sales' AND constraint_type = 'PRIMARY KEY'",
    ) == [(["id"],)]


def test_a_target_that_is_down_fails_alone_and_can_be_retried(road: Road, tmp_path: Path) -> None:
    road.spec("sales", SPEC % "upsert" + "retry: {count: 0}\n")
    blocker = road.settings.path("warehouse.duckdb")
    blocker.parent.mkdir(parents=True, exist_ok=True)
    blocker.write_text("this is no DuckDB file, whatever its name says" * 100)
    road.file("a.csv", "id,amount\n1,10\n")
    failed = road.run("sales")
    assert failed.status == Status.FAILED
    assert failed.error is not None and "warehouse.duckdb" in str(failed.error)
    assert road.query("SELECT count(*) FROM sales") == [(1,)], "what was published stays"
    blocker.unlink()
    again = road.retry(failed)
    assert again.status == Status.SUCCESS, again.error
    assert target(road, "FROM sales") == [("1", 10)]

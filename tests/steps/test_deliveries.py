"""What successive deliveries make of the published table."""

from __future__ import annotations

from tests.steps.road import Road, result
from workbench.model.status import Status

KEYED = """
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {amount: integer}}
key: [id]
"""
UNKEYED = """
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {amount: integer}}
"""


def test_the_same_file_twice_is_ingested_once(road: Road) -> None:
    road.spec("sales", UNKEYED)
    road.file("a.csv", "id,amount\n1,10\n2,20\n")
    road.run("sales")
    again = road.run("sales")
    assert again.status == Status.SUCCESS
    assert result(again, "ingest").skipped == "no new files"
    assert road.query("SELECT count(*), sum(amount) FROM sales") == [(2, 30)]


def test_the_same_bytes_under_another_name_are_passed_over(road: Road) -> None:
    road.spec("sales", UNKEYED)
    road.file("a.csv", "id,amount\n1,10\n")
    road.run("sales")
    road.file("a (1).csv", "id,amount\n1,10\n")
    again = road.run("sales")
    assert any("same content as a.csv" in warning for warning in result(again, "ingest").warnings)
    assert road.query("SELECT count(*) FROM sales") == [(1,)]


def test_other_bytes_under_a_known_name_are_ingested(road: Road) -> None:
    """The negative control of the two tests above."""
    road.spec("sales", UNKEYED)
    road.file("a.csv", "id,amount\n1,10\n")
    road.run("sales")
    road.file("b.csv", "id,amount\n1,11\n")
    road.run("sales")
    assert road.query("SELECT count(*) FROM sales") == [(2,)]


def test_a_file_that_goes_back_to_an_older_content_comes_again(road: Road) -> None:
    road.spec("sales", KEYED)
    for amount in (10, 11, 10):
        road.file("a.csv", f"id,amount\n1,{amount}\n")
        road.run("sales")
    assert road.query("SELECT amount FROM sales") == [(10,)]


def test_a_redelivered_file_replaces_its_own_rows_without_a_key(road: Road) -> None:
    road.spec("sales", UNKEYED)
    road.file("a.csv", "id,amount\n1,10\n2,20\n")
    road.file("b.csv", "id,amount\n3,30\n")
    road.run("sales")
    road.file("a.csv", "id,amount\n1,12\n")
    road.run("sales")
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [("1", 12), ("3", 30)]


def test_merging_counts_inserted_updated_and_unchanged_rows(road: Road) -> None:
    road.spec("sales", KEYED)
    road.file("a.csv", "id,amount\n1,10\n2,20\n3,\n")
    road.run("sales")
    road.file("b.csv", "id,amount\n2,20\n3,33\n4,40\n")
    ledger = result(road.run("sales"), "validate").ledgers[-1]
    assert (ledger.inserted, ledger.updated, ledger.unchanged, ledger.after) == (1, 1, 1, 4)


def test_files_that_arrive_together_mean_the_same_as_one_by_one(road: Road) -> None:
    road.spec("sales", KEYED)
    road.file("a.csv", "id,amount\n1,10\n2,20\n")
    road.file("b.csv", "id,amount\n2,21\n3,30\n")
    run = road.run("sales")
    assert run.status == Status.SUCCESS
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [
        ("1", 10), ("2", 21), ("3", 30),
    ]  # fmt: skip


def test_duplicate_keys_within_one_file_are_refused_with_examples(road: Road) -> None:
    road.spec("sales", KEYED)
    road.file("a.csv", "id,amount\n1,10\n1,11\n")
    run = road.run("sales")
    assert run.status == Status.FAILED
    assert run.error is not None and run.error["type"] == "KeyViolation"
    assert "id" in run.error["message"]


def test_a_changed_transform_replays_all_batches(road: Road) -> None:
    road.spec("sales", KEYED)
    road.file("a.csv", "id,amount\n1,10\n")
    road.run("sales")
    road.file("b.csv", "id,amount\n2,20\n")
    road.run("sales")
    road.spec("sales", KEYED.replace("amount: integer", "amount: number"))
    run = road.run("sales")
    assert result(run, "transform").handover["replay"] is True
    assert road.query("SELECT typeof(amount), count(*) FROM sales GROUP BY 1") == [("DOUBLE", 2)]


def test_changed_source_options_read_raw_again(road: Road) -> None:
    road.spec("sales", KEYED)
    path = road.file("a.csv", "id,amount\n1,10\n2,NA\n")
    assert road.run("sales").status == Status.SUCCESS
    path.unlink()  # RAW has it
    road.file("b.csv", "id,amount\n3,30\n")
    changed = KEYED.replace('"inbox/*.csv"}', '"inbox/*.csv", null_values: ["NA", "-"]}')
    road.spec("sales", changed)
    run = road.run("sales")
    assert run.status == Status.SUCCESS, run.error
    assert len(result(run, "ingest").ledgers) == 2
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [
        ("1", 10), ("2", None), ("3", 30),
    ]  # fmt: skip


def test_a_bad_delivery_is_mended_by_delivering_it_again(road: Road) -> None:
    road.spec("sales", KEYED.replace("amount: integer}", "amount: integer}, on_error: stop"))
    road.file("a.csv", "id,amount\n1,ten\n")
    failed = road.run("sales")
    assert failed.error is not None and failed.error["type"] == "CastFailed"
    road.file("a.csv", "id,amount\n1,10\n")
    assert road.run("sales").status == Status.SUCCESS
    assert road.query("SELECT amount FROM sales") == [(10,)]
    road.spec("sales", KEYED.replace("amount: integer", "amount: number"))
    assert road.run("sales").status == Status.SUCCESS, "a replay passes the bad delivery over"


def test_new_and_vanished_columns_follow_the_policy(road: Road) -> None:
    road.spec("sales", KEYED)
    road.file("a.csv", "id,amount,note\n1,10,x\n")
    road.run("sales")
    road.file("b.csv", "id,amount,place\n2,20,y\n")
    warnings = result(road.run("sales"), "ingest").warnings
    assert any("new columns place" in w and "no longer there: note" in w for w in warnings)
    assert road.query("SELECT id, note, place FROM sales ORDER BY id") == [
        ("1", "x", None), ("2", None, "y"),
    ]  # fmt: skip
    road.spec("sales", KEYED + "schema_policy: refuse\n")
    road.file("c.csv", "id,amount,more\n3,30,z\n")
    run = road.run("sales")
    assert run.error is not None and run.error["type"] == "SchemaChanged"
    assert "more" in run.error["message"] and "c.csv" in run.error["where"]


def test_a_column_that_vanished_and_is_needed_stops_before_bronze(road: Road) -> None:
    road.spec("sales", KEYED)
    road.file("a.csv", "id,amount\n1,10\n")
    road.run("sales")
    road.file("b.csv", "id,quantity\n2,20\n")
    run = road.run("sales")
    assert run.error is not None and run.error["type"] == "SchemaChanged"
    assert "b.csv" in run.error["where"] and "amount" in run.error["message"]
    assert road.query("SELECT count(*) FROM sales") == [(1,)]
    road.file("b.csv", "id,amount\n2,20\n")
    assert road.run("sales").status == Status.SUCCESS
    assert road.query("SELECT count(*) FROM sales") == [(2,)]

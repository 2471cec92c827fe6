"""What is recorded about data: versions, loads, catalog, quarantine."""

from __future__ import annotations

import time

import pytest

from workbench.errors import NotFound, RecordsError
from workbench.model.dataset import Column, DatasetRef
from workbench.model.ledger import LoadLedger
from workbench.records import catalog, loads, quarantine, versions
from workbench.records.catalog import CatalogEntry
from workbench.records.loads import TargetLoad
from workbench.records.store import Records


def ref(version: int, rows: int = 1) -> DatasetRef:
    return DatasetRef(
        dataset="a",
        layer="silver",
        uri="lake/a/silver",
        format="delta",
        version=version,
        columns=(Column(name="n", type="integer"),),
        rows=rows,
        fingerprint="f",
    )


def publish(records: Records, version: int, run: str) -> None:
    with records.begin() as connection:
        versions.publish_version(
            connection, ref(version), run, inputs=(ref(0),), transform_hash="t", now=records.now()
        )


def test_readers_see_the_last_published_version(records: Records) -> None:
    assert versions.published_version(records, "a") is None
    for version, run in enumerate(["one", "two", "three"]):
        publish(records, version, run)
        seen = versions.published_version(records, "a")
        assert seen
        assert (seen.ref, seen.run_id, seen.transform_hash) == (ref(version), run, "t")
        assert seen.inputs == (ref(0),)
    assert [v.ref.version for v in versions.list_versions(records, "a")] == [2, 1, 0]
    assert [v.ref.version for v in versions.list_versions(records, "a", run_id="two")] == [1]
    assert versions.published_datasets(records) == ("a",)


def test_publishing_again_changes_nothing(records: Records) -> None:
    publish(records, 1, "one")
    publish(records, 1, "one")
    assert len(versions.list_versions(records, "a")) == 1


def test_a_version_of_another_run_is_not_taken_over(records: Records) -> None:
    publish(records, 1, "one")
    with pytest.raises(RecordsError, match="recorded by run one"):
        publish(records, 1, "two")
    seen = versions.published_version(records, "a")
    assert seen and seen.run_id == "one"


def test_the_last_load_of_a_target(records: Records) -> None:
    def load(version: int, run: str, dataset: str = "a") -> TargetLoad:
        return TargetLoad(
            target="warehouse.a",
            dataset=dataset,
            version=version,
            run_id=run,
            strategy="upsert",
            fence=version,
            ledger=LoadLedger(name="warehouse.a", candidate=1, inserted=1, after=1),
            loaded_at=records.now(),
        )

    assert loads.last_load(records, "warehouse.a") is None
    one, two, other = load(1, "one"), load(2, "two"), load(9, "two", "b")
    with records.begin() as connection:
        for each in (one, two, two, other):
            loads.record_load(connection, each)
    assert loads.last_load(records, "warehouse.a") == other
    assert loads.last_load(records, "warehouse.a", "a") == two
    assert loads.list_loads(records, dataset="a") == (two, one)
    assert loads.list_loads(records, run_id="one") == (one,)


def test_the_catalog_follows_the_specs(records: Records) -> None:
    def entry(name: str, spec_hash: str = "1") -> tuple[CatalogEntry, str]:
        columns = (Column(name="ñ", description="año"),)
        described = CatalogEntry(
            name=name, title=name, tags=("x",), spec_hash=spec_hash, columns=columns
        )
        return described, f"dataset: {name} # {spec_hash}"

    assert catalog.sync_datasets(records, [entry("a"), entry("b")]) == 2
    assert catalog.sync_datasets(records, [entry("a"), entry("b")]) == 0
    assert catalog.sync_datasets(records, [entry("a", "2")]) == 1
    assert catalog.list_datasets(records) == (entry("a", "2")[0],)
    assert [e.name for e in catalog.list_datasets(records, inactive=True)] == ["a", "b"]
    history = catalog.spec_history(records, "a")
    assert [(h, text) for h, text, _ in history] == [
        ("2", entry("a", "2")[1]),
        ("1", entry("a")[1]),
    ]
    assert catalog.sync_datasets(records, [entry("b")], complete=False) == 1  # it is back
    assert catalog.get_dataset(records, "b").title == "b"
    with pytest.raises(NotFound):
        catalog.get_dataset(records, "c")


def test_quarantined_rows_are_recorded_quickly(records: Records) -> None:
    rows = [
        (f"id{number}", "file.csv", number, ("amount: bad \0 number",)) for number in range(10_000)
    ]
    began = time.process_time()
    with records.begin() as connection:
        added = quarantine.add_rows(
            connection, "a", "run", "a.transform", "q", rows, now=records.now()
        )
    elapsed = time.process_time() - began  # not wall time: tests share the machine
    assert added == 10_000
    assert quarantine.count_rows(records) == {"a": 10_000}
    assert elapsed < 1.5, elapsed


def test_quarantined_rows_are_closed_once(records: Records) -> None:
    def add(reason: str) -> None:
        with records.begin() as connection:
            quarantine.add_rows(
                connection,
                "a",
                "run",
                "a.transform",
                "q",
                [("x", "f", 7, (reason,)), ("y", None, None, ("b",))],
                now=records.now(),
            )

    add("first attempt")
    add("second attempt")  # in place of the first
    first, second = sorted(quarantine.list_rows(records, "a"), key=lambda row: row.row or 0)
    assert (second.source, second.row, second.reasons) == ("f", 7, ("second attempt",))
    with records.begin() as connection:
        assert quarantine.resolve_rows(connection, [second.id], "resubmitted", "next") == 1
        assert quarantine.resolve_rows(connection, [second.id], "dismissed") == 0
    assert quarantine.list_rows(records, "a") == (first,)
    [closed] = quarantine.list_rows(records, "a", status="resubmitted")
    assert closed.resolved_run == "next"

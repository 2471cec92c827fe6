"""The stamp of the records changes with all that the portal shows, on each database."""

from __future__ import annotations

import sqlalchemy as sa

from tests.engine.recording import any_settings, plan_of, records, steps_of  # noqa: F401
from tests.postgres import postgres_server, postgres_url  # noqa: F401
from workbench.publish.collect.stamp import stamp
from workbench.records.catalog import CatalogEntry, sync_datasets
from workbench.records.quarantine import add_rows, resolve_rows
from workbench.records.runs import cancel_run, create_run
from workbench.records.store import Records


def test_what_happens_changes_the_stamp(records: Records) -> None:  # noqa: F811
    seen = [stamp(records)]

    def changed() -> None:
        now = stamp(records)
        assert now not in seen
        assert stamp(records) == now
        seen.append(now)

    entry = CatalogEntry(name="a", spec_hash="1")
    sync_datasets(records, [(entry, "dataset: a")])
    changed()
    run = create_run(records, plan_of(steps_of("a")))
    assert run is not None
    changed()
    with records.begin() as connection:
        refused = [("id1", "a.csv", 1, ["reason"])]
        add_rows(connection, "a", run.id, "validate", "q", refused, now=records.now(connection))
    changed()
    with records.begin() as connection:
        resolve_rows(connection, ["id1"], "dismissed")
    changed()
    with records.begin() as connection:
        connection.execute(sa.text("UPDATE step_runs SET status = 'SUCCESS' WHERE position = 0"))
    changed()
    sync_datasets(records, [])
    changed()


def test_a_heartbeat_does_not(records: Records) -> None:  # noqa: F811
    before = stamp(records)
    with records.begin() as connection:
        connection.execute(sa.text("INSERT INTO leases (name, fence) VALUES ('dataset:a', 1)"))
    assert stamp(records) == before


def test_asking_for_a_cancel_alone_is_nothing_to_show(records: Records) -> None:  # noqa: F811
    run = create_run(records, plan_of(steps_of("a")))
    assert run is not None
    before = stamp(records)
    cancel_run(records, run.id)
    assert stamp(records) == before

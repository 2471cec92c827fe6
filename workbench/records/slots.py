"""Slots of schedules: one run per workflow and UTC instant, by primary key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from workbench.records.schema import schedules, slots
from workbench.records.store import Records


def insert_if_absent(connection: Connection, table: Table, values: Iterable[dict[str, Any]]) -> int:
    """Insert the rows whose keys are not there yet; returns how many were inserted."""
    rows = list(values)
    if not rows:
        return 0
    # a dialect takes a while to import, and one of the two is enough
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_into
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_into  # type: ignore[assignment]
    # the rows that come back are counted: drivers disagree about the row count of such inserts
    key = table.primary_key.columns[0]
    statement = insert_into(table).on_conflict_do_nothing().returning(key)
    return sum(len(connection.execute(statement, row).all()) for row in rows)


def take(connection: Connection, workflow: str, slot: datetime, run_id: str) -> bool:
    """Give the slot to this run; false when it has one already."""
    row = {"workflow": workflow, "slot": slot, "run_id": run_id}
    return insert_if_absent(connection, slots, [row]) == 1


def is_taken(records: Records, workflow: str, slot: datetime) -> bool:
    """Whether the slot has a run."""
    statement = sa.select(slots.c.run_id).where(slots.c.workflow == workflow, slots.c.slot == slot)
    return records.value(statement) is not None


def considered(
    records: Records, workflow: str, cron: str, timezone: str, now: datetime
) -> datetime:
    """Up to when this schedule's slots have been dealt with.

    A schedule seen for the first time, or changed, begins now: slots that it never had are not
    caught up.
    """
    row = records.row(sa.select(schedules).where(schedules.c.workflow == workflow))
    if row is not None and (row.cron, row.timezone) == (cron, timezone):
        moment: datetime = row.considered_until
        return moment
    values = {"cron": cron, "timezone": timezone, "considered_until": now}
    with records.begin() as connection:
        if row is None:
            insert_if_absent(connection, schedules, [{"workflow": workflow, **values}])
        else:
            connection.execute(
                sa.update(schedules)
                .where(
                    schedules.c.workflow == workflow,
                    schedules.c.cron == row.cron,
                    schedules.c.timezone == row.timezone,
                )
                .values(**values)
            )
    return now


def consider(records: Records, workflow: str, until: datetime) -> None:
    """Note that all slots up to ``until`` have been dealt with; never goes back."""
    with records.begin() as connection:
        connection.execute(
            sa.update(schedules)
            .where(schedules.c.workflow == workflow, schedules.c.considered_until < until)
            .values(considered_until=until)
        )


def taken(records: Records, workflow: str) -> dict[datetime, str]:
    """The slots of a workflow that have a run, with the run's id."""
    statement = sa.select(slots.c.slot, slots.c.run_id).where(slots.c.workflow == workflow)
    return {slot: run_id for slot, run_id in records.rows(statement)}

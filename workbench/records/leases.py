"""Leases: a dataset is held by one run at a time, a target by one load at a time.

A lease is a row that stays; ``holder`` is the run that has it. Its ``fence`` is the id of the
last attempt that began under it, so that a target can refuse an older one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from workbench.model.status import Status
from workbench.records.runs import OPEN
from workbench.records.schema import leases, runs, step_runs
from workbench.records.slots import insert_if_absent
from workbench.records.store import Records

#: That another run holds a lease which a row of ``step_runs`` needs.
_HELD = sa.exists().where(
    sa.or_(leases.c.name == step_runs.c.lease, leases.c.name == step_runs.c.target_lease),
    leases.c.holder.is_not(None),
    leases.c.holder != step_runs.c.run_id,
)


def acquire(connection: Connection, run_id: str, names: Iterable[str], now: datetime) -> str | None:
    """Take all these leases for a run, or none of them.

    Returns ``None`` when the run has them, else the id of the run to wait for: the holder, or a
    run that has waited longer or with a higher priority. Taken in the order of their names, so
    that two runs cannot wait for each other.
    """
    wanted = sorted(names)
    insert_if_absent(connection, leases, [{"name": name, "fence": 0} for name in wanted])
    found = connection.execute(
        sa.select(leases.c.name, leases.c.holder).where(leases.c.name.in_(wanted))
    )
    held: dict[str, str | None] = {name: holder for name, holder in found}
    for name in wanted:
        holder = held[name]
        if holder not in (None, run_id):
            return holder
    free = [name for name in wanted if held[name] is None]
    ahead = _ahead(connection, run_id, free) if free else None
    if ahead is not None:
        return ahead
    mine: list[str] = []
    for name in free:
        taker: str | None = None
        while taker is None:  # another transaction may give it back in between
            got = connection.execute(
                sa.update(leases)
                .where(leases.c.name == name, leases.c.holder.is_(None))
                .values(holder=run_id, acquired_at=now)
            )
            if got.rowcount:
                mine.append(name)
            taker = connection.scalar(sa.select(leases.c.holder).where(leases.c.name == name))
        if taker != run_id:
            release(connection, run_id, mine)
            return taker
    return None


def release(connection: Connection, run_id: str, names: Collection[str] | None = None) -> None:
    """Give back these leases of a run; all of them without ``names``."""
    statement = sa.update(leases).where(leases.c.holder == run_id)
    if names is not None:
        if not names:
            return
        statement = statement.where(leases.c.name.in_(names))
    connection.execute(statement.values(holder=None, step_id=None, attempt=None, acquired_at=None))


def release_done(connection: Connection, run_id: str) -> None:
    """Give back the leases that no step of the run needs any more.

    A dataset's lease is kept from the first to the last step of the dataset, a target's lease
    while its step is queued or runs.
    """
    steps = connection.execute(
        sa.select(step_runs.c.status, step_runs.c.lease, step_runs.c.target_lease).where(
            step_runs.c.run_id == run_id, step_runs.c.status.in_(OPEN)
        )
    ).all()
    begun = set(
        connection.scalars(
            sa.select(step_runs.c.lease).where(
                step_runs.c.run_id == run_id, step_runs.c.attempt > 0
            )
        )
    )
    active = [step for step in steps if step.status != Status.PENDING]
    keep = {step.lease for step in steps if step.lease in begun}
    keep |= {step.lease for step in active} | {step.target_lease for step in active}
    held = connection.scalars(sa.select(leases.c.name).where(leases.c.holder == run_id)).all()
    release(connection, run_id, [name for name in held if name not in keep])


def next_in_line(records: Records) -> list[str]:
    """The runs whose steps waited for a lease that is free now; the first in line for each."""
    waits = sa.and_(step_runs.c.status == Status.PENDING, step_runs.c.waiting_for.is_not(None))
    wanted = sa.or_(
        sa.exists().where(step_runs.c.lease == leases.c.name, waits),
        sa.exists().where(step_runs.c.target_lease == leases.c.name, waits),
    )
    free = records.rows(sa.select(leases.c.name).where(leases.c.holder.is_(None), wanted))
    first = (records.value(_line([row.name]).limit(1)) for row in free)
    return list(dict.fromkeys(run_id for run_id in first if run_id is not None))


def holders(records: Records) -> dict[str, str]:
    """Who holds what: lease name to run id."""
    statement = sa.select(leases.c.name, leases.c.holder).where(leases.c.holder.is_not(None))
    return {name: holder for name, holder in records.rows(statement)}


def _line(names: Collection[str]) -> sa.Select[str]:
    """The runs that wait for one of these leases and could go on at once, first things first."""
    return (
        sa.select(runs.c.id)
        .join(step_runs, step_runs.c.run_id == runs.c.id)
        .where(
            step_runs.c.status == Status.PENDING,
            step_runs.c.waiting_for.is_not(None),
            sa.or_(step_runs.c.lease.in_(names), step_runs.c.target_lease.in_(names)),
            runs.c.status.in_(OPEN),
            ~_HELD,
        )
        .order_by(runs.c.priority.desc(), runs.c.created_at, runs.c.id)
    )


def _ahead(connection: Connection, run_id: str, names: Collection[str]) -> str | None:
    """A run that comes before this one in the line for these leases."""
    me = connection.execute(
        sa.select(runs.c.priority, runs.c.created_at).where(runs.c.id == run_id)
    ).one()
    earlier = sa.or_(
        runs.c.priority > me.priority,
        sa.and_(runs.c.priority == me.priority, runs.c.created_at < me.created_at),
    )
    ahead: str | None = connection.scalar(_line(names).where(runs.c.id != run_id, earlier).limit(1))
    return ahead

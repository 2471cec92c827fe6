"""One load: fence, table, rows and ledger in one transaction.

``_workbench_loads`` says which run loaded what into which table; ``_workbench_fences`` holds the
newest fence number of each table. Both stand in the schema of the table, and are written in the
transaction that writes the rows: a load happened as a whole, once, or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from workbench.destinations.loading import tables
from workbench.destinations.loading.request import LoadRequest, TableState
from workbench.destinations.loading.session import Session, qualified
from workbench.destinations.loading.strategies import colliding_keys, statements
from workbench.errors import DestinationError, FenceRefused, KeyViolation, TargetMoved
from workbench.model.dataset import Column
from workbench.model.ledger import LedgerImbalance, LoadLedger
from workbench.model.sql import identifier, literal

LOADS = "_workbench_loads"
FENCES = "_workbench_fences"


def load(session: Session, request: LoadRequest) -> LoadLedger:
    """Load within the session's open transaction; the caller commits.

    A run that has loaded this version into this table before gets the recorded ledger, and
    nothing is done twice.
    """
    schema = request.schema or session.default_schema
    target = f"{schema}.{request.table}"
    name = qualified(schema, request.table)
    check(session, request, target)
    raise_fence(session, schema, request.table, request.fence)
    recorded = recorded_ledger(session, request)
    if recorded is not None:
        return recorded
    if request.expected is not None and request.expected != _stamped(session, schema, request):
        raise TargetMoved(
            "the table is not as it was when this load was planned",
            where=target,
            remedy="look at the plan again, and confirm it anew",
        )
    there = session.inspect(schema, request.table)  # what cannot fit is refused before rows travel
    tables.alterations(session, schema, request.table, request.columns, request.key, there)
    candidate = session.stage(request)
    is_new = tables.prepare(
        session, schema, request.table, request.columns, request.key, request.description
    )
    session.lock(schema, request.table)
    refuse_collisions(session, request, name, candidate, target)
    before = _count(session, name)
    if not is_new:
        tables.refuse_others(request, before, target)
    deleted = written = 0
    if request.strategy == "truncate_insert":
        session.empty(schema, request.table)
        deleted = before
    for statement in statements(request, name, candidate, into_empty=is_new):
        rows = session.execute(statement.sql)
        if statement.deletes:
            deleted += rows
        else:
            written += rows
    if is_new:
        for key in tables.keys(session, schema, request.table, request.key):
            session.execute(key)
    ledger = _ledger(
        request, target, _count(session, candidate), before, written, deleted, _count(session, name)
    )
    _record(session, schema, request, ledger)
    return ledger


def raise_fence(session: Session, schema: str, table: str, fence: int) -> None:
    """Make ``fence`` the newest of a table; ``FenceRefused`` if a newer one is there."""
    control_tables(session, schema)
    target = literal(f"{schema}.{table}")
    fences = qualified(schema, FENCES)
    session.serialize(f"{schema}.{table}")
    rows = session.fetch(f"SELECT fence FROM {fences} WHERE target = {target}")
    if not rows:
        session.execute(f"INSERT INTO {fences} (target, fence) VALUES ({target}, {int(fence)})")
    elif rows[0][0] > fence:
        raise FenceRefused(
            f"a newer attempt (fence {rows[0][0]}) took this table over;"
            f" this one has fence {fence}",
            where=f"{schema}.{table}",
            remedy="nothing to do: the newer attempt loads it",
        )
    elif rows[0][0] < fence:
        session.execute(f"UPDATE {fences} SET fence = {int(fence)} WHERE target = {target}")


def recorded_ledger(session: Session, request: LoadRequest) -> LoadLedger | None:
    """The ledger of this run's load of this version into a table, if it was loaded."""
    schema = request.schema or session.default_schema
    rows = session.fetch(
        f"SELECT ledger, version FROM {qualified(schema, LOADS)} WHERE {_of_run(schema, request)}"
    )
    if not rows or rows[0][1] != request.version:
        return None
    return LoadLedger.model_validate_json(rows[0][0])


def landed(session: Session, schema: str | None, table: str) -> dict[str, int]:
    """The runs that loaded a table, and the dataset version that each loaded last."""
    schema = schema or session.default_schema
    if not session.has(schema, LOADS):
        return {}
    rows = session.fetch(
        f"SELECT run_id, version FROM {qualified(schema, LOADS)}"
        f" WHERE target = {literal(f'{schema}.{table}')} AND version IS NOT NULL"
    )
    return {run_id: int(version) for run_id, version in rows}


def stamp(session: Session, schema: str, table: str, state: TableState | None, rows: int) -> str:
    """A stamp of a table: of its columns, its key, its rows' number, and what was loaded last."""
    about = (
        state and (sorted(state.native.items()), sorted(state.primary_key), rows),
        sorted(landed(session, schema, table).items()),
    )
    return hashlib.blake2b(repr(about).encode(), digest_size=8).hexdigest()


def _stamped(session: Session, schema: str, request: LoadRequest) -> str:
    state = inspect(session, schema, request.table)
    rows = 0 if state is None else state.rows or 0
    return stamp(session, schema, request.table, state, rows)


def inspect(session: Session, schema: str | None, table: str) -> TableState | None:
    """The table as it is, with its rows counted."""
    schema = schema or session.default_schema
    state = session.inspect(schema, table)
    return state and replace(state, rows=_count(session, qualified(schema, table)))


def changes(
    session: Session, schema: str | None, table: str, columns: Sequence[Column], key: Sequence[str]
) -> tuple[str, ...]:
    """Sentences that say what a load would create or alter."""
    schema = schema or session.default_schema
    state = session.inspect(schema, table)
    return tuple(
        sentence for _, sentence in tables.alterations(session, schema, table, columns, key, state)
    )


def check(session: Session, request: LoadRequest, target: str) -> None:
    """Refuse a request that cannot be done, before anything is touched."""
    can = session.capabilities
    if not can.supports(request.strategy):
        raise DestinationError(
            f"{can.title} cannot {request.strategy}: {can.reason(request.strategy)}",
            where=target,
            remedy=f"use another strategy: {', '.join(can.strategies)}",
        )
    names = (request.table, request.schema or "", *request.names)
    long = [name for name in names if can.too_long(name)]
    if long:
        raise DestinationError(
            f"names longer than {can.longest_name} bytes: {', '.join(long)}",
            where=target,
            remedy="rename these columns in the transforms, or the table in the target",
        )
    if request.strategy == "upsert" and not request.key:
        raise DestinationError(
            "upsert needs a key",
            where=target,
            remedy="give the dataset a key, or use append or truncate_insert",
        )
    if request.strategy == "delete_insert" and not (request.on or request.key):
        raise DestinationError(
            "delete_insert needs columns to delete by",
            where=target,
            remedy="name them in `on`, or give the dataset a key",
        )
    asked = (*request.key, *request.compare, *request.on)
    missing = [name for name in dict.fromkeys(asked) if name not in request.names]
    if missing:
        raise DestinationError(
            f"columns that are not loaded: {', '.join(missing)}",
            where=target,
            remedy=f"key, compare and on name loaded columns: {', '.join(request.names)}",
        )


def refuse_collisions(
    session: Session, request: LoadRequest, name: str, candidate: str, target: str
) -> None:
    """Raise ``KeyViolation`` if an insert would double keys of the table."""
    query = colliding_keys(request, name, candidate)
    rows = session.fetch(f"{query} LIMIT 5") if query else ()
    if rows:
        shown = "; ".join(
            ", ".join(f"{k}={v}" for k, v in zip(request.key, row, strict=True)) for row in rows
        )
        raise KeyViolation(
            f"keys that are in the table already: {shown}",
            where=target,
            remedy="use upsert, or delete_insert on columns that cover these rows",
        )


def _ledger(
    request: LoadRequest,
    target: str,
    candidate: int,
    before: int,
    written: int,
    deleted: int,
    after: int,
) -> LoadLedger:
    """The ledger, from counts that were each taken for themselves."""
    inserted = after - before + deleted
    ledger = LoadLedger(
        name=target,
        candidate=candidate,
        inserted=inserted,
        updated=written - inserted,
        unchanged=candidate - written,
        before=before,
        deleted=deleted,
        after=after,
    )
    ledger.check()
    whole = request.strategy == "upsert" or written == inserted == candidate
    if not whole or min(inserted, ledger.updated, ledger.unchanged) < 0:
        raise LedgerImbalance(
            f"the load ledger does not balance: {ledger.model_dump(exclude={'notes'})}",
            where=target,
            remedy="a trigger or rule of the table may change rows; nothing was loaded",
        )
    return ledger


def control_tables(session: Session, schema: str) -> None:
    """Make the tables of loads and fences, where they are not there yet."""
    statements = control_statements(session, schema)
    if statements:
        session.serialize(f"{schema}.{LOADS}")
    for statement in statements:
        session.execute(statement)


def control_statements(session: Session, schema: str) -> list[str]:
    """What makes the tables of loads and fences; nothing where they are."""
    if session.has(schema, LOADS):
        return []
    text, number = session.type_name("text"), session.type_name("integer")
    named = schema != session.default_schema
    return [
        *([f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}"] if named else []),
        f"CREATE TABLE IF NOT EXISTS {qualified(schema, FENCES)}"
        f" (target {text} PRIMARY KEY, fence {number} NOT NULL)",
        f"CREATE TABLE IF NOT EXISTS {qualified(schema, LOADS)} (target {text},"
        f" run_id {text}, fence {number}, version {number}, strategy {text},"
        f" loaded_at {session.type_name('timestamp')}, ledger {text},"
        " PRIMARY KEY (target, run_id))",
    ]


def _record(session: Session, schema: str, request: LoadRequest, ledger: LoadLedger) -> None:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    version = "NULL" if request.version is None else str(int(request.version))
    values = (
        literal(f"{schema}.{request.table}"),
        literal(request.run_id),
        str(int(request.fence)),
        version,
        literal(request.strategy),
        f"TIMESTAMP {literal(now)}",
        literal(json.dumps(ledger.model_dump(mode="json"))),
    )
    session.execute(f"DELETE FROM {qualified(schema, LOADS)} WHERE {_of_run(schema, request)}")
    session.execute(
        f"INSERT INTO {qualified(schema, LOADS)}"
        " (target, run_id, fence, version, strategy, loaded_at, ledger)"
        f" VALUES ({', '.join(values)})"
    )


def _of_run(schema: str, request: LoadRequest) -> str:
    target = literal(f"{schema}.{request.table}")
    return f"target = {target} AND run_id = {literal(request.run_id)}"


def _count(session: Session, name: str) -> int:
    return int(session.fetch(f"SELECT count(*) FROM {name}")[0][0])

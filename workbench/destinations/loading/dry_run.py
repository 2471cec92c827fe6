"""What a load would do: the same checks and comparisons as the load, without its changes.

The candidate is staged where nobody sees it, and from then on the transaction may only read.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.destinations.loading import load, strategies, tables
from workbench.destinations.loading.request import LoadRequest, TableState
from workbench.destinations.loading.session import Session, qualified
from workbench.errors import DestinationError
from workbench.model.ledger import LoadLedger
from workbench.model.sql import identifier


@dataclass(frozen=True)
class Forecast:
    """What a load would do to a table.

    ``ledger`` is the one that the load would have; ``None`` where the load would be refused:
    ``refusal`` says why and ``remedy`` what helps. ``kept``: of the rows that are deleted, so many
    come again as they were (``None`` where that is not known). ``statements`` are those that
    create and alter, ``changes`` say the same in sentences. ``state`` is a stamp of the table: of
    its columns, its key, how many rows it has and what was loaded last.
    """

    state: str
    before: int
    ledger: LoadLedger | None = None
    kept: int | None = None
    statements: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    refusal: str = ""
    remedy: str = ""


def dry_run(session: Session, request: LoadRequest) -> Forecast:
    """What ``load`` would do with a request now. Errors that are not about the rows or the table
    (the target cannot be reached, …) are raised."""
    schema = request.schema or session.default_schema
    state = session.inspect(schema, request.table)
    before = 0 if state is None else _number(session, f"FROM {qualified(schema, request.table)}")
    found = Forecast(state=load.stamp(session, schema, request.table, state, before), before=before)
    try:
        return _foreseen(session, schema, request, state, found)
    except DestinationError as error:
        return Forecast(
            state=found.state,
            before=before,
            refusal=error.message,
            remedy=error.remedy or "",
        )


def _foreseen(
    session: Session, schema: str, request: LoadRequest, state: TableState | None, found: Forecast
) -> Forecast:
    target = f"{schema}.{request.table}"
    load.check(session, request, target)
    altered = tables.alterations(
        session, schema, request.table, request.columns, request.key, state
    )
    candidate = session.stage(request)
    session.protect()
    there = _as_altered(session, schema, request, state)
    if state is not None:
        tables.refuse_others(request, found.before, target)
        tables.refuse_repeated(session, schema, request.table, there, request.key, state)
        load.refuse_collisions(session, request, there, candidate, target)
    ledger, kept = _counted(session, request, state, there, candidate, found.before, target)
    return Forecast(
        state=found.state,
        before=found.before,
        ledger=ledger,
        kept=kept,
        statements=(
            *load.control_statements(session, schema),
            *(statement for statement, _ in altered),
            *tables.comments(
                session, schema, request.table, request.columns, request.description, state
            ),
            *(tables.keys(session, schema, request.table, request.key) if state is None else ()),
        ),
        changes=tuple(sentence for _, sentence in altered),
    )


def _counted(
    session: Session,
    request: LoadRequest,
    state: TableState | None,
    there: str,
    candidate: str,
    before: int,
    target: str,
) -> tuple[LoadLedger, int | None]:
    rows = _number(session, f"FROM {candidate}")
    matched = differing = deleted = 0
    kept: int | None = None
    deletes = request.strategy in ("truncate_insert", "delete_insert")
    if state is not None and request.key and (deletes or request.strategy == "upsert"):
        (counts,) = session.fetch(strategies.compared(request, there, candidate))
        matched, differing = int(counts[0]), int(counts[1])
        kept = matched - differing if deletes else None
    if state is not None and request.strategy == "truncate_insert":
        deleted = before
    elif state is not None and request.strategy == "delete_insert":
        on = request.on or request.key
        deleted = int(session.fetch(strategies.deleted(on, there, candidate))[0][0])
    updated = differing if request.strategy == "upsert" else 0
    unchanged = matched - differing if request.strategy == "upsert" else 0
    inserted = rows - updated - unchanged
    ledger = LoadLedger(
        name=target,
        candidate=rows,
        inserted=inserted,
        updated=updated,
        unchanged=unchanged,
        before=before,
        deleted=deleted,
        after=before + inserted - deleted,
    )
    ledger.check()
    return ledger, kept


def _as_altered(
    session: Session, schema: str, request: LoadRequest, state: TableState | None
) -> str:
    """The table as it would be once it is altered, as what stands after FROM."""
    present = set() if state is None else {column.name for column in state.columns}
    terms = ", ".join(
        identifier(column.name)
        if column.name in present
        else f"CAST(NULL AS {session.type_name(column.type)}) AS {identifier(column.name)}"
        for column in request.columns
    )
    return f"(SELECT {terms} FROM {qualified(schema, request.table)})"


def _number(session: Session, source: str) -> int:
    return int(session.fetch(f"SELECT count(*) {source}")[0][0])

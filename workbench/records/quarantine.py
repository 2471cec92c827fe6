"""Quarantined rows: where each came from, why it was refused, what became of it.

The original values are in the files that ``uri`` names; here is what one lists and counts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from workbench.model.value import Value
from workbench.records.schema_data import quarantine
from workbench.records.store import Records

QuarantineStatus = Literal["open", "resubmitted", "dismissed", "superseded"]

_CHUNK = 5_000
#: How many different reasons are told apart.
_REASONS = 20_000


class QuarantinedRow(Value):
    """One refused row: file, row number in it, reasons, and where its values are kept.

    ``superseded`` rows stem from a file that has come again since.
    """

    id: str
    dataset: str
    run_id: str
    step: str
    source: str | None
    row: int | None
    reasons: tuple[str, ...]
    uri: str
    status: QuarantineStatus
    resolved_run: str | None
    created_at: datetime


def add_rows(
    connection: Connection,
    dataset: str,
    run_id: str,
    step: str,
    uri: str,
    rows: Iterable[tuple[str, str | None, int | None, Iterable[str]]],
    *,
    now: datetime,
) -> int:
    """Record refused rows as (id, source, row, reasons), in place of an earlier attempt's."""
    connection.execute(
        sa.delete(quarantine).where(
            quarantine.c.dataset == dataset,
            quarantine.c.run_id == run_id,
            quarantine.c.step == step,
        )
    )
    common = {
        "dataset": dataset,
        "run_id": run_id,
        "step": step,
        "uri": uri,
        "status": "open",
        "created_at": now,
    }
    values = [
        {**common, "id": id_, "source": source, "row": row, "reasons": list(reasons)}
        for id_, source, row, reasons in rows
    ]
    for start in range(0, len(values), _CHUNK):
        connection.execute(sa.insert(quarantine), values[start : start + _CHUNK])
    return len(values)


def list_rows(
    records: Records,
    dataset: str | None = None,
    *,
    status: QuarantineStatus | None = "open",
    run_id: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[QuarantinedRow, ...]:
    """Refused rows, newest run first, in the order of the received files."""
    statement = _filtered(sa.select(quarantine), dataset, status, run_id)
    statement = statement.order_by(
        quarantine.c.created_at.desc(),
        quarantine.c.run_id,
        quarantine.c.source,
        quarantine.c.row,
        quarantine.c.id,
    )
    names = QuarantinedRow.model_fields
    return tuple(
        QuarantinedRow.model_validate({name: getattr(row, name) for name in names})
        for row in records.rows(statement.limit(limit).offset(offset))
    )


def count_rows(
    records: Records,
    dataset: str | None = None,
    *,
    status: QuarantineStatus | None = "open",
    run_id: str | None = None,
) -> dict[str, int]:
    """How many refused rows each dataset has."""
    statement = _filtered(
        sa.select(quarantine.c.dataset, sa.func.count()), dataset, status, run_id
    ).group_by(quarantine.c.dataset)
    return {name: count for name, count in records.rows(statement)}


def count_reasons(
    records: Records, dataset: str, *, status: QuarantineStatus | None = "open"
) -> dict[tuple[str, ...], int]:
    """How many refused rows have just these reasons, the most frequent first."""
    statement = _filtered(
        sa.select(quarantine.c.reasons, sa.func.count().label("n")), dataset, status, None
    )
    statement = statement.group_by(quarantine.c.reasons).order_by(sa.desc("n")).limit(_REASONS)
    return {tuple(reasons): count for reasons, count in records.rows(statement)}


def list_places(
    records: Records,
    dataset: str,
    *,
    status: QuarantineStatus = "open",
    reason: Sequence[str] = (),
    limit: int,
    offset: int = 0,
) -> tuple[tuple[tuple[str, ...], ...], int]:
    """The received rows that refused rows stem from, each as the ids of those; and how many.

    ``reason`` chooses rows that have a reason made of these texts, with anything between them.
    """
    alone = sa.case(
        (sa.or_(quarantine.c.source.is_(None), quarantine.c.row.is_(None)), quarantine.c.id),
        else_="",
    )
    place = (quarantine.c.run_id, quarantine.c.source, quarantine.c.row, alone)
    chosen = _filtered(sa.select(*place), dataset, status, None)
    if reason:
        inside = "%".join(_like(json.dumps(part)[1:-1]) for part in reason)
        text = sa.type_coerce(quarantine.c.reasons, sa.Text)
        chosen = chosen.where(text.like(f'%"{inside}"%', escape="\\"))
    chosen = chosen.group_by(*place)
    total = records.value(sa.select(sa.func.count()).select_from(chosen.subquery()))
    page = chosen.order_by(sa.func.max(quarantine.c.created_at).desc(), *place)
    found = records.rows(page.limit(limit).offset(offset))
    wanted = {tuple(row): number for number, row in enumerate(found)}
    ids: list[list[str]] = [[] for _ in found]
    runs = sorted({row[0] for row in found})
    rows = _filtered(sa.select(*place, quarantine.c.id), dataset, status, None)
    rows = rows.where(quarantine.c.run_id.in_(runs)).order_by(quarantine.c.id)
    numbers = [row[2] for row in found if row[2] is not None]
    if numbers:
        rows = rows.where(
            sa.or_(
                quarantine.c.row.is_(None), quarantine.c.row.between(min(numbers), max(numbers))
            )
        )
    for *at, id_ in records.rows(rows):
        if tuple(at) in wanted:
            ids[wanted[tuple(at)]].append(id_)
    return tuple(map(tuple, ids)), int(total or 0)


def rows_with(records: Records, dataset: str, ids: Collection[str]) -> tuple[QuarantinedRow, ...]:
    """The refused rows of a dataset with these ids, whatever became of them."""
    wanted, found = list(ids), []
    names = QuarantinedRow.model_fields
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        statement = sa.select(quarantine).where(
            quarantine.c.dataset == dataset, quarantine.c.id.in_(chunk)
        )
        found += [
            QuarantinedRow.model_validate({name: getattr(row, name) for name in names})
            for row in records.rows(statement)
        ]
    return tuple(found)


def reopen_rows(connection: Connection, ids: Collection[str]) -> int:
    """Open rows again that were dismissed; returns how many were."""
    wanted, opened = list(ids), 0
    for start in range(0, len(wanted), _CHUNK):
        opened += connection.execute(
            sa.update(quarantine)
            .where(
                quarantine.c.id.in_(wanted[start : start + _CHUNK]),
                quarantine.c.status == "dismissed",
            )
            .values(status="open", resolved_run=None)
        ).rowcount
    return opened


def resolve_rows(
    connection: Connection,
    ids: Collection[str],
    status: Literal["resubmitted", "dismissed"],
    resolved_run: str | None = None,
) -> int:
    """Close open rows; returns how many were open. ``resolved_run`` is the run they went into."""
    wanted = list(ids)
    closed = 0
    for start in range(0, len(wanted), _CHUNK):
        closed += connection.execute(
            sa.update(quarantine)
            .where(
                quarantine.c.id.in_(wanted[start : start + _CHUNK]), quarantine.c.status == "open"
            )
            .values(status=status, resolved_run=resolved_run)
        ).rowcount
    return closed


def supersede_rows(
    connection: Connection, dataset: str, sources: Collection[str], run_id: str
) -> None:
    """Close the open rows of files that this run has published anew."""
    connection.execute(
        sa.update(quarantine)
        .where(
            quarantine.c.dataset == dataset,
            quarantine.c.source.in_(list(sources)),
            quarantine.c.status == "open",
            quarantine.c.run_id != run_id,
        )
        .values(status="superseded", resolved_run=run_id)
    )


def _filtered(
    statement: sa.Select[*tuple[Any, ...]],
    dataset: str | None,
    status: QuarantineStatus | None,
    run_id: str | None,
) -> sa.Select[*tuple[Any, ...]]:
    if dataset is not None:
        statement = statement.where(quarantine.c.dataset == dataset)
    if status is not None:
        statement = statement.where(quarantine.c.status == status)
    if run_id is not None:
        statement = statement.where(quarantine.c.run_id == run_id)
    return statement


def _like(text: str) -> str:
    """A text within a LIKE pattern."""
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, f"\\{sign}")
    return text

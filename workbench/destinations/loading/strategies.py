"""The four strategies, once, in the SQL that DuckDB and PostgreSQL share.

All comparisons are null-safe. Target and candidate get aliases that no received column has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.destinations.loading.request import LoadRequest
from workbench.model.sql import identifier, identifiers

_T = '"__target"'
_S = '"__candidate"'
_D = '"__deleted"'


@dataclass(frozen=True)
class Statement:
    """One statement; ``deletes`` says that the rows it changes are deleted, else written."""

    sql: str
    deletes: bool = False


def statements(
    request: LoadRequest, target: str, candidate: str, *, into_empty: bool = False
) -> tuple[Statement, ...]:
    """What a strategy does to ``target`` with the rows of ``candidate`` (both quoted names)."""
    insert = Statement(
        f"INSERT INTO {target} ({identifiers(request.names)})"
        f" SELECT {identifiers(request.names)} FROM {candidate}"
    )
    if into_empty or request.strategy in ("append", "truncate_insert"):  # of an emptied table
        return (insert,)
    if request.strategy == "delete_insert":
        deletes = (
            Statement(f"DELETE FROM {target} AS {_T} WHERE {where}", deletes=True)
            for where in matching(request.on or request.key, candidate)
        )
        return (*deletes, insert)
    return (_merge(request, target, candidate),)


def colliding_keys(request: LoadRequest, target: str, candidate: str) -> str | None:
    """A query for keys that an insert would double: those already there and not deleted before."""
    if not request.key or request.strategy in ("upsert", "truncate_insert"):
        return None
    deleted = request.on or request.key
    if request.strategy == "delete_insert" and set(deleted) <= set(request.key):
        return None
    stays = ""
    if request.strategy == "delete_insert":
        same = _same(deleted, _D, _T)
        stays = f" AND NOT EXISTS (SELECT 1 FROM {candidate} {_D} WHERE {same})"
    return (
        f"SELECT {identifiers(request.key, f'{_T}.')} FROM {target} AS {_T}"
        f" JOIN {candidate} {_S} ON {_same(request.key, _T, _S)} WHERE true{stays}"
    )


def _merge(request: LoadRequest, target: str, candidate: str) -> Statement:
    names = request.names
    changed = [name for name in names if name not in request.key]
    differs = _differs(request)
    update = ", ".join(f"{identifier(name)} = {_S}.{identifier(name)}" for name in changed)
    matched = f" WHEN MATCHED AND ({differs}) THEN UPDATE SET {update}" if differs else ""
    return Statement(
        f"MERGE INTO {target} AS {_T} USING {candidate} AS {_S}"
        f" ON {_same(request.key, _T, _S)}{matched}"
        f" WHEN NOT MATCHED THEN INSERT ({identifiers(names)})"
        f" VALUES ({identifiers(names, f'{_S}.')})"
    )


def _differs(request: LoadRequest) -> str:
    """The condition for a row of the candidate that differs from the target's; empty: none does."""
    return " OR ".join(
        f"{_T}.{identifier(n)} IS DISTINCT FROM {_S}.{identifier(n)}" for n in request.compared
    )


def compared(request: LoadRequest, target: str, candidate: str) -> str:
    """A query for how many rows of the candidate have their key in the target, and how many of
    these differ from the row that is there."""
    return (
        f"SELECT count(*), count(*) FILTER (WHERE {_differs(request) or 'false'})"
        f" FROM {target} AS {_T} JOIN {candidate} {_S} ON {_same(request.key, _T, _S)}"
    )


def deleted(on: Sequence[str], target: str, candidate: str) -> str:
    """A query for how many rows ``delete_insert`` would delete."""
    return f"SELECT count(*) FROM {target} AS {_T} WHERE {' OR '.join(matching(on, candidate))}"


def matching(on: Sequence[str], candidate: str) -> tuple[str, str]:
    """Conditions for the rows of a target whose values of ``on`` occur in the candidate.

    Null equals null here. That comparison cannot be hashed by every engine, so rows without
    nulls go first and the few combinations with a null after them.
    """
    nulls = " OR ".join(f"{identifier(name)} IS NULL" for name in on)
    safe = " AND ".join(
        f"{_S}.{identifier(n)} IS NOT DISTINCT FROM {_T}.{identifier(n)}" for n in on
    )
    some = f"(SELECT DISTINCT {identifiers(on)} FROM {candidate} WHERE {nulls}) {_S}"
    return (
        f"EXISTS (SELECT 1 FROM {candidate} {_S} WHERE {_same(on, _S, _T)})",
        f"EXISTS (SELECT 1 FROM {some} WHERE {safe})",
    )


def _same(names: Sequence[str], left: str, right: str) -> str:
    return " AND ".join(f"{left}.{identifier(n)} = {right}.{identifier(n)}" for n in names)

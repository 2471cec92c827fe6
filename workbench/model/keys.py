"""Null and duplicate keys, found with SQL that every engine reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.errors import KeyViolation
from workbench.model.dataset import ROW, SOURCE
from workbench.model.sql import identifier, identifiers

Fetch = Callable[[str], Sequence[Sequence[Any]]]

_EXAMPLES = 5
_REMEDY = (
    "deduplicate in the transforms, quarantine such rows by an expectation,"
    " or name a key that tells rows apart"
)


def check_keys(
    fetch: Fetch, relation: str, key: Sequence[str], columns: Sequence[str], where: str
) -> None:
    """Raise ``KeyViolation`` with examples if rows of ``relation`` have null or repeated keys.

    ``fetch`` runs a query; ``relation`` is what stands after FROM; ``columns`` are those that it
    has. Loading such rows would lose or double them.
    """
    missing = [name for name in key if name not in columns]
    if missing:
        raise KeyViolation(
            f"the key names columns that are not there: {', '.join(missing)}",
            where=where,
            remedy=f"name columns of the dataset: {', '.join(columns)}",
        )
    shown = [*key, *(name for name in (SOURCE, ROW) if name in columns and name not in key)]
    nulls = " OR ".join(f"{identifier(name)} IS NULL" for name in key)
    (count,) = fetch(f"SELECT count(*) FROM {relation} WHERE {nulls}")[0]
    if count:
        rows = fetch(f"SELECT {identifiers(shown)} FROM {relation} WHERE {nulls} LIMIT {_EXAMPLES}")
        raise _violation(count, "a null key", key, shown, rows, where)
    repeated = repeated_keys(relation, key)
    if fetch(f"{repeated} LIMIT 1"):
        (count,) = fetch(f'SELECT sum("__n") FROM ({repeated}) "__k"')[0]
        some = f"{repeated} ORDER BY {identifiers(key)} LIMIT {_EXAMPLES}"
        on = " AND ".join(f'"__r".{identifier(n)} = "__k".{identifier(n)}' for n in key)
        listed = identifiers(shown, '"__r".')
        rows = fetch(
            f'SELECT {listed} FROM {relation} "__r" JOIN ({some}) "__k" ON {on}'
            f" ORDER BY {listed} LIMIT {_EXAMPLES}"
        )
        raise _violation(int(count), "a key that occurs more than once", key, shown, rows, where)


def repeated_keys(relation: str, key: Sequence[str]) -> str:
    """A query for the keys that occur more than once in ``relation``."""
    names = identifiers(key)
    return f'SELECT {names}, count(*) AS "__n" FROM {relation} GROUP BY {names} HAVING count(*) > 1'


def _violation(
    count: int,
    what: str,
    key: Sequence[str],
    shown: Sequence[str],
    rows: Sequence[Sequence[Any]],
    where: str,
) -> KeyViolation:
    examples = "; ".join(
        ", ".join(f"{name}={value!s}" for name, value in zip(shown, row, strict=True))
        for row in rows
    )
    have = "row has" if count == 1 else "rows have"
    return KeyViolation(
        f"{count} {have} {what} ({', '.join(key)}), for example: {examples}",
        where=where,
        remedy=_REMEDY,
    )

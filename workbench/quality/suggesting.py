"""Expectations that the data itself suggests, each with the evidence for it.

A suggestion holds for every row that was looked at. Whether it should hold for rows to come is for
a person to say: so each says in figures why it was made.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pydantic import Field

from workbench.model.result import ColumnProfile, Severity
from workbench.model.sql import identifier
from workbench.model.value import Value
from workbench.quality.profile import profile
from workbench.quality.scope import kind_of

if TYPE_CHECKING:
    import duckdb

    from workbench.spec.parts import ExpectationUse

#: Fewer rows are evidence of nothing.
LEAST_ROWS = 5
_LEAST_UNIQUE = 20
_MOST_IN_SET = 20
_MOST_PATTERN = 20_000
_PIECES = 12
_LONGEST = 40

_CLASSES = (("[0-9]", "0123456789"), ("[A-Z]", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            ("[a-z]", "abcdefghijklmnopqrstuvwxyz"))  # fmt: skip


class Suggestion(Value):
    """An expectation that holds now.

    ``evidence`` names a sentence and ``figures`` fill it in: ``not_null`` (``rows``), ``unique``
    (``rows``), ``unique_key`` (``rows``), ``set`` (``count``, ``rows``), ``contiguous``,
    ``not_negative``, ``range`` (``low``, ``high``, ``rows``), ``pattern`` (``count``,
    ``example``), ``rows`` (``rows``). ``earlier`` are rows of the last run in which it held, too.
    """

    name: str
    kwargs: dict[str, Any]
    severity: Severity
    evidence: str
    figures: dict[str, str | int | float] = Field(default_factory=dict)
    earlier: int | None = None


def suggest(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    *,
    key: Sequence[str] = (),
    existing: Collection[ExpectationUse] = (),
    earlier: Mapping[str, ColumnProfile] | None = None,
) -> tuple[Suggestion, ...]:
    """What the ``columns`` of a table or view suggest, without what ``existing`` checks already.

    ``key`` are the dataset's own key columns; ``earlier`` are the profiles of its last run, which
    take suggestions away that did not hold then, and widen ranges.
    """
    if not columns:
        return ()
    profiles = profile(connection, table, columns)
    if not profiles or profiles[0].rows < LEAST_ROWS:
        return ()
    asked = {(use.name, str(use.kwargs.get("column", ""))) for use in existing}
    found = [
        each
        for each in _all(connection, table, profiles, key, earlier or {})
        if (each.name, str(each.kwargs.get("column", ""))) not in asked
    ]
    return tuple(found)


def _all(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    profiles: Sequence[ColumnProfile],
    key: Sequence[str],
    earlier: Mapping[str, ColumnProfile],
) -> Iterator[Suggestion]:
    rows = profiles[0].rows
    yield Suggestion(
        name="expect_table_row_count_to_be_between", kwargs={"min_value": 1}, severity="stop",
        evidence="rows", figures={"rows": rows},
    )  # fmt: skip
    known = {each.column for each in profiles}
    if len(key) > 1 and set(key) <= known:
        listed = ", ".join(identifier(name) for name in key)
        if _count(connection, table, f"count(DISTINCT ({listed}))") == rows:
            yield Suggestion(
                name="expect_compound_columns_to_be_unique", kwargs={"column_list": [*key]},
                severity="stop", evidence="unique_key", figures={"rows": rows},
            )  # fmt: skip
    for each in profiles:
        before = earlier.get(each.column)
        before = before if before and kind_of(before.type) == kind_of(each.type) else None
        severity: Severity = "stop" if each.column in key else "quarantine"
        yield from _of_column(connection, table, each, before, severity)


def _of_column(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    found: ColumnProfile,
    before: ColumnProfile | None,
    severity: Severity,
) -> Iterator[Suggestion]:
    column, rows = found.column, found.rows
    filled = rows - found.nulls
    held = before.rows if before else None
    if found.nulls == 0 and not (before and before.nulls):
        yield Suggestion(
            name="expect_column_values_to_not_be_null", kwargs={"column": column},
            severity=severity, evidence="not_null", figures={"rows": rows}, earlier=held,
        )  # fmt: skip
    if not filled:
        return
    distinct = found.distinct or 0
    if distinct >= 0.95 * filled and filled >= _LEAST_UNIQUE:
        distinct = _count(connection, table, f"count(DISTINCT {identifier(column)})")
        if distinct == filled:
            yield Suggestion(
                name="expect_column_values_to_be_unique", kwargs={"column": column},
                severity=severity, evidence="unique", figures={"rows": filled},
            )  # fmt: skip
    kind = kind_of(found.type)
    if kind == "text":
        yield from _of_texts(connection, table, column, distinct, filled, severity)
    elif kind in ("integer", "decimal", "number", "date", "timestamp"):
        yield from _of_range(found, before, distinct, filled, severity)


def _of_texts(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    distinct: int,
    filled: int,
    severity: Severity,
) -> Iterator[Suggestion]:
    quoted = identifier(column)
    few = 0 < distinct <= _MOST_IN_SET and filled >= 5 * distinct
    if not few and distinct > _MOST_PATTERN:
        return
    values = [
        str(value)
        for (value,) in connection.execute(
            f"SELECT DISTINCT {quoted} FROM {identifier(table)} WHERE {quoted} IS NOT NULL "
            f"ORDER BY 1 LIMIT {_MOST_PATTERN + 1}"
        ).fetchall()
    ]
    if few and len(values) == distinct:
        yield Suggestion(
            name="expect_column_values_to_be_in_set",
            kwargs={"column": column, "value_set": values},
            severity=severity, evidence="set", figures={"count": distinct, "rows": filled},
        )  # fmt: skip
    elif (pattern := common_pattern(values)) and len(values) >= LEAST_ROWS:
        yield Suggestion(
            name="expect_column_values_to_match_regex", kwargs={"column": column, "regex": pattern},
            severity=severity, evidence="pattern",
            figures={"count": len(values), "example": values[0]},
        )  # fmt: skip


def _of_range(
    found: ColumnProfile,
    before: ColumnProfile | None,
    distinct: int,
    filled: int,
    severity: Severity,
) -> Iterator[Suggestion]:
    kind = kind_of(found.type)
    numbers = kind in ("integer", "decimal", "number")
    ends = [each for each in (found, before) if each and each.minimum and each.maximum]
    if not ends:
        return
    lows: list[Any] = [_bound(each.minimum, kind) for each in ends]
    highs: list[Any] = [_bound(each.maximum, kind) for each in ends]
    if None in lows or None in highs:
        return
    low, high = min(lows), max(highs)
    figures: dict[str, str | int | float] = {"low": low, "high": high, "rows": filled}
    held = before.rows if before else None
    name = "expect_column_values_to_be_between"
    kwargs: dict[str, Any] = {"column": found.column, "min_value": low, "max_value": high}
    if kind == "integer" and high - low + 1 == distinct and 1 < distinct <= 60:
        yield Suggestion(name=name, kwargs=kwargs, severity=severity, evidence="contiguous",
                         figures=figures, earlier=held)  # fmt: skip
    elif numbers and low >= 0 and distinct > 2:
        yield Suggestion(
            name=name, kwargs={"column": found.column, "min_value": 0}, severity=severity,
            evidence="not_negative", figures=figures, earlier=held,
        )  # fmt: skip
    elif distinct > 2:
        # what comes next may well lie outside: it is worth a look, and no reason to refuse
        yield Suggestion(name=name, kwargs=kwargs, severity="warn", evidence="range",
                         figures=figures, earlier=held)  # fmt: skip


def common_pattern(values: Sequence[str]) -> str | None:
    """A regular expression that all values match, if they are built alike: codes, not prose."""
    shapes = [_runs(value) for value in values if len(value) <= _LONGEST]
    if not shapes or len(shapes) < len(values) or len(shapes[0]) > _PIECES:
        return None
    classes = [each for each, _ in shapes[0]]
    if any([each for each, _ in shape] != classes for shape in shapes):
        return None
    pieces = []
    for number, each in enumerate(classes):
        texts = {shape[number][1] for shape in shapes}
        sizes = {len(text) for text in texts}
        if len(texts) == 1:
            pieces.append(re.escape(texts.pop()).replace(r"\-", "-").replace(r"\ ", " "))
        elif each.startswith("[") and each != "[a-z]":
            low, high = min(sizes), max(sizes)
            pieces.append(each + (f"{{{low}}}" if low == high else f"{{{low},{high}}}"))
        else:
            return None  # words
    if all(piece[:1] != "[" for piece in pieces):
        return None
    return f"^{''.join(pieces)}$"


def _runs(value: str) -> list[tuple[str, str]]:
    """A value as runs of digits, capitals and small letters; other signs stand for themselves."""

    def of(sign: str) -> str:
        return next((name for name, signs in _CLASSES if sign in signs), sign)

    return [(name, "".join(signs)) for name, signs in groupby(value, of)]


def _bound(text: str | None, kind: str) -> Any:
    """An end of a profile as the spec would write it; ``None`` for what it cannot write."""
    if text is None:
        return None
    if kind in ("date", "timestamp"):
        return text[:10] if re.match(r"\d{4}-\d\d-\d\d", text) else None
    try:
        number = float(text)
    except ValueError:
        return None
    if number != number or number in (float("inf"), float("-inf")):
        return None
    return int(number) if number == int(number) and abs(number) < 2**53 else number


def _count(connection: duckdb.DuckDBPyConnection, table: str, what: str) -> int:
    row = connection.execute(f"SELECT {what} FROM {identifier(table)}").fetchone()
    return int(row[0]) if row else 0

"""The expectations of a spec over the final rows of a preview: counts, words, failing cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.model.sql import identifier
from workbench.quality import catalog, rules
from workbench.quality.results import told
from workbench.quality.words import failure, label
from workbench.spec.models import ExpectationUse
from workbench.steps.preview.model import CheckView
from workbench.transforms.core.columns import ROW_ID

if TYPE_CHECKING:
    import duckdb

#: Column of the table of marks: the numbers of the checks that a row fails.
FAILS = "fails"


@dataclass(frozen=True)
class Checked:
    """What came of the checks, and the table of marks (``_wb_row``, ``fails``) if rows fail."""

    checks: tuple[CheckView, ...]
    marks: str | None
    failing_rows: int


def evaluate(
    cursor: duckdb.DuckDBPyConnection,
    candidate: str,
    numbered: str,
    marks: str,
    expectations: Sequence[ExpectationUse],
    params: Mapping[str, Any],
    *,
    everything: bool = False,
) -> Checked:
    """Evaluate ``expectations`` over the view ``candidate``, just as the validate step does.

    ``numbered`` is the same view with ``_wb_row``; the table ``marks`` is made for rows that fail.
    Those that Great Expectations evaluates wait for ``everything``.
    """
    chosen = [
        (number, use)
        for number, use in enumerate(expectations)
        if everything or use.name in catalog.COMPILED
    ]
    evaluation = rules.evaluate(cursor, candidate, [use for _, use in chosen], params=params)
    numbers = [number for number, _ in chosen]
    views = {
        number: _view(number, use, result)
        for (number, use), result in zip(chosen, evaluation.checks, strict=True)
    }
    failing = {}
    for place, _, rule in evaluation.failing:
        number = numbers[place]
        failing[number] = rule.unexpected
        columns = tuple(column.name for column in rule.shown)
        views[number] = views[number].model_copy(update={"columns": columns})
    rows = _mark(cursor, numbered, marks, failing) if failing else 0
    return Checked(
        tuple(
            views[number] if number in views else _waiting(number, use)
            for number, use in enumerate(expectations)
        ),
        marks if rows else None,
        rows,
    )


def _mark(
    cursor: duckdb.DuckDBPyConnection, numbered: str, marks: str, failing: Mapping[int, str]
) -> int:
    """Make the table of rows that fail, with the numbers of the checks."""
    cases = ", ".join(
        f"CASE WHEN {condition} THEN {number} END" for number, condition in failing.items()
    )
    cursor.execute(
        f"CREATE OR REPLACE TABLE {identifier(marks)} AS SELECT * FROM ("
        f"SELECT {identifier(ROW_ID)}, list_filter([{cases}], lambda n: n IS NOT NULL) AS {FAILS} "
        f'FROM {identifier(numbered)} AS "_rows") WHERE len({FAILS}) > 0'
    )
    row = cursor.execute(f"SELECT count(*) FROM {identifier(marks)}").fetchone()
    return int(row[0]) if row else 0


def _view(number: int, use: ExpectationUse, result: Any) -> CheckView:
    words = _words(use)
    counts = result.result
    return CheckView(
        number=number,
        name=use.name,
        kwargs=result.kwargs,
        severity=use.severity,
        success=result.success,
        failing=counts.get("unexpected_count"),
        looked=counts.get("element_count"),
        columns=_columns(use),
        words=words,
        rowwise=catalog.can_quarantine(use.name),
        observed=None if result.success or result.error else told(result),
        error=result.error,
    )


def _waiting(number: int, use: ExpectationUse) -> CheckView:
    return CheckView(
        number=number,
        name=use.name,
        kwargs=dict(use.kwargs),
        severity=use.severity,
        success=None,
        columns=_columns(use),
        words=_words(use),
    )


def _words(use: ExpectationUse) -> str:
    """What a row, column or table that fails is told."""
    try:
        return failure(use.name, catalog.model(use.name).model_validate(use.kwargs))
    except ValueError:
        return label(use.name, dict(use.kwargs))


def _columns(use: ExpectationUse) -> tuple[str, ...]:
    try:
        return catalog.columns(use.name, catalog.model(use.name).model_validate(use.kwargs))
    except ValueError:
        return ()

"""The expectations of a spec over the final rows of a preview: counts, words, failing cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.model.dataset import PROVENANCE
from workbench.model.sql import duckdb_type, identifier
from workbench.quality import catalog, rules
from workbench.quality.results import told
from workbench.quality.words import failure, label
from workbench.spec.models import DatasetSpec, ExpectationUse
from workbench.steps.preview.cache import digest
from workbench.steps.preview.engine import Engine
from workbench.steps.preview.kept import Kept
from workbench.steps.preview.model import CheckView, Filter, Sort
from workbench.steps.preview.windows import Query, Relation, query_of
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


def checked(engine: Engine, spec: DatasetSpec, kept: Kept, *, everything: bool = False) -> Checked:
    """The expectations of ``spec`` over final rows; remembered as long as these are kept."""
    uses = spec.expectations
    dumped = [use.model_dump(mode="json") for use in uses]
    keys = [digest("checks", dumped, spec.values, each) for each in (True, everything)]
    with kept.lock, engine.reading() as cursor:
        for key in keys:
            found = kept.parts.get(key)
            if isinstance(found, Checked):
                return found
        candidate, numbered = _candidate(engine, cursor, kept)
        made = evaluate(
            cursor, candidate, numbered, engine.name("marks"), uses, spec.values,
            everything=everything,
        )  # fmt: skip
        if made.marks:
            kept.names.append(made.marks)
        kept.parts[keys[-1]] = made
        return made


def _candidate(engine: Engine, cursor: duckdb.DuckDBPyConnection, kept: Kept) -> tuple[str, str]:
    """The final rows just as a run stages them, with provenance and the planned types.

    Two views: the second has the number of each row, too.
    """
    known: tuple[str, str] | None = kept.parts.get("candidate")
    if known is not None:
        return known
    relation = Relation.of(cursor, kept.view)
    provenance = [
        identifier(name) if name in relation.types
        else f"CAST(NULL AS {duckdb_type(kind)}) AS {identifier(name)}"
        for name, kind in zip(PROVENANCE, ("text", "integer", "text"), strict=True)
    ]  # fmt: skip
    typed = [
        f"CAST({identifier(c.name)} AS {duckdb_type(c.type)}) AS {identifier(c.name)}"
        for c in kept.stage.columns
    ]
    chosen = ", ".join([*provenance, *typed])
    names = (engine.name("candidate"), engine.name("numbered"))
    for name, more in zip(names, ("", f", {identifier(ROW_ID)}"), strict=True):
        cursor.execute(
            f"CREATE VIEW {identifier(name)} AS SELECT {chosen}{more} FROM {identifier(kept.view)}"
        )
    kept.views.extend(names)
    kept.parts["candidate"] = names
    return names


def query(
    relation: Relation,
    sort: Sequence[Sort],
    filters: Sequence[Filter],
    failing: int | None,
    marks: str | None,
) -> Query:
    """Sorting and filters; with ``failing`` only rows that fail this check (-1: any)."""
    also = ""
    if failing is not None:
        also = "FALSE"
        if marks is not None:
            which = f" WHERE list_contains({FAILS}, {int(failing)})" if failing >= 0 else ""
            row = identifier(ROW_ID)
            also = f"{row} IN (SELECT {row} FROM {identifier(marks)}{which})"
    return query_of(relation, sort, filters, also)


def fails(
    cursor: duckdb.DuckDBPyConnection, marks: str, positions: Sequence[int]
) -> dict[int, list[int]]:
    """The checks that rows at these positions fail."""
    found = cursor.execute(
        f"SELECT {identifier(ROW_ID)}, {FAILS} FROM {identifier(marks)} "
        f"WHERE {identifier(ROW_ID)} IN (SELECT unnest(?::BIGINT[]))",
        [list(positions)],
    ).fetchall()
    return dict(found)


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
    number = identifier(ROW_ID)
    found = ", ".join(f"({each}) AS fails_{n}" for n, each in failing.items())
    cases = ", ".join(f"CASE WHEN fails_{n} THEN {n} END" for n in failing)
    cursor.execute(
        f"CREATE OR REPLACE TABLE {identifier(marks)} AS "
        f"SELECT {number}, list_filter([{cases}], lambda n: n IS NOT NULL) AS {FAILS} "
        f'FROM (SELECT {number}, {found} FROM {identifier(numbered)} AS "_rows") '
        f"WHERE {' OR '.join(f'fails_{n}' for n in failing)}"
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

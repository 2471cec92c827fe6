"""Evaluates expectations over a staged table, and splits its rows into accepted and rejected.

Compiled expectations take one aggregate query together; only failing ones ask for examples with a
second. The rest goes to Great Expectations, which is imported only then.

What a severity means:

- ``stop``: a failing check stops the run; nothing is published.
- ``quarantine``: every unexpected row is taken out, whether or not ``mostly`` still holds
  (``success`` says that). For uniqueness these are all rows of the repeated key: which of them is
  right is not for a check to decide (``deduplicate`` is the transform that does). An expectation
  of a column or table as a whole names no rows, so its failure stops the run.
- ``warn``: recorded and shown, nothing else.

A check that cannot be evaluated has ``error`` set and counts as failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench.errors import ChecksFailed, ExpressionError, WorkbenchError
from workbench.model.dataset import PROVENANCE
from workbench.model.result import CheckResult
from workbench.quality import catalog, results, row_groups, rows, schemas, wholes
from workbench.quality.arguments import Expectation
from workbench.quality.rows import RowRule
from workbench.quality.scope import CannotCheck, Scope, quoted
from workbench.quality.split import Split, split
from workbench.quality.wholes import WholeRule
from workbench.quality.words import label

if TYPE_CHECKING:
    import duckdb

    from workbench.spec.models import ExpectationUse

Rule = RowRule | WholeRule

COMPILERS: dict[str, Callable[[Any, Scope], Rule]] = {
    **rows.COMPILERS,
    **row_groups.COMPILERS,
    **wholes.COMPILERS,
    **schemas.COMPILERS,
}


@dataclass
class _Check:
    """An expectation on its way from the spec to its result."""

    use: ExpectationUse
    arguments: Expectation | None = None
    rule: Rule | None = None
    outcome: CheckResult | None = None

    def conclude(
        self,
        success: bool,
        result: Mapping[str, Any] | None = None,
        *,
        error: str | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Set the result of this check."""
        given = self.arguments.model_dump(mode="json", exclude_unset=True) if self.arguments else {}
        self.outcome = CheckResult(
            expectation=self.use.name,
            kwargs=given or results.plain_kwargs(self.use.kwargs),
            severity=self.use.severity,
            success=success,
            result=dict(result or {}),
            error=error,
            seconds=seconds,
        )

    def fail(self, error: WorkbenchError) -> None:
        """The check cannot be evaluated."""
        remedy = f" — {error.remedy}" if error.remedy else ""
        self.conclude(False, error=f"{error.message}{remedy}")


@dataclass(frozen=True)
class Evaluation:
    """The ``checks`` in the order of the spec, and what is needed to split the table.

    ``failing`` are those that name unexpected rows, whatever their severity: place among the
    checks, arguments, and the rule.
    """

    checks: tuple[CheckResult, ...]
    scope: Scope
    failing: tuple[tuple[int, Expectation, RowRule], ...]

    @property
    def refusals(self) -> tuple[tuple[str, Expectation, RowRule], ...]:
        """Name, arguments and rule of the failing checks that take rows out."""
        return tuple(
            (self.checks[place].expectation, arguments, rule)
            for place, arguments, rule in self.failing
            if self.checks[place].severity == "quarantine"
        )

    @property
    def stops(self) -> tuple[CheckResult, ...]:
        """Failed checks that must stop the run."""
        return tuple(check for check in self.checks if stops(check))

    def require(self, where: str) -> None:
        """Raise ``ChecksFailed`` if a check must stop the run, naming each of them."""
        failed = self.stops
        if not failed:
            return
        lines = [
            f"{label(check.expectation, check.kwargs)}: {results.told(check)}" for check in failed
        ]
        raise ChecksFailed(
            f"{len(failed)} of {len(self.checks)} checks failed:\n    " + "\n    ".join(lines),
            where=where,
            remedy="mend the source or the spec, or give the expectation severity quarantine "
            "or warn; then retry the run",
        )

    def split(
        self,
        connection: duckdb.DuckDBPyConnection,
        accepted: str = "accepted",
        rejected: str = "rejected",
        *,
        step: str = "validate",
    ) -> Split:
        """Make the temporary view ``accepted`` and the temporary table ``rejected``.

        ``accepted`` has the table's columns; ``rejected`` has ``_source``, ``_row``, ``_run``,
        ``step``, ``reasons`` (JSON list of sentences) and ``values`` (JSON object of the row).
        """
        return split(connection, self.scope, self.refusals, accepted, rejected, step)


def stops(check: CheckResult) -> bool:
    """Whether this result stops the run: see the severities above."""
    if check.success or check.severity == "warn":
        return False
    if check.severity == "stop" or check.error is not None:
        return True
    return not catalog.can_quarantine(check.expectation)


def evaluate(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    expectations: Sequence[ExpectationUse],
    *,
    row_identity: Sequence[str] = PROVENANCE,
    params: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Evaluate ``expectations`` over the table or view ``table`` (its plain name, unquoted).

    ``params`` are the run's parameters, which expressions call ``:name``.
    """
    scope = Scope.of(connection, table, row_identity, params)
    checks = [_Check(use) for use in expectations]
    for check in checks:
        _compile(check, scope)
    _measure(connection, scope, [check for check in checks if check.rule is not None])
    _delegate(connection, scope, [check for check in checks if check.outcome is None])
    failing = tuple(
        (place, check.arguments, check.rule)
        for place, check in enumerate(checks)
        if isinstance(check.rule, RowRule)
        and check.arguments is not None
        and check.outcome is not None
        and check.outcome.result.get("unexpected_count")
    )
    return Evaluation(
        tuple(check.outcome for check in checks if check.outcome is not None), scope, failing
    )


def _compile(check: _Check, scope: Scope) -> None:
    name = check.use.name
    try:
        check.arguments = catalog.model(name).model_validate(check.use.kwargs)
        for column in catalog.columns(name, check.arguments):
            scope.column(column)
        narrowed = scope.narrowed(check.arguments.row_condition)
        if name in COMPILERS:
            check.rule = COMPILERS[name](check.arguments, narrowed)
    except ValidationError as error:
        check.fail(CannotCheck(results.validation_text(error)))
    except ValueError as error:
        check.fail(CannotCheck(str(error)))
    except (CannotCheck, ExpressionError) as error:
        check.fail(error)


def _measure(connection: duckdb.DuckDBPyConnection, scope: Scope, checks: Sequence[_Check]) -> None:
    """All figures in one query; if the engine refuses it, each check alone, to find which.

    Only errors of the query or its values are the check's; a full disk or a lost file is raised.
    """
    import duckdb

    refused = (duckdb.DataError, duckdb.ProgrammingError, duckdb.NotSupportedError)
    started = time.perf_counter()
    try:
        figures = _figures(connection, scope, checks)
    except refused as error:
        if len(checks) == 1:
            checks[0].fail(CannotCheck(results.engine_text(error)))
            return
        for check in checks:
            _measure(connection, scope, [check])
        return
    shared = (time.perf_counter() - started) / max(1, len(checks))
    for check, values in zip(checks, figures, strict=True):
        begun = time.perf_counter()
        rule = check.rule

        def fetch(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql).fetchall()

        try:
            if isinstance(rule, RowRule):
                success, result = results.of_rows(rule, values, fetch)
            elif isinstance(rule, WholeRule):
                success, result = rule.judge(values, fetch)
            else:
                continue
        except refused as error:
            check.fail(CannotCheck(results.engine_text(error)))
            continue
        check.conclude(success, result, seconds=shared + time.perf_counter() - begun)


def _figures(
    connection: duckdb.DuckDBPyConnection, scope: Scope, checks: Sequence[_Check]
) -> list[dict[str, Any]]:
    wanted = [
        results.figures_of(rule) if isinstance(rule := check.rule, RowRule) else rule.figures
        for check in checks
        if check.rule is not None
    ]
    distinct = list(dict.fromkeys(sql for figures in wanted for sql in figures.values()))
    if not distinct:
        return [{} for _ in wanted]
    row = connection.execute(f"SELECT {', '.join(distinct)} FROM {scope.source}").fetchone()
    values = dict(zip(distinct, row or (), strict=True))
    return [{name: values[sql] for name, sql in figures.items()} for figures in wanted]


def _delegate(
    connection: duckdb.DuckDBPyConnection, scope: Scope, checks: Sequence[_Check]
) -> None:
    """Hand expectations to Great Expectations, with the columns and the rows that each reads."""
    from workbench.quality import suite

    groups: dict[str, list[_Check]] = {}
    for check in checks:
        condition = check.arguments.row_condition if check.arguments else None
        groups.setdefault(scope.narrowed(condition).also("TRUE"), []).append(check)
    for condition, group in groups.items():
        names: dict[str, None] = {}
        for check in group:
            if check.arguments:
                names |= dict.fromkeys(catalog.columns(check.use.name, check.arguments))
        arrow = connection.execute(
            f"SELECT {', '.join(map(quoted, names))} FROM {scope.source} WHERE {condition}"
        ).to_arrow_table()
        outcomes = suite.run_gx(arrow, [check.use for check in group])
        for check, outcome in zip(group, outcomes, strict=True):
            check.outcome = outcome

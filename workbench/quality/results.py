"""Results in the form of Great Expectations' SUMMARY results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.model.result import CheckResult
from workbench.quality.rows import RowRule
from workbench.quality.scope import plain, quoted
from workbench.quality.wholes import Fetch, Judgement

if TYPE_CHECKING:
    import duckdb
    from pydantic import ValidationError

#: How many examples a result holds, as in Great Expectations.
EXAMPLES = 20


def figures_of(rule: RowRule) -> dict[str, str]:
    """The aggregates of an expectation of rows: rows in all, looked at, unexpected."""
    where = rule.scope.where
    figures = {
        "rows": f"count(*) FILTER (WHERE {where})" if where else "count(*)",
        "looked": f"count(*) FILTER (WHERE {rule.looked})",
    }
    if rule.key:
        figures["unexpected"] = (
            f"(SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM {rule.scope.source} "
            f"WHERE {rule.looked} GROUP BY {', '.join(rule.key)} HAVING count(*) > 1))"
        )
    else:
        figures["unexpected"] = f"count(*) FILTER (WHERE {rule.unexpected})"
    return figures


def of_rows(rule: RowRule, figures: Mapping[str, Any], fetch: Fetch) -> Judgement:
    """Success and result of an expectation of rows, from its counts."""
    rows, looked = int(figures["rows"]), int(figures["looked"])
    unexpected = int(figures["unexpected"])
    success = looked == 0 or (looked - unexpected) / looked >= rule.mostly
    result: dict[str, Any] = {
        "element_count": rows,
        "unexpected_count": unexpected,
        "unexpected_percent": _percent(unexpected, looked),
    }
    if rule.counts_missing:
        result["missing_count"] = rows - looked
        result["missing_percent"] = _percent(rows - looked, rows)
        result["unexpected_percent_total"] = _percent(unexpected, rows)
        result["unexpected_percent_nonmissing"] = _percent(unexpected, looked)
    result |= _examples(rule, fetch) if unexpected else {"partial_unexpected_list": []}
    return success, result


def _examples(rule: RowRule, fetch: Fetch) -> dict[str, Any]:
    """The first unexpected values, and where they were received."""
    identity = rule.scope.identity
    chosen = [quoted(name) for name in identity] + [column.sql for column in rule.shown]
    rows = fetch(
        f"SELECT {', '.join(chosen)} FROM {rule.scope.source} "
        f"WHERE {rule.unexpected} LIMIT {EXAMPLES}"
    )
    names = [column.name for column in rule.shown]
    values, places = [], []
    for row in rows:
        shown = [plain(value) for value in row[len(identity) :]]
        named = dict(zip(names, shown, strict=True))
        values.append(shown[0] if len(shown) == 1 else named)
        places.append(
            {name: plain(value) for name, value in zip(identity, row, strict=False)} | named
        )
    result: dict[str, Any] = {"partial_unexpected_list": values}
    countable = [tuple(v.values()) if isinstance(v, dict) else v for v in values]
    result["partial_unexpected_counts"] = [
        {"value": list(value) if isinstance(value, tuple) else value, "count": count}
        for value, count in Counter(map(_hashable, countable)).most_common()
    ]
    if identity:
        result["unexpected_index_column_names"] = list(identity)
        result["partial_unexpected_index_list"] = places
    return result


def _hashable(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_hashable(item) for item in value)
    return str(value) if isinstance(value, dict) else value


def _percent(part: int, whole: int) -> float | None:
    return part / whole * 100 if whole else None


def plain_kwargs(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as they stand in the spec, as JSON can hold them."""
    return {str(name): plain(value) for name, value in kwargs.items()}


def validation_text(error: ValidationError) -> str:
    """What is wrong with arguments, in one line."""
    problems = []
    for detail in error.errors():
        place = ".".join(str(part) for part in detail["loc"] if isinstance(part, str | int))
        message = detail["msg"].removeprefix("Value error, ")
        problems.append(f"{place}: {message}" if place else message)
    return "; ".join(dict.fromkeys(problems))


def engine_text(error: duckdb.Error) -> str:
    """The first line of what the engine says."""
    return f"the check cannot be evaluated: {str(error).strip().splitlines()[0]}"


def told(check: CheckResult) -> str:
    """A failed check in one sentence: how many rows, or what was observed, with an example."""
    if check.error:
        return check.error
    result = check.result
    if "unexpected_percent" in result:
        examples = result.get("partial_unexpected_list") or []
        shown = f", for example {examples[0]!r}" if examples and examples[0] is not None else ""
        return f"{result['unexpected_count']} of {result['element_count']} rows{shown}"
    if result.get("observed_value") is not None:
        return f"observed {result['observed_value']!r}"
    parts = {
        "unexpected values": result.get("partial_unexpected_list"),
        "missing values": result.get("partial_missing_list"),
    }
    return "; ".join(f"{name} {found}" for name, found in parts.items() if found) or "not so"

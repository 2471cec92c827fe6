"""Expectations that the schema of a table answers, without looking at its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

from workbench.model.types import TYPE_NAMES, parse_type
from workbench.quality.scope import CannotCheck, Scope, kind_of
from workbench.quality.wholes import Compiler, Judgement, WholeRule, within


def _known(result: Callable[[Any, Scope], Judgement]) -> Compiler:
    """A rule whose answer is in the schema of the table."""

    def build(arguments: Any, scope: Scope) -> WholeRule:
        judgement = result(arguments, scope)
        return WholeRule({}, lambda figures, fetch: judgement)

    return build


def _exists(arguments: Any, scope: Scope) -> Judgement:
    if arguments.column_index is None:
        return arguments.column in scope.types, {}
    names = scope.data_columns
    index = arguments.column_index
    return index < len(names) and names[index] == arguments.column, {}


def _column_count(arguments: Any, scope: Scope) -> Judgement:
    count = len(scope.data_columns)
    wanted = getattr(arguments, "value", None)
    success = count == wanted if wanted is not None else within(count, arguments)
    return success, {"observed_value": count}


def _ordered(arguments: Any, scope: Scope) -> Judgement:
    observed, wanted = list(scope.data_columns), list(arguments.column_list)
    result: dict[str, Any] = {"observed_value": observed}
    if observed != wanted:
        result["details"] = {
            "mismatched": [
                {"Expected Column Position": index, "Expected": one, "Found": two}
                for index, (one, two) in enumerate(zip_longest(wanted, observed))
                if one != two
            ]
        }
    return observed == wanted, result


def _column_set(arguments: Any, scope: Scope) -> Judgement:
    observed, wanted = set(scope.data_columns), set(arguments.column_set)
    result: dict[str, Any] = {"observed_value": sorted(observed)}
    unexpected, missing = sorted(observed - wanted), sorted(wanted - observed)
    if unexpected or missing:
        found = {"unexpected": unexpected, "missing": missing}
        result["details"] = {"mismatched": {key: names for key, names in found.items() if names}}
    return not missing and not (unexpected and arguments.exact_match), result


_ALIASES: dict[str, str] = {
    "str": "text",
    "string": "text",
    "object": "text",
    "int": "integer",
    "int64": "integer",
    "float": "number",
    "float64": "number",
    "bool": "boolean",
    "numeric": "decimal",
    "datetime": "timestamp",
    "datetime64": "timestamp",
}


def _is_type(actual: str, wanted: str) -> bool:
    """Whether DuckDB's type ``actual`` is what a spec calls ``wanted``."""
    name = wanted.strip().upper()
    if name == actual or (name == "DECIMAL" and actual.startswith("DECIMAL")):
        return True
    lower = _ALIASES.get(wanted.strip().lower(), wanted.strip().lower())
    if lower == "decimal":
        return kind_of(actual) == "decimal"
    try:
        logical = parse_type(lower)
    except ValueError as error:
        if kind_of(name) or name in ("BLOB", "UUID", "JSON", "INTERVAL"):
            return False
        known = ", ".join(TYPE_NAMES)
        raise CannotCheck(
            f"{wanted!r} is not the name of a type",
            remedy=f"valid are {known}, decimal(p,s) and DuckDB's own names, such as BIGINT",
        ) from error
    if logical.name == "decimal":
        return actual == f"DECIMAL({logical.precision},{logical.scale})"
    return kind_of(actual) == logical.name


def _type(arguments: Any, scope: Scope) -> Judgement:
    actual = scope.column(arguments.column).type
    wanted: Sequence[str] = getattr(arguments, "type_list", None) or (arguments.type_,)
    return any([_is_type(actual, one) for one in wanted]), {"observed_value": actual}


COMPILERS: dict[str, Compiler] = {
    "expect_column_values_to_be_of_type": _known(_type),
    "expect_column_values_to_be_in_type_list": _known(_type),
    "expect_column_type_to_be": _known(_type),
    "expect_column_to_exist": _known(_exists),
    "expect_table_column_count_to_be_between": _known(_column_count),
    "expect_table_column_count_to_equal": _known(_column_count),
    "expect_table_columns_to_match_ordered_list": _known(_ordered),
    "expect_table_columns_to_match_set": _known(_column_set),
}

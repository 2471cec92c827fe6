"""Expectations in words: for plans, reasons of quarantined rows and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.quality import catalog
from workbench.quality.arguments import Expectation

_SHOWN = 8

#: What is said of a row (or column, or table) that does not hold; names in braces are arguments.
_FAILED: dict[str, str] = {
    "expect_column_values_to_not_be_null": "{column} is missing",
    "expect_column_values_to_be_null": "{column} is not missing",
    "expect_column_values_to_be_unique": "{column} is not unique",
    "expect_column_values_to_be_in_set": "{column} is none of {value_set}",
    "expect_column_values_to_not_be_in_set": "{column} is one of {value_set}",
    "expect_column_values_to_be_between": "{column} is not {range}",
    "expect_column_value_lengths_to_be_between": "the length of {column} is not {range}",
    "expect_column_value_lengths_to_equal": "the length of {column} is not {value}",
    "expect_column_values_to_match_regex": "{column} does not match {regex}",
    "expect_column_values_to_not_match_regex": "{column} matches {regex}",
    "expect_column_values_to_match_regex_list": (
        "{column} does not match {match_on} of {regex_list}"
    ),
    "expect_column_values_to_not_match_regex_list": "{column} matches one of {regex_list}",
    "expect_column_values_to_match_like_pattern": "{column} is not like {like_pattern}",
    "expect_column_values_to_not_match_like_pattern": "{column} is like {like_pattern}",
    "expect_column_values_to_match_like_pattern_list": (
        "{column} is not like {match_on} of {like_pattern_list}"
    ),
    "expect_column_values_to_not_match_like_pattern_list": (
        "{column} is like one of {like_pattern_list}"
    ),
    "expect_column_pair_values_to_be_equal": "{column_A} is not equal to {column_B}",
    "expect_column_pair_values_a_to_be_greater_than_b": "{column_A} is not greater than {column_B}",
    "expect_column_pair_values_to_be_in_set": (
        "({column_A}, {column_B}) is none of {value_pairs_set}"
    ),
    "expect_compound_columns_to_be_unique": "({column_list}) is not unique",
    "expect_select_column_values_to_be_unique_within_record": "({column_list}) has equal values",
    "expect_multicolumn_values_to_be_equal": "({column_list}) has different values",
    "expect_multicolumn_sum_to_equal": "the sum of {column_list} is not {sum_total}",
    "expect_row_condition_to_hold": "{condition} does not hold",
    "expect_table_row_count_to_be_between": "the number of rows is not {range}",
    "expect_table_row_count_to_equal": "the number of rows is not {value}",
}


def failure(name: str, arguments: Expectation) -> str:
    """What is wrong with a row that does not hold, as a sentence without a full stop."""
    if arguments.description:
        return f"does not hold: {arguments.description}"
    template = _FAILED.get(name)
    if template is None:
        return f"{label(name, arguments.model_dump(exclude_unset=True))} does not hold"
    values = {key: _word(key, value) for key, value in arguments.model_dump().items()}
    text = template.format_map(values | {"range": _range(arguments)})
    if getattr(arguments, "or_equal", False):
        text = text.replace("is not greater than", "is less than")
    if arguments.row_condition:
        text += f" (where {arguments.row_condition})"
    return text


def label(name: str, kwargs: dict[str, Any]) -> str:
    """An expectation and its arguments on one line: ``expect_…(column=amount, min_value=0)``."""
    given = ", ".join(
        f"{key}={_word(key, value)}"
        for key, value in kwargs.items()
        if key not in ("description",) and value is not None
    )
    return f"{name}({given})"


def _word(key: str, value: Any) -> str:
    if key in catalog.COLUMN_ARGUMENTS or key in ("condition", "row_condition"):
        return ", ".join(value) if isinstance(value, list | tuple) else str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = ", ".join(_word("", item) for item in value[:_SHOWN])
        return f"({shown}, … {len(value)} in all)" if len(value) > _SHOWN else f"({shown})"
    return repr(value) if isinstance(value, str) and not key.startswith("match_on") else str(value)


def _range(arguments: Expectation) -> str:
    low = getattr(arguments, "min_value", None)
    high = getattr(arguments, "max_value", None)
    above = "greater than" if getattr(arguments, "strict_min", False) else "at least"
    below = "less than" if getattr(arguments, "strict_max", False) else "at most"
    parts = [
        f"{word} {value}" for word, value in ((above, low), (below, high)) if value is not None
    ]
    return " and ".join(parts)

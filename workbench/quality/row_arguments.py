"""Arguments of the expectations of rows; they are compiled to SQL and can quarantine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from workbench.quality.arguments import (
    ColumnName,
    ColumnNames,
    ColumnRow,
    CountRange,
    Number,
    Regex,
    RowExpectation,
    Scalar,
    ValueRange,
    ValueSet,
)


class ColumnValuesBetween(ValueRange, ColumnRow):
    """Each value lies between two bounds (numbers, dates, timestamps or texts)."""


class ColumnLengthsBetween(CountRange, ColumnRow):
    """The text of each value has so many characters."""


class ColumnLengthsEqual(ColumnRow):
    """The text of each value has exactly so many characters."""

    value: Annotated[StrictInt, Field(ge=0)] = Field(description="The number of characters.")


class ColumnValuesInSet(ColumnRow):
    """Each value is (or is not) one of the given values."""

    value_set: ValueSet


class ColumnRegex(ColumnRow):
    """The text of each value matches (or does not match) a regular expression anywhere in it."""

    regex: Regex = Field(description="Regular expression; anchor with ^ and $ for the whole text.")


class ColumnRegexList(ColumnRow):
    """The text of each value matches none of these regular expressions."""

    regex_list: tuple[Regex, ...] = Field(min_length=1, description="Regular expressions.")


class ColumnRegexMatchList(ColumnRegexList):
    """The text of each value matches one, or all, of these regular expressions."""

    match_on: Literal["any", "all"] = Field(
        default="any", description="Whether one pattern must match, or all of them."
    )


class _Like(ColumnRow):
    escape: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="Character that takes the special meaning from the % or _ after it.",
    )


class ColumnLike(_Like):
    """The text of each value matches (or does not match) an SQL LIKE pattern."""

    like_pattern: str = Field(description="LIKE pattern: % is any text, _ any one character.")


class ColumnLikeList(_Like):
    """The text of each value matches none of these SQL LIKE patterns."""

    like_pattern_list: tuple[str, ...] = Field(min_length=1, description="LIKE patterns.")


class ColumnLikeMatchList(ColumnLikeList):
    """The text of each value matches one, or all, of these SQL LIKE patterns."""

    match_on: Literal["any", "all"] = Field(
        default="any", description="Whether one pattern must match, or all of them."
    )


class ColumnOfType(ColumnRow):
    """The column has this type; all rows share it, so it cannot quarantine."""

    type_: str = Field(description="A workbench type (`decimal(18,2)`) or a DuckDB type name.")


class ColumnInTypeList(ColumnRow):
    """The column has one of these types; all rows share it, so it cannot quarantine."""

    type_list: tuple[str, ...] = Field(min_length=1, description="Type names.")


class Pair(RowExpectation):
    """An expectation of two columns of each row."""

    column_A: ColumnName
    column_B: ColumnName
    ignore_row_if: Literal["both_values_are_missing", "either_value_is_missing", "neither"] = Field(
        default="both_values_are_missing",
        description="Which rows are not looked at; a missing value in the others is unexpected.",
    )


class PairGreater(Pair):
    """In each row, column_A is greater than column_B."""

    or_equal: bool = Field(default=False, description="Whether equal values hold, too.")


class PairInSet(Pair):
    """In each row, the pair of values is one of the given pairs."""

    value_pairs_set: tuple[tuple[Scalar | None, Scalar | None], ...] = Field(
        min_length=1, description="Pairs of values; null stands for a missing value."
    )


class Several(RowExpectation):
    """An expectation of several columns of each row."""

    column_list: ColumnNames
    ignore_row_if: Literal["all_values_are_missing", "any_value_is_missing", "never"] = Field(
        default="all_values_are_missing",
        description="Which rows are not looked at; elsewhere, missing values equal each other.",
    )


class SeveralSum(Several):
    """In each row, the columns add up to a number; a row with a missing value does not."""

    sum_total: Number = Field(description="The expected sum.")


class RowCondition(RowExpectation):
    """Our own: an expression holds in each row. Rows where it is null are not looked at."""

    condition: str = Field(
        min_length=1,
        description="Expression, for example `paid <= amount`.",
        json_schema_extra={"format": "expression"},
    )

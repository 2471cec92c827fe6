"""Arguments of the expectations of a column or table as a whole; compiled to SQL."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictInt

from workbench.quality.arguments import (
    AnyColumn,
    Column,
    CountRange,
    Expectation,
    NumberRange,
    ShareRange,
    ValueRange,
    ValueSet,
)


class ColumnType(Column):
    """The column has this type."""

    type_: str = Field(description="A workbench type (`decimal(18,2)`) or a DuckDB type name.")


class ColumnBetween(ValueRange, Column):
    """A figure of the column (least, greatest, mean, median, sum) lies between two bounds."""


class ColumnNumberBetween(NumberRange, Column):
    """A figure of the column lies between two numbers."""


class ColumnCountBetween(CountRange, Column):
    """A count of the column lies between two counts."""


class ColumnShareBetween(ShareRange, Column):
    """A share of the column's values lies between two shares."""


class ColumnDistinct(Column):
    """The set of the column's distinct values, compared with the given one."""

    value_set: ValueSet


class ColumnMostCommon(ColumnDistinct):
    """The most frequent value is one of the given values."""

    ties_okay: bool = Field(
        default=False, description="Whether it may share its frequency with other values."
    )


class ColumnExists(Column):
    """The table has this column."""

    column_index: Annotated[StrictInt, Field(ge=0)] | None = Field(
        default=None, description="Position it must have, counted from 0."
    )


class Table(Expectation):
    """An expectation of the table."""


class TableCountBetween(CountRange, Table):
    """The number of rows lies between two counts."""


class TableColumnCountBetween(CountRange, Table):
    """The number of columns (without those of provenance) lies between two counts."""


class TableCount(Table):
    """The number of rows, or of columns without those of provenance."""

    value: Annotated[StrictInt, Field(ge=0)] = Field(description="The expected number.")


class TableColumnsOrdered(Table):
    """The table has exactly these columns in this order (without those of provenance)."""

    column_list: tuple[AnyColumn, ...] = Field(min_length=1, description="Column names in order.")


class TableColumnsSet(Table):
    """The table has these columns in any order (without those of provenance)."""

    column_set: tuple[AnyColumn, ...] = Field(min_length=1, description="Column names.")
    exact_match: bool = Field(default=True, description="Whether further columns are refused.")

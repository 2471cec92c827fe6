"""Arguments of the expectations, with Great Expectations' names, as strict models.

The spec reference and the JSON Schema for editors are generated from these models, so every field
says what it means. Importing this module loads neither an engine nor Great Expectations.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    Strict,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from workbench.model import regex
from workbench.model.value import Options

Number = StrictInt | Annotated[float, Strict(), Field(allow_inf_nan=False)]
Moment = Annotated[datetime, Strict()] | Annotated[date, Strict()]
Bound = Number | Moment | StrictStr
Scalar = StrictBool | Number | Moment | StrictStr
ColumnName = Annotated[
    str,
    Field(min_length=1, description="Name of the column.", json_schema_extra={"format": "column"}),
]
#: A column that need not be there.
AnyColumn = Annotated[str, Field(json_schema_extra={"format": "column"})]
ColumnNames = Annotated[
    tuple[ColumnName, ...], Field(min_length=2, description="Names of the columns, two or more.")
]
ValueSet = Annotated[
    tuple[Scalar, ...],
    Field(min_length=1, description="The values, of the same type as the column."),
]

Regex = Annotated[str, AfterValidator(regex.check), Field(json_schema_extra={"format": "regex"})]


class Expectation(Options):
    """What every expectation accepts beside its own arguments."""

    description: str | None = Field(
        default=None, description="Own words for the check, shown instead of generated ones."
    )
    row_condition: str | None = Field(
        default=None,
        description="Expression over the row's columns; only rows where it is true are looked at.",
        json_schema_extra={"format": "expression"},
    )


class RowExpectation(Expectation):
    """An expectation of each row; these can quarantine."""

    mostly: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of the rows looked at that must hold for the check to succeed.",
    )


class Column(Expectation):
    """An expectation of one column as a whole."""

    column: ColumnName


class ColumnRow(RowExpectation):
    """An expectation of each value of one column; missing values are not looked at."""

    column: ColumnName


class Range(Options):
    """Two bounds of which one at least is given."""

    strict_min: bool = Field(default=False, description="Whether `min_value` itself is refused.")
    strict_max: bool = Field(default=False, description="Whether `max_value` itself is refused.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        low: Any = getattr(self, "min_value", None)
        high: Any = getattr(self, "max_value", None)
        if low is None and high is None:
            raise ValueError("give min_value or max_value, or both; without them it always holds")
        if low is not None and high is not None:
            try:
                reversed_ = bool(low > high)
            except TypeError:
                raise ValueError(
                    f"min_value ({low!r}) and max_value ({high!r}) are not of the same type"
                ) from None
            if reversed_:
                raise ValueError(f"min_value ({low!r}) is greater than max_value ({high!r})")
        return self


class ValueRange(Range):
    """Bounds of any comparable type."""

    min_value: Bound | None = Field(default=None, description="Least value accepted.")
    max_value: Bound | None = Field(default=None, description="Greatest value accepted.")


class NumberRange(Range):
    """Numbers as bounds."""

    min_value: Number | None = Field(default=None, description="Least number accepted.")
    max_value: Number | None = Field(default=None, description="Greatest number accepted.")


class CountRange(Range):
    """Counts as bounds."""

    min_value: Annotated[StrictInt, Field(ge=0)] | None = Field(
        default=None, description="Least count accepted."
    )
    max_value: Annotated[StrictInt, Field(ge=0)] | None = Field(
        default=None, description="Greatest count accepted."
    )


class ShareRange(Range):
    """Shares, from 0 to 1, as bounds."""

    min_value: float | None = Field(default=None, ge=0, le=1, description="Least share, 0 to 1.")
    max_value: float | None = Field(default=None, ge=0, le=1, description="Greatest share, 0 to 1.")

"""Arguments of the expectations that Great Expectations itself evaluates.

They need the order of the rows, statistics or parsers that SQL does not have. They cannot
quarantine. Numbers with decimals are handed over as floating point.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from workbench.model.value import Options
from workbench.quality.arguments import Bound, Column, ColumnRow, Number


class ColumnOrder(ColumnRow):
    """The values rise (or fall) from row to row, in the order in which they were received."""

    strictly: bool = Field(default=False, description="Whether equal neighbours are refused.")


class ColumnZScores(ColumnRow):
    """The z-score of each value is below a threshold."""

    threshold: Number = Field(description="The threshold, in standard deviations.")
    double_sided: bool = Field(description="Whether values far below the mean count, too.")


class ColumnOutliers(ColumnRow):
    """No value is an outlier."""

    method: Literal["iqr", "std"] = Field(
        default="iqr", description="By quartiles (Tukey's fences), or by standard deviations."
    )
    multiplier: float = Field(default=1.5, gt=0, description="How far out an outlier is.")


class ColumnParseable(ColumnRow):
    """The text of each value can be parsed."""


class ColumnJsonSchema(ColumnRow):
    """The text of each value is JSON that fits a JSON Schema."""

    json_schema: dict[str, Any] = Field(description="The JSON Schema.")


class ColumnStrftime(ColumnRow):
    """The text of each value fits a date format."""

    strftime_format: str = Field(min_length=1, description="Format, for example `%Y-%m-%d`.")


class QuantileRanges(Options):
    """Quantiles, and the range that each must lie in."""

    quantiles: tuple[float, ...] = Field(min_length=1, description="Quantiles, 0 to 1, rising.")
    value_ranges: tuple[tuple[Bound | None, Bound | None], ...] = Field(
        min_length=1, description="For each quantile its least and greatest value; null is open."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.quantiles) != len(self.value_ranges):
            raise ValueError("give as many value_ranges as quantiles")
        if list(self.quantiles) != sorted(self.quantiles) or not all(
            0 <= quantile <= 1 for quantile in self.quantiles
        ):
            raise ValueError("quantiles rise and lie between 0 and 1")
        return self


class ColumnQuantiles(Column):
    """Quantiles of the column lie in ranges."""

    quantile_ranges: QuantileRanges = Field(description="Quantiles and their ranges.")
    allow_relative_error: Literal[False, "linear", "lower", "higher", "midpoint", "nearest"] = (
        Field(default=False, description="How to interpolate; false takes the nearest value.")
    )


class ColumnKLDivergence(Column):
    """The distribution of the column is near a given one (Kullback-Leibler divergence)."""

    partition_object: dict[str, Any] = Field(
        description="The expected distribution: `values` or `bins`, and `weights`."
    )
    threshold: float = Field(ge=0, description="Greatest divergence accepted.")
    internal_weight_holdout: float = Field(
        default=0.0, ge=0, le=1, description="Weight spread over partitions without weight."
    )
    tail_weight_holdout: float = Field(
        default=0.0, ge=0, le=1, description="Weight put at the tails of the histogram."
    )
    bucketize_data: bool = Field(default=True, description="Whether to put numbers into bins.")
    min_value: Number | None = Field(default=None, description="Least divergence accepted.")
    max_value: Number | None = Field(default=None, description="Greatest divergence accepted.")

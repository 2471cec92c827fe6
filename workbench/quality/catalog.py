"""Every known expectation and the model of its arguments.

Names and arguments are those of Great Expectations; ``expect_row_condition_to_hold`` is our own.
Specs are validated and documented with these models, so this module imports no engine.

``MODELS`` maps each name to its model. Those in ``COMPILED`` are evaluated by us in SQL, the rest
by Great Expectations. ``UNAVAILABLE`` names those of Great Expectations that need a database of
its own, and says what to use instead. A failing expectation whose severity is ``quarantine``
removes rows only if it is one of ``ROWS``; of any other it stops the run.
"""

from __future__ import annotations

from workbench.quality import gx_arguments as gx
from workbench.quality import row_arguments as row
from workbench.quality import table_arguments as table
from workbench.quality.arguments import ColumnRow, Expectation
from workbench.registry import unknown

_ROWS: dict[str, type[Expectation]] = {
    "expect_column_values_to_not_be_null": ColumnRow,
    "expect_column_values_to_be_null": ColumnRow,
    "expect_column_values_to_be_unique": ColumnRow,
    "expect_column_values_to_be_in_set": row.ColumnValuesInSet,
    "expect_column_values_to_not_be_in_set": row.ColumnValuesInSet,
    "expect_column_values_to_be_between": row.ColumnValuesBetween,
    "expect_column_value_lengths_to_be_between": row.ColumnLengthsBetween,
    "expect_column_value_lengths_to_equal": row.ColumnLengthsEqual,
    "expect_column_values_to_match_regex": row.ColumnRegex,
    "expect_column_values_to_not_match_regex": row.ColumnRegex,
    "expect_column_values_to_match_regex_list": row.ColumnRegexMatchList,
    "expect_column_values_to_not_match_regex_list": row.ColumnRegexList,
    "expect_column_values_to_match_like_pattern": row.ColumnLike,
    "expect_column_values_to_not_match_like_pattern": row.ColumnLike,
    "expect_column_values_to_match_like_pattern_list": row.ColumnLikeMatchList,
    "expect_column_values_to_not_match_like_pattern_list": row.ColumnLikeList,
    "expect_column_pair_values_to_be_equal": row.Pair,
    "expect_column_pair_values_a_to_be_greater_than_b": row.PairGreater,
    "expect_column_pair_values_to_be_in_set": row.PairInSet,
    "expect_compound_columns_to_be_unique": row.Several,
    "expect_select_column_values_to_be_unique_within_record": row.Several,
    "expect_multicolumn_values_to_be_equal": row.Several,
    "expect_multicolumn_sum_to_equal": row.SeveralSum,
    "expect_row_condition_to_hold": row.RowCondition,
}

_WHOLE: dict[str, type[Expectation]] = {
    "expect_column_values_to_be_of_type": row.ColumnOfType,
    "expect_column_values_to_be_in_type_list": row.ColumnInTypeList,
    "expect_column_type_to_be": table.ColumnType,
    "expect_column_to_exist": table.ColumnExists,
    "expect_column_min_to_be_between": table.ColumnBetween,
    "expect_column_max_to_be_between": table.ColumnBetween,
    "expect_column_mean_to_be_between": table.ColumnNumberBetween,
    "expect_column_median_to_be_between": table.ColumnNumberBetween,
    "expect_column_sum_to_be_between": table.ColumnNumberBetween,
    "expect_column_stdev_to_be_between": table.ColumnNumberBetween,
    "expect_column_unique_value_count_to_be_between": table.ColumnCountBetween,
    "expect_column_proportion_of_unique_values_to_be_between": table.ColumnShareBetween,
    "expect_column_proportion_of_non_null_values_to_be_between": table.ColumnShareBetween,
    "expect_column_distinct_values_to_be_in_set": table.ColumnDistinct,
    "expect_column_distinct_values_to_contain_set": table.ColumnDistinct,
    "expect_column_distinct_values_to_equal_set": table.ColumnDistinct,
    "expect_column_most_common_value_to_be_in_set": table.ColumnMostCommon,
    "expect_table_row_count_to_be_between": table.TableCountBetween,
    "expect_table_row_count_to_equal": table.TableCount,
    "expect_table_column_count_to_be_between": table.TableColumnCountBetween,
    "expect_table_column_count_to_equal": table.TableCount,
    "expect_table_columns_to_match_ordered_list": table.TableColumnsOrdered,
    "expect_table_columns_to_match_set": table.TableColumnsSet,
}

_GX: dict[str, type[Expectation]] = {
    "expect_column_values_to_be_increasing": gx.ColumnOrder,
    "expect_column_values_to_be_decreasing": gx.ColumnOrder,
    "expect_column_value_z_scores_to_be_less_than": gx.ColumnZScores,
    "expect_column_values_to_not_be_outliers": gx.ColumnOutliers,
    "expect_column_values_to_be_dateutil_parseable": gx.ColumnParseable,
    "expect_column_values_to_be_json_parseable": gx.ColumnParseable,
    "expect_column_values_to_match_json_schema": gx.ColumnJsonSchema,
    "expect_column_values_to_match_strftime_format": gx.ColumnStrftime,
    "expect_column_quantile_values_to_be_between": gx.ColumnQuantiles,
    "expect_column_kl_divergence_to_be_less_than": gx.ColumnKLDivergence,
}

OWN: frozenset[str] = frozenset({"expect_row_condition_to_hold"})
ROWS: frozenset[str] = frozenset(_ROWS)
COMPILED: frozenset[str] = ROWS | frozenset(_WHOLE)
MODELS: dict[str, type[Expectation]] = dict(sorted((_ROWS | _WHOLE | _GX).items()))

_INSTEAD = "use expect_row_condition_to_hold, or check a dataset built by a join"
UNAVAILABLE: dict[str, str] = {
    "expect_query_results_to_match_comparison": _INSTEAD,
    "expect_table_row_count_to_equal_other_table": _INSTEAD,
    "unexpected_rows_expectation": _INSTEAD,
}

#: Arguments whose text is an expression over the row's columns.
EXPRESSIONS: frozenset[str] = frozenset({"condition", "row_condition"})

#: Arguments that name columns of the table which must exist for the check to be evaluated.
COLUMN_ARGUMENTS: tuple[str, ...] = ("column", "column_A", "column_B", "column_list")


def model(name: str) -> type[Expectation]:
    """The model of an expectation's arguments; ``ValueError`` says why there is none."""
    if name in MODELS:
        return MODELS[name]
    if name in UNAVAILABLE:
        raise ValueError(f"{name} runs SQL of its own, which specs cannot; {UNAVAILABLE[name]}")
    raise ValueError(unknown("expectation", name, tuple(MODELS)))


def columns(name: str, arguments: Expectation) -> tuple[str, ...]:
    """The columns that an expectation reads; empty for an expectation of the whole table."""
    if name in ("expect_column_to_exist", "expect_table_columns_to_match_ordered_list"):
        return ()
    found: list[str] = []
    for argument in COLUMN_ARGUMENTS:
        value = getattr(arguments, argument, None)
        found.extend([value] if isinstance(value, str) else value or ())
    return tuple(dict.fromkeys(found))


def can_quarantine(name: str) -> bool:
    """Whether a failing expectation names rows, so that ``severity: quarantine`` removes them."""
    return name in ROWS

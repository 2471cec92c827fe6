"""Statistics, examples, checks, and what forms ask for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.steps.road import Road
from workbench.errors import ConfigError
from workbench.steps.preview import Engine, Preview
from workbench.steps.preview.words import check_told, told


def test_what_is_missing_is_told_apart(road: Road, engine: Engine) -> None:
    road.file("n.csv", 'a;b\n1;NULL\n2;\n3;"  "\n4;x\u200by\n5;NULL\n6;ok\n')
    spec = """
dataset: n
source: {path: "inbox/n.csv", null_values: ["NULL"]}
transforms:
  - replace_values: {columns: b, values: {ok: null}}
  - derive: {columns: {c: "coalesce(b, '')"}}
"""
    preview = Preview(engine, spec)
    received = preview.statistics("b", 0)
    assert (received.rows, received.null, received.blank_in_file) == (6, 3, 1)
    assert received.markers == (("NULL", 2),)
    assert (received.empty, received.blank, received.invisible) == (0, 1, 2)
    after = preview.statistics("b")
    assert (after.null, after.blank_in_file, after.became_null) == (4, 1, 1)
    assert after.markers == (("NULL", 2),)
    assert preview.statistics("c").empty == 4
    assert preview.statistics("c").null == 0


def test_a_column_of_numbers_has_ends_and_a_histogram(messy: Callable[..., Preview]) -> None:
    found = messy().statistics("amount")
    assert (found.minimum, found.maximum, found.distinct) == ("-3.25", "11.00", 3)
    assert sum(count for _, _, count in found.histogram) == 3


def test_examples_say_which_rows_went_and_which_cells_changed(
    messy: Callable[..., Preview],
) -> None:
    preview = messy()
    preview.view()
    trimmed, filtered, mapped, cast, _, deduplicated = (preview.detail(n) for n in range(1, 7))
    assert [(c.column, c.cells) for c in trimmed.changed if c.cells] == [("region", 1)]
    [example] = trimmed.changed[1].examples
    assert (example.row, example.before, example.after) == (5, " south ", "south")
    assert [row["_row"] for row in filtered.removed] == [3]
    [refused] = mapped.refused
    assert refused.row == 4 and refused.values["region"] == "East"
    assert "known categories" in refused.reasons[0]
    assert [row.row for row in cast.refused] == [5]
    assert [row["_row"] for row in deduplicated.removed] == [2]


def test_what_a_transform_does_is_said_in_words(messy: Callable[..., Preview]) -> None:
    words = [told(step) for step in messy().view().steps]
    assert words[0] == ()
    assert words[2] == ("1 row filtered out",)
    assert words[3][0] == "1 row quarantined"
    assert any("retyped id from text to integer" in line for line in words[4])
    assert words[5] == ("added twice",)
    assert words[6] == ("1 row dropped as duplicates",)


def test_checks_count_failing_rows(messy: Callable[..., Preview]) -> None:
    found = messy().checks()
    assert [(c.failing, c.success) for c in found.checks] == [(1, False), (1, False), (None, True)]
    assert (found.rows, found.failing_rows) == (3, 2)
    assert check_told(found.checks[0]) == "1 row of 3 fail: amount is not at least 0"
    assert check_told(found.checks[2]) == "holds"


def test_a_check_of_another_column_does_not_keep_the_others_from_being_told(
    messy: Callable[..., Preview],
) -> None:
    found = messy("column: day,", "column: dya,").checks()
    assert found.checks[1].error is not None and "did you mean 'day'" in found.checks[1].error
    assert found.checks[0].failing == 1


def test_what_great_expectations_checks_waits_until_it_is_asked_for(
    messy: Callable[..., Preview],
) -> None:
    preview = messy(
        "expect_column_values_to_not_be_null: {column: day, severity: warn}",
        "expect_column_values_to_be_increasing: {column: id, severity: warn}",
    )
    found = preview.checks().checks
    assert found[1].success is None and found[0].failing == 1
    assert "Great Expectations" in check_told(found[1])


def test_the_values_of_a_column_come_with_their_number(messy: Callable[..., Preview]) -> None:
    preview = messy()
    found = preview.distinct("state", 0)
    assert [(v.value, v.count) for v in found.values] == [("ok", 4), (None, 2), ("void", 1)]
    assert found.total == 3
    assert [v.value for v in preview.distinct("state", 0, search="VO").values] == ["void"]
    few = preview.distinct("region", 0, limit=2)
    assert (len(few.values), few.total) == (2, 7)


def test_a_cast_is_tried_on_the_values_of_a_column(messy: Callable[..., Preview]) -> None:
    preview = messy()
    found = preview.try_cast("amount", {"type": "decimal(10,2)", "decimal": ","}, 0)
    assert (found.rows, found.failing, found.nulls) == (7, 1, 0)
    assert (found.values[0].text, found.values[0].failed) == ("x", True)
    assert "does not read as" in str(found.values[0].reason)
    assert {v.text: v.value for v in found.values if not v.failed}["10,50"] == "10.50"
    dates = preview.try_cast("day", {"type": "date", "format": "%d/%m/%Y"}, 0)
    assert (dates.failing, dates.nulls) == (0, 1)
    wrong = preview.try_cast("day", {"type": "date", "format": "%Y-%m-%d"}, 0)
    assert wrong.failing == 6
    with pytest.raises(ConfigError, match="means nothing for integer"):
        preview.try_cast("id", {"type": "integer", "format": "%Y"}, 0)

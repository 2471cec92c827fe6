"""Choices of key and targets become edits of their own lines, and defaults are not written down."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.errors import EditRefused
from workbench.spec.editing import apply
from workbench.spec.edits_targets import (
    add_target,
    remove_target,
    set_key,
    set_target,
    targets_in,
)
from workbench.spec.loader import parse_dataset
from workbench.spec.yaml_source import read_text

TEXT = """\
dataset: ventas  # what shops sold
source: {path: a.csv}
key: [id]        # one row a sale
compare: [amount, day]
targets:
  # for the dashboards
  - {connection: warehouse, strategy: delete_insert, on: [day]}
  - connection: db   # the finance team's
    schema: sales
"""


def after(edits: Any, text: str = TEXT) -> str:
    """The text after edits; it must still be a spec."""
    changed = apply(text, *edits(read_text(text, "a.yml").data))
    parse_dataset(changed)
    return changed


def test_a_key_is_written_over_and_taken_away() -> None:
    text = after(lambda data: set_key(data, ["id", "day"]))
    assert "key: [id, day]        # one row a sale" in text
    assert "compare: [amount]" in text
    without = apply(TEXT, *set_key(read_text(TEXT, "a.yml").data, []))
    assert "key" not in read_text(without, "a.yml").data


@pytest.mark.parametrize(
    ("index", "field", "value", "line"),
    [
        (0, "table", "sales", "  - {connection: warehouse, strategy: delete_insert, on: [day], "
         "table: sales}"),
        (0, "strategy", "upsert", "  - {connection: warehouse, strategy: upsert}"),
        (0, "strategy", None, "  - {connection: warehouse}"),
        (0, "on", ["id", "day"], "  - {connection: warehouse, strategy: delete_insert, "
         "on: [id, day]}"),
        (1, "connection", "other", "  - connection: other   # the finance team's"),
        (1, "strategy", "append", "    strategy: append"),
        (1, "provenance", True, "    provenance: true"),
    ],
)  # fmt: skip
def test_a_field_of_a_target_changes_its_own_line(
    index: int, field: Any, value: Any, line: str
) -> None:
    text = after(lambda data: set_target(data, index, field, value))
    assert line in text.splitlines()
    assert "# for the dashboards" in text and "# one row a sale" in text


def test_an_empty_field_is_taken_away() -> None:
    assert "schema" not in after(lambda data: set_target(data, 1, "schema", ""))
    assert set_target(read_text(TEXT, "a").data, 1, "provenance", False) == []
    assert set_target(read_text(TEXT, "a").data, 1, "schema", "sales") == []


def test_targets_are_added_and_removed() -> None:
    text = after(lambda data: add_target(data, "files", "ventas_2"))
    assert len(targets_in(read_text(text, "a").data)) == 3
    first = after(lambda data: remove_target(data, 0))
    assert targets_in(read_text(first, "a").data) == [{"connection": "db", "schema": "sales"}]
    none = after(lambda data: remove_target(data, 0), first)
    assert "targets" not in read_text(none, "a").data
    again = after(lambda data: add_target(data, "warehouse"), none)
    assert targets_in(read_text(again, "a").data) == [{"connection": "warehouse"}]


@pytest.mark.parametrize("data", [None, [], {"targets": "x"}, {"targets": [1]}, {"targets": []}])
def test_what_is_not_there_cannot_be_edited(data: Any) -> None:
    with pytest.raises(EditRefused):
        set_target(data, 0, "table", "x")
    assert targets_in(data) == []

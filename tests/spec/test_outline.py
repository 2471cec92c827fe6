"""The rules of a spec as a list."""

from __future__ import annotations

from workbench.spec.outline import outline
from workbench.spec.yaml_source import read_text

TEXT = """\
dataset: d
transforms:
  - trim
  # off for now
  - melt:
      columns: [a]
      enabled: false
  - 5
  - filter: {where: "a > 1"}
expectations:
  - expect_column_values_to_be_unique: {column: a, enabled: false}
  - expect_row_condition_to_hold:
      condition: >-
        a > 1
        and b
"""


def test_rules_are_listed_with_their_lines_and_numbers() -> None:
    rules = outline(read_text(TEXT, "d.yml"))
    assert [(each.list[0], each.index, each.name, each.lines, each.number) for each in rules] == [
        ("t", 0, "trim", (3, 3), 0), ("t", 1, "melt", (5, 7), None), ("t", 2, "", (8, 8), 1),
        ("t", 3, "filter", (9, 9), 2), 
        ("e", 0, "expect_column_values_to_be_unique", (11, 11), None),
        ("e", 1, "expect_row_condition_to_hold", (12, 15), 0),
    ]  # fmt: skip
    assert rules[0].bare and not rules[1].enabled
    assert rules[3].options == {"where": "a > 1"}


def test_what_is_no_list_of_rules_has_none() -> None:
    for text in ("", "- a\n", "transforms: 5\n", "transforms: {a: 1}\n", "transforms:\n"):
        assert outline(read_text(text, "d.yml")) == ()

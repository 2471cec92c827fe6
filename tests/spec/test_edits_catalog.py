"""What is said of datasets, columns and terms changes its own lines."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.errors import EditRefused
from workbench.spec.editing import apply
from workbench.spec.edits_catalog import (
    add_term,
    describe_column,
    describe_dataset,
    describe_term,
    remove_term,
)
from workbench.spec.loader import parse_dataset
from workbench.spec.portal import read_glossary
from workbench.spec.yaml_source import read_text

TEXT = """\
dataset: ventas
title: Sales   # shown in the portal
source: {path: a.csv}
columns:
  # what was paid
  monto: {description: "Amount", term: venta}
  dia:
    mask: true
  leer: {}
"""
GLOSSARY = """\
# words
terms:
  venta:
    name: Sale  # as the law says
    definition: Units times price.
  region: {name: Region}
"""


def after(edits: Any, text: str = TEXT) -> str:
    changed = apply(text, *edits(read_text(text, "a.yml").data))
    parse_dataset(changed)
    return changed


def words(edits: Any, text: str = GLOSSARY) -> str:
    changed = apply(text, *edits(read_text(text, "g.yml").data))
    assert read_glossary(changed)[1] == []
    return changed


def test_a_dataset_is_described() -> None:
    text = after(lambda data: describe_dataset(data, "title", "Ventas: año 2024"))
    assert 'title: "Ventas: año 2024"   # shown in the portal' in text
    assert parse_dataset(text).title == "Ventas: año 2024"
    text = after(lambda data: describe_dataset(data, "tags", ["a", "b c"]))
    assert parse_dataset(text).tags == ("a", "b c")
    assert "title" not in after(lambda data: describe_dataset(data, "title", ""))
    assert describe_dataset({"title": "x"}, "title", "x") == []


@pytest.mark.parametrize(
    ("column", "field", "value", "lines"),
    [
        ("monto", "description", "Total", ['  monto: {description: "Total", term: venta}']),
        ("monto", "term", None, ['  monto: {description: "Amount"}']),
        ("dia", "description", "Day", ["    description: Day", "    mask: true"]),
        ("leer", "description", "Read", ["  leer: {description: Read}"]),
        ("nueva", "term", "venta", ["  nueva:", "    term: venta"]),
    ],
)
def test_a_column_is_described(column: str, field: Any, value: Any, lines: list[str]) -> None:
    text = after(lambda data: describe_column(data, column, field, value))
    assert "  # what was paid" in text.splitlines()
    spec = parse_dataset(text)
    assert getattr(spec.columns[column], field) == (value or None)
    for line in lines:
        assert line in text.splitlines() or column == "nueva", text


def test_what_is_empty_goes_with_its_last_word() -> None:
    text = "dataset: a\nsource: {path: a.csv}\ncolumns:\n  x: {description: One}\n"
    assert "columns" not in after(lambda data: describe_column(data, "x", "description", ""), text)
    two = text + "  y: {description: Two}\n"
    left = after(lambda data: describe_column(data, "x", "description", ""), two)
    assert "  y: {description: Two}" in left and "x:" not in left
    assert describe_column({}, "x", "description", "") == []


def test_a_term_is_described_added_and_removed() -> None:
    text = words(lambda data: describe_term(data, "venta", "synonyms", ["sales line"]))
    assert "name: Sale  # as the law says" in text
    assert read_glossary(text)[0].terms["venta"].synonyms == ("sales line",)
    text = words(lambda data: add_term(data, "precio", "Price"))
    assert text.startswith("# words\n")
    assert set(read_glossary(text)[0].terms) == {"venta", "region", "precio"}
    text = words(lambda data: remove_term(data, "region"), text)
    assert set(read_glossary(text)[0].terms) == {"venta", "precio"}
    only = words(lambda data: remove_term(data, "venta"), "terms:\n  venta: {name: Sale}\n")
    assert read_glossary(only)[0].terms == {}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda data: describe_term(data, "nothing", "name", "x"), "no term 'nothing'"),
        (lambda data: describe_term(data, "venta", "name", ""), "needs a name"),
        (lambda data: add_term(data, "venta", "x"), "already"),
        (lambda data: remove_term(data, "nothing"), "no term"),
        (lambda data: describe_column({"columns": []}, "a", "term", "x"), "no mapping"),
    ],
)
def test_what_cannot_be_is_refused(edit: Any, said: str) -> None:
    with pytest.raises(EditRefused, match=said):
        edit(read_text(GLOSSARY, "g.yml").data)


def test_a_glossary_is_read_as_far_as_it_can_be() -> None:
    assert read_glossary("")[0].terms == {}
    assert read_glossary("terms: [")[1]
    (problem,) = read_glossary("terms: {a: {nam: x, name: y}}")[1]
    assert problem.file == "specs/glossary.yml" and "unknown key 'nam'" in problem.message

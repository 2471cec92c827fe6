"""select, drop, rename, and how columns are named."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from workbench.errors import TransformError
from workbench.registry import find
from workbench.transforms.core.columns import Except, Pattern, choose

NAMES = ["id", "enero", "febrero", "año", 'odd "name"', "c_1960"]
ORIGINALS = {"c_1960": "1960", "id": "ID"}
ROWS = [{"id": "1", "Name": "a", "z": None}, {"id": "2", "Name": "b", "z": "x"}]


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        ("id", ["id"]),
        ("all", NAMES),
        (("febrero", "id"), ["febrero", "id"]),
        (Pattern(pattern="^(enero|febrero)$"), ["enero", "febrero"]),
        (Pattern(pattern="^[0-9]{4}$"), ["c_1960"]),
        (Except(except_=Pattern(pattern="e")), ["id", "año", "c_1960"]),
        (Except(except_=("id", "1960")), ["enero", "febrero", "año", 'odd "name"']),
        ("1960", ["c_1960"]),
        ('odd "name"', ['odd "name"']),
    ],
)
def test_selections(selection: object, chosen: list[str]) -> None:
    if isinstance(selection, Except) and isinstance(selection.except_, Pattern):
        chosen = [name for name in NAMES if "e" not in name]
    assert choose(selection, NAMES, ORIGINALS) == chosen


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ("enro", "there is no column 'enro'; did you mean 'enero'?"),
        (("id", "ID"), "named twice"),
        (Pattern(pattern="^x"), "no column matches the pattern '\\^x'"),
    ],
)
def test_wrong_selections(selection: object, message: str) -> None:
    with pytest.raises(TransformError, match=message):
        choose(selection, NAMES, ORIGINALS)


def test_a_pattern_that_does_not_compile_is_refused_with_its_reason() -> None:
    with pytest.raises(ValidationError, match="is not a regular expression: missing"):
        find("transforms", "select").Options.model_validate({"columns": {"pattern": "(a"}})


def test_select_takes_columns_in_the_order_given(run, use):
    result = run(ROWS, use("select", columns=["z", "id"]))
    assert [list(row) for row in result.rows] == [["z", "id"]] * 2
    assert result.numbers == [2, 3]
    assert result.edges == {("target.bronze", n, n, "direct") for n in ("z", "id")}


def test_drop(run, use):
    result = run(ROWS, use("drop", columns={"pattern": "^N"}))
    assert result.rows == [{"id": "1", "z": None}, {"id": "2", "z": "x"}]
    assert result.edges == {("target.bronze", n, n, "direct") for n in ("z", "id")}
    with pytest.raises(TransformError, match="no column would remain"):
        run(ROWS, use("drop", columns="all"))


def test_rename_keeps_what_is_said_of_a_column(run, use):
    result = run(
        ROWS,
        use("rename", columns={"id": "código", "Identifier": 'the "z"'}),
        originals={"id": "ID", "z": "Identifier"},
    )
    assert result.rows[1] == {"código": "2", "Name": "b", 'the "z"': "x"}
    assert [column.original for column in result.outcome.columns] == ["ID", None, "Identifier"]
    assert ("target.bronze", "id", "código", "direct") in result.edges


def test_rename_may_swap_names(run, use):
    result = run(ROWS, use("rename", columns={"id": "z", "z": "id"}))
    assert result.rows[0] == {"z": "1", "Name": "a", "id": None}


@pytest.mark.parametrize(
    ("columns", "message"),
    [({"id": "z"}, "two columns 'z'"), ({"id": "NAME"}, "'NAME' and 'Name' differ only by case")],
)
def test_rename_refuses_names_in_use(run, use, columns, message):
    with pytest.raises(TransformError, match=message) as caught:
        run(ROWS, use("rename", columns=columns))
    assert caught.value.where == "dataset target, transform 1 rename"


@pytest.mark.parametrize(
    "columns", [{"id": "a", "z": "A"}, {"id": "_row"}, {}, {"": "a"}, {"a": ""}]
)
def test_rename_refuses_reserved_and_doubled_names(columns):
    with pytest.raises(ValidationError):
        find("transforms", "rename").Options.model_validate({"columns": columns})


def test_provenance_is_never_chosen(run, use):
    with pytest.raises(TransformError, match="no column '_row'"):
        run(ROWS, use("select", columns=["_row"]))

"""melt: which columns are wide, what the names are, and that no cell is lost."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from workbench.errors import TransformError
from workbench.registry import find

MONTHS = ["enero", "febrero", "marzo"]
ROWS = [
    {"comuna": "Ñuñoa", "enero": "1", "febrero": None, "marzo": "3"},
    {"comuna": "Maipú", "enero": "4", "febrero": "5", "marzo": ""},
]


def cells(result):
    return {tuple(row.values()) for row in result.rows}


@pytest.mark.parametrize(
    "wide",
    [
        {"columns": MONTHS},
        {"columns": {"pattern": "^(enero|febrero|marzo)$"}},
        {"columns": {"except": "comuna"}},
        {"keep": "comuna"},
        {"keep": ["comuna"]},
    ],
)
def test_every_cell_becomes_a_row(run, use, wide):
    result = run(ROWS, use("melt", **wide, names_to="mes", values_to="valor"))
    assert cells(result) == {
        ("Ñuñoa", "enero", "1"), ("Ñuñoa", "febrero", None), ("Ñuñoa", "marzo", "3"),
        ("Maipú", "enero", "4"), ("Maipú", "febrero", "5"), ("Maipú", "marzo", ""),
    }  # fmt: skip
    assert sorted(result.numbers) == [2, 2, 2, 3, 3, 3]
    assert result.ledgers == [{"name": "1 melt", "rows_in": 2, "expanded": 4, "rows_out": 6}]
    assert result.types == {"comuna": "text", "mes": "text", "valor": "text"}


def test_dropped_nulls_are_counted_as_filtered(run, use):
    result = run(ROWS, use("trim"), use("melt", keep="comuna", drop_nulls=True))
    assert len(result.rows) == 4
    assert result.ledgers[1] == {
        "name": "2 melt", "rows_in": 2, "expanded": 4, "rows_out": 4, "filtered": 2
    }  # fmt: skip


def test_names_are_headers_as_received(run, use):
    rows = [{"code": "a", "c_1960": "1", "c_03_22_2020": "2"}]
    originals = {"c_1960": "1960", "c_03_22_2020": "03/22/2020", "code": "Code"}
    wide = {"pattern": "[0-9]"}
    result = run(rows, use("melt", columns=wide, names_to="day"), originals=originals)
    assert cells(result) == {("a", "1960", "1"), ("a", "03/22/2020", "2")}
    safe = use("melt", columns=wide, names_to="day", names_from="safe")
    assert cells(run(rows, safe, originals=originals)) == {
        ("a", "c_1960", "1"), ("a", "c_03_22_2020", "2")
    }  # fmt: skip
    by_header = use("melt", columns=["1960", "03/22/2020"], names_to="day")
    assert cells(run(rows, by_header, originals=originals)) == cells(result)


def test_headers_follow_a_rename(run, use):
    rows = [{"id": "a", "c_1960": "1"}]
    result = run(
        rows,
        use("rename", columns={"c_1960": "sixty"}),
        use("melt", keep="id"),
        originals={"c_1960": "1960"},
    )
    assert cells(result) == {("a", "1960", "1")}


def test_several_name_columns_by_pattern(run, use):
    rows = [{"id": "a", "enero_2020": "1", "ene_2021_r": "2"}]
    result = run(
        rows,
        use("melt", keep="id", names_to=["mes", "año", "tag"], values_to="v",
            names_pattern="^([a-z]+)_([0-9]{4})(?:_(.*))?$"),
    )  # fmt: skip
    assert cells(result) == {("a", "enero", "2020", None, "1"), ("a", "ene", "2021", "r", "2")}


def test_odd_names(run, use):
    rows = [{"it's": "k", 'a "b"': "1", "_cell": "2", "ñ; --": "3"}]
    result = run(rows, use("melt", keep="it's", names_to="'n'", values_to='"v"'))
    assert cells(result) == {("k", 'a "b"', "1"), ("k", "_cell", "2"), ("k", "ñ; --", "3")}


def test_empty_tables(run, use):
    result = run([], use("melt", keep="a"), like=["a", "b", "c"])
    assert result.rows == []
    assert result.types == {"a": "text", "name": "text", "value": "text"}


def test_typed_values(run, use):
    rows = [{"id": "a", "x": "1", "y": "2"}]
    cast = use("type_cast", columns={"x": "integer", "y": "integer"})
    assert run(rows, cast, use("melt", keep="id")).types["value"] == "integer"
    with pytest.raises(TransformError, match="different types: int64, string"):
        run(rows, use("type_cast", columns={"x": "integer"}), use("melt", keep="id"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep": ["comuna", *MONTHS]}, "no column is wide"),
        ({"columns": MONTHS, "names_to": "Comuna"}, "two columns 'Comuna'"),
        ({"columns": ["enero", "febrer"]}, "no column 'febrer'; did you mean 'febrero'"),
        ({"columns": MONTHS, "names_pattern": "^(e.*)"}, "'febrero' does not match"),
        ({"columns": MONTHS, "names_pattern": "(r)"}, "'enero' and 'febrero' both give r"),
    ],
)
def test_what_does_not_fit_the_table(run, use, options, message):
    with pytest.raises(TransformError, match=message) as caught:
        run(ROWS, use("melt", **options))
    assert caught.value.where == "dataset target, transform 1 melt"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give either 'columns'"),
        ({"columns": "a", "keep": "b"}, "give either 'columns'"),
        ({"keep": "a", "names_to": ["x", "y"]}, "need a names_pattern"),
        ({"keep": "a", "names_to": ["x", "y"], "names_pattern": "(a)"}, "2 columns and"),
        ({"keep": "a", "names_to": "x", "values_to": "X"}, "given twice"),
        ({"keep": "a", "names_pattern": "("}, "not a regular expression"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValidationError) as caught:
        find("transforms", "melt").Options.model_validate(options)
    assert message in str(caught.value)


def test_lineage(run, use):
    result = run(ROWS, use("melt", keep="comuna", names_to="mes", values_to="valor"))
    assert result.edges == {
        ("target.bronze", "comuna", "comuna", "direct"),
        *(("target.bronze", month, "valor", "direct") for month in MONTHS),
    }
    result = run(ROWS, use("melt", keep="comuna", drop_nulls=True))
    assert ("target.bronze", "enero", None, "filter") in result.edges

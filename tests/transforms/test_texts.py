"""trim, map_categories, replace_values, split, fill_down."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from workbench.errors import TransformError
from workbench.registry import find
from workbench.transforms.core.text import SPACES


def column(run, use, texts, name, **options):
    return run([{"x": text} for text in texts], use(name, **options)).column("x")


def test_trim_knows_all_white_space(run, use):
    texts = [f"{space}ñ {space}b{space}{space}" for space in SPACES]
    texts += ["Ñuble", "x", "", " \t", None, "a\tb", "\t\u00a0 x\ufeff\r\n"]
    expected = [f"ñ {space}b" for space in SPACES] + ["Ñuble", "x", None, None, None, "a\tb", "x"]
    assert column(run, use, texts, "trim") == expected


def test_trim_options(run, use):
    texts = [" a  \u00a0\n b ", "  ", None]
    assert column(run, use, texts, "trim", collapse=True) == ["a b", None, None]
    assert column(run, use, texts, "trim", blank_to_null=False) == ["a  \u00a0\n b", "", None]
    result = run([{"n": 1, "x": " a "}], use("trim"))
    assert result.rows == [{"n": 1, "x": "a"}]
    assert result.last.rows_out == 1


def test_mapped_and_other_values(run, use):
    texts = ["Sí", "no", "?", None]
    mapping = {"Sí": "yes", "no": None}
    assert column(run, use, texts, "map_categories", column="x", mapping=mapping) == [
        "yes", None, "?", None
    ]  # fmt: skip
    options = {"column": "x", "mapping": {"Sí": 1, "no": 0}}
    assert column(run, use, texts, "map_categories", **options, other="null") == [1, 0, None, None]
    assert column(run, use, texts, "map_categories", **options, default=9) == [1, 0, 9, None]


def test_unknown_categories_can_be_refused(run, use):
    rows = [{"x": "a"}, {"x": "it's"}, {"x": None}]
    map_x = {"column": "x", "mapping": {"a": "A"}, "into": "y"}
    result = run(rows, use("map_categories", **map_x, other="quarantine"))
    assert result.rows == [{"x": "a", "y": "A"}, {"x": None, "y": None}]
    assert result.refused[0]["reasons"] == ["x: 'it's' is not among the known categories"]
    with pytest.raises(TransformError, match=r"1 row cannot be used: in.csv row 3: x: 'it's'"):
        run(rows, use("map_categories", **map_x, other="stop"))


def test_categories_without_case_and_accents(run, use):
    mapping = {"Region Metropolitana": "RM", "ÑUBLE": "NB", "Straße": "ST"}
    texts = ["región  METROPOLITANA", "REGIÓN METROPOLITANA ", "Ñuble", "nuble", "STRASSE"]
    found = column(run, use, texts, "map_categories", column="x", mapping=mapping, insensitive=True)
    assert found[:4] == ["región  METROPOLITANA", "RM", "NB", "NB"]


def test_only_ascii_white_space_at_the_ends_does_not_count(run, use):
    texts = [f"{space}A{space}" for space in SPACES]
    texts += ["a", "", " ", "A\t\n\r\v\f ", "\x01a", "ä ", None]
    options = {"column": "x", "mapping": {"a": "1"}, "insensitive": True, "other": "null"}
    expected = [space in " \t\n\r\v\f" for space in SPACES]
    expected += [True, False, False, True, False, True, False]
    found = column(run, use, texts, "map_categories", **options)
    assert [each == "1" for each in found] == expected


def test_typed_columns_are_mapped_by_their_text(run, use):
    rows = [{"x": 1}, {"x": 2}]
    mapped = run(rows, use("map_categories", column="x", mapping={"1": "one"}, other="null"))
    assert mapped.column("x") == ["one", None]
    with pytest.raises(TransformError, match="cannot be kept beside categories"):
        run(rows, use("map_categories", column="x", mapping={"1": "one"}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mapping": {"a": 1}}, "categories that are no text"),
        ({"mapping": {"a": 1, "b": "x"}, "other": "null"}, "different types: int, str"),
        ({"mapping": {"a": "1"}, "other": "null", "default": "2"}, "either 'other' or 'default'"),
        ({"mapping": {"á": "1", "A": "2"}, "insensitive": True}, "are the same, insensitively"),
        ({"mapping": {}}, "at least 1 item"),
    ],
)
def test_mappings_are_checked(options, message):
    with pytest.raises(ValidationError) as caught:
        find("transforms", "map_categories").Options.model_validate({"column": "x"} | options)
    assert message in str(caught.value)


def test_replace_values(run, use):
    texts = ["NA", "Jan†", "June¹", "a.b", None]
    assert column(run, use, texts, "replace_values", columns="x", values={"NA": None}) == [
        None, *texts[1:]
    ]  # fmt: skip
    assert column(run, use, texts, "replace_values", columns="x", parts={".": "%", "N": "M"}) == [
        "MA", "Jan†", "June¹", "a%b", None
    ]  # fmt: skip
    marks = {"pattern": "([a-z])[†¹]$", "with": r"\1"}
    assert column(run, use, texts, "replace_values", columns="all", **marks) == [
        "NA", "Jan", "June", "a.b", None
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give 'values', 'parts' or 'pattern'"),
        ({"values": {"a": "b"}, "with": "x"}, "'with' goes with 'pattern'"),
        ({"pattern": "(?=a)"}, "look-around"),
        ({"pattern": r"(a)\1"}, "back-references"),
        ({"pattern": "["}, "not a regular expression"),
    ],
)
def test_replacements_are_checked(options, message):
    with pytest.raises(ValidationError) as caught:
        find("transforms", "replace_values").Options.model_validate({"columns": "x"} | options)
    assert message in str(caught.value)


def test_split(run, use):
    rows = [{"id": "1", "x": "50 -01- 05"}, {"id": "2", "x": "50-01"}, {"id": "3", "x": None}]
    parts = use("split", column="x", separator="-", into=["a", "b", "c"])
    result = run(rows, parts)
    assert result.rows == [
        {"id": "1", "a": "50", "b": "01", "c": "05"}, {"id": "3", "a": None, "b": None, "c": None}
    ]  # fmt: skip
    assert result.refused[0]["reasons"] == ["x: '50-01' has 2 parts instead of 3"]
    kept = run(
        [{"x": "a/b/c"}, {"x": "a"}],
        use("split", column="x", separator="/", into=["p", "q"], on_error="keep", keep_column=True),
    )
    assert kept.rows == [{"x": "a/b/c", "p": "a", "q": "b/c"}, {"x": "a", "p": "a", "q": None}]


def test_fill_down_stays_within_files_and_groups(run, table, use):
    years = ["2012", None, None, "2013", None]
    rows = [{"year": year, "g": group} for year, group in zip(years, "aabbb", strict=True)]
    assert run(rows, use("fill_down", columns="year")).column("year") == [
        "2012", "2012", "2012", "2013", "2013"
    ]  # fmt: skip
    within = run(rows, use("fill_down", columns="year", within="g"))
    assert within.column("year") == ["2012", "2012", None, "2013", "2013"]
    files = [{"_source": "b.csv", "year": None, "g": ""}, {"year": "1", "g": ""}]
    assert run(files, use("fill_down", columns="year")).rows[0]["year"] is None


def test_fill_down_needs_an_order(run, use):
    total = use("aggregate", group_by="g", measures={"n": "count(*)"})
    with pytest.raises(TransformError, match="nothing is above"):
        run([{"g": "a"}], total, use("fill_down", columns="n"))
    with pytest.raises(TransformError, match="cannot bound the groups"):
        run([{"g": "a"}], use("fill_down", columns="g", within="all"))


def test_fill_down_by_another_order(run, use):
    rows = [{"k": "2", "x": None}, {"k": "1", "x": "a"}]
    filled = run(rows, use("fill_down", columns="x", order_by=["k"]))
    assert filled.column("x") == ["a", "a"]
    back = [{"column": "k", "descending": True}]
    assert run(rows, use("fill_down", columns="x", order_by=back)).column("x") == [None, "a"]


def test_lineage(run, use):
    rows = [{"x": "a-b", "g": "1"}]
    assert run(rows, use("trim", columns="x")).edges == {
        ("target.bronze", "x", "x", "derived"), ("target.bronze", "g", "g", "direct")
    }  # fmt: skip
    mapped = run(rows, use("map_categories", column="x", mapping={"a": "b"}, into="y"))
    assert ("target.bronze", "x", "y", "derived") in mapped.edges
    replaced = run(rows, use("replace_values", columns="x", parts={"-": "+"}))
    assert ("target.bronze", "x", "x", "derived") in replaced.edges
    split = run(rows, use("split", column="x", separator="-", into=["p", "q"]))
    assert split.edges == {
        ("target.bronze", "x", "p", "derived"), ("target.bronze", "x", "q", "derived"),
        ("target.bronze", "g", "g", "direct"),
    }  # fmt: skip
    filled = run(rows, use("fill_down", columns="x", within="g"))
    assert {("target.bronze", "x", "x", "derived"), ("target.bronze", "g", "x", "derived")} <= (
        filled.edges
    )

"""deduplicate: which row stays, ties, nulls, and rows refused."""

from __future__ import annotations

import random

import pytest
from pydantic import ValidationError

from workbench.errors import TransformError
from workbench.registry import find

ROWS = [
    {"k": "a", "t": "1", "v": "x"},
    {"k": "b", "t": "1", "v": "y"},
    {"k": "a", "t": "3", "v": "z"},
    {"k": "a", "t": None, "v": "w"},
    {"k": None, "t": "1", "v": "n"},
    {"k": None, "t": "1", "v": "m"},
]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({}, [2, 3, 6, 7]),
        ({"keep": "last"}, [3, 5, 6, 7]),
        ({"order_by": ["t"]}, [2, 3, 6, 7]),
        ({"order_by": ["t"], "keep": "last"}, [3, 4, 6, 7]),
        ({"order_by": [{"column": "t", "descending": True}]}, [3, 4, 6, 7]),
        ({"order_by": [{"column": "t", "descending": True}], "keep": "last"}, [2, 3, 6, 7]),
        ({"null_keys": "equal"}, [2, 3, 6]),
        ({"null_keys": "equal", "keep": "last"}, [3, 5, 7]),
    ],
)
def test_which_row_stays(run, use, options, numbers):
    result = run(ROWS, use("deduplicate", keys="k", **options))
    assert result.numbers == numbers
    gone = len(ROWS) - len(numbers)
    assert result.ledgers == [
        {"name": "1 deduplicate", "rows_in": 6, "rows_out": len(numbers), "deduplicated": gone}
    ]


def test_all_columns_are_the_key_by_default(run, use):
    rows = [
        {"a": "1", "b": None},
        {"a": "1", "b": None},
        {"a": "1", "b": ""},
        {"a": "1", "b": None},
    ]
    result = run(rows, use("deduplicate"))
    assert result.numbers == [2, 4]
    assert result.last.deduplicated == 2


def test_compound_keys_and_odd_names(run, use):
    rows = [{'a "b"': "1", "Ñ": "x", "_dedupe": "1"}, {'a "b"': "1", "Ñ": "y", "_dedupe": "2"}] * 2
    result = run(rows, use("deduplicate", keys=["Ñ", 'a "b"']))
    assert result.numbers == [2, 3]


def test_all_rows_of_a_key_can_be_refused(run, use):
    result = run(ROWS, use("deduplicate", keys="k", keep="none"))
    assert result.numbers == [3, 6, 7]
    assert [row["_row"] for row in result.refused] == [2, 4, 5]
    assert result.refused[0]["reasons"] == ["the key (k) occurs 3 times"]
    assert result.refused[0]["values"] == ROWS[0]
    nulls = use("deduplicate", keys="k", keep="none", null_keys="equal")
    assert [row["_row"] for row in run(ROWS, nulls).refused] == [2, 4, 5, 6, 7]


def test_nothing_doubled_and_nothing_at_all(run, use):
    assert run(ROWS[:2], use("deduplicate", keys="k")).numbers == [2, 3]
    assert run([], use("deduplicate", keys="k"), like=["k"]).rows == []


def test_ties_do_not_depend_on_the_order_of_arrival(table, use):
    from workbench.transforms.core import pipeline
    from workbench.transforms.core.context import Context

    rows = [
        {"_source": f"{file}.csv", "_row": row, "_run": "r", "k": str(row % 5), "a": "1", "b": "2"}
        for file in "ba"
        for row in range(20)
    ]
    melted = use("melt", keep="k", names_to="name", values_to="value")
    for uses in ([use("deduplicate", keys="k")], [melted, use("deduplicate", keys="k")]):
        results = set()
        for seed in range(3):
            random.Random(seed).shuffle(rows)
            found = pipeline.run(table(rows), uses, Context("d")).table.to_pyarrow().to_pylist()
            results.add(tuple(sorted(tuple(row.values()) for row in found)))
        assert len(results) == 1
        assert all(row[0] == "a.csv" for row in results.pop())


def test_rows_refused_before_are_no_duplicates(run, use):
    rows = [{"k": "1", "v": "bad"}, {"k": "1", "v": "2"}]
    result = run(rows, use("type_cast", columns={"v": "integer"}), use("deduplicate", keys="k"))
    assert result.rows == [{"k": "1", "v": 2}]
    assert result.last.deduplicated == 0


def test_wrong_options(run, use):
    with pytest.raises(ValidationError, match="'order_by' means nothing"):
        find("transforms", "deduplicate").Options(keys="k", keep="none", order_by=["t"])
    with pytest.raises(TransformError, match="no column 'kk'; did you mean 'k'"):
        run(ROWS, use("deduplicate", keys="kk"))


def test_lineage(run, use):
    result = run(ROWS, use("deduplicate", keys="k", order_by=["t"]))
    assert result.edges == {
        *(("target.bronze", name, name, "direct") for name in "ktv"),
        ("target.bronze", "k", None, "dedupe"),
        ("target.bronze", "t", None, "dedupe"),
    }


def test_rows_that_have_their_numbers_are_not_copied_to_find_doubled_ones(run, use):
    rows = [{"id": str(n % 4), "note": "x"} for n in range(7)]
    widths = []

    def keep(table):
        widths.append(len(table.columns))
        return table.cache()

    before = [use("type_cast", columns={"id": "integer"}), use("derive", columns={"twice": "id*2"})]
    done = run(rows, *before, use("deduplicate", keys=["id"]), materialize=keep)
    plain = run(rows, *before, use("select", columns=["id", "twice"]))
    assert [row["id"] for row in done.rows] == list(dict.fromkeys(plain.column("id")))
    assert [row["twice"] for row in done.rows] == [2 * row["id"] for row in done.rows]
    assert len([each for each in widths if each > 2]) == 1


def test_a_column_that_is_called_as_the_engine_calls_its_numbers(run, use):
    rows = [{"RowId": "7", "k": str(n % 3)} for n in range(6)]
    done = run(rows, use("type_cast", columns={"k": "integer"}), use("deduplicate", keys=["k"]))
    assert [(row["RowId"], row["k"]) for row in done.rows] == [("7", 0), ("7", 1), ("7", 2)]

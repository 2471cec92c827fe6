"""join and lookup: matches, rows without one, and keys that are not unique."""

from __future__ import annotations

import pytest

from workbench.errors import TransformError
from workbench.model.dataset import Column
from workbench.transforms.core import pipeline

SALES = [
    {"client": "1", "amount": "10"},
    {"client": "2", "amount": "20"},
    {"client": "9", "amount": "90"},
    {"client": None, "amount": "0"},
]
CLIENTS = [
    {"id": "1", "name": "Ana", "city": "Arica"},
    {"id": "2", "name": "Ben", "city": "Iquique"},
    {"id": "2", "name": "Bea", "city": None},
    {"id": None, "name": "?", "city": None},
]
UNIQUE = [CLIENTS[0], {"id": "2", "name": None, "city": "Iquique"}, *CLIENTS[3:], CLIENTS[3]]
ON = {"dataset": "clients", "on": {"client": "id"}}


def test_left_join(run, use):
    result = run(SALES, use("join", **ON), datasets={"clients": CLIENTS})
    assert [(row["client"], row["name"]) for row in result.rows] == [
        ("1", "Ana"), ("2", "Bea"), ("2", "Ben"), ("9", None), (None, None)
    ]  # fmt: skip
    assert result.ledgers == [
        {"name": "1 join", "rows_in": 4, "expanded": 1, "rows_out": 5, "notes": {"unmatched": 2}}
    ]


def test_inner_join(run, use):
    result = run(SALES, use("join", **ON, how="inner"), datasets={"clients": CLIENTS})
    assert result.numbers == [2, 3, 3]
    assert result.last.model_dump(include={"expanded", "filtered"}) == {
        "expanded": 1,
        "filtered": 2,
    }


def test_columns_prefix_and_compound_keys(run, use):
    others = {"clients": [{"client": "1", "amount": "10", "name": 'x "y"'}]}
    joined = use("join", dataset="clients", on=["client", "amount"], columns="name", prefix="c_")
    result = run(SALES[:2], joined, datasets=others)
    assert result.rows[0] == {"client": "1", "amount": "10", "c_name": 'x "y"'}
    assert result.rows[1]["c_name"] is None


@pytest.mark.parametrize(
    ("options", "clients", "message"),
    [
        ({"on": "id"}, CLIENTS, "no column 'id'"),
        ({"on": {"client": "idd"}}, CLIENTS, "no column 'idd'; did you mean 'id'"),
        ({}, [{"id": "1", "AMOUNT": "x"}], "two columns 'AMOUNT'"),
        ({}, [{"id": 1, "name": "x"}], "'client' is string and 'id' of 'clients' is int64"),
        ({"columns": ["nam"]}, CLIENTS, "no column 'nam'; did you mean 'name'"),
    ],
)
@pytest.mark.parametrize("name", ["join", "lookup"])
def test_what_does_not_fit(run, use, name, options, clients, message):
    with pytest.raises(TransformError, match=message):
        run(SALES, use(name, **(ON | options)), datasets={"clients": clients})


def test_lookup(run, use):
    result = run(SALES, use("lookup", **ON, columns=["name", "city"]), datasets={"clients": UNIQUE})
    assert [tuple(row.values())[2:] for row in result.rows] == [
        ("Ana", "Arica"), (None, "Iquique"), (None, None), (None, None)
    ]  # fmt: skip
    assert result.ledgers == [
        {"name": "1 lookup", "rows_in": 4, "rows_out": 4, "notes": {"unmatched": 2}}
    ]


def test_lookup_refuses_a_key_that_is_not_unique(run, use):
    with pytest.raises(TransformError) as caught:
        run(SALES, use("lookup", **ON), datasets={"clients": CLIENTS})
    assert "the key (id) is not unique in 'clients': (2) 2 times" in str(caught.value)
    assert "ambiguous: quarantine" in str(caught.value)


def test_rows_that_match_several_can_be_refused(run, use):
    lookup = use("lookup", **ON, ambiguous="quarantine")
    result = run(SALES, lookup, datasets={"clients": CLIENTS})
    assert result.numbers == [2, 4, 5]
    assert result.refused[0]["reasons"] == ["client: (2) has 2 rows in clients"]
    assert result.last.quarantined == 1


def test_rows_without_a_match(run, use):
    others = {"clients": UNIQUE}
    refused = run(SALES, use("lookup", **ON, unmatched="quarantine"), datasets=others)
    assert refused.numbers == [2, 3]
    assert [row["reasons"] for row in refused.refused] == [
        ["client: (9) is not in clients"], ["client: (null) is not in clients"]
    ]  # fmt: skip
    assert refused.refused[0]["values"] == SALES[2]
    filtered = run(SALES, use("lookup", **ON, unmatched="filter"), datasets=others)
    assert filtered.numbers == [2, 3]
    assert filtered.last.filtered == 2
    with pytest.raises(TransformError, match=r"2 rows cannot be used: in.csv row 4: client: "):
        run(SALES, use("lookup", **ON, unmatched="stop"), datasets=others)


def test_empty_sides(run, use):
    nobody = [{"id": "x", "name": "y"}]
    assert run([], use("lookup", **ON), datasets={"clients": nobody}, like=["client"]).rows == []
    result = run(SALES[:1], use("join", **ON, how="inner"), datasets={"clients": nobody})
    assert result.rows == []


def test_several_lookups_in_a_row(run, use):
    cities = [{"city": "Arica", "region": "XV"}, {"city": "Iquique", "region": "I"}]
    result = run(
        SALES,
        use("lookup", **ON, columns="city", unmatched="quarantine"),
        use("lookup", dataset="cities", on="city"),
        use("type_cast", columns={"amount": "integer"}),
        datasets={"clients": UNIQUE, "cities": cities},
    )
    assert result.column("region") == ["XV", "I"]


def test_the_plan_knows_the_other_dataset_by_its_columns(use):
    columns = (Column(name="client"), Column(name="amount", type="integer"))
    others = {"clients": (Column(name="id"), Column(name="since", type="date"))}
    context = pipeline.planning_context("sales", others.__getitem__, columns)
    after = pipeline.columns_after(
        columns, [use("lookup", **ON), use("drop", columns="amount")], context
    )
    assert [(column.name, column.type) for column in after[0]] == [
        ("client", "text"), ("amount", "integer"), ("since", "date")
    ]  # fmt: skip
    assert [column.name for column in after[1]] == ["client", "since"]


def test_a_dataset_that_is_not_there(use):
    columns = (Column(name="client"),)
    from workbench.transforms.core.context import Context

    with pytest.raises(TransformError, match="'clients' is not available here") as caught:
        pipeline.columns_after(columns, [use("lookup", **ON)], Context("sales"))
    assert caught.value.where == "dataset sales, transform 1 lookup"


@pytest.mark.parametrize("name", ["join", "lookup"])
def test_lineage(run, use, name):
    result = run(SALES, use(name, **ON, columns="name"), datasets={"clients": UNIQUE})
    assert result.edges == {
        ("target.bronze", "client", "client", "direct"),
        ("target.bronze", "amount", "amount", "direct"),
        ("clients", "name", "name", "direct"),
        ("target.bronze", "client", None, "join"),
        ("clients", "id", None, "join"),
    }
    tables = {edge.source for edge in result.outcome.lineage if edge.source_column is None}
    assert tables == {"target.bronze", "clients"}


def test_options_name_their_datasets(use):
    assert use("join", **ON).options.datasets() == ("clients",)
    assert use("lookup", **ON).options.datasets() == ("clients",)

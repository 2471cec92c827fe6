"""The walker over expression graphs: right edges, and no silence about what it does not know."""

from __future__ import annotations

import ibis
import pytest

from workbench.errors import TransformError
from workbench.transforms.core.lineage import edges

T = ibis.table({"a": "string", "b": "int64", "c": "int64"}, name="t")
U = ibis.table({"a": "string", "d": "int64"}, name="u")


def found(table):
    return {
        (edge.source, edge.source_column, edge.target_column, edge.kind)
        for edge in edges(table, table.columns, "x")
        if edge.source_column
    }


def test_union():
    both = T.select("a", v=T.b).union(U.select("a", v=U.d + 1))
    assert found(both) == {
        ("t", "a", "a", "direct"), ("u", "a", "a", "direct"),
        ("t", "b", "v", "direct"), ("u", "d", "v", "derived"),
    }  # fmt: skip


def test_window():
    lagged = T.select(before=T.b.lag().over(order_by=T.c))
    assert found(lagged) == {("t", "b", "before", "derived"), ("t", "c", "before", "derived")}
    ranked = T.select(
        total=T.b.sum().over(group_by=T.a), place=ibis.row_number().over(order_by=T.c)
    )
    assert found(ranked) == {
        ("t", "b", "total", "aggregated"), ("t", "a", "total", "derived"),
        ("t", "c", "place", "derived"),
    }  # fmt: skip


def test_rows_by_rank_are_deduplicated():
    first = T.mutate(r=ibis.row_number().over(group_by=T.a, order_by=T.c)).filter(ibis._.r == 0)
    assert found(first.select("b")) == {
        ("t", "b", "b", "direct"), ("t", "a", None, "dedupe"), ("t", "c", None, "dedupe")
    }  # fmt: skip
    assert ("t", "b", None, "dedupe") in found(T.select("b").distinct())


def test_joins():
    joined = T.left_join(U, "a").select("b", "d", e=ibis._.b + ibis._.d)
    assert found(joined) == {
        ("t", "b", "b", "direct"), ("u", "d", "d", "direct"), ("t", "b", "e", "derived"),
        ("u", "d", "e", "derived"), ("t", "a", None, "join"), ("u", "a", None, "join"),
    }  # fmt: skip
    twice = T.join(T.view(), "a").select("b")
    assert ("t", "a", None, "join") in found(twice)


def test_aggregates_and_filters():
    grouped = (
        T.filter(T.c > 0).group_by("a").aggregate(s=(T.b * 2).sum(where=T.c == 1), n=ibis._.count())
    )
    assert found(grouped.filter(ibis._.s > 5)) == {
        ("t", "a", "a", "direct"), ("t", "b", "s", "aggregated"), ("t", "c", "s", "aggregated"),
        ("t", "c", None, "filter"), ("t", "b", None, "filter"),
    }  # fmt: skip


def test_melts_keep_values_apart_from_names():
    long = T.pivot_longer(["b", "c"], names_to="k", values_to="v")
    assert found(long) == {
        ("t", "a", "a", "direct"), ("t", "b", "v", "direct"), ("t", "c", "v", "direct")
    }  # fmt: skip


def test_the_kind_that_says_most_wins():
    table = T.mutate(x=T.b).mutate(y=ibis._.x + 1).mutate(z=ibis.coalesce(ibis._.x, ibis._.y))
    assert found(table.select("x", "z")) == {
        ("t", "b", "x", "direct"), ("t", "b", "z", "derived")
    }  # fmt: skip


def test_sorting_limits_and_literals_add_nothing():
    table = T.order_by("b").limit(5).select("a", one=ibis.literal(1)).drop("one")
    assert found(table) == {("t", "a", "a", "direct")}


@pytest.mark.parametrize(
    "table",
    [
        T.filter(T.a.isin(U.a)),
        T.select(x=T.b + U.d.max().as_scalar()),
        T.mutate(x=ibis.array([T.b, T.c])).unnest("x").select("x"),
        T.select(x=T.rowid()),
    ],
    ids=["in subquery", "scalar subquery", "unnest", "rowid"],
)
def test_what_is_not_known_is_an_error(table):
    with pytest.raises(TransformError, match=r"the lineage of the operation .* is not known"):
        edges(table, table.columns, "x")


def test_edges_between_tables():
    joined = T.join(U, "a").select("b")
    assert {(e.source, e.target) for e in edges(joined, ["b"], "x") if e.source_column is None} == {
        ("t", "x"), ("u", "x")
    }  # fmt: skip

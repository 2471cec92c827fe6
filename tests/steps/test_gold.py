"""Datasets made from datasets."""

from __future__ import annotations

from tests.steps.road import Road, result
from workbench.model.status import Status

SALES = """
source: {path: "inbox/sales*.csv"}
transforms:
  - type_cast: {columns: {amount: integer}}
key: [id]
"""
SHOPS = """
source: {path: "inbox/shops.csv"}
key: [shop]
"""
BY_REGION = """
source: {type: dataset, dataset: sales}
transforms:
  - lookup: {dataset: shops, on: [shop], columns: [region]}
  - aggregate: {group_by: [region], measures: {amount: sum(amount)}}
key: [region]
"""


def build(road: Road) -> None:
    road.spec("sales", SALES)
    road.spec("shops", SHOPS)
    road.spec("by_region", BY_REGION)
    road.file("sales.csv", "id,shop,amount\n1,a,10\n2,b,20\n3,a,30\n")
    road.file("shops.csv", "shop,region\na,North\nb,South\n")


def test_upstream_datasets_run_first_and_gold_follows_them(road: Road) -> None:
    build(road)
    run = road.run("by_region")
    assert run.status == Status.SUCCESS, run.error
    datasets = [step.dataset for step in run.steps]
    assert datasets.index("by_region") > max(datasets.index("sales"), datasets.index("shops"))
    assert road.query("FROM by_region ORDER BY ALL") == [("North", 40), ("South", 20)]
    road.file("sales2.csv", "id,shop,amount\n2,b,25\n")
    road.run("by_region")
    assert road.query("FROM by_region ORDER BY ALL") == [("North", 40), ("South", 25)]


def test_gold_is_not_computed_again_while_nothing_upstream_changed(road: Road) -> None:
    build(road)
    road.run("by_region")
    again = result(road.run("by_region"), "transform", "by_region")
    assert again.skipped is not None and "have not changed" in again.skipped


def test_gold_alone_needs_published_upstreams(road: Road) -> None:
    build(road)
    run = road.run("by_region", upstream=False)
    assert run.error is not None and "never published" in run.error["message"]
    assert "workbench run sales" in run.error["remedy"]


def test_lineage_reaches_from_gold_columns_to_the_columns_of_both_sources(road: Road) -> None:
    build(road)
    run = road.run("by_region")
    edges = {
        (edge.source, edge.source_column, edge.target_column, edge.kind)
        for edge in result(run, "transform", "by_region").lineage
    }
    assert ("sales", "amount", "amount", "aggregated") in edges
    assert ("shops", "region", "region", "direct") in edges

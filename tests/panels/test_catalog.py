"""The Catalog panel's kernel side: what is found, and what is written to specs and glossary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.panels.conftest import Front
from tests.steps.road import Road
from workbench.config import Settings
from workbench.panels.catalog import Catalog
from workbench.spec.portal import load_glossary

SHOPS = """
title: Shops
owner: Sales office
tags: [sales]
source: {path: inbox/shops.csv}
transforms:
  - type_cast: {columns: {sales: integer}}
key: [shop]
columns:
  # where it is
  shop: {description: Its name, term: venta}
"""
GLOSSARY = """\
# what we mean
terms:
  venta:
    name: Sale   # the law's word
    definition: Units times price.
"""


@pytest.fixture
def road(settings: Settings) -> Road:
    found = Road(settings)
    found.spec("shops", SHOPS)
    found.spec("report", "source: {dataset: shops}\n")
    found.file("shops.csv", "shop,sales\nNorth,1\nSouth,2\n")
    (settings.specs / "glossary.yml").write_text(GLOSSARY)
    return found


@pytest.fixture
def panel(front: Callable[..., Front], road: Road) -> Front:
    return front(Catalog)


def text(road: Road, name: str = "datasets/shops.yml") -> str:
    return (road.settings.specs / name).read_text()


def test_everything_can_be_found(panel: Front, road: Road) -> None:
    road.run("shops")
    seen = panel.call("overview")
    search = seen["search"]
    found = {(search["kinds"][entry[0]], entry[1]): entry for entry in search["entries"]}
    assert set(found) == {
        ("dataset", "shops"), ("dataset", "report"), ("column", "shop"), ("column", "sales"),
        ("term", "Sale"),
    }  # fmt: skip
    assert found["column", "shop"][2:4] == ["shops#shop", "shops · Its name"]
    assert "Sale" in found["column", "shop"][4], "a column is found by its term too"
    by_name = {each["name"]: each for each in seen["datasets"]}
    assert (by_name["shops"]["said"], by_name["shops"]["total"]) == (2, 4)
    assert seen["terms"][0]["uses"] == [["shops", "shop"]]
    assert (seen["unsaved"], seen["unknown"], seen["problems"]) == ([], {}, [])


def test_a_dataset_is_shown_with_its_figures_and_neighbours(panel: Front, road: Road) -> None:
    road.run("shops")
    facts = panel.call("dataset_facts", dataset="shops")
    assert (facts["rows"], facts["version"], facts["used_by"]) == (2, 1, ["report"])
    shop, sales = facts["columns"]
    assert (shop["key"], shop["term"], shop["published"]) == (True, "venta", True)
    assert (sales["type"], sales["nulls"], sales["distinct"]) == ("integer", 0.0, 2)
    before = panel.call("dataset_facts", dataset="report")
    assert (before["version"], before["needs"], before["columns"]) == (None, ["shops"], [])


def test_words_are_written_on_their_own_lines_and_saved_together(panel: Front, road: Road) -> None:
    road.run("shops")
    facts = panel.call(
        "describe_column", dataset="shops", column="sales", field="description", value="Units: sold"
    )
    assert facts["said"] == [3, 4]
    panel.call("describe", dataset="shops", field="tags", value=["sales", "open data"])
    seen = panel.call("describe_term", key="venta", field="synonyms", value=["sales line"])
    assert seen["unsaved"] == ["specs/datasets/shops.yml", "specs/glossary.yml"]
    assert "Units" not in text(road)
    done = panel.call("save")
    assert done["saved"] == seen["unsaved"] and done["conflicts"] == []
    assert "# where it is" in text(road) and 'description: "Units: sold"' in text(road)
    assert "# the law's word" in text(road, "glossary.yml")
    assert load_glossary(road.settings).terms["venta"].synonyms == ("sales line",)


def test_terms_are_linked_added_and_removed(panel: Front, road: Road) -> None:
    road.run("shops")
    error = panel.fail(
        "describe_column", dataset="shops", column="sales", field="term", value="vente"
    )
    assert "did you mean 'venta'" in error["message"]
    panel.call("describe_column", dataset="shops", column="sales", field="term", value="venta")
    uses = panel.call("overview")["terms"][0]["uses"]
    assert uses == [["shops", "shop"], ["shops", "sales"]]
    assert "shops.shop, shops.sales" in panel.fail("remove_term", key="venta")["message"]
    seen = panel.call("add_term", key="region", word="Sales region")
    assert [term["key"] for term in seen["terms"]] == ["venta", "region"]
    assert [term["key"] for term in panel.call("remove_term", key="region")["terms"]] == ["venta"]
    for name in ("shop", "sales"):
        panel.call("describe_column", dataset="shops", column=name, field="term", value=None)
    assert panel.call("remove_term", key="venta")["terms"] == []
    again = panel.call("add_term", key="precio", word="Price: <b>net</b>")
    assert again["terms"][0]["name"] == "Price: <b>net</b>"
    panel.call("save")
    assert text(road, "glossary.yml").startswith("# what we mean\n")
    assert load_glossary(road.settings).terms["precio"].name == "Price: <b>net</b>"


def test_the_first_term_makes_the_glossary(panel: Front, road: Road) -> None:
    (road.settings.specs / "glossary.yml").unlink()
    assert panel.call("overview")["unsaved"] == []
    panel.call("add_term", key="venta", word="Sale")
    assert panel.call("save")["saved"] == ["specs/glossary.yml"]
    assert load_glossary(road.settings).terms["venta"].name == "Sale"


def test_another_who_saved_is_not_written_over(panel: Front, road: Road) -> None:
    panel.call("describe", dataset="shops", field="description", value="One row a shop")
    panel.call("describe_term", key="venta", field="definition", value="Mine")
    road.spec("shops", SHOPS.replace("Sales office", "Finance"))
    (road.settings.specs / "glossary.yml").write_text(GLOSSARY.replace("Units", "Pieces"))
    done = panel.call("save")
    assert done["saved"] == []
    assert [each["file"] for each in done["conflicts"]] == [
        "specs/datasets/shops.yml", "specs/glossary.yml",
    ]  # fmt: skip
    assert any("Finance" in line for line in done["conflicts"][0]["diff"])
    assert "Finance" in text(road) and "Pieces" in text(road, "glossary.yml")
    panel.call("reload", file="specs/glossary.yml")
    kept = panel.call("save", overwrite=["specs/datasets/shops.yml"])
    assert kept["saved"] == ["specs/datasets/shops.yml"]
    assert "One row a shop" in text(road) and "Pieces" in text(road, "glossary.yml")


def test_what_is_written_can_be_undone(panel: Front) -> None:
    panel.call("describe", dataset="shops", field="owner", value="")
    assert panel.call("dataset_facts", dataset="shops")["owner"] == ""
    panel.call("undo", file="specs/datasets/shops.yml")
    assert panel.call("dataset_facts", dataset="shops")["owner"] == "Sales office"
    panel.call("undo", file="specs/datasets/shops.yml", redo=True)
    assert panel.call("overview")["unsaved"] == ["specs/datasets/shops.yml"]
    assert "not being edited" in panel.fail("undo", file="/etc/passwd")["message"]


def test_a_term_that_is_gone_is_told_with_its_columns(panel: Front, road: Road) -> None:
    (road.settings.specs / "glossary.yml").write_text("terms: {}\n")
    assert panel.call("overview")["unknown"] == {"venta": [["shops", "shop"]]}


@pytest.mark.parametrize("value", [{"a": 1}, 1, ["x", 2]])
def test_words_are_words(panel: Front, value: Any) -> None:
    error = panel.fail("describe", dataset="shops", field="title", value=value)
    assert "called wrongly" in error["message"]


def test_panels_share_what_is_unsaved(front: Callable[..., Front], panel: Front) -> None:
    other = front(Catalog)
    panel.call("describe_term", key="venta", field="definition", value="New words")
    other.wait(lambda message: message.get("event") == "draft")
    assert other.call("overview")["terms"][0]["definition"] == "New words"

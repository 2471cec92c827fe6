"""The Catalog panel in JupyterLab: search, describe, link terms, save; with the mouse, and with the
keyboard alone in the dark and in Spanish; a conflict is shown, and words stay words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab.conftest import Lab, OpenPanel, violations_in

expect.set_options(timeout=60_000)  # both cores may be busy

CODE = "from workbench.panels import Catalog\nCatalog('shops', language={!r})"
SPEC = """\
dataset: shops
title: Shops  # for the portal
source: {path: inbox/shops.csv}
columns:
  # where it is
  shop: {description: "<img src=x onerror=alert(1)>", term: venta}
  sales: {type: integer}
"""
GLOSSARY = """\
# what we mean
terms:
  venta:
    name: Sale   # the law's word
  region: {name: "<b>Region</b>"}
"""


@pytest.fixture
def described(lab: Lab) -> Lab:
    """A dataset that is described in part, and a glossary."""
    (lab.project / "specs" / "datasets" / "shops.yml").write_text(SPEC)
    (lab.project / "specs" / "glossary.yml").write_text(GLOSSARY)
    return lab


def text(lab: Lab, name: str = "datasets/shops.yml") -> str:
    return (lab.project / "specs" / name).read_text()


def by_key(panel: Locator, key: str) -> Locator:
    return panel.locator(f'[data-key="{key}"]')


@pytest.mark.long
def test_what_is_found_is_described_linked_and_saved(described: Lab, open_panel: OpenPanel) -> None:
    lab = described
    page, panel = open_panel(CODE.format("en"))
    expect(panel.locator(".wb-cat-bar")).to_contain_text("1 of 4 are described in all")
    assert panel.locator("img").count() == 0
    panel.get_by_role("searchbox").fill("sale")
    results = panel.locator(".wb-cat-list button.wb-cat-entry")
    expect(results).to_have_count(3)  # the term by its name, columns by theirs and by their term
    panel.get_by_role("button", name="sales column").click()
    expect(panel.locator(".wb-cat-here")).to_contain_text("sales")
    field = by_key(panel, "column sales")
    field.fill("Units sold")
    field.press("Tab")
    expect(panel.locator(".wb-cat-bar")).to_contain_text("2 of 4 are described in all")
    by_key(panel, "dataset tags").fill("open data, retail")
    by_key(panel, "dataset tags").press("Enter")
    by_key(panel, "term sales").select_option("region")
    expect(by_key(panel, "open sales")).to_be_visible()
    assert violations_in(page) == []

    by_key(panel, "open sales").click()
    expect(panel.locator(".wb-cat-title")).to_have_text("<b>Region</b>")
    expect(panel.locator(".wb-cat-uses")).to_contain_text("shops.sales")
    by_key(panel, "link").fill("shops.shop")
    by_key(panel, "link").press("Enter")
    expect(panel.locator(".wb-cat-uses li")).to_have_count(2)
    by_key(panel, "term definition").fill("Where it is sold")
    by_key(panel, "term definition").press("Tab")
    expect(panel.locator(".wb-cat-unsaved")).to_contain_text("2 files are not saved")
    assert violations_in(page) == []
    assert text(lab) == SPEC and text(lab, "glossary.yml") == GLOSSARY
    by_key(panel, "save").click()
    expect(panel.locator(".wb-cat-unsaved")).to_have_count(0)
    for kept in ("# for the portal", "# where it is", "description: Units sold", "- open data"):
        assert kept.removeprefix("- ") in text(lab), text(lab)
    assert text(lab).count("term: region") == 2
    assert "# the law's word" in text(lab, "glossary.yml")
    assert "Where it is sold" in text(lab, "glossary.yml")


@pytest.mark.long
def test_with_the_keyboard_alone_in_the_dark_and_in_spanish(
    described: Lab, open_panel: OpenPanel
) -> None:
    lab = described
    page, panel = open_panel(CODE.format("es"), theme="dark")
    expect(panel.locator(".wb-cat-title")).to_have_text("shops")
    by_key(panel, "missing").focus()
    page.keyboard.press("Space")
    expect(panel.locator("[data-column]")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("vent")
    expect(panel.locator(".wb-cat-list")).to_contain_text("Un resultado")  # by the term's key
    page.keyboard.press("Enter")
    expect(panel.locator(".wb-cat-title")).to_have_text("Sale")
    assert violations_in(page) == []

    panel.get_by_role("searchbox").focus()
    page.keyboard.press("Escape")
    by_key(panel, "add term").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Precio neto")
    page.keyboard.press("Enter")
    expect(panel.locator(".wb-cat-title")).to_have_text("Precio neto")
    (lab.project / "specs" / "glossary.yml").write_text(GLOSSARY + "  other: {name: Other}\n")
    page.keyboard.press("Control+s")
    dialog = panel.get_by_role("dialog")
    expect(dialog).to_contain_text("other: {name: Other}")
    assert violations_in(page) == []
    dialog.get_by_role("button", name="Conservar lo mío, encima de lo otro").focus()
    page.keyboard.press("Enter")
    expect(panel.locator(".wb-cat-unsaved")).to_have_count(0)
    assert "precio_neto" in text(lab, "glossary.yml")
    assert "# what we mean" in text(lab, "glossary.yml")

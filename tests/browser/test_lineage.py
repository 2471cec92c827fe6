"""The lineage explorer: focus, depth, columns, impact; by pointer, by keys and by address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.browser import gallery
from tests.browser.conftest import Open, Watch, opened, violations
from tests.browser.conftest import drawn as frame

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NODES, EDGES = gallery.graph()
NAMES = {node.id: node.name for node in NODES}


def explore(site: Path, visit: Open, fragment: str = "", **options: object) -> Page:
    page = visit(site / "lineage.html", fragment, **options)
    page.wait_for_selector(".wb-explorer__canvas .wb-node")
    return page


def said(page: Page) -> str:
    return page.locator(".wb-explorer__said").inner_text()


def drawn(page: Page) -> set[str]:
    """Names of the tables in the picture, all of it brought into view."""
    page.locator(".wb-explorer__zoom button").last.click()
    frame(page)
    titles = page.locator(".wb-explorer__canvas .wb-node__head > title").all_text_contents()
    return {title.rsplit(", ", 2 if title.count(", ") > 1 else 1)[0] for title in titles}


def around(start: str, depth: int, *, up: bool) -> set[str]:
    found, front = set(), {start}
    for _ in range(depth):
        front = {
            (edge.source if up else edge.target)
            for edge in EDGES
            if (edge.target if up else edge.source) in front
        }
        found |= front
    return {NAMES[name] for name in found}


def node(page: Page, name: str) -> str:
    index = next(i for i, each in enumerate(NODES) if each.name == name)
    return f'.wb-explorer__canvas [data-stop="{index}:-1"]'


def test_a_click_focuses_and_back_returns(gallery_site: Path, visit: Open) -> None:
    page = explore(gallery_site, visit)
    assert said(page) == f"{len(NODES)} tables shown"
    page.locator(node(page, "customers")).click()
    page.wait_for_url("**#focus=d1")
    near = {"customers"} | around("d1", 2, up=True) | around("d1", 2, up=False)
    assert drawn(page) == near
    assert page.locator(".wb-explorer__panel h2").inner_text() == "customers"
    made = page.locator(".wb-explorer__panel li button").all_inner_texts()
    assert "customers_2025.csv" in made
    page.go_back()
    page.get_by_text(f"{len(NODES)} tables shown").wait_for()
    assert not page.locator(".wb-explorer__panel").is_visible()


def test_the_address_says_what_is_shown(gallery_site: Path, visit: Open) -> None:
    page = explore(gallery_site, visit, "#focus=d0&depth=1&direction=down")
    assert drawn(page) == {"orders"} | around("d0", 1, up=False)
    page.get_by_label("Direction").select_option("up")
    page.wait_for_url("**direction=up")
    assert drawn(page) == {"orders"} | around("d0", 1, up=True)
    page.get_by_label("Steps").select_option("Infinity")
    page.wait_for_url("**depth=all**")


def test_impact_is_said_and_highlighted(gallery_site: Path, visit: Open) -> None:
    page = explore(gallery_site, visit, "#focus=d1")
    page.get_by_role("button", name="What breaks").click()
    page.wait_for_url("**impact=1")
    broken = around("d1", 9, up=False)
    assert f"{len(broken)} tables depend on it" in said(page)
    assert broken < drawn(page)
    assert page.locator(".wb-explorer__canvas .wb-node.wb-hit").count() == len(broken)
    note = page.locator(".wb-explorer__panel .wb-callout").inner_text()
    assert note.startswith("If customers changes")
    assert violations(page) == []


def test_columns_are_drawn_and_traced(gallery_site: Path, visit: Open) -> None:
    page = explore(gallery_site, visit, "#focus=d1&level=column")
    index = next(i for i, each in enumerate(NODES) if each.id == "d1")
    amount = page.locator(f'.wb-explorer__canvas [data-stop="{index}:2"]')
    assert amount.locator("title").text_content() == "customers.amount, decimal(18,2)"
    amount.click()
    page.wait_for_url("**column=amount**")
    kinds = {"aggregated", "direct"}
    for kind in kinds:
        assert page.locator(f".wb-edge--{kind}.wb-on").count() > 0, kind
    assert page.locator(".wb-edge--filter.wb-on").count() == 0
    page.get_by_role("button", name="What breaks").click()
    page.wait_for_url("**impact=1")
    assert "columns are computed from it" in said(page)
    name = page.locator(f'.wb-explorer__canvas [data-stop="{index}:1"]')
    name.click()  # a name that others filter by: rows, not values
    page.wait_for_url("**column=name**")
    assert "rows of" in said(page)
    assert violations(page) == []


def test_keys_move_focus_and_zoom(gallery_site: Path, visit: Open) -> None:
    page = explore(gallery_site, visit)
    page.locator(".wb-explorer__canvas > svg").focus()
    here = "document.activeElement.querySelector('title')?.textContent"
    page.keyboard.press("ArrowDown")
    first = page.evaluate(here)
    assert first
    page.keyboard.press("ArrowDown")
    assert page.evaluate(here) not in (first, None)
    page.keyboard.press("Home")
    assert page.evaluate(here) == first
    page.keyboard.press("ArrowRight")
    assert page.evaluate(here) != first
    page.keyboard.press("Enter")
    page.wait_for_url("**#focus=**")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    where = "document.querySelector('.wb-explorer__canvas > svg > g').getAttribute('transform')"
    before = page.evaluate(where)
    page.keyboard.press("+")
    page.wait_for_function(f"before => {where} !== before", arg=before)
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.hash")
    assert said(page) == f"{len(NODES)} tables shown"


def test_a_table_is_found_by_typing(gallery_site: Path, visit: Open) -> None:
    page = explore(gallery_site, visit)
    field = page.get_by_label("Focus on", exact=True).first
    field.click()
    field.fill("budg")
    page.locator("#wb-lineage-tables [role=option]").first.wait_for()
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**#focus=**")
    assert field.input_value().startswith("budget")


def test_dragging_moves_the_picture_and_is_no_click(gallery_site: Path, visit: Open) -> None:
    page = explore(gallery_site, visit)
    box = page.locator(node(page, "orders")).bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_function(
        "([at, x]) => Math.abs(document.querySelector(at).getBoundingClientRect().x - x) < 3",
        arg=[node(page, "orders"), box["x"] + 100],
    )
    assert page.evaluate("location.hash") == ""


def test_hostile_names_stay_text(gallery_site: Path, visit: Open) -> None:
    hostile = next(each.id for each in NODES if each.name == gallery.HOSTILE[0])
    page = explore(gallery_site, visit, f"#focus={quote(hostile)}&impact=1&level=column")
    assert page.locator(".wb-explorer__panel h2").inner_text() == gallery.HOSTILE[0]
    assert page.evaluate("window.__pwned") is None


@pytest.mark.parametrize("fragment", ["#focus=gone&impact=1", "#focus=%3Cscript%3E&depth=x"])
def test_an_address_of_what_is_gone_shows_all(
    gallery_site: Path, fragment: str, visit: Open
) -> None:
    page = explore(gallery_site, visit, fragment)
    assert said(page) == f"{len(NODES)} tables shown"


def test_five_hundred_datasets_can_be_explored(chromium: Browser, tmp_path: Path) -> None:
    site = gallery.build(tmp_path / "site", datasets=500)
    watch = Watch(lambda url: url.startswith("file:"))
    with opened(chromium, watch) as context:
        page = context.new_page()
        page.goto((site / "lineage.html").as_uri())
        page.wait_for_selector(".wb-explorer__canvas .wb-node")
        # what is out of sight is not drawn
        assert 10 < page.locator(".wb-explorer__canvas .wb-node").count() < 300
        assert int(said(page).split()[0].replace(",", "")) > 850
        page.locator(".wb-explorer__focus input").fill("dataset_400")
        page.keyboard.press("Enter")
        page.wait_for_url("**#focus=d400")
        page.get_by_label("Level").select_option("column")
        assert page.locator(".wb-explorer__canvas .wb-column").count() > 3
    assert watch.faults == []


def test_without_data_the_picture_and_the_table_stay(chromium: Browser, tmp_path: Path) -> None:
    site = gallery.build(tmp_path / "site")
    (site / "assets" / "lineage.js").unlink()
    watch = Watch(lambda url: url.startswith("file:"))
    with opened(chromium, watch) as context:
        page = context.new_page()
        page.goto((site / "lineage.html").as_uri())
        page.get_by_text("could not be loaded").wait_for()
        assert page.locator(".wb-graph a.wb-node").first.is_visible()
    assert all("lineage.js" in fault or "ERR_FILE" in fault for fault in watch.faults)

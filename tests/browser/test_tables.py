"""Tables: sorting, filtering, columns, export, a header that stays."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open, violations

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@pytest.fixture
def page(gallery_site: Path, visit: Open) -> Page:
    page = visit(gallery_site / "index.html", accept_downloads=True)
    page.wait_for_selector(".wb-table__tools")
    return page


def table(page: Page) -> Locator:
    return page.locator('.wb-table[data-name="datasets"]')


def column(page: Page, number: int) -> list[str]:
    """Texts of a column, of the rows that are shown."""
    cells = table(page).locator(f"tbody tr:visible > :nth-child({number})")
    return [text.strip() for text in cells.all_inner_texts()]


def test_a_header_sorts_by_pointer_and_by_keys_and_says_how(page: Page) -> None:
    head = table(page).locator("th", has_text="Rows")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    rows = [int(text.replace(",", "")) for text in column(page, 5)]
    assert rows == sorted(rows)
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    again = [int(text.replace(",", "")) for text in column(page, 5)]
    assert again == sorted(rows, reverse=True)
    name = table(page).locator("th", has_text="Dataset")
    name.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert column(page, 1) == sorted(column(page, 1))


def test_a_filter_says_how_many_rows_it_leaves(page: Page) -> None:
    count = table(page).locator(".wb-table__count")
    assert count.inner_text() == "9 rows"
    table(page).locator(".wb-table__filter").fill("FAILED gold")
    page.wait_for_function(
        "at => document.querySelector(at).textContent !== '9 rows'", arg=".wb-table__count"
    )
    assert count.inner_text() == "1 of 9 rows"
    assert column(page, 1) == ["regions"]
    table(page).locator(".wb-table__filter").fill("nowhere")
    table(page).locator(".wb-table__none").wait_for()
    assert column(page, 1) == []


def test_columns_are_chosen_and_remembered(page: Page) -> None:
    head = table(page).locator("thead th", has_text="Quarantined")
    assert not head.is_visible()  # the page hides it at first
    button = table(page).locator(".wb-menu > button")
    button.click()
    page.get_by_label("Quarantined").check()
    page.get_by_label("Layer").uncheck()
    assert violations(page) == []
    assert head.is_visible()
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    assert button.evaluate("item => item === document.activeElement")
    page.reload()
    page.wait_for_selector(".wb-table__tools")
    assert head.is_visible()
    assert not table(page).locator("thead th", has_text="Layer").is_visible()


def test_what_is_shown_is_exported(page: Page) -> None:
    table(page).locator(".wb-table__filter").fill("orders")
    page.wait_for_function(
        "at => document.querySelector(at).textContent.startsWith('1 of')", arg=".wb-table__count"
    )
    with page.expect_download() as waiting:
        table(page).locator("button", has_text="CSV").click()
    assert waiting.value.suggested_filename == "datasets.csv"
    text = Path(waiting.value.path()).read_text("utf-8-sig")
    assert list(csv.reader(text.splitlines())) == [
        ["Dataset", "Layer", "Freshness", "Last run", "Rows"],
        ["orders", "silver", "Fresh", "Success", "1204"],
    ]


def test_exported_names_are_no_formulas_and_numbers_stay_numbers(
    gallery_site: Path, visit: Open
) -> None:
    page = visit(gallery_site / "datasets/orders.html", accept_downloads=True)
    page.wait_for_selector(".wb-table__tools")
    with page.expect_download() as waiting:
        page.locator('.wb-table[data-name="sample"] button', has_text="CSV").click()
    rows = list(csv.reader(Path(waiting.value.path()).read_text("utf-8-sig").splitlines()))
    assert ["'=HYPERLINK(1)", "'=HYPERLINK(1)", "5"] in rows
    assert ["-5", "null", "-5"] in rows


def test_the_header_stays_in_sight(gallery_site: Path, visit: Open) -> None:
    page = visit(gallery_site / "datasets/orders.html", viewport={"width": 1600, "height": 800})
    page.wait_for_selector(".wb-table__tools")
    page.locator("#c28").scroll_into_view_if_needed()
    page.locator("#c20").evaluate("row => scrollTo(0, row.offsetTop + 600)")
    head = page.locator('.wb-table[data-name="orders-columns"] thead th').first.bounding_box()
    bar = page.locator(".wb-sections").bounding_box()
    assert head and bar
    assert abs(head["y"] - (bar["y"] + bar["height"])) < 3


def test_a_table_too_wide_scrolls_in_its_own_box_and_the_keyboard_reaches_it(
    gallery_site: Path, visit: Open
) -> None:
    page = visit(gallery_site / "datasets/orders.html", viewport={"width": 500, "height": 700})
    page.wait_for_selector(".wb-table--moved")
    box = page.locator('.wb-table[data-name="orders-columns"] .wb-table__scroll')
    assert box.get_attribute("tabindex") == "0"
    assert box.get_attribute("aria-label") == "Columns of orders"
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())

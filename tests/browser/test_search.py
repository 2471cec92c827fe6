"""Search: opened by keys and by pointer, chosen by arrows, said to screen readers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import gallery
from tests.browser.conftest import Open, Watch, opened, prefer, violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FIELD = ".wb-search__input"
RESULT = ".wb-search__result"
STATUS = ".wb-search__status"


def says(page: Page, text: str) -> None:
    """Wait until the dialog says something."""
    page.wait_for_function(
        "([at, text]) => document.querySelector(at)?.textContent.includes(text)", arg=[STATUS, text]
    )


def chosen(page: Page) -> str:
    """Title of the result that is chosen, as the field tells screen readers."""
    name = page.locator(FIELD).get_attribute("aria-activedescendant")
    assert name
    option = page.locator(f"#{name}")
    assert option.get_attribute("aria-selected") == "true"
    return option.locator(".wb-search__title").inner_text()


@pytest.fixture
def page(gallery_site: Path, visit: Open) -> Page:
    page = visit(gallery_site / "index.html")
    page.wait_for_selector(".wb-search-open")
    return page


@pytest.mark.parametrize("keys", ["/", "Control+k"])
def test_keys_open_it_and_escape_gives_the_focus_back(page: Page, keys: str) -> None:
    link = page.locator(".wb-nav a").first
    link.focus()
    page.keyboard.press(keys)
    assert page.locator(FIELD).evaluate("item => item === document.activeElement")
    page.keyboard.press("Escape")
    assert not page.locator("dialog.wb-search").is_visible()
    assert link.evaluate("item => item === document.activeElement")


def test_a_slash_typed_into_a_field_is_a_slash(page: Page) -> None:
    page.locator(".wb-table__filter").focus()
    page.keyboard.press("/")
    assert page.locator(".wb-table__filter").input_value() == "/"
    assert not page.locator("dialog.wb-search").is_visible()


def test_arrows_choose_and_enter_goes_there(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("orders")
    says(page, "result")
    assert chosen(page) == "orders"
    page.keyboard.press("ArrowDown")
    second = chosen(page)
    assert second != "orders"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    assert chosen(page) == "orders"
    page.keyboard.press("Enter")
    page.wait_for_url("**/datasets/orders.html")


def test_the_pointer_opens_chooses_and_closes_it(page: Page) -> None:
    page.locator(".wb-search-open").click()
    page.locator(FIELD).fill("net amount")
    says(page, "1 result")
    page.locator(RESULT).click()
    page.wait_for_url("**/docs.html#one")
    page.locator(".wb-search-open").click()
    page.mouse.click(5, 400)  # beside the dialog
    assert not page.locator("dialog.wb-search").is_visible()


def test_it_says_what_it_found_and_is_accessible(page: Page) -> None:
    page.keyboard.press("/")
    says(page, "Type to search")
    page.keyboard.type("zzzz")
    says(page, "Nothing found for “zzzz”")
    assert page.locator(FIELD).get_attribute("aria-expanded") == "false"
    page.locator(FIELD).fill("customer")
    says(page, "results")
    assert page.locator(FIELD).get_attribute("aria-expanded") == "true"
    assert violations(page) == []
    prefer(page, "dark")
    assert violations(page) == []


def test_typing_errors_are_forgiven(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("custoners")
    says(page, "result")
    assert "customer" in page.locator(RESULT).first.inner_text()


@pytest.mark.parametrize("text", gallery.HOSTILE)
def test_hostile_names_stay_text(page: Page, text: str) -> None:
    page.keyboard.press("/")
    page.locator(FIELD).fill(text)
    says(page, "result")
    assert text in page.locator(RESULT).first.text_content() or ""
    assert page.evaluate("window.__pwned") is None


def test_without_an_index_it_says_so(chromium: Browser, tmp_path: Path) -> None:
    site = gallery.build(tmp_path / "site")
    (site / "assets" / "search-en.js").unlink()
    watch = Watch(lambda url: url.startswith("file:"))
    with opened(chromium, watch) as context:
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        page.wait_for_selector(".wb-search-open")
        page.keyboard.press("/")
        says(page, "could not be loaded")
    assert all("search-en.js" in fault or "ERR_FILE" in fault for fault in watch.faults)

"""The keyboard reaches everything, and one sees where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Open, drawn
from tests.browser.test_pages import GALLERY, settled

#: Numbers everything that a Tab should reach, and says where the focus is and whether it shows.
STOPS = """() => {
  const able = [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  const seen = able.filter((item) =>
    !item.disabled && item.tabIndex >= 0 && item.checkVisibility({ visibilityProperty: true }));
  seen.forEach((item, number) => item.setAttribute('data-stop-number', number));
  return seen.length;
}"""
HERE = """() => {
  const item = document.activeElement;
  const drawn = (style) =>
    (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) ||
    (style.boxShadow !== 'none' && style.boxShadow !== '');
  const inside = item.querySelector('rect');
  const shows = drawn(getComputedStyle(item)) || drawn(getComputedStyle(item, '::after')) ||
    (item.parentElement && drawn(getComputedStyle(item.parentElement))) ||
    (inside && parseFloat(getComputedStyle(inside).strokeWidth) >= 2);
  return [item.getAttribute('data-stop-number'), shows, item.outerHTML.slice(0, 120)];
}"""


@pytest.mark.parametrize("name", GALLERY)
def test_tab_reaches_everything_and_the_focus_is_seen(
    gallery_site: Path, name: str, visit: Open
) -> None:
    page = visit(gallery_site / name)
    settled(page)
    count = page.evaluate(STOPS)
    assert count > 10
    reached = set()
    for _ in range(count):
        page.keyboard.press("Tab")
        drawn(page)
        number, shows, html = page.evaluate(HERE)
        assert shows, f"the focus is not seen on {html}"
        reached.add(number)
    assert reached == {str(number) for number in range(count)}


def test_the_skip_link_comes_first_and_leads_to_the_content(
    gallery_site: Path, visit: Open
) -> None:
    page = visit(gallery_site / "index.html")
    page.wait_for_selector(".wb-theme")
    skip = page.locator(".wb-skip")
    assert (skip.bounding_box() or {"y": 0})["y"] < 0
    page.keyboard.press("Tab")
    assert skip.evaluate("item => item === document.activeElement")
    assert (skip.bounding_box() or {"y": -1})["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_tabs_move_with_arrows_and_open_for_links(gallery_site: Path, visit: Open) -> None:
    page = visit(gallery_site / "datasets/orders.html", "#spec-1")
    page.wait_for_selector(".wb-tabs--live")
    assert page.locator("#spec-1").is_visible()
    tab = page.locator('[role="tab"]').nth(1)
    tab.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#spec-now").is_visible()
    assert not page.locator("#spec-1").is_visible()
    assert page.locator('[role="tab"][aria-selected="true"]').inner_text() == "Now"


def test_a_charts_values_are_read_with_arrows(gallery_site: Path, visit: Open) -> None:
    page = visit(gallery_site / "datasets/orders.html")
    page.wait_for_selector(".wb-theme")
    chart = page.locator(".wb-chart--bars")
    chart.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".wb-tip").inner_text().startswith("02 Jan · accepted: ")
    page.keyboard.press("End")
    assert page.locator(".wb-tip").inner_text() == "31 Jan · quarantined: 12"
    assert "31 Jan" in page.locator("[role=status].wb-hidden-text").first.inner_text()
    page.keyboard.press("Escape")
    assert not page.locator(".wb-tip").is_visible()

"""Theme, tooltips, copying, plots, freshness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import gallery
from tests.browser.conftest import Open, prefer, wears
from tests.browser.test_pages import settled

if TYPE_CHECKING:
    pass

#: Notes the theme at the moment when there is something to paint.
FIRST = """new MutationObserver((_, watch) => {
  if (!document.body) return;
  window.first = document.documentElement.dataset.theme ?? null;
  watch.disconnect();
}).observe(document, { childList: true, subtree: true });"""


def test_a_chosen_theme_holds_on_every_page_from_its_first_paint(
    gallery_site: Path, visit: Open
) -> None:
    page = visit(gallery_site / "index.html")
    page.add_init_script(FIRST)
    button = page.locator(".wb-theme")
    wears(page, "light")
    assert button.get_attribute("aria-label") == "Switch to dark theme"
    button.click()
    wears(page, "dark")
    assert button.get_attribute("aria-label") == "Switch to light theme"
    page.goto((gallery_site / "docs.html").as_uri())
    assert page.evaluate("window.first") == "dark"
    wears(page, "dark")


def test_without_a_choice_the_systems_theme_holds(gallery_site: Path, visit: Open) -> None:
    page = visit(gallery_site / "index.html", color_scheme="dark")
    wears(page, "dark")
    prefer(page, "light")


def test_marks_say_their_words_and_lead_to_their_page(gallery_site: Path, visit: Open) -> None:
    page = visit(gallery_site / "runs/r1.html")
    settled(page)
    mark = page.locator(".wb-chart--gantt .wb-chart__mark").first
    mark.hover()
    assert page.locator(".wb-tip").inner_text() == "attempt 1: failed after 3.7 s"
    page.keyboard.press("Escape")
    assert not page.locator(".wb-tip").is_visible()


def test_code_is_copied(gallery_site: Path, visit: Open) -> None:
    page = visit(gallery_site / "runs/r1.html", permissions=["clipboard-read", "clipboard-write"])
    settled(page)
    button = page.locator(".wb-copy").first
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Copied").first.wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == 'run = "20250131-0800"'


def test_plots_are_drawn_under_the_strict_policy_and_their_words_stay_text(
    gallery_site: Path, visit: Open
) -> None:
    page = visit(gallery_site / "runs/r1.html")  # any violation fails the test
    settled(page)
    plot = page.locator(".wb-plotly")
    assert plot.locator(".bars path").count() == 2
    assert "<script>window.__pwned=1</script>" in (plot.locator(".gtitle").text_content() or "")
    bar = plot.locator(".bars path").first.bounding_box()
    assert bar
    page.mouse.move(bar["x"] + 20, bar["y"] + 20)
    page.mouse.move(bar["x"] + 25, bar["y"] + 25)
    plot.locator(".hoverlayer .hovertext").first.wait_for()
    page.locator(".wb-theme").click()
    assert page.evaluate("window.__pwned") is None


def test_a_plot_that_cannot_be_drawn_says_so(tmp_path: Path, visit: Open) -> None:
    site = gallery.build(tmp_path / "site")
    page_file = site / "runs" / "r1.html"
    text = page_file.read_text("utf-8")
    start = text.index('<script type="application/json">') + len('<script type="application/json">')
    page_file.write_text(text[:start] + "{broken" + text[start:], "utf-8")
    page = visit(page_file)
    page.get_by_text("could not be drawn").wait_for()
    assert page.get_by_text("Rows by region").first.is_visible()


@pytest.mark.parametrize(
    ("hours", "word"), [(1, "Fresh"), (-1, "Late"), (-49, "Stale")], ids=["fresh", "late", "stale"]
)
def test_freshness_is_judged_when_the_page_is_read(
    tmp_path: Path, visit: Open, hours: int, word: str
) -> None:
    due = (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = (
        f'<h1>x</h1><p><span class="wb-status wb-status--unknown" data-due="{due}" '
        f'data-period="86400">as published</span> <time datetime="{due}">then</time></p>'
    )
    site = gallery.build(tmp_path / "site")
    (site / "due.html").write_text(gallery.shell("x", "home", body), "utf-8")
    page = visit(site / "due.html")
    page.wait_for_selector(".wb-theme")
    status = page.locator("main .wb-status")
    assert status.inner_text() == word
    assert f"wb-status--{word.lower()}" in (status.get_attribute("class") or "")
    title = page.locator("main time").get_attribute("title") or ""
    assert ("ago" in title) == (hours < 0)


def test_hostile_names_on_a_page_stay_text(gallery_site: Path, visit: Open) -> None:
    page = visit(gallery_site / "datasets/orders.html")
    settled(page)
    shown = page.locator('.wb-table[data-name="sample"] tbody th').all_text_contents()
    assert set(gallery.HOSTILE) <= set(shown)
    assert page.locator("main img").count() == 0
    assert page.evaluate("window.__pwned") is None

"""What a reader of the portal waits for: first paint, search over 20,000 columns, lineage of 500.

In a real Chromium, from files; drawing is by software, as the browser has no graphics card here.
"""

from __future__ import annotations

import gzip
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.figures import Report, median
from tests.browser import gallery
from tests.browser.conftest import ARGUMENTS, executable
from workbench.publish import assets
from workbench.publish.lineage.layout import layout
from workbench.publish.lineage.svg import graph_svg

if TYPE_CHECKING:
    from playwright.sync_api import Page

DATASETS = 500
COLUMNS = 20_000
#: As people type: single letters, beginnings, parts, several words, errors, nothing to be found.
QUERIES = (
    *("a", "i", "id", "cu", "cust", "customer", "customer_id", "customer amount", "total price"),
    *("tomer", "custoner", "prodcut cod", "order_date_12", "table_499", "zzzz", "order line 2"),
)

#: Seconds from a letter typed to results that are laid out.
SEARCH = """(query) => {
  const input = document.querySelector('.wb-search__input');
  const began = performance.now();
  input.value = query;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  document.querySelector('.wb-search__results').offsetHeight;
  return (performance.now() - began) / 1000;
}"""
#: Seconds of each frame while the picture is dragged.
DRAG = """async () => {
  const canvas = document.querySelector('.wb-explorer__canvas > svg');
  const fire = (kind, x) => canvas.dispatchEvent(new PointerEvent(kind,
    { bubbles: true, pointerId: 1, button: 0, clientX: 600 - x, clientY: 500 - 3 * x }));
  const frame = () => new Promise(requestAnimationFrame);
  fire('pointerdown', 0);
  const frames = [];
  for (let at = 1, last = await frame(); at <= 60; at += 1) {
    fire('pointermove', 4 * at);
    const now = await frame();
    frames.push((now - last) / 1000);
    last = now;
  }
  fire('pointerup', 240);
  return frames;
}"""
#: Seconds from a choice to the picture of it.
FOCUS = """async (hash) => {
  const began = performance.now();
  location.hash = hash;
  await new Promise((done) => addEventListener('hashchange', done, { once: true }));
  await new Promise(requestAnimationFrame);
  document.querySelector('.wb-explorer__canvas').getBoundingClientRect();
  return (performance.now() - began) / 1000;
}"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"


def first_paint(page: Page, path: Path) -> float:
    """Median seconds until something of a page is seen."""
    times = []
    for _ in range(5):
        page.goto(path.as_uri())
        page.wait_for_function(
            "() => performance.getEntriesByName('first-contentful-paint').length"
        )
        times.append(float(page.evaluate(PAINT)))
    return statistics.median(times)


def search(report: Report, page: Page, site: Path) -> None:
    """Time from key to results, before and after the index of words is there."""
    page.goto((site / "index.html").as_uri())
    page.wait_for_selector(".wb-search-open")
    page.keyboard.press("/")
    page.wait_for_function("() => window.PORTAL_SEARCH")
    page.wait_for_function(
        "() => document.querySelector('.wb-search__status').textContent.length > 3"
    )
    page.evaluate(SEARCH, "custoner")
    page.wait_for_selector(".wb-search__result", timeout=60_000)  # the index forgives errors
    times: list[float] = []
    for query in QUERIES:
        taken = statistics.median(float(page.evaluate(SEARCH, query)) for _ in range(5))
        times.append(taken)
    worst = max(zip(times, QUERIES, strict=True))
    report.show(f"search over {COLUMNS:,} columns, median query", statistics.median(times), "s")
    report.show(f"  the slowest query ({worst[1]!r})", worst[0], "s", at_most=0.05)


def lineage(report: Report, page: Page, site: Path) -> None:
    """Layout, first picture, focus, columns, dragging."""
    nodes, edges = gallery.graph(DATASETS)
    many = f"{len(nodes)} tables, {len(edges)} edges"
    report.show(f"layout of {many}", median(5, lambda: layout(nodes, edges)), "s", at_most=1)
    plan = layout(nodes, edges)
    words: dict[str, Any] = {"title": "t", "description": "", "words": {}, "layout": plan}
    report.show("  its picture as SVG", median(5, lambda: graph_svg(nodes, edges, **words)), "s")
    page.goto((site / "lineage.html").as_uri())
    page.wait_for_selector(".wb-explorer__canvas .wb-node", state="attached")
    taken = page.evaluate("performance.now() / 1000")
    report.show("lineage page until it can be explored", float(taken), "s", at_most=3)
    frames = [float(each) for each in page.evaluate(DRAG)]
    report.show("  a frame while dragging", statistics.median(frames), "s", at_most=0.034)
    for what, fragment, bound in (
        ("focus on a table, two steps", "focus=d400", 0.2),
        ("  with columns", "focus=d400&level=column", 0.2),
        ("  with impact", "focus=d0&impact=1", 0.5),
        ("  back to all tables", "", 0.5),
    ):
        report.show(what, float(page.evaluate(FOCUS, fragment)), "s", at_most=bound)


def main() -> int:
    """Print the figures; 1 if a bound is missed."""
    from playwright.sync_api import sync_playwright

    report = Report()
    files = assets.front()
    for name in ("portal.js", "portal.css"):
        size = len(gzip.compress(files[name].read_bytes())) / 1000
        report.show(f"{name}, compressed", size, "kB", at_most=60)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, sync_playwright() as playwright:
        site = gallery.build(Path(name), datasets=DATASETS, columns=COLUMNS)
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        paint = first_paint(page, site / "datasets" / "orders.html")
        report.show("dataset page, first paint", paint, "s", at_most=1)
        search(report, page, site)
        lineage(report, page, site)
        browser.close()
    return int(report.missed)


if __name__ == "__main__":
    sys.exit(main())

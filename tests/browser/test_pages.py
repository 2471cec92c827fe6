"""Every page type: accessible, within every window, readable without scripts, below a sub-path."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open, Watch, excess, opened, overflow, prefer, served, violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

GALLERY = ["index.html", "datasets/orders.html", "runs/r1.html", "lineage.html", "docs.html"]
#: A page of each kind; the first that matches.
REAL = {
    "home": "index.html",
    "datasets": "datasets/index.html",
    "dataset": "datasets/ventas.html",
    "dataset that failed": "datasets/branches.html",
    "runs": "runs/index.html",
    "run": "runs/[!i]*.html",
    "checks": "checks/index.html",
    "checks of a run": "checks/*-ventas.html",
    "notebook": "notebooks/*-ventas-transform.html",
    "lineage": "lineage/index.html",
    "glossary": "glossary/index.html",
    "tools": "tools/index.html",
    "docs": "docs/index.html",
    "document": "docs/concepts.html",
    "Spanish": "es/datasets/ventas.html",
}


def one(site: Path, pattern: str) -> Path:
    return next(iter(sorted(site.glob(pattern))))


def settled(page: Page) -> None:
    """Scripts have run, and figures are drawn."""
    page.wait_for_selector(".wb-theme")
    if page.query_selector("[data-explorer]"):
        page.wait_for_selector(".wb-explorer__canvas .wb-node")
    if page.query_selector(".wb-plotly"):
        page.locator(".wb-plotly").first.scroll_into_view_if_needed()
        page.wait_for_selector(".wb-plotly .main-svg")


def check(page: Page) -> None:
    """Light and dark, and all windows from a telephone (and 400 % zoom) to a wide screen."""
    settled(page)
    assert violations(page) == []
    prefer(page, "dark")
    assert violations(page, colours_only=True) == []
    for width, height in ((1920, 1000), (320, 256), (390, 800)):
        assert excess(page, width, height) == 0, f"{width} px"


@pytest.mark.parametrize("name", GALLERY)
def test_a_gallery_page_is_accessible_and_fits(gallery_site: Path, name: str, visit: Open) -> None:
    page = visit(gallery_site / name)
    check(page)
    assert violations(page) == []  # at the width of a telephone


#: Lists that are built of the same parts as others.
ALIKE = ("datasets", "runs", "checks", "tools", "docs")


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[pytest.mark.long] if kind in ALIKE else []) for kind in REAL],
)
def test_a_page_of_the_real_site_is_accessible_and_fits(
    real_site: Path, kind: str, visit: Open
) -> None:
    check(visit(one(real_site, REAL[kind])))


def test_faults_would_be_found(chromium: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<!DOCTYPE html><html><body><img src="gone.png"><p style="color:#ccc;width:2000px">low</p>'
        '<img src="https://elsewhere.invalid/x.png"><script>alert(1); throw Error("x")</script>'
    )
    watch = Watch(lambda url: url.startswith("file:"))
    with opened(chromium, watch) as context:
        page = context.new_page()
        page.goto(bad.as_uri())
        found = " ".join(violations(page))
        assert "image-alt" in found and "color-contrast" in found and "html-has-lang" in found
        assert overflow(page) > 0
    faults = " ".join(watch.faults)
    for fault in ("elsewhere: https://elsewhere.invalid", "failed: file:", "dialog: 1", "error: x"):
        assert fault in faults


def test_the_policy_would_be_felt(chromium: Browser, gallery_site: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(gallery_site, site)
    page = site / "index.html"
    text = page.read_text("utf-8").replace("<main ", '<p style="color:red">x</p><main ')
    page.write_text(text.replace("</main>", "<script>window.ran = 1</script></main>"), "utf-8")
    watch = Watch(lambda url: True)
    with opened(chromium, watch) as context:
        opened_page = context.new_page()
        opened_page.goto(page.as_uri())
        assert opened_page.evaluate("window.ran") is None
    assert len([fault for fault in watch.faults if "Content Security Policy" in fault]) == 2


@pytest.mark.parametrize("name", GALLERY)
def test_pages_read_well_without_scripts(gallery_site: Path, name: str, visit: Open) -> None:
    page = visit(gallery_site / name, java_script_enabled=False)
    assert page.locator("h1").is_visible()
    for part in ("tbody tr", ".wb-tab", ".wb-graph .wb-node", ".wb-chart"):
        shown = page.locator(f"main {part}:not(details *)")
        for number in range(min(3, shown.count())):
            assert shown.nth(number).is_visible(), part


def test_the_site_works_below_a_sub_path_with_the_policy_as_a_header(
    chromium: Browser, real_site: Path, tmp_path: Path
) -> None:
    (tmp_path / "team" / "portal").parent.mkdir()
    (tmp_path / "team" / "portal").symlink_to(real_site)
    with served(tmp_path) as address:
        root = f"{address}/team/portal/"
        watch = Watch(lambda url: url.startswith((root, "data:", "blob:")))
        with opened(chromium, watch) as context:
            page = context.new_page()
            page.goto(root + "datasets/ventas.html")
            page.keyboard.press("/")
            page.locator(".wb-search__input").fill("clientes")
            page.locator(".wb-search__result").first.wait_for()
            page.keyboard.press("Enter")
            page.wait_for_url("**/datasets/clientes.html*")
            page.goto(root + "lineage/index.html")
            settled(page)
            page.goto(root + one(real_site, REAL["notebook"]).relative_to(real_site).as_posix())
            settled(page)
            page.locator('.wb-languages a[lang="es"]').click()
            page.wait_for_url("**/team/portal/es/notebooks/**")
            assert page.evaluate("document.documentElement.lang") == "es"
        assert watch.faults == []


def test_on_paper_everything_is_unfolded_and_buttons_are_gone(
    gallery_site: Path, visit: Open
) -> None:
    page = visit(gallery_site / "datasets/orders.html", color_scheme="dark")
    settled(page)
    assert not page.locator("#spec-1").is_visible()
    page.emulate_media(media="print")
    page.locator("#spec-1").wait_for(state="visible")
    for gone in (".wb-search-open", ".wb-table__tools", ".wb-sections", ".wb-copy"):
        assert not page.locator(gone).first.is_visible(), gone
    white = "getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'"
    page.wait_for_function(white)


def test_time_stamps_of_changes_stay_on_one_line(real_site: Path, visit: Open) -> None:
    page = visit(real_site / "index.html")
    for width in (390, 900, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        lines = page.locator(".wb-timeline time").evaluate_all(
            "all => all.map(each => each.getClientRects().length)"
        )
        assert lines
        assert set(lines) == {1}, width
        # scripts follow the window's width a moment later
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")

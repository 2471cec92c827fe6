"""A real Chromium, and pages that are watched: a fault on a page fails the test that opened it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.browser import gallery
from tests.conftest import MISSING, REPOSITORY
from tests.publish.conftest import Portal, portal
from workbench.publish import assets

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

#: What a browser would do on its own account, and what a virtual machine has not.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
)
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser")
AXE = REPOSITORY / "workbench" / "front" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: The rules of axe that look at colours.
COLOURS = ["color-contrast", "link-in-text-block"]

Open = Callable[..., "Page"]

__all__ = ["portal"]  # a fixture of the tests of publishing, for ours


def executable() -> str:
    """Chromium on this machine; without its windows, a page takes a fifth of the work."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        pytest.skip(f"{MISSING}chromium")
    return found


@pytest.fixture(scope="session", autouse=True)
def bundle() -> None:
    """The scripts and styles, which ``make install`` builds."""
    try:
        assets.front()
    except assets.BundleMissing:
        pytest.skip(f"{MISSING}the portal's bundle (make install)")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a file.

    Not for the whole session: Playwright keeps an event loop running, and other tests of this
    process want their own.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def gallery_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every component, with hostile names."""
    return gallery.build(tmp_path_factory.mktemp("gallery"))


@pytest.fixture(scope="session")
def real_site(portal: Portal) -> Path:
    """The published site of the example project, which the tests of publishing look at too."""
    return portal.site


class Watch:
    """What went wrong on pages: errors, words on the console, requests to elsewhere, dialogs."""

    def __init__(self, allowed: Callable[[str], bool]) -> None:
        self.allowed = allowed
        self.faults: list[str] = []

    def over(self, page: Page) -> None:
        """Watch a page."""
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)
        page.on("dialog", self._dialog)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning", "assert"):
            self.faults.append(f"{message.type}: {message.text}")

    def _failed(self, request: Any) -> None:
        # a page that is left before its icon has come: nothing is missing
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url}")

    def _request(self, request: Any) -> None:
        if not self.allowed(request.url):
            self.faults.append(f"elsewhere: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def opened(browser: Browser, watch: Watch, **options: Any) -> Iterator[BrowserContext]:
    """A fresh profile whose pages are watched."""
    options.setdefault("viewport", {"width": 1280, "height": 800})
    options.setdefault("reduced_motion", "reduce")  # colours are final at once
    context = browser.new_context(**options)
    context.set_default_timeout(30_000)
    context.on("page", watch.over)
    try:
        yield context
    finally:
        context.close()


def local(url: str) -> bool:
    """Whether an address is of a file or made on the page."""
    return url.startswith(("file:", "data:", "blob:"))


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    """``visit(file, **options of the context)`` opens a file; any fault on it fails the test."""
    watch = Watch(local)
    contexts = []

    def go(path: Path, fragment: str = "", **options: Any) -> Page:
        manager = opened(chromium, watch, **options)
        contexts.append(manager)
        page = manager.__enter__().new_page()
        page.goto(path.as_uri() + fragment)
        return page

    yield go
    for manager in contexts:
        manager.__exit__(None, None, None)
    assert watch.faults == []


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder with the strict policy as a header too, and says nothing."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", gallery.POLICY)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def axe_source() -> str:
    """The script of axe."""
    if not AXE.is_file():
        pytest.skip(f"{MISSING}axe-core (make install)")
    return AXE.read_text(encoding="utf-8")


def violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """What axe finds on a page as it is now; ``colours_only`` where only those have changed."""
    # through the debugger: the page's own policy would not let a script in
    page.evaluate(axe_source() + "\n;0")
    found = page.evaluate(
        """async (rules) => {
          const { violations } = await axe.run(document, {
            runOnly: rules, resultTypes: ['violations'],
            preload: false,  // it would fetch the stylesheets once more
          });
          return violations.flatMap(({ id, nodes }) => nodes.map((node) =>
            `${id}: ${node.target} ${node.html.slice(0, 160)} ${node.failureSummary}`));
        }""",
        COLOURS if colours_only else TAGS,
    )
    return [str(each) for each in found]


def drawn(page: Page) -> None:
    """Two frames later: Chromium brings styles and observers up to date when it draws."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 19, 24)"}


def prefer(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Let the system prefer light or dark, and wait until the page shows it."""
    page.emulate_media(color_scheme=scheme)
    wears(page, scheme)


def wears(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Wait until a page is light or dark, all of it."""
    page.wait_for_function(
        "ground => getComputedStyle(document.body).backgroundColor === ground", arg=GROUNDS[scheme]
    )
    drawn(page)


def excess(page: Page, width: int, height: int) -> int:
    """How many pixels a page stays wider than a window of this size; 0 if it fits."""
    from playwright.sync_api import TimeoutError

    page.set_viewport_size({"width": width, "height": height})
    with suppress(TimeoutError):
        page.wait_for_function(
            "() => document.documentElement.scrollWidth <= innerWidth", timeout=10_000
        )
    return max(0, overflow(page))


def overflow(page: Page) -> int:
    """How many pixels a page is wider than its window now."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))

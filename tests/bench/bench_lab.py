"""What somebody waits for in JupyterLab: the first panel, and a large file on its way.

In a real JupyterLab and a real Chromium, over loopback. Memory is what each process grows by while
a file of 400 MB goes through it.
"""

from __future__ import annotations

import gzip
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.bench.figures import Peak, Report
from tests.browser.conftest import ARGUMENTS, executable
from tests.browser.lab.conftest import Lab, run_all, settle, start_lab, stop_lab
from workbench.publish import assets

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZE = 400 << 20
CODE = "from workbench.panels import {0}\n{0}()"
READY = ".wb-file [data-state=ready]"


def sizes(report: Report) -> None:
    """What is sent to the browser, compressed."""
    total = 0.0
    for path in sorted((assets.dist() / "panels").glob("*.[cj]s*")):
        size = len(gzip.compress(path.read_bytes())) / 1000
        total += size
        report.show(f"{path.name}, compressed", size, "kB")
    report.show("all panels, compressed", total, "kB", at_most=700)


def first_panel(report: Report, page: Page, lab: Lab) -> None:
    """From the cell's run in a fresh kernel until its panel can be used."""
    for panel in ("Upload", "ControlRoom"):
        times = []
        for _ in range(3):
            page.goto(f"{lab.url}/doc/tree/{lab.write_notebook(CODE.format(panel))}")
            page.wait_for_function(
                "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"
                "?.status === 'idle'"
            )
            began = time.perf_counter()
            run_all(page)
            page.locator(".wb-drop button").first.wait_for()
            times.append(time.perf_counter() - began)
            page.goto("about:blank")
            lab.end_kernels()
        report.show(f"{panel} usable after its cell ran", statistics.median(times), "s", at_most=2)


def upload(report: Report, page: Page, lab: Lab, folder: Path) -> None:
    """A file of 400 MB from the browser until it is proven, and what memory another one takes."""
    seconds = _upload(page, lab, _large(folder, b"1234567;some words;2025-01-31;1.234,56\n"))
    report.show("upload of 400 MB until it is proven", SIZE / 1e6 / seconds, "MB/s", at_least=40)
    server = psutil.Process(lab.process.pid)
    other = _large(folder, b"7654321;other words;2025-01-31;1.234,56\n")
    before: dict[str, float] = {}
    peaks: dict[str, Peak] = {}

    def watch() -> None:
        watched = {
            "kernel": next(each for each in server.children(True) if "ipykernel" in _command(each)),
            "server": server,
            "browser's page": max(_pages(), key=lambda each: each.memory_info().rss),
        }
        for name, process in watched.items():
            before[name] = process.memory_full_info().pss / 2**20
            peaks[name] = Peak(process.pid, family=False)

    _upload(page, lab, other, ready=watch)
    grown = {name: peak.stop() - before[name] for name, peak in peaks.items()}
    for name, mib in grown.items():
        report.show(f"  the {name} grows by", mib, "MiB", at_most=160)


def _large(folder: Path, line: bytes) -> Path:
    """A file of ``SIZE`` bytes of this line."""
    path = folder / f"{line[:7].decode()}.csv"
    with path.open("wb") as file:
        for _ in range(SIZE >> 20):
            file.write((line * (1 + (1 << 20) // len(line)))[: 1 << 20])
    return path


def _upload(
    page: Page, lab: Lab, path: Path, *, ready: Callable[[], None] = lambda: None
) -> float:
    """Seconds from choosing the file in a panel just shown until it is proven."""
    page.goto("about:blank")
    lab.end_kernels()
    page.goto(f"{lab.url}/doc/tree/{lab.write_notebook(CODE.format('Upload'))}")
    run_all(page)
    page.locator(".wb-drop").wait_for()
    settle(page)
    ready()
    known = page.locator(READY).count()  # what came before is still there
    began = time.perf_counter()
    page.locator("input[type=file]").first.set_input_files(path)
    page.locator(READY).nth(known).wait_for(timeout=300_000)
    return time.perf_counter() - began


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _pages() -> list[psutil.Process]:
    """The processes of Chromium that show pages, below this one."""
    return [
        each for each in psutil.Process().children(recursive=True)
        if "--type=renderer" in _command(each)
    ]  # fmt: skip


def main() -> int:
    """Print the figures; 1 if a bound is missed."""
    from playwright.sync_api import sync_playwright

    report = Report()
    sizes(report)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, sync_playwright() as playwright:
        lab = start_lab(Path(name))
        try:
            browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(120_000)
            first_panel(report, page, lab)
            upload(report, page, lab, Path(name))
            browser.close()
        finally:
            stop_lab(lab)
    return int(report.missed)


if __name__ == "__main__":
    sys.exit(main())

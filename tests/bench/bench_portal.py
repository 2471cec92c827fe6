"""What publishing costs: after one run, with nothing new, and many runs from nothing.

``workbench publish`` is measured as people call it, as a process of its own. 500 runs of 50
datasets have 2,000 executed notebooks.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import Report, command
from tests.bench.portal_records import add_run, folder_size, many
from tests.publish.site import example
from tests.road import WORKBENCH
from workbench.config import Settings
from workbench.publish.site.places import site_folder
from workbench.records.store import open_records

TIMES = 5
RUNS, DATASETS = 500, 50


def publish(settings: Settings) -> tuple[float, dict[str, object]]:
    """Seconds of the command, and what it says it did."""
    environ = {**os.environ, **settings.environ()}
    done = command([WORKBENCH, "publish", "--renderer", "embedded", "--json"], environ=environ)
    return done.seconds, json.loads(done.output)


def settings_in(folder: Path) -> Settings:
    """An empty project and home."""
    (folder / "project" / "specs").mkdir(parents=True)
    return Settings(project=folder / "project", home=folder / "home", environ={})


def small(report: Report, folder: Path) -> None:
    """The example project: a run more, and nothing more."""
    made = example(folder)
    first, done = publish(made.settings)
    report.show("the example project, from nothing", first, "s")
    report.show("  pages", float(str(done["pages"])), "")
    after, quiet = [], []
    for number in range(TIMES):
        made.road.file("branches.csv", f"branch,opened\nNorth,2024-01-{number + 10}\n")
        made.road.run("branches")
        seconds, done = publish(made.settings)
        assert done["rendered"], "nothing was published after a run"
        after.append(seconds)
        seconds, done = publish(made.settings)
        assert not done["changed"]
        quiet.append(seconds)
    report.show("  after one run", statistics.median(after), "s", at_most=0.5)
    report.show("  nothing changed", statistics.median(quiet), "s", at_most=0.3)


def large(report: Report, folder: Path) -> None:
    """Many runs: from nothing, one more, and nothing more."""
    settings = settings_in(folder)
    records = open_records(settings)
    many(settings, records, runs=RUNS, datasets=DATASETS)
    seconds, done = publish(settings)
    title = f"{RUNS} runs of {DATASETS} datasets, from nothing"
    report.show(title, seconds, "s", at_most=25)
    report.show("  pages", float(str(done["pages"])), "")
    size = folder_size(site_folder(settings))
    plotly = site_folder(settings) / "assets" / "plotly.min.js"
    per_run = (size - plotly.stat().st_size) / RUNS / 1000
    report.show("  site, per run (both languages, notebooks included)", per_run, "kB")
    pages = sorted((site_folder(settings) / "datasets").glob("*.html"))
    largest = max(page.stat().st_size for page in pages) / 1000
    report.show("  largest page of a dataset", largest, "kB", at_most=300)
    after, quiet = [], []
    for number in range(TIMES):
        add_run(settings, records, RUNS + number, DATASETS)
        after.append(publish(settings)[0])
        quiet.append(publish(settings)[0])
    report.show("  after one run more", statistics.median(after), "s")
    report.show("  nothing changed", statistics.median(quiet), "s", at_most=0.3)
    records.close()


def main() -> int:
    """Print the figures; 1 if a bound is missed."""
    report = Report()
    folder = Path(tempfile.mkdtemp(prefix="bench-portal-"))
    try:
        small(report, folder / "small")
        large(report, folder / "large")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return int(report.missed)


if __name__ == "__main__":
    sys.exit(main())

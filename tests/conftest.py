"""What every test may use, and the rule for what a machine may lack.

A test that needs something the machine may lack calls ``pytest.skip("missing: …")`` and names it.
The closing summary lists everything missing. With ``WORKBENCH_TESTS_STRICT=1`` (as in CI, which
installs what it can) such a skip is a failure.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest

from workbench.config import Settings

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

REPOSITORY = Path(__file__).resolve().parents[1]
MISSING = "missing: "
STRICT = "WORKBENCH_TESTS_STRICT"
SHARED = "WORKBENCH_SHARED_DATA"

#: Settings of the person who runs the tests; no test may touch that person's project or services.
_PERSONAL = (
    "DATABASE_URL",
    "REDIS_URL",
    "WORKBENCH_HOME",
    "WORKBENCH_PRELOAD",
    "WORKBENCH_PROJECT",
    "WORKBENCH_PUBLISH",
    "WORKBENCH_RENDERER",
    "WORKBENCH_WORKERS",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long``: with the tests that are left out of ``make test``, so that it takes minutes."""
    parser.addoption("--long", action="store_true", help="with the tests that take long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long tests out, unless they are asked for, also by their own name."""
    if config.getoption("--long") or any("::" in each for each in config.args):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)


def pytest_configure() -> None:
    """Forget personal settings, in this process and in all that it starts."""
    for name in _PERSONAL:
        os.environ.pop(name, None)
    os.environ["WORKBENCH_PUBLISH"] = "off"  # tests of publishing turn it on
    os.environ["WORKBENCH_PRELOAD"] = "light"  # a worker lives for seconds: the rest costs more


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A fresh, empty project and home: ``specs/datasets``, ``specs/connections``, ``inbox``."""
    project = tmp_path / "project"
    for folder in ("specs/datasets", "specs/connections", "inbox"):
        (project / folder).mkdir(parents=True)
    home = tmp_path / "home"
    home.mkdir()
    return Settings(project=project, home=home, environ={})


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public files with published facts (``open/…``, ``MANIFEST.md``)."""
    given = os.environ.get(SHARED)
    folder = Path(given) if given else REPOSITORY.parent / "shared" / "data"
    if not (folder / "MANIFEST.md").is_file():
        pytest.skip(f"{MISSING}the shared data folder (set {SHARED} to where it is)")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """See ``_note_missing``; tests."""
    return _note_missing((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """See ``_note_missing``; whole files."""
    return _note_missing((yield))


def _note_missing(report: Report) -> Report:
    """Mark a report whose skip says that something is missing; in strict mode it fails."""
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        if reason.startswith(MISSING):
            vars(report)["missing"] = reason.removeprefix(MISSING)  # travels under xdist
            if os.environ.get(STRICT) == "1":
                report.outcome = "failed"
                report.longrepr = f"{reason}\n  → install it, or unset {STRICT} to skip instead"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name everything that this machine lacks, and how many tests wait for it."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    missing = Counter(report.missing for report in reports if hasattr(report, "missing"))
    if missing:
        terminalreporter.section("missing on this machine")
        for what, count in sorted(missing.items()):
            terminalreporter.line(f"{what}  ({count} test{'s' if count != 1 else ''})")

"""A skip for something missing is named at the end, and is a failure where CI says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

SUITE = """
import pytest

def test_needs_a_thing():
    pytest.skip("missing: a thing that nobody has")

def test_skips_for_another_reason():
    pytest.skip("only on Sundays")

def test_passes():
    pass
"""


def run(folder: Path, workers: int, strict: str) -> subprocess.CompletedProcess[str]:
    folder.joinpath("conftest.py").write_text(
        (REPOSITORY / "tests" / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    folder.joinpath("test_suite.py").write_text(SUITE, encoding="utf-8")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "WORKBENCH_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "--rootdir", str(folder)]
    # plugins that this says nothing about take seconds to import
    command += ["-p", "no:nbmake", "-p", "no:hypothesispytest"]
    return subprocess.run(
        [*command, str(folder)],
        env={**environ, "WORKBENCH_TESTS_STRICT": strict},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_missing_is_named_and_skipped(tmp_path: Path) -> None:
    done = run(tmp_path, workers=0, strict="")
    assert done.returncode == 0, done.stdout
    assert "a thing that nobody has  (1 test)" in done.stdout
    assert "1 passed, 2 skipped" in done.stdout


def test_strict_turns_only_such_skips_into_failures(tmp_path: Path) -> None:
    # in a worker, whose reports travel to the process that sums up
    done = run(tmp_path, workers=1, strict="1")
    assert done.returncode == 1, done.stdout
    assert "1 failed, 1 passed, 1 skipped" in done.stdout
    assert "a thing that nobody has  (1 test)" in done.stdout

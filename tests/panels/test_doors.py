"""Doors: open as long as their kernel lives, for its project only, and for nobody who guesses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from workbench.config import Settings
from workbench.panels import doors
from workbench.panels.doors import Doors

#: Another kernel: makes a door, tells its secret, and goes on until it is told something.
KERNEL = """
import sys
from workbench.config import Settings
from workbench.panels.doors import doors
print(doors.to(Settings(project=sys.argv[1], environ={})), flush=True)
sys.stdin.readline()
"""
#: A kernel that forks; the child ends as processes do, and has a door of its own.
FORKING = """
import os, sys
from workbench.config import Settings
from workbench.panels.doors import doors, find
settings = Settings(project=sys.argv[1], environ={})
secret = doors.to(settings)
child = os.fork()
if not child:
    sys.exit(0 if doors.to(settings) != secret else 3)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert find(secret).project == settings.project
assert doors.to(settings) == secret
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty runtime folder."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    return tmp_path / "runtime"


@pytest.fixture
def own() -> Iterator[Doors]:
    made = Doors()
    yield made
    made.close()


def project(tmp_path: Path, name: str = "project") -> Settings:
    (tmp_path / name / "specs").mkdir(parents=True, exist_ok=True)
    return Settings(project=tmp_path / name, home=tmp_path / "state", environ={})


def kernel(tmp_path: Path, script: str = KERNEL) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, tmp_path],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def secret_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_a_door_leads_to_its_project_and_is_for_its_user_alone(
    folder: Path, own: Doors, tmp_path: Path
) -> None:
    first, second = project(tmp_path), project(tmp_path, "other")
    secret = own.to(first)
    assert own.to(first) == secret != own.to(second)
    found = doors.find(secret)
    assert found and (found.project, found.home) == (first.project, first.home)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    own.close()
    assert doors.find(secret) is None
    assert list(folder.iterdir()) == []


def test_a_door_that_somebody_removed_is_made_anew(
    folder: Path, own: Doors, tmp_path: Path
) -> None:
    secret = own.to(project(tmp_path))
    for path in folder.iterdir():
        path.unlink()
    assert doors.find(secret) is None
    again = own.to(project(tmp_path))
    assert again != secret
    assert doors.find(again)


@pytest.mark.parametrize(
    "secret", ["", "x" * 43, "../" * 14 + "x", "x" * 42 + "/", "x" * 42 + "\n", "ñ" * 43, "x" * 44]
)
def test_no_other_word_is_a_door(folder: Path, own: Doors, tmp_path: Path, secret: str) -> None:
    assert doors.find(own.to(project(tmp_path)))
    # even where a file of such a name lies
    (tmp_path / "x.json").write_text('{"project": "/", "home": "/"}')
    assert doors.find(secret) is None


def test_a_link_and_a_file_that_no_kernel_holds_are_no_doors(
    folder: Path, own: Doors, tmp_path: Path
) -> None:
    real = next(folder.iterdir()) if own.to(project(tmp_path)) else None
    assert real
    (folder / f"workbench-door-{'l' * 43}.json").symlink_to(real)
    assert doors.find("l" * 43) is None
    (folder / f"workbench-door-{'f' * 43}.json").write_bytes(real.read_bytes())
    assert doors.find("f" * 43) is None


def test_doors_end_with_their_kernel(folder: Path, own: Doors, tmp_path: Path) -> None:
    with kernel(tmp_path) as ending, kernel(tmp_path) as killed:
        secrets = [secret_of(each) for each in (ending, killed)]
        assert all(map(doors.find, secrets))
        ending.communicate("\n", timeout=60)
        assert len(list(folder.iterdir())) == 1
        killed.send_signal(signal.SIGKILL)
        killed.wait(60)
        # it could not remove its door, which is closed nevertheless, and swept by the next
        assert len(list(folder.iterdir())) == 1
        assert not any(map(doors.find, secrets))
        mine = own.to(project(tmp_path))
        assert [path.name for path in folder.iterdir()] == [f"workbench-door-{mine}.json"]


def test_a_fork_leaves_the_doors_of_its_kernel_alone(folder: Path, tmp_path: Path) -> None:
    with kernel(tmp_path, FORKING) as forking:
        forking.communicate(timeout=60)
        assert forking.returncode == 0
    assert list(folder.iterdir()) == []


def test_without_a_runtime_folder_there_is_no_door(
    tmp_path: Path, own: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "file"))
    assert own.to(project(tmp_path)) == ""

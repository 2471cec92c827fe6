"""Promise 2: the disk is full, at any step: the run says so, what was published stays readable, a
retry goes on once there is space."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from tests.faults.project import SALES, Project, Shell, fault, is_clear
from tests.faults.trials import Trials
from tests.steps.road import Road
from workbench import errors
from workbench.config import Settings
from workbench.model.status import Status

pytestmark = pytest.mark.timeout(3600)

WIDE = SALES.replace("count: 2, delay: 0.2", "count: 0")
ROWS = 20_000


def rows(start: int, word: str) -> str:
    lines = (f"{n},{n},{word}{n * 7919 % 1000003:x}{n:x}" for n in range(start, start + ROWS))
    return "id,amount,note\n" + "\n".join(lines) + "\n"


#: Bytes that are left: the fewer, the earlier it is hit (RAW, bronze, staging, silver, warehouse).
LEFT = (0, 300_000, 800_000, 150_000, 500_000, 1_100_000)


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("missing: the right to mount a small disk (tmpfs)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    with disk(tmp_path / "disk") as folder:
        yield folder


def fill(disk: Path, left: int) -> Path:
    """Leave about so many bytes free."""
    filler = disk / "filler"
    room = shutil.disk_usage(disk).free - left
    with filler.open("wb") as file:
        file.write(b"\0" * max(0, room))
    return filler


def test_a_full_disk(trials: Trials) -> None:
    """The state is on the small disk, the records elsewhere; now and then it fills up again."""

    def trial(seed: int, folder: Path) -> None:
        chance = random.Random(seed)
        with disk(folder / "disk") as small:
            road = full(small, folder)
            lefts = [LEFT[seed - 1] if seed <= len(LEFT) else chance.randrange(1_400_000)]
            if seed > len(LEFT):
                lefts += [chance.randrange(1_400_000) for _ in range(chance.randrange(3))]
            run = None
            for left in lefts:
                filler = fill(small, left)
                run = road.run("sales") if run is None else road.retry(run)
                trials.count(full_disks=int(run.status == Status.FAILED))
                if run.status == Status.SUCCESS:
                    break  # there was just room enough
                fault(run, errors.StorageFull, where=str(small))
                published = 2 * ROWS if run.steps[2].status == Status.SUCCESS else ROWS
                assert road.query("SELECT count(*) FROM sales") == [(published,)]
                filler.unlink()
            (small / "filler").unlink(missing_ok=True)
            assert run is not None
            if run.status == Status.FAILED:
                assert road.retry(run).status == Status.SUCCESS
            is_whole(road)

    trials.run(trial, small=3, full=60)
    if not (trials.soak or {}).get("count"):
        assert trials.counts["full_disks"] >= len(trials.seeds) / 2


def full(small: Path, folder: Path) -> Road:
    """A road on the small disk that has published one file, and has received another."""
    project = folder / "project"
    for name in ("specs/datasets", "specs/connections", "inbox"):
        (project / name).mkdir(parents=True)
    environ = {"DATABASE_URL": f"sqlite:///{folder}/records.db"}
    road = Road(Settings(project=project, home=small / "home", environ=environ))
    road.spec("sales", WIDE)
    road.file("a.csv", rows(0, "a"))
    assert road.run("sales").status == Status.SUCCESS
    road.file("b.csv", rows(ROWS, "b"))
    return road


def test_without_the_translation_it_is_not_told(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: errors of engines, taken as they come."""
    road = full(small_disk, tmp_path)
    fill(small_disk, LEFT[3])
    for name, module in list(sys.modules.items()):
        if name.startswith("workbench.") and hasattr(module, "as_storage_error"):
            monkeypatch.setattr(module, "as_storage_error", lambda *_, **__: None)
    try:
        run = road.run("sales")
    except Exception:
        return  # not even an error of ours
    with pytest.raises(AssertionError):
        fault(run, errors.StorageFull, where=str(small_disk))


def is_whole(road: Road) -> None:
    """Both files are published and loaded, and no half-written file is left."""
    whole = [(2 * ROWS, sum(range(2 * ROWS)))]
    assert road.query("SELECT count(*), sum(amount) FROM sales") == whole
    with duckdb.connect(str(road.settings.path("warehouse.duckdb")), read_only=True) as opened:
        assert opened.execute("SELECT count(*), sum(amount) FROM sales").fetchall() == whole
    assert not list(road.settings.home.rglob("*.part"))


def test_a_full_disk_with_the_records_on_it(small_disk: Path, settings: Settings) -> None:
    """Not even the failure can be recorded; the next run finds out and goes on."""
    small = Settings(project=settings.project, home=small_disk / "home", environ={})
    road = Road(small)
    road.spec("sales", WIDE)
    road.file("a.csv", rows(0, "a"))
    assert road.run("sales").status == Status.SUCCESS
    road.file("b.csv", rows(ROWS, "b"))
    filler = fill(small_disk, 900_000)
    said = Project(small, road).cli("run", "sales")
    is_clear(said, "no space is left", str(small_disk), "free some space")
    filler.unlink()
    assert road.run("sales").status == Status.SUCCESS
    is_whole(road)


def test_no_space_for_what_is_received(
    road: Road, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without the right to mount: the system says that the disk is full."""
    road.spec("sales", WIDE)
    road.file("a.csv", "id,amount\n1,10\n")
    assert shell("run", "sales").code == 0
    road.file("b.csv", "id,amount\n2,20\n")
    real = os.fsync

    def full(handle: int) -> None:
        if "/raw/" in os.readlink(f"/proc/self/fd/{handle}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        is_clear(shell("run", "sales"), "no space is left", "raw", "free some space")
    fault(shell.last(), errors.StorageFull, where="raw")
    assert not list(road.settings.path("raw").rglob("*.part")), "nothing half-written stays"
    assert road.query("SELECT count(*) FROM sales") == [(1,)]
    assert shell("retry", shell.last().id).code == 0
    assert road.query("SELECT count(*), sum(amount) FROM sales") == [(2, 30)]

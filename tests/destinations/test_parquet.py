"""A Parquet folder: versions, and a link that changes in one step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.destinations.requests import request, row
from workbench.config import Settings
from workbench.destinations import parquet
from workbench.destinations.parquet import Destination, Options
from workbench.errors import DestinationError, TargetUnavailable


@pytest.fixture
def folder(settings: Settings) -> Destination:
    return Destination(Options(path="out", keep=2, wait=0.2), settings)


def rows(path: Path) -> list[Any]:
    return duckdb.sql(f"FROM '{path / 'current' / 'data.parquet'}'").fetchall()


def test_versions_are_kept_and_old_ones_go(folder: Destination) -> None:
    for turn in range(4):
        folder.load(request([row("a", turn)], f"run-{turn}"))
    path = folder.path / "budget"
    versions = sorted(each.name for each in (path / "versions").iterdir())
    assert versions == ["000003-run-2", "000004-run-3"]
    assert (path / "current").readlink() == Path("versions/000004-run-3")
    about = json.loads((path / "current" / "load.json").read_text())
    assert about["run"] == "run-3" and about["ledger"]["after"] == 4
    assert about["key"] == ["program", "month"]


def test_a_reader_sees_the_whole_old_version_until_the_link_changes(
    folder: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.load(request([row("a", 1)]))
    seen: list[int] = []

    def dies(*_: Any) -> None:
        seen.append(len(rows(folder.path / "budget")))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(parquet, "link", dies)
        folder.load(request([row("b", 1)], "run-2"))
    assert seen == [1]
    assert len(rows(folder.path / "budget")) == 1
    assert folder.load(request([row("b", 1)], "run-2")).inserted == 1
    assert len(rows(folder.path / "budget")) == 2


def test_what_a_load_that_was_killed_left_goes_with_the_next(folder: Destination) -> None:
    folder.load(request([row("a", 1)]))
    table = folder.path / "budget"
    (table / "versions" / ".0123abcd").mkdir()
    (table / "versions" / ".0123abcd" / "data.parquet").write_bytes(b"half")
    (table / ".current.0123abcd.part").symlink_to("versions/nowhere")
    folder.load(request([row("b", 1)], "run-2"))
    assert sorted(path.name for path in table.iterdir()) == [
        ".lock", "current", "fence.json", "versions",
    ]  # fmt: skip
    assert [path.name for path in (table / "versions").glob(".*")] == []
    assert len(rows(table)) == 2


def test_a_table_that_is_being_loaded_is_busy(folder: Destination) -> None:
    folder.load(request([row("a", 1)]))
    with (
        folder._alone(folder.path / "budget"),
        pytest.raises(TargetUnavailable, match="another process is loading"),
    ):
        folder.load(request([row("a", 2)], "run-2"))


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", "nul\0"])
def test_names_stay_inside_the_folder(folder: Destination, name: str) -> None:
    with pytest.raises(DestinationError, match="cannot be the name of a folder"):
        folder.load(request([row("a", 1)], table=name))


def test_a_path_that_is_a_file(settings: Settings) -> None:
    (settings.project / "file").write_text("")
    with pytest.raises(DestinationError, match="is a file"):
        Destination(Options(path="file/out"), settings).check()

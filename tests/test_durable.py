"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from workbench import durable
from workbench.errors import StorageFull


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "file.json"
    durable.write(path, "old")
    with durable.writing(path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(path.parent) == ["file.json"]


def test_a_failure_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    durable.write(path, "old")
    with pytest.raises(KeyboardInterrupt), durable.writing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.json"]


def test_a_full_disk_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(StorageFull, match="no space") as caught:
        durable.write(tmp_path / "file.json", "text")
    assert caught.value.where == str(tmp_path / "file.json")
    assert os.listdir(tmp_path) == []


def test_a_link_changes_in_one_step(tmp_path: Path) -> None:
    for target in ("one", "two"):
        durable.link(tmp_path / "current", target)
        assert os.readlink(tmp_path / "current") == target
    assert os.listdir(tmp_path) == ["current"]
    durable.remove_folder(tmp_path / "never there")

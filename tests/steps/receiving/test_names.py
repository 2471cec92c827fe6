"""Names of files are made here, and folders are those of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.errors import SourceMissing
from workbench.steps.receiving import folders
from workbench.steps.receiving.names import file_name, free_path


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("ventas.csv", "ventas.csv"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/abs/año 2025 (1).CSV", "año_2025_1.CSV"),
        (".hidden", "hidden"),
        ("~$lock.xlsx", "lock.xlsx"),
        ("a\x00b\n.csv", "a_b.csv"),
        ("*?[x].csv", "x.csv"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
        ("\udce9.csv", "file.csv"),
    ],
)
def test_names_of_files_are_plain(given: str, name: str) -> None:
    made = file_name(given)
    assert made == name or (name == "file.csv" and made.endswith("csv"))
    assert "/" not in made and not made.startswith(".")


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    assert free_path(tmp_path, "a.csv").name == "a.csv"
    (tmp_path / "a.csv").touch()
    (tmp_path / "a_2.csv").symlink_to("nowhere")
    assert free_path(tmp_path, "a.csv").name == "a_3.csv"


def test_folders_of_the_project_are_shown_and_no_others(settings: Settings, tmp_path: Path) -> None:
    inbox = settings.project / "inbox"
    (inbox / "b.csv").write_text("1")
    (inbox / "Sub").mkdir()
    (inbox / ".hidden").touch()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").touch()
    (inbox / "way_out").symlink_to(outside)
    os.symlink("nowhere", inbox / "dead")
    assert [(each.path, each.folder) for each in folders.entries(settings, "inbox")] == [
        ("inbox/Sub", True),
        ("inbox/b.csv", False),
    ]
    assert folders.file(settings, "inbox/b.csv").read_text() == "1"
    for path in ("..", "/etc", "inbox/way_out", "inbox/way_out/secret.csv", "a\0b", "inbox/none"):
        with pytest.raises(SourceMissing):
            folders.entries(settings, path)
        with pytest.raises(SourceMissing):
            folders.file(settings, path)

"""Archives: honest ones are listed and taken, the others are refused before they fill anything."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import pytest

from workbench.errors import SourceUnreadable, WorkbenchError
from workbench.steps.receiving import archives
from workbench.steps.receiving.archives import is_archive, members, unpack

HOSTILE = "../../../etc/<img src=x>.csv"


def packed(folder: Path, files: dict[str, bytes], name: str = "a.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in files.items():
            archive.writestr(each, data)
    return path


def test_members_are_listed_and_taken(tmp_path: Path) -> None:
    files = {"a.csv": b"x\n1\n", f"{HOSTILE}": b"y\n2\n", "sub/": b"", "__MACOSX/a.csv": b"z"}
    path = packed(tmp_path, {**files, "sub/.hidden": b"q", "empty.csv": b""})
    assert is_archive(path)
    listed = members(path, "a.zip")
    assert [(each.name, each.size, each.refused) for each in listed] == [
        ("a.csv", 4, ""),
        (HOSTILE, 4, ""),
        ("empty.csv", 0, "it is empty"),
    ]
    assert b"".join(unpack(path, "a.zip", listed[1].index)) == b"y\n2\n"


def test_gzip_has_one_member(tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_bytes(gzip.compress(b"a;b\n1;2\n"))
    assert is_archive(path)
    (member,) = members(path, "ventas.csv.gz")
    assert (member.name, member.size) == ("ventas.csv", None)
    assert b"".join(unpack(path, "ventas.csv.gz", 0)) == b"a;b\n1;2\n"


def test_workbooks_and_texts_are_no_archives(tmp_path: Path) -> None:
    text = tmp_path / "a.csv"
    text.write_text("PK;x\n")
    book = packed(tmp_path, {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b""}, "a.xlsx")
    assert not is_archive(text)
    assert not is_archive(book)


@pytest.mark.parametrize("kind", ["zip", "gzip"])
def test_a_bomb_is_refused_and_what_is_only_large_is_not(tmp_path: Path, kind: str) -> None:
    """64 MB of zeros are packed a thousand times; 20 MB of them are harmless."""

    def take(size: int) -> int:
        path = tmp_path / f"{kind}-{size}"
        if kind == "zip":
            packed(tmp_path, {"a.csv": bytes(size)}, path.name)
            members(path, "a.zip")
        else:
            path.write_bytes(gzip.compress(bytes(size)))
        return sum(len(block) for block in unpack(path, "a", 0))

    assert take(20 << 20) == 20 << 20
    with pytest.raises(SourceUnreadable, match="more than 100 times its size"):
        take(64 << 20)


def test_what_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 20_000))
    assert sum(map(len, unpack(path, "a.gz", 0))) == 5_120_000
    monkeypatch.setattr(archives, "MOST_BYTES", 4 << 20)
    with pytest.raises(SourceUnreadable, match="unpacks to more than 4 MiB"):
        list(unpack(path, "a.gz", 0))


def lying(path: Path, states: int) -> Path:
    """The size that the entry states, in both places where a zip archive has it."""
    raw = bytearray(path.read_bytes())
    central = raw.rindex(b"PK\x01\x02")
    struct.pack_into("<I", raw, central + 24, states)
    struct.pack_into("<I", raw, 22, states)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(("states", "refused"), [(5000, False), (100, True)])
def test_an_entry_that_states_less_than_it_holds(
    tmp_path: Path, states: int, refused: bool
) -> None:
    path = lying(packed(tmp_path, {"a.csv": b"1234\n" * 1000}), states)
    if refused:
        with pytest.raises(SourceUnreadable):
            list(unpack(path, "a.zip", 0))
    else:
        assert len(b"".join(unpack(path, "a.zip", 0))) == 5000


def test_too_many_entries_are_refused_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path, {f"{number}.csv": b"1" for number in range(12)})
    assert len(members(path, "a.zip")) == 12
    monkeypatch.setattr(archives, "MOST_ENTRIES", 11)
    with pytest.raises(SourceUnreadable, match="more than 11 files"):
        members(path, "a.zip")


def test_a_protected_member_is_shown_and_cannot_be_taken(tmp_path: Path) -> None:
    path = packed(tmp_path, {"a.csv": b"1"})
    raw = bytearray(path.read_bytes())
    for at in (6, raw.rindex(b"PK\x01\x02") + 8):
        raw[at] |= 1
    path.write_bytes(raw)
    assert members(path, "a.zip")[0].refused == "it is protected by a password"
    with pytest.raises(SourceUnreadable, match="protected by a password"):
        list(unpack(path, "a.zip", 0))


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_a_damaged_archive_is_told_as_such(tmp_path: Path, cut: int) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", bytes(range(256)) * 4)
    path = tmp_path / "a.zip"
    path.write_bytes(whole.getvalue()[:cut])
    assert is_archive(path)
    with pytest.raises(SourceUnreadable, match="damaged"):
        members(path, "a.zip")


def test_a_cut_gzip_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 400)[:-20])
    with pytest.raises(SourceUnreadable, match="damaged"):
        list(unpack(path, "a.gz", 0))


def test_a_member_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="no such file"):
        list(unpack(packed(tmp_path, {"a": b"1"}), "a.zip", 7))

"""RAW keeps bytes as received, once, and proves them."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from workbench import durable
from workbench.config import Settings
from workbench.errors import LakeError, SourceMissing, SourceUnreadable, StorageFull
from workbench.lake.raw import RawStore

BYTES = b"codigo;monto\r\n1;2,5\xe9\r\n" * 5000


@pytest.fixture
def store(settings: Settings) -> RawStore:
    return RawStore(settings)


@pytest.fixture
def received(tmp_path: Path) -> Path:
    path = tmp_path / "enero.csv"
    path.write_bytes(BYTES)
    return path


def test_bytes_are_kept_under_their_hash(store: RawStore, received: Path) -> None:
    raw = store.store(received, "enero.csv", "budget")
    assert raw.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert raw.path == store.folder / raw.sha256[:2] / raw.sha256
    assert raw.path.read_bytes() == BYTES
    assert raw.size == len(BYTES)
    assert raw.path.stat().st_mode & 0o222 == 0


def test_the_same_bytes_are_kept_once(store: RawStore, received: Path) -> None:
    first = store.store(received, "enero.csv", "budget")
    before = first.path.stat()
    again = store.store(received, "otro nombre.csv", "sales")
    assert again.path == first.path
    assert again.path.stat().st_ino == before.st_ino
    assert again.name == "otro nombre.csv"
    assert [p for p in store.folder.rglob("*") if p.is_file()] == [first.path]


def test_damage_is_found_on_reading_and_mended_by_delivery(store: RawStore, received: Path) -> None:
    raw = store.store(received, "enero.csv", "budget")
    raw.path.chmod(0o644)
    raw.path.write_bytes(BYTES.replace(b"2", b"3", 1))
    with pytest.raises(LakeError, match="damaged") as caught, store.open(raw.sha256):
        pass
    assert str(raw.path) in str(caught.value)
    store.store(received, "enero.csv", "budget")
    with store.open(raw.sha256) as file:
        assert file.read() == BYTES


def test_what_is_gone_says_so(store: RawStore) -> None:
    with pytest.raises(LakeError, match="gone from RAW"):
        store.verify("ab" * 32)


def test_missing_and_unreadable_files(store: RawStore, tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="no such file"):
        store.store(tmp_path / "nada.csv", "nada.csv", "budget")
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        store.store(tmp_path, "folder", "budget")


def test_a_file_that_grows_is_refused(
    store: RawStore, received: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.lake import raw

    copy = raw._copy

    def growing(source: object, target: object) -> str:
        digest = copy(source, target)  # type: ignore[arg-type]
        with received.open("ab") as file:
            file.write(b"more")
        return digest

    monkeypatch.setattr(raw, "_copy", growing)
    with pytest.raises(SourceUnreadable, match="still being written"):
        store.store(received, "enero.csv", "budget")
    assert not list(store.folder.rglob("*"))


def test_full_disk_leaves_nothing_behind(
    store: RawStore, received: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(StorageFull, match="no space"):
        store.store(received, "enero.csv", "budget")
    assert not [path for path in store.folder.rglob("*") if path.is_file()]

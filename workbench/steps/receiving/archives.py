"""Archives of strangers: what is in a zip or gzip file, and chosen members of it.

What they unpack to is capped, and counted while it is unpacked: what an archive states about
itself is not believed. Names of members are only shown; files get names that are made here.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workbench.errors import SourceUnreadable, WorkbenchError

MOST_BYTES = 512 << 20
MOST_ENTRIES = 10_000
MOST_RATIO = 100
#: Below this size a high ratio is harmless: equal rows compress that well.
_HARMLESS = 32 << 20
#: A directory of more than this is no honest list of 10,000 names.
_MOST_DIRECTORY = 8 << 20
_BLOCK = 1 << 20
_ZIP, _GZIP, _END = b"PK\x03\x04", b"\x1f\x8b", b"PK\x05\x06"
#: Zip files that are documents: they are read as they are.
_DOCUMENTS = ("[Content_Types].xml", "mimetype", "META-INF/manifest.xml")
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Member:
    """A file in an archive. ``size`` is what it states, ``None`` if it does not.

    ``refused`` says why it cannot be taken, ``""`` if it can.
    """

    index: int
    name: str
    size: int | None
    packed: int
    refused: str = ""


def is_archive(path: Path) -> bool:
    """Whether a file is an archive, by its bytes. Workbooks and other documents are none."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_GZIP):
        return True
    if start != _ZIP:
        return False
    try:
        with _opened(path, path.name) as archive:
            return not any(name in _DOCUMENTS for name in archive.namelist()[:50])
    except SourceUnreadable:
        return True  # whoever lists it is told what is wrong


def members(path: Path, name: str) -> list[Member]:
    """The files in an archive known as ``name``. Raises ``SourceUnreadable`` beyond the caps."""
    if _is_gzip(path):
        inner = PurePosixPath(name.replace("\\", "/")).name
        stem = inner[:-3] if inner.lower().endswith(".gz") else inner
        return [Member(0, stem or "content", None, path.stat().st_size)]
    with _opened(path, name) as archive:
        entries = archive.infolist()
        stated = sum(entry.file_size for entry in entries)
        _judge(stated, path.stat().st_size, name)
        return [
            Member(
                index,
                entry.filename,
                entry.file_size,
                entry.compress_size,
                _why_not(entry),
            )
            for index, entry in enumerate(entries)
            if not entry.is_dir() and not _is_aside(entry.filename)
        ]


def unpack(path: Path, name: str, index: int) -> Iterator[bytes]:
    """The bytes of one member, in blocks. Raises ``SourceUnreadable`` as soon as a cap is hit."""
    if _is_gzip(path):
        yield from _capped(_gunzip(path, name), path.stat().st_size, name)
        return
    with _opened(path, name) as archive:
        entries = archive.infolist()
        if not 0 <= index < len(entries):
            raise WorkbenchError("there is no such file in the archive", where=name)
        entry = entries[index]
        if why := _why_not(entry):
            raise SourceUnreadable(
                f"{entry.filename!r} cannot be taken: {why}",
                where=name,
                remedy="ask for it in an archive without it, or as it is",
            )
        blocks = _capped(_unzip(archive, entry, name), entry.compress_size, name)
        for done, block in _counted(blocks):
            if done > entry.file_size:
                raise _refused(f"{entry.filename!r} unpacks to more than it states", name)
            yield block


def _opened(path: Path, name: str) -> zipfile.ZipFile:
    entries, directory = _end_record(path)
    if entries > MOST_ENTRIES or directory > _MOST_DIRECTORY:
        raise _refused(f"it holds more than {MOST_ENTRIES:,} files", name)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise _damaged(error, name) from None
    if len(archive.infolist()) > MOST_ENTRIES:
        archive.close()
        raise _refused(f"it holds more than {MOST_ENTRIES:,} files", name)
    return archive


def _end_record(path: Path) -> tuple[int, int]:
    """Entries and bytes of the directory as stated, before a library holds all of it in memory."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16) - 22))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 16:
        return 0, 0  # no zip: opening it says so
    return int.from_bytes(tail[at + 10 : at + 12], "little"), int.from_bytes(
        tail[at + 12 : at + 16], "little"
    )


def _unzip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    try:
        with archive.open(entry) as file:
            while block := file.read(_BLOCK):
                yield block
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise _damaged(error, name) from None


def _gunzip(path: Path, name: str) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except (gzip.BadGzipFile, zlib.error, EOFError, OSError) as error:
        raise _damaged(error, name) from None


def _counted(blocks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    done = 0
    for block in blocks:
        done += len(block)
        yield done, block


def _capped(blocks: Iterator[bytes], packed: int, name: str) -> Iterator[bytes]:
    for done, block in _counted(blocks):
        _judge(done, packed, name)
        yield block


def _judge(unpacked: int, packed: int, name: str) -> None:
    if unpacked > MOST_BYTES:
        raise _refused(f"it unpacks to more than {MOST_BYTES >> 20} MiB", name)
    if unpacked > _HARMLESS and unpacked > packed * MOST_RATIO:
        raise _refused(f"it unpacks to more than {MOST_RATIO} times its size", name)


def _why_not(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & 1:
        return "it is protected by a password"
    if entry.compress_type not in _PACKINGS:
        return "it is packed in an unusual way"
    return "" if entry.file_size else "it is empty"


def _is_aside(name: str) -> bool:
    """What systems put beside the files that people see."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1].startswith((".", "~$")))


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def _refused(why: str, name: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"the archive is refused: {why}",
        where=name,
        remedy="if it is honest, unpack it yourself and send the files that you need",
    )


def _damaged(error: BaseException, name: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"the archive is damaged: {error or type(error).__name__}",
        where=name,
        remedy="ask for it again",
    )

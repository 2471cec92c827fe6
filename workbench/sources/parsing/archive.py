"""Workbooks are archives of strangers: what they unpack to is capped before they are opened."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from workbench.errors import SourceUnreadable
from workbench.sources.parsing.extent import MOST_CELLS, Extent, contains, span

MOST_BYTES = 512 * 1024 * 1024
MOST_ENTRIES = 10_000
MOST_RATIO = 100
#: Below this size a high ratio is harmless: small sheets of equal rows compress that well.
_HARMLESS = 32 * 1024 * 1024
_STEP = 1 << 20
#: A cell whose number of a shared text is none: readers take the first text for it, silently.
_NO_INDEX = (
    r"""t=["']s["'][^<>]*>\s*<(?:\w+:)?v(?:\s[^<>]*)?>(?:[^0-9<]|[0-9]+[^0-9<]|[0-9]{10})"""
)
_OVERLAP = 512
#: A text that looks as a cell with a moment in time is written, or one that is not written as it
#: reads: with escapes, sections, runs of rich text, or in UTF-16.
_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:|&#|<!|[<:/]r[\s>]|\x00"
#: One of these is in whatever it finds, and quickly seen not to be among numbers.
_SIGNS = (b":", b"&", b"!", b"\0")
#: Where no cells are.
_ELSEWHERE = ("docProps/", "xl/theme/")


def check_archive(raw: bytes, name: str) -> bool:
    """Raise ``SourceUnreadable`` unless the zip archive is whole and within the caps.

    The sizes are those that the entries truly unpack to, not those that they state. Returns
    whether a text in it may look like a moment in time; surely not only for the XML of Excel.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise _refused(f"it holds {len(entries):,} files, more than {MOST_ENTRIES:,}", name)
            stated = sum(entry.file_size for entry in entries)
            _judge(stated, len(raw), name)
            unpacked, has_stamps = 0, "xl/workbook.xml" not in archive.namelist()
            for entry in entries:
                size, stamped = _look_at(raw, entry, name)
                unpacked += size
                has_stamps = has_stamps or stamped
            _judge(unpacked, len(raw), name)
            return has_stamps
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, IndexError) as error:
        raise SourceUnreadable(
            f"the workbook is damaged: {error}",
            where=name,
            remedy="open it in a spreadsheet program and save it again, or ask for it again",
        ) from None


def _judge(unpacked: int, packed: int, name: str) -> None:
    if unpacked > MOST_BYTES:
        raise _refused(f"it unpacks to more than {MOST_BYTES >> 20} MiB", name)
    if unpacked > _HARMLESS and unpacked > packed * MOST_RATIO:
        raise _refused(f"it unpacks to more than {MOST_RATIO} times its size", name)


def _look_at(raw: bytes, entry: zipfile.ZipInfo, name: str) -> tuple[int, bool]:
    """The bytes of an entry, which must be those stated; cells must span what can be held.

    And whether one of its texts may look like a moment in time.
    """
    total, extent, tail = 0, Extent(), b""
    stamped, has_cells = False, not entry.filename.startswith(_ELSEWHERE)
    for part in _unpacked(raw, entry, name):
        text = tail + part
        if contains(text, _NO_INDEX):
            raise ValueError(f"a cell of {entry.filename!r} has no text where it says it has one")
        if has_cells and not stamped and any(sign in text for sign in _SIGNS):
            stamped = contains(text, _STAMP)
        tail = part[-_OVERLAP:]
        total += len(part)
        if total > entry.file_size:
            raise _refused(f"{entry.filename!r} unpacks to more than it states", name)
        extent.add(part)
    if extent.may_be_too_large:
        rows, columns = span(_unpacked(raw, entry, name))
        if rows * columns > MOST_CELLS:
            words = f"the cells of {entry.filename!r} span {rows:,} rows and {columns:,} columns"
            raise _refused(words, name)
    return total, stamped


def _unpacked(raw: bytes, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    at = entry.header_offset
    start = at + 30 + int.from_bytes(raw[at + 26 : at + 28], "little")
    start += int.from_bytes(raw[at + 28 : at + 30], "little")
    data = raw[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield from (data[place : place + _STEP] for place in range(0, len(data), _STEP))
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise _refused(f"{entry.filename!r} is packed in a way that workbooks do not use", name)
    unpacker = zlib.decompressobj(-15)
    while data:
        yield unpacker.decompress(data, _STEP)
        data = unpacker.unconsumed_tail


def _refused(why: str, name: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"the workbook is refused: {why}",
        where=name,
        remedy="if it is honest, save it as CSV or split it",
    )

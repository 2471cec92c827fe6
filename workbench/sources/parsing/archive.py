"""Workbooks are archives of strangers: what they unpack to is capped before they are opened."""

from __future__ import annotations

import io
import zipfile
import zlib

from workbench.errors import SourceUnreadable

MOST_BYTES = 512 * 1024 * 1024
MOST_ENTRIES = 10_000
MOST_RATIO = 100
#: Below this size a high ratio is harmless: small sheets of equal rows compress that well.
_HARMLESS = 32 * 1024 * 1024
_STEP = 1 << 20


def check_archive(raw: bytes, name: str) -> None:
    """Raise ``SourceUnreadable`` unless the zip archive is whole and within the caps.

    The sizes are those that the entries truly unpack to, not those that they state.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise _refused(f"it holds {len(entries):,} files, more than {MOST_ENTRIES:,}", name)
            stated = sum(entry.file_size for entry in entries)
            _judge(stated, len(raw), name)
            _judge(sum(_unpacked(raw, entry, name) for entry in entries), len(raw), name)
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


def _unpacked(raw: bytes, entry: zipfile.ZipInfo, name: str) -> int:
    if entry.compress_type == zipfile.ZIP_STORED:
        return entry.file_size
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise _refused(f"{entry.filename!r} is packed in a way that workbooks do not use", name)
    at = entry.header_offset
    start = at + 30 + int.from_bytes(raw[at + 26 : at + 28], "little")
    start += int.from_bytes(raw[at + 28 : at + 30], "little")
    unpacker = zlib.decompressobj(-15)
    total, data = 0, raw[start : start + entry.compress_size]
    while data:
        total += len(unpacker.decompress(data, _STEP))
        if total > entry.file_size:
            raise _refused(f"{entry.filename!r} unpacks to more than it states", name)
        data = unpacker.unconsumed_tail
    return total


def _refused(why: str, name: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"the workbook is refused: {why}",
        where=name,
        remedy="if it is honest, save it as CSV or split it",
    )

"""Physical lines of UTF-8 bytes: ``\\n``, ``\\r\\n`` and a lone ``\\r`` end a line."""

from __future__ import annotations

import re

_END = re.compile(rb"\r\n|\n|\r")


def count_lines(data: bytes) -> int:
    """How many physical lines there are; the last one may lack its end."""
    if not data:
        return 0
    ends = data.count(b"\n")
    if b"\r" in data:
        ends += data.count(b"\r") - data.count(b"\r\n")
    return ends + (not data.endswith((b"\n", b"\r")))


def offset_of(data: bytes, line: int) -> int | None:
    """Where the physical line (from 1) begins; ``None`` if there are fewer lines."""
    offset = 0
    for _ in range(line - 1):
        match = _END.search(data, offset)
        if match is None:
            return None
        offset = match.end()
    return offset if offset < len(data) else None


def head_of(data: bytes, size: int) -> bytes:
    """Whole lines from the start, about ``size`` bytes (all of it if it has no line end)."""
    if len(data) <= size:
        return data
    end = max(data.rfind(b"\n", 0, size), data.rfind(b"\r", 0, size - 1))
    return data[: end + 1] if end >= 0 else data[: size * 64]


def tail_of(data: bytes, size: int) -> bytes:
    """Whole lines at the end, at most ``size`` bytes."""
    if len(data) <= size:
        return data
    match = _END.search(data, len(data) - size)
    return data[match.end() :] if match else b""


def ends_of(data: bytes) -> tuple[str, str]:
    """The kind of line ends (``lf``, ``crlf``, ``cr``, ``mixed``) and their counts in words."""
    crlf = data.count(b"\r\n")
    counts = {
        "crlf": crlf,
        "lf": data.count(b"\n") - crlf,
        "cr": data.count(b"\r") - crlf,
    }
    seen = [kind for kind, count in counts.items() if count]
    words = ", ".join(f"{counts[kind]} × {kind}" for kind in seen) or "one line without end"
    return (seen[0] if len(seen) == 1 else "mixed" if seen else "none"), words

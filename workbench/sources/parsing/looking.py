"""A look at a file: its head, or all of it if it is not too large, read as it would be received."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.errors import SourceMissing
from workbench.sources.files import is_workbook, read
from workbench.sources.parsing.finding import Parsed
from workbench.sources.parsing.options import FooterOptions, ReadOptions

#: Enough for people to see what a file is like, and read at once.
HEAD = 1 << 20
#: Up to here a spec is written from all of a file.
WHOLE = 256 << 20
#: How many lines are left out at most so that a quoted field is not cut.
_LINES = 2000


@dataclass(frozen=True)
class Look:
    """What was seen. ``partial``: of ``bytes`` only the first ``seen`` were looked at."""

    parsed: Parsed
    format: str
    bytes: int
    seen: int
    sheets: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether only the head was looked at."""
        return self.seen < self.bytes


def look(path: Path, name: str, options: ReadOptions, most: int = WHOLE) -> Look:
    """Read a file, known as ``name``; of a text with more than ``most`` bytes only its head.

    Workbooks are always read as a whole. Raises what ``read`` raises.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(16)
            workbook = is_workbook(start, options)
            raw = b"" if workbook or size <= most else start + file.read(most - len(start))
    except FileNotFoundError:
        raise SourceMissing(
            f"there is no file {path}", where=name, remedy="deliver it, or choose another"
        ) from None
    if workbook:
        return Look(read(path, name, options), "excel", size, size, sheet_names(path, name))
    if not raw:
        return Look(read(path, name, options), "csv", size, size)
    parsed = _head(raw, name, options)
    return Look(parsed, "csv", size, len(raw))


def sheet_names(path: Path, name: str) -> tuple[str, ...]:
    """The sheets of a workbook, in order."""
    from workbench.sources.parsing.workbook import open_workbook

    return tuple(open_workbook(path.read_bytes(), name).sheet_names)


def _head(raw: bytes, name: str, options: ReadOptions) -> Parsed:
    """The whole records of a head; where a file ends is not looked for."""
    from workbench.sources.parsing.assemble import finish
    from workbench.sources.parsing.delimited import read_text
    from workbench.sources.parsing.text import decode

    text = decode(raw, options.encoding, name=name, partial=True)
    data = _whole_lines(text.data, options.quote or '"')
    endless = options.model_copy(update={"footer": FooterOptions(rows=0)})
    body = read_text(replace(text, data=data), name, endless)
    body.findings.pop("footer", None)
    body.warnings.append("only the head of the file was looked at")
    return finish(body, name, options, options.values_of(name))


def _whole_lines(data: bytes, quote: str) -> bytes:
    """Data up to its last line end outside of quotes, as far as that can be told."""
    end = data.rfind(b"\n") + 1 or data.rfind(b"\r") + 1
    if quote == "none" or not end:
        return data[:end] if end else data
    mark = quote.encode()
    open_quotes = data.count(mark, 0, end) % 2
    cut = end
    for _ in range(_LINES):
        if not open_quotes or cut <= 0:
            break
        before = data.rfind(b"\n", 0, cut - 1) + 1
        open_quotes ^= data.count(mark, before, cut) % 2
        cut = before
    return data[: cut if cut > 0 and not open_quotes else end]


def described(seen: Look, file: str, bad: int = 10) -> dict[str, Any]:
    """What was seen as plain values for JSON: findings, ledger, refused records, warnings."""
    parsed = seen.parsed
    return {
        "file": file,
        "format": seen.format,
        "bytes": seen.bytes,
        **({"seen": seen.seen} if seen.partial else {}),
        **({"sheets_there": list(seen.sheets)} if seen.sheets else {}),
        **parsed.detected,
        "ledger": parsed.ledger.model_dump(mode="json"),
        "unparseable": parsed.unparseable.slice(0, bad).to_pylist(),
        "warnings": list(parsed.warnings),
    }

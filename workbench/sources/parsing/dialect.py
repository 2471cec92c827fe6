"""Delimiter and quote of a text file, judged on its first lines."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from workbench.sources.parsing.finding import Finding

NO_QUOTE = "none"
_CANDIDATES = (";", "\t", "|", ",", ":", "^", "~", "\x1f")
#: A field or line longer than this is no table: a missing quote, or the wrong file.
LONGEST_FIELD = 16 * 1024 * 1024
_LINES = 400

csv.field_size_limit(LONGEST_FIELD)


def lines_of(text: str) -> Iterator[str]:
    """Physical lines with their ends; ``\\n``, ``\\r\\n`` and a lone ``\\r`` end a line."""
    return iter(io.StringIO(text, newline=""))


class Lines:
    """Lines of a text; keeps those taken since it was cleared."""

    def __init__(self, text: str) -> None:
        self._lines: Iterator[str] = lines_of(text)
        self.taken: list[str] = []

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        text = next(self._lines)
        self.taken.append(text)
        return text


class Reader(Protocol):
    """What ``csv.reader`` returns, which typing cannot name."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


def split(lines: Iterator[str], delimiter: str, quote: str) -> Reader:
    """A strict reader of records: it raises ``csv.Error`` where quotes are malformed."""
    if quote == NO_QUOTE:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)


def records(text: str, delimiter: str, quote: str) -> Iterator[tuple[int, list[str]]]:
    """Records of a sample as (physical line from 1, fields); malformed ones as one field."""
    reader = split(lines_of(text), delimiter, quote)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            if reader.line_num < line:
                return
            yield line, [""]


def modal_width(rows: list[list[str]]) -> tuple[int, float]:
    """The width that most filled rows have, and their share."""
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if not widths:
        return 1, 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return width, count / widths.total()


def find_quote(text: str, delimiter: str | None) -> Finding:
    """The quote of a file: ``"`` unless fields stand in ``'``, or quotes are no CSV quotes."""
    lines = [line.rstrip("\r\n") for line in islice(lines_of(text), _LINES)]
    ends = (delimiter,) if delimiter else _CANDIDATES
    if not any('"' in line for line in lines):
        single = sum(
            1 for line in lines if any(f"'{end}'" in line for end in ends)
            and line[:1] == "'" and line[-1:] == "'"
        )  # fmt: skip
        if single > len(lines) * 0.5:
            return Finding(value="'", confidence=0.9, evidence="fields stand in single quotes")
        return Finding(value='"', confidence=0.9, evidence="no quotes in the first lines")
    if delimiter:
        quoted = [line for line in lines if f'{delimiter}"' in delimiter + line]
        broken = sum(1 for _, row in records("\n".join(quoted), delimiter, '"') if row == [""])
        if quoted and broken > len(quoted) * 0.3 and not _reads_whole(lines, delimiter):
            return Finding(
                value=NO_QUOTE,
                confidence=0.6,
                evidence='" stands within texts and does not enclose fields',
            )
    return Finding(value='"', evidence='fields stand in "')


def _reads_whole(lines: list[str], delimiter: str) -> bool:
    """Whether nearly all records are alike when line ends within quotes belong to fields."""
    rows = [row for _, row in records("\n".join(lines), delimiter, '"')]
    if len(lines) == _LINES:
        rows.pop()  # it may go on beyond the lines looked at
    width, share = modal_width(rows)
    is_one_text = len(rows) * 2 < len(lines)  # a quote that never closes takes in all the rest
    return width > 1 and share > 0.9 and [""] not in rows and not is_one_text


def find_delimiter(text: str, quote: str | None) -> Finding:
    """The delimiter under which most of the first lines have the same number of fields."""
    best: tuple[float, str, int, float] | None = None
    for rank, delimiter in enumerate(_CANDIDATES):
        if delimiter not in text:
            continue
        mark = quote or find_quote(text, delimiter).value
        rows = [row for _, row in islice(records(text, delimiter, mark), _LINES)]
        width, share = modal_width(rows)
        if width < 2:
            continue
        if delimiter == ":" and all(" " in row[0] or "/" in row[0] for row in rows if len(row) > 1):
            continue
        widest = max(len(row) for row in rows)
        # a comma that is only a decimal mark does not stand in the header
        score = share + 0.02 * min(width, 10) - 0.01 * rank - (0.3 if widest > 2 * width else 0)
        if best is None or score > best[0]:
            best = (score, delimiter, width, share)
    if best is None or best[3] < 0.4:
        unused = next((mark for mark in ("\t", "|", ";", "\x1f") if mark not in text), "\x1f")
        return Finding(
            value=unused, confidence=0.5, evidence="no delimiter is regular: read as one column"
        )
    _, delimiter, width, share = best
    return Finding(
        value=delimiter,
        confidence=round(min(1.0, share), 2),
        evidence=f"{share:.0%} of the first lines have {width} fields",
    )

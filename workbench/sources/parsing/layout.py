"""Where the header of a table is and where its footer begins, judged on a grid of texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.sources.parsing.dates import looks_dated
from workbench.sources.parsing.kinds import MARKERS, looks_numeric

Row = Sequence[str | None]

_YEAR = re.compile(r"(19|20)\d{2}([-/ ]?(0?[1-9]|1[0-2]))?")
_TOTAL = re.compile(
    r"(gran |grand |sub)?-?\s*(total(es)?|resultado|suma|sum|totaux|summe|insgesamt)"
    r"(\s+(general|nacional|pa[ií]s|overall|geral))?\s*:?",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\s*(fuentes?|sources?|fonte|quelle|notas?|notes?|nb|elaborad[oa]|elaboraci[oó]n|data from|"
    r"(last )?updated|actualizad[oa]|generad[oa]|generated|exportad[oa]|exported|©|copyright|"
    r"\*+|\(?[¹²³†‡]|\([a-z0-9*]\)|[a-z0-9]/|records?:|"
    r"rows?:|registros?:|\d+ (rows|filas|registros))",
    re.IGNORECASE,
)
_MOST_HEADER_ROWS = 8


@dataclass(frozen=True)
class HeaderGuess:
    """``first`` is the index of the first header row in the grid, ``rows`` how many there are."""

    first: int
    rows: int
    confidence: float
    evidence: str


def filled(row: Row) -> int:
    """How many cells hold something."""
    return sum(1 for cell in row if cell and cell.strip())


def find_header(grid: Sequence[Row], width: int, *, several: bool) -> HeaderGuess:
    """The header of the table in the first rows of a file.

    ``width`` is how many fields its rows have; ``several`` allows more than one header row. Judged
    by contrast: a header has words above columns of numbers.
    """
    start = _table_start(grid, width)
    if start is None:
        return HeaderGuess(0, 0, 0.3, "no row with more than one filled cell")
    kinds = _column_kinds(grid[start:], width)
    numeric = [column for column, kind in enumerate(kinds) if kind in ("number", "date")]
    if not numeric:
        return _text_only(grid, start, width)
    last = None
    full = sorted(filled(row) for row in grid[start:] if filled(row))
    usual = full[len(full) // 2]
    for index in range(start, min(len(grid), start + 40)):
        if _is_words(grid[index], kinds, numeric):
            last = index
        elif filled(grid[index]) >= usual * 0.5 and _is_data(grid[index], kinds, numeric):
            break
    if last is None:
        row = grid[start]
        shown = next((row[c] for c in numeric if c < len(row) and row[c]), "")
        return HeaderGuess(
            start, 0, 0.8, f"the first full row holds data already, such as {shown!r}"
        )
    first = last
    while several and first > start and last - first + 1 < _MOST_HEADER_ROWS:
        above = grid[first - 1]
        if not filled(above):
            break
        if _is_data(above, kinds, numeric) and not _is_words(above, kinds, numeric):
            break
        first -= 1
    while first < last and not _belongs(grid, first, last):
        first += 1
    contrast = sum(1 for c in numeric if c < len(grid[last]) and grid[last][c])
    confidence = 0.95 if contrast > 1 else 0.85
    return HeaderGuess(
        first,
        last - first + 1,
        confidence,
        f"words above {contrast} column{'s' if contrast != 1 else ''} of numbers or dates",
    )


def _table_start(grid: Sequence[Row], width: int) -> int | None:
    """The first row that is as wide as the table, or nearly."""
    needed = 1 if width == 1 else 2
    for index, row in enumerate(grid):
        if len(row) >= min(width, 2) and filled(row) >= needed and len(row) >= width * 0.5:
            return index
    return None


def _belongs(grid: Sequence[Row], first: int, last: int) -> bool:
    """Whether the top row of a header is part of it, and no title or unit above it."""
    cells = [i for i, cell in enumerate(grid[first]) if cell and cell.strip()]
    below = [
        i
        for row in grid[first + 1 : last + 1]
        for i, cell in enumerate(row)
        if cell and cell.strip()
    ]
    if len(cells) == 1:
        # one cell names a group only if it stands within the table, with columns on both sides
        return min(below, default=0) < cells[0] < max(below, default=0)
    return bool(set(cells).intersection(below))


def _column_kinds(rows: Sequence[Row], width: int) -> list[str]:
    """``number``, ``date``, ``text`` or ``blank`` by what most cells of the lower rows are."""
    lower = rows[max(1, len(rows) // 3) :] if len(rows) > 3 else rows[1:]
    kinds = []
    for column in range(width):
        seen = [
            cell.strip()
            for row in lower
            if column < len(row) and (cell := row[column]) and cell.strip() not in MARKERS
            if cell.strip()
        ]
        if not seen:
            kinds.append("blank")
        elif sum(map(looks_numeric, seen)) >= len(seen) * 0.7:
            kinds.append("number")
        elif sum(map(looks_dated, seen)) >= len(seen) * 0.7:
            kinds.append("date")
        else:
            kinds.append("text")
    return kinds


def _is_label(cell: str, kind: str) -> bool:
    """Whether a cell can be a name above values of this kind."""
    if looks_numeric(cell):
        return _YEAR.fullmatch(cell) is not None
    if looks_dated(cell):
        return kind != "date"
    return cell not in MARKERS


def _is_words(row: Row, kinds: Sequence[str], numeric: Sequence[int]) -> bool:
    """Names above values: labels above columns of numbers, and hardly a value."""
    cells = [(c, (row[c] or "").strip()) for c in range(min(len(row), len(kinds)))]
    labels = [cell for c, cell in cells if cell and c in numeric and _is_label(cell, kinds[c])]
    values = [
        cell for c, cell in cells if cell and cell not in MARKERS and not _is_label(cell, kinds[c])
    ]
    years = [cell for cell in labels if looks_numeric(cell) or looks_dated(cell)]
    if not labels or 2 * len(values) > len(labels):
        return False
    if len(labels) == len(years):
        # a row of data may hold a year too; a header names each of them once
        return len(years) >= 2 and len(set(years)) == len(years)
    return True


def _is_data(row: Row, kinds: Sequence[str], numeric: Sequence[int]) -> bool:
    cells = [(row[c] or "").strip() for c in numeric if c < len(row)]
    values = [cell for cell in cells if cell]
    numbers = [cell for cell in values if looks_numeric(cell) or looks_dated(cell)]
    return bool(numbers) and len(numbers) >= len(values) * 0.5


def _text_only(grid: Sequence[Row], start: int, width: int) -> HeaderGuess:
    """No column of numbers: the first full row is the header if it looks like names."""
    for index in range(start, min(len(grid), start + 10)):
        row = grid[index]
        if filled(row) >= max(1, 0.7 * width):
            cells = [cell.strip() for cell in row if cell and cell.strip()]
            below = {cell for lower in grid[index + 1 :] for cell in lower if cell}
            distinct = len(set(cells)) == len(cells) and not below.intersection(cells)
            digits = any(looks_numeric(cell) or looks_dated(cell) for cell in cells)
            if distinct and not digits and len(grid) > index + 1:
                return HeaderGuess(
                    index, 1, 0.6, "first full row; its words do not come up again below"
                )
            if digits or not distinct:
                return HeaderGuess(index, 0, 0.5, "the first full row looks like the others")
            return HeaderGuess(index, 1, 0.5, "the only full row")
    return HeaderGuess(start, 1, 0.4, "first row with more than one cell")


def find_footer(tail: Sequence[Row], body: Sequence[Row], width: int) -> tuple[int, float, str]:
    """How many rows at the end of ``tail`` are no data, how sure, and why.

    ``body`` is a sample of rows for comparison. Blank rows within the footer are counted with it,
    blank rows after it are left out of ``tail`` by the caller.
    """
    usual = sorted(filled(row) for row in body if filled(row))
    typical = usual[len(usual) // 2] if usual else width
    judged: list[Row] = []
    count, reasons, index = 0, [], len(tail)
    while index > 0:
        row = tail[index - 1]
        if not filled(row):
            # a blank row belongs to the footer only if more of the footer stands above it
            index -= 1
            continue
        # in a short file the sample holds the footer too
        judged.append(list(row))
        others = [other for other in body if list(other) not in judged]
        reason = _footer_reason(row, others, width, typical)
        if reason is None:
            break
        reasons.append(reason)
        index -= 1
        count = len(tail) - index
    if not count:
        return 0, 0.9 if len(body) > 3 else 0.6, "the last rows look like the others"
    confidence = 0.9 if all("note" in reason for reason in reasons) else 0.8
    return count, confidence, "; ".join(dict.fromkeys(reversed(reasons)))


def _footer_reason(row: Row, body: Sequence[Row], width: int, typical: int) -> str | None:
    cells = [cell.strip() for cell in row if cell and cell.strip()]
    if width >= 2 and len(cells) == 1 and typical > 1:
        if _NOTE.match(cells[0]):
            return f"a note: {cells[0][:60]!r}"
        first_only = bool(row[0] and row[0].strip())
        least = min((filled(other) for other in body if filled(other)), default=1)
        if first_only and least > 1 and len(cells[0]) > 3 and not looks_numeric(cells[0]):
            return f"a note: one cell alone, {cells[0][:60]!r}"
    if width >= 2 and len(cells) < typical and _NOTE.match(cells[0]) and len(row) < width:
        return f"a note: {cells[0][:60]!r}"
    position = next((i for i, cell in enumerate(row) if cell and cell.strip()), 0)
    if width < 2 or not _TOTAL.fullmatch(cells[0]):
        return None
    elsewhere = any(
        position < len(other) and (other[position] or "").strip() == cells[0] for other in body
    )
    words = [cell for cell in cells[1:] if not looks_numeric(cell) and cell not in MARKERS]
    if elsewhere or words or len(cells) < 2:
        return None
    return f"a total: {cells[0]!r} where others have values"

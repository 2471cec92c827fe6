"""Names of columns: safe ones for the tables, with the originals kept.

**The rule.** A safe name is the header with accents folded to ASCII (``Año`` → ``ano``), in lower
case, with every run of other characters than letters and digits as one ``_``, without
``_`` at the ends. A leading digit gets ``c_`` (``1960`` → ``c_1960``). A header without any such
character is ``column_N``, N its position from 1. Names longer than 63 bytes are cut there. Names
that are taken get ``_2``, ``_3``, … in the order of the columns, so headers that differ by case
only are told apart. A safe name never begins with ``_``, so it never collides with provenance.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from workbench.errors import SourceUnreadable
from workbench.model.dataset import Column

LONGEST = 63
#: More columns than this need more memory than one table is worth; most databases take fewer.
MOST_COLUMNS = 4_000
LONGEST_HEADER = 20_000
_OTHER = re.compile(r"[^a-z0-9]+")
# letters that have no decomposition, and signs that mean a word
_FOLD = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o",
        "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th",
        "ı": "i", "%": " pct ", "№": " no ", "º": "", "ª": "",
    }
)  # fmt: skip


def safe_name(text: str) -> str:
    """The safe name of one header; ``""`` if it has no letter or digit (see the rule above)."""
    folded = unicodedata.normalize("NFKD", text.translate(_FOLD))
    name = _OTHER.sub("_", folded.encode("ascii", "ignore").decode().lower()).strip("_")
    if name[:1].isdigit():
        name = f"c_{name}"
    return name[:LONGEST].rstrip("_")


def check_headers(originals: Sequence[str | None], where: str) -> None:
    """Raise ``SourceUnreadable`` for more columns, or longer headers, than a table may have."""
    if len(originals) > MOST_COLUMNS:
        raise SourceUnreadable(
            f"it has {len(originals):,} columns, and a table may have {MOST_COLUMNS:,}",
            where=where,
            remedy="have it delivered with fewer columns, or with one row for each value; "
            "or state `delimiter` if it is not the one that was found",
        )
    longest = max((len(one) for one in originals if one), default=0)
    if longest > LONGEST_HEADER:
        raise SourceUnreadable(
            f"a header of {longest:,} characters: this is no table, or its line ends are missing",
            where=where,
            remedy="mend the file, or `header` in the spec",
        )


def columns_of(
    originals: Sequence[str | None], positions: Sequence[int] | None = None
) -> tuple[Column, ...]:
    """Columns with unique safe names for headers, in their order.

    ``positions`` are those in the file, from 1, if fields were left out.
    """
    used: set[str] = set()
    columns = []
    places = positions or range(1, len(originals) + 1)
    for position, original in zip(places, originals, strict=True):
        base = safe_name(original or "") or f"column_{position}"
        name, count = base, 1
        while name in used:
            count += 1
            tail = f"_{count}"
            name = base[: LONGEST - len(tail)] + tail
        used.add(name)
        columns.append(Column(name=name, original=original if original else None))
    return tuple(columns)


def join_rows(rows: Sequence[Sequence[str | None]], width: int) -> list[str | None]:
    """One header per column from several header rows.

    Cells of upper rows that are blank because they were merged take the value to their left, but
    not across a change in the row above. Rows are joined by ``_``; a text that repeats the one
    above it is joined once. A single row is taken as it is.
    """
    if len(rows) == 1:
        return [*rows[0], *[None] * (width - len(rows[0]))][:width]
    grid = [[_cell(row, column) for column in range(width)] for row in rows]
    named = [any(row[column] for row in grid) for column in range(width)]
    for level, row in enumerate(grid[:-1]):
        for column in range(1, width):
            same_parent = all(upper[column] == upper[column - 1] for upper in grid[:level])
            if row[column] is None and same_parent:
                row[column] = row[column - 1]
    joined: list[str | None] = []
    for column in range(width):
        parts: list[str] = []
        for row in grid:
            part = row[column]
            if part is not None and (not parts or parts[-1] != part):
                parts.append(part)
        joined.append("_".join(parts) if parts and named[column] else None)
    return joined


def _cell(row: Sequence[str | None], column: int) -> str | None:
    text = row[column] if column < len(row) else None
    return text.strip() or None if text else None

"""Quarantined rows as a CSV file that a person mends in a spreadsheet and sends back.

Every line is one received row: its quarantine ids, file, row number, reasons, and the values as
received. Cells that a spreadsheet would take for a formula get a leading apostrophe, and lose it
again when the file comes back; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.durable import write
from workbench.errors import HeaderMissing, SourceMissing, SourceUnreadable
from workbench.model.dataset import PROVENANCE, ROW, RUN, SOURCE

if TYPE_CHECKING:
    import pyarrow as pa

#: The text of a record that could not be parsed; its cells are to be filled in by hand.
UNPARSED = "_unparsed"
ID, REASONS = "_id", "_reasons"
_OWN = (ID, SOURCE, ROW, REASONS)
_RISKY = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?%?")


@dataclass(frozen=True)
class Corrections:
    """Mended rows: quarantine ``ids`` that they settle, and the rows in the shape of bronze.

    ``table`` has ``_source``, ``_row`` and text columns; an empty cell is null.
    """

    ids: tuple[str, ...]
    table: pa.Table


@dataclass
class Line:
    """One received row that is to be mended: its values as received, and all that was refused of
    it (``ids``), as (step, values at the time of refusal)."""

    source: str | None
    row: int | None
    values: Mapping[str, Any]
    ids: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    refused: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


def escape(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def unescape(text: str) -> str:
    """The cell before ``escape``."""
    return text[1:] if text.startswith("'") and _RISKY.match(text) else text


def lines(refused: pa.Table, received: pa.Table | None) -> tuple[list[str], list[Line]]:
    """Refused rows (from ``Quarantine.read``) as lines to be mended, and their columns.

    Rows that were made from one received row are one line. ``received`` holds the rows as
    received (bronze). For rows that are not in it, as in datasets made from datasets, the values
    at the time of refusal are given.
    """
    values, columns = _received(received)
    found: dict[tuple[Any, ...], Line] = {}
    for row in refused.to_pylist():
        place = (row[SOURCE], row[ROW], row[RUN])
        traced = row[SOURCE] is not None and row[ROW] is not None
        told = json.loads(row["values"] or "{}")
        line = found.setdefault(
            place if traced else (*place, row["id"]),
            Line(row[SOURCE], row[ROW], values.get(place) or told),
        )
        line.ids.append(row["id"])
        line.reasons += [r for r in json.loads(row["reasons"]) if r not in line.reasons]
        line.refused.append((row["step"], told))
    for line in found.values():
        columns += [n for n in line.values if n not in columns and n not in PROVENANCE]
    return columns, list(found.values())


def write_lines(path: Path, columns: Sequence[str], found: Sequence[Line]) -> int:
    """Write lines as the CSV that ``load`` reads back; their number."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*_OWN, *columns])
    for line in found:
        cells = [
            " ".join(line.ids),
            line.source,
            line.row,
            "; ".join(line.reasons),
            *(line.values.get(name) for name in columns),
        ]
        writer.writerow(["" if cell is None else escape(str(cell)) for cell in cells])
    write(path, "\ufeff" + text.getvalue())
    return len(found)


def load(path: Path) -> Corrections:
    """Read a mended file back, as a spreadsheet may have saved it (``,`` or ``;``).

    Raises ``SourceMissing``, ``HeaderMissing`` and ``SourceUnreadable`` with the line.
    """
    import pyarrow as pa

    lines = _lines(path)
    header = next(lines, [])
    missing = [name for name in (ID, SOURCE, ROW) if name not in header]
    if missing:
        raise HeaderMissing(
            f"the columns {', '.join(missing)} are not there",
            where=str(path),
            remedy="mend the file that `workbench quarantine DATASET --export` wrote,"
            " and keep its first four columns",
        )
    names = [name for name in header if name not in (*_OWN, UNPARSED)]
    ids: dict[str, None] = {}
    rows: list[dict[str, str | int | None]] = []
    for number, cells in enumerate(lines, start=2):
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise SourceUnreadable(
                f"{len(cells)} cells where the header has {len(header)}",
                where=f"{path}, record {number}",
                remedy="quote cells that hold the separator",
            )
        line = {name: unescape(cell) or None for name, cell in zip(header, cells, strict=True)}
        row = str(line[ROW] or "")
        marks = str(line[ID] or "").split()
        if not marks or (row and not row.isdigit()):
            raise SourceUnreadable(
                f"{ID} and {ROW} must stay as they were exported",
                where=f"{path}, record {number}",
                remedy=f"export the rows again and mend only the columns after {REASONS}",
            )
        ids.update(dict.fromkeys(marks))
        rows.append({**line, ROW: int(row) if row else None})
    schema = pa.schema(
        [(SOURCE, pa.string()), (ROW, pa.int64()), *((name, pa.string()) for name in names)]
    )
    kept = [{name: row[name] for name in schema.names} for row in rows]
    return Corrections(tuple(ids), pa.Table.from_pylist(kept, schema=schema))


def _received(
    received: pa.Table | None,
) -> tuple[Mapping[tuple[Any, ...], dict[str, Any]], list[str]]:
    if received is None:
        return {}, []
    columns = [name for name in received.column_names if name not in PROVENANCE]
    return {(row[SOURCE], row[ROW], row[RUN]): row for row in received.to_pylist()}, columns


def _lines(path: Path) -> Iterator[list[str]]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SourceMissing("there is no such file", where=str(path)) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # an older spreadsheet
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)

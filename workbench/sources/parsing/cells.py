"""Cells of a sheet as text without loss: whole numbers, shortest fractions, ISO dates, times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import fastexcel

_STAMP = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"
_DAY = 86_400
#: Serial numbers below this (dates before 1910) may be spans of time such as 30:00:00.
_EARLY = 3653 * _DAY
#: Dates from here on have no such number, whether days are counted from 1900 or from 1904.
_LATE = "1915"
_SPAN = re.compile(r"value: ([-+\d.eE]+), datetime_type: TimeDelta")
_ERROR = re.compile(r"Error\((\w+)\)")
_ERROR_TEXT = {
    "NA": "#N/A", "Div0": "#DIV/0!", "Ref": "#REF!", "Value": "#VALUE!", "Name": "#NAME?",
    "Num": "#NUM!", "Null": "#NULL!", "GettingData": "#GETTING_DATA",
}  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """All cells of a sheet: row 0 of ``table`` is Excel row 1.

    ``first`` is the position of the first column, from 0 (A); ``errors`` are the cells that hold
    an error, as (row from 1, column from 0, text).
    """

    name: str
    table: pa.Table
    first: int
    visible: bool
    errors: tuple[tuple[int, int, str], ...]


def load(
    reader: fastexcel.ExcelReader, name: str, rows: int | None = None, *, has_stamps: bool = True
) -> Sheet:
    """The cells of a sheet (only the first ``rows``, if given); empty cells are null.

    Without ``has_stamps`` no text of the workbook looks as a date with a time does.
    """
    sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string", n_rows=rows)
    visible = str(sheet.visible) == "visible"
    available = sheet.available_columns()
    if not available:
        return Sheet(name, pa.table({}), 0, visible, ())
    batch, faults = sheet.to_arrow_with_errors()
    first = int(available[0].absolute_index)
    columns = [pc.if_else(pc.equal(column, ""), None, column) for column in batch.columns]
    dated = [
        index
        for index, column in enumerate(columns)
        if pc.any(pc.match_substring_regex(column, _STAMP)).as_py()
    ]
    if dated and not has_stamps:
        # the sheet need not be read a second time to tell dates from texts that look like them
        dated = [index for index in dated if not _shorten_dates(columns, index)]
    if dated:
        _restore_dates(reader, name, rows, columns, dated, first)
    errors = tuple(
        (fault.position[0] + 1, first + fault.position[1], _error_text(fault.detail))
        for fault in (faults.errors if faults else [])
        if _ERROR.search(fault.detail)
    )
    names = [f"c{index}" for index in range(len(columns))]
    return Sheet(name, pa.table(columns, names=names), first, visible, errors)


def _shorten_dates(columns: list[pa.Array], index: int) -> bool:
    """Take the empty time of day from a column's cells that look like dates, all of which are.

    Does nothing, and returns false, if some may be times or spans of time.
    """
    text = columns[index]
    stamped = pc.fill_null(pc.match_substring_regex(text, _STAMP), False)
    if pc.any(pc.and_(stamped, pc.less(text, _LATE))).as_py():
        return False
    midnight = pc.and_(stamped, pc.ends_with(text, " 00:00:00"))
    columns[index] = pc.if_else(midnight, pc.utf8_slice_codeunits(text, 0, 10), text)
    return True


def _restore_dates(
    reader: Any,
    name: str,
    rows: int | None,
    columns: list[pa.Array],
    dated: list[int],
    first: int,
) -> None:
    """Cells that truly are dates lose an empty time of day; those of less than a day are times.

    Texts that only look like dates stay as they are: asked for as a duration, they are null.
    """
    wanted = [first + index for index in dated]
    common = {"header_row": None, "skip_rows": 0, "n_rows": rows, "use_columns": wanted}
    serials = reader.load_sheet(name, dtypes="duration", **common).to_arrow_with_errors()[0]
    spans: dict[tuple[int, int], str] = {}
    for place, index in enumerate(dated):
        serial = pc.divide(serials.column(place).cast(pa.int64()), 1000)
        text = columns[index]
        is_date = serial.is_valid()
        midnight = pc.and_(is_date, pc.ends_with(text, " 00:00:00"))
        text = pc.if_else(midnight, pc.utf8_slice_codeunits(text, 0, 10), text)
        clock = pc.and_(is_date, pc.fill_null(pc.less(serial, _DAY), False))
        text = pc.if_else(clock, pc.utf8_slice_codeunits(columns[index], 11), text)
        early = pc.fill_null(
            pc.and_(pc.greater_equal(serial, _DAY), pc.less(serial, _EARLY)), False
        )
        if pc.any(early).as_py():
            if not spans:
                spans = _spans(reader, name, common)
            values = text.to_pylist()
            for row, value in ((r, v) for (r, c), v in spans.items() if c == index):
                values[row] = value
            text = pa.array(values, pa.string())
        columns[index] = text


def _spans(reader: Any, name: str, common: dict[str, Any]) -> dict[tuple[int, int], str]:
    """Cells formatted as a span of time, as hours:minutes:seconds, by (row, column), from 0."""
    faults = reader.load_sheet(name, dtypes="float", **common).to_arrow_with_errors()[1]
    found = {}
    for fault in faults.errors if faults else []:
        match = _SPAN.search(fault.detail)
        if match:
            seconds = round(float(match[1]) * _DAY)
            clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
            found[fault.offset_position] = clock
    return found


def _error_text(detail: str) -> str:
    match = _ERROR.search(detail)
    return _ERROR_TEXT.get(match[1], f"#{match[1].upper()}") if match else detail


def letters(position: int) -> str:
    """The letters of a column at a position from 0: 0 is A, 27 is AB."""
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text


def position_of(text: str) -> int:
    """The position from 0 of a column given by its letters."""
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def rows_of(table: pa.Table) -> list[list[str | None]]:
    """The rows of a table of texts."""
    return [list(row) for row in zip(*(c.to_pylist() for c in table.columns), strict=True)]

"""Excel workbooks: which sheets, where the table is in each, and its cells as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.errors import HeaderMissing, SourceEmpty, SourceUnreadable
from workbench.registry import unknown
from workbench.sources.parsing.archive import check_archive
from workbench.sources.parsing.assemble import finish, merge
from workbench.sources.parsing.cells import Sheet, letters, load, position_of
from workbench.sources.parsing.finding import Body, Finding, Findings, Parsed, given
from workbench.sources.parsing.headers import join_rows
from workbench.sources.parsing.layout import filled, find_footer, find_header
from workbench.sources.parsing.options import ReadOptions, SheetPattern

if TYPE_CHECKING:
    import fastexcel

SHEET = "sheet"
_HEAD = 80
_SHOWN = 10


@dataclass(frozen=True)
class Chosen:
    """Sheets to be read, how they were found, and whether their name becomes a column."""

    sheets: list[Sheet]
    finding: Finding
    several: bool


def read(raw: bytes, name: str, options: ReadOptions, extra: dict[str, str]) -> Parsed:
    """All records of the chosen sheets; several get a column ``sheet``."""
    reader = open_workbook(raw, name)
    chosen = choose(reader, name, options)
    parts = []
    for sheet in chosen.sheets:
        body = read_sheet(sheet, name, options)
        body.findings = {"sheet": chosen.finding, **body.findings}
        if chosen.finding.confidence < 0.7:
            body.warnings.append(f"sheet {sheet.name!r} was chosen: {chosen.finding.evidence}")
        values = {**extra, SHEET: sheet.name} if chosen.several else extra
        parts.append(finish(body, name, options, values))
    if len(parts) == 1:
        return parts[0]
    names = [sheet.name for sheet in chosen.sheets]
    detected = {**parts[0].detected, "sheets": dict(zip(names, (p.detected for p in parts),
                                                        strict=True))}  # fmt: skip
    return merge(parts, name, detected)


def open_workbook(raw: bytes, name: str) -> fastexcel.ExcelReader:
    """The opened workbook; ``SourceUnreadable`` if it is damaged, encrypted or too large."""
    import fastexcel

    if raw.startswith(b"PK"):
        check_archive(raw, name)
    elif "EncryptedPackage".encode("utf-16-le") in raw:
        raise _protected(name)
    try:
        return fastexcel.read_excel(raw)
    except BaseException as error:
        _reraise(error)
        if "password" in str(error).lower():
            raise _protected(name) from None
        raise SourceUnreadable(
            f"the workbook cannot be opened: {_first_line(error)}",
            where=name,
            remedy="open it in a spreadsheet program and save it again, or ask for it again",
        ) from None


def choose(
    reader: fastexcel.ExcelReader, name: str, options: ReadOptions, rows: int | None = None
) -> Chosen:
    """The sheets that the spec names, else the first visible one that holds a table."""
    names = reader.sheet_names
    if not names:
        raise SourceEmpty("the workbook has no sheets", where=name, remedy="ask for it again")
    stated = options.sheet
    if stated is None:
        return _first_table(reader, name, options, rows)
    if isinstance(stated, SheetPattern):
        pattern = re.compile(stated.matches)
        wanted = [one for one in names if pattern.fullmatch(one)]
        sheets = [_load(reader, one, name, rows) for one in wanted]
        sheets = [sheet for sheet in sheets if sheet.visible or not options.skip_hidden]
        if not sheets:
            raise SourceUnreadable(
                f"no {'visible ' if options.skip_hidden else ''}sheet matches {stated.matches!r}",
                where=name,
                remedy=f"its sheets are {', '.join(map(repr, names))}",
            )
        return Chosen(sheets, given([sheet.name for sheet in sheets]), True)
    several = isinstance(stated, tuple)
    wanted = [_sheet_name(one, names, name) for one in
              (stated if isinstance(stated, tuple) else (stated,))]  # fmt: skip
    sheets = [_load(reader, one, name, rows) for one in wanted]
    return Chosen(sheets, given(wanted if several else wanted[0]), several)


def _sheet_name(stated: str | int, names: list[str], where: str) -> str:
    if isinstance(stated, int):
        if 1 <= stated <= len(names):
            return names[stated - 1]
        raise SourceUnreadable(
            f"there is no sheet number {stated}; the workbook has {len(names)}",
            where=where,
            remedy=f"sheets are counted from 1: {', '.join(map(repr, names))}",
        )
    folded = {one.strip().lower(): one for one in names}
    found = stated if stated in names else folded.get(stated.strip().lower())
    if found is None:
        raise SourceUnreadable(
            unknown("sheet", stated, tuple(names)),
            where=where,
            remedy="mend `sheet` in the spec",
        )
    return found


def _load(reader: fastexcel.ExcelReader, sheet: str, name: str, rows: int | None) -> Sheet:
    try:
        return load(reader, sheet, rows)
    except BaseException as error:
        _reraise(error)
        raise SourceUnreadable(
            f"sheet {sheet!r} cannot be read: {_first_line(error)}",
            where=name,
            remedy="open the workbook in a spreadsheet program and save it again",
        ) from None


def _first_table(
    reader: fastexcel.ExcelReader, name: str, options: ReadOptions, rows: int | None
) -> Chosen:
    names = reader.sheet_names
    fallback: Sheet | None = None
    for one in names:
        sheet = _load(reader, one, name, rows)
        if not sheet.visible or not sheet.table.num_rows:
            continue
        grid = _grid(sheet, 0, _HEAD)
        guess = find_header(grid, sheet.table.num_columns, several=True)
        if guess.confidence >= 0.8 and sheet.table.num_columns > 1:
            alone = len(names) == 1
            evidence = (
                "the only sheet"
                if alone
                else f"the first visible sheet of {len(names)} that holds a table "
                f"({', '.join(names[:8])}{', …' if len(names) > 8 else ''})"
            )
            found = Finding(value=one, confidence=1.0 if alone else 0.6, evidence=evidence)
            return Chosen([sheet], found, False)
        fallback = fallback or sheet
    if fallback is None:
        raise SourceEmpty(
            "no visible sheet holds anything",
            where=name,
            remedy=f"name a sheet under `sheet`: {', '.join(map(repr, names))}",
        )
    found = Finding(value=fallback.name, confidence=0.5, evidence="the first sheet with cells")
    return Chosen([fallback], found, False)


def read_sheet(sheet: Sheet, name: str, options: ReadOptions) -> Body:
    """The table on a sheet: rows and columns in range, header rows, data, footer."""
    where = f"{name} [{sheet.name}]"
    table, top, positions, notes = _in_range(sheet, options)
    if not table.num_rows or not table.num_columns:
        raise SourceEmpty("the sheet holds nothing in this range", where=where,
                          remedy="mend `sheet`, `range` or `columns` in the spec")  # fmt: skip
    findings: Findings = {}
    line, rows = _header_place(table, top, options, findings, where)
    start = line - top
    width = table.num_columns
    grid = [list(row) for row in zip(*(column.to_pylist() for column in
            table.slice(start, rows).columns), strict=True)]  # fmt: skip
    names = options.header.names if options.header else None
    originals = list[str | None](names) if names else join_rows(grid, width) if grid else [None] * width
    if rows and not any(originals):
        raise HeaderMissing("the header row is blank", where=f"{where}, row {line}",
                            remedy="mend `header` or `range` in the spec")  # fmt: skip
    if len(originals) > width:
        raise HeaderMissing(
            f"header.names gives {len(originals)} names, and the table has {width} columns",
            where=where,
            remedy="give one name for each column, or set `range`",
        )
    originals += [None] * (width - len(originals))
    data = table.slice(start + rows)
    footer, texts = _footer(data, grid, width, options, findings)
    kept = data.slice(0, data.num_rows - footer)
    body = Body(
        table=kept,
        rows=pa.array(np.arange(kept.num_rows, dtype=np.int64) + line + rows),
        records=kept.num_rows,
        originals=originals,
        preamble=start,
        header=rows,
        footer=footer,
        findings=findings,
        texts={"preamble": _texts(table.slice(0, start)), "footer": texts},
        positions=[position + 1 for position in positions],
    )
    body.notes.update(notes)
    if not rows and not names:
        body.warnings.append("no header row was found; columns are named column_1, column_2, …")
    _note_errors(body, sheet, positions, line + rows)
    _drop_empty(body)
    return body


def _in_range(sheet: Sheet, options: ReadOptions) -> tuple[pa.Table, int, list[int], dict[str, int]]:
    """The cells in range, the Excel row of the first, the positions of the columns, notes."""
    table, top, length = sheet.table, 1, None
    every = range(sheet.first, sheet.first + table.num_columns)
    if options.columns is not None:
        wanted = [p for part in options.columns.split(",") for p in _positions(part.strip())]
    elif options.range is not None:
        left, right = options.range.replace("$", "").split(":")
        wanted = list(_positions(re.sub(r"\d", "", f"{left}:{right}")))
        top = int(re.sub(r"\D", "", left))
        end = re.sub(r"\D", "", right)
        length = max(0, int(end) - top + 1) if end else None
    else:
        return table, 1, list(every), {}
    usable = [position for position in wanted if position in every]
    chosen = table.select([p - sheet.first for p in usable]).slice(top - 1, length)
    outside = _cells(table) - _cells(chosen)
    return chosen, top, usable, {"cells_outside_range": outside}


def _cells(table: pa.Table) -> int:
    return sum(len(column) - column.null_count for column in table.columns)


def _positions(part: str) -> range:
    low, _, high = part.partition(":")
    return range(position_of(low), position_of(high or low) + 1)


def _header_place(
    table: pa.Table, top: int, options: ReadOptions, findings: Findings, where: str
) -> tuple[int, int]:
    """Excel row of the first header row (or of the data, if there is none), and its rows."""
    stated = options.header
    rows = stated.rows if stated else None
    if rows is None and stated and stated.names is not None and stated.line is None:
        rows = 0
    line = stated.line if stated else None
    if line is None and options.preamble is not None:
        line = top + options.preamble
    if line is None and rows == 0:
        line = top
    if line is not None:
        rows = 1 if rows is None else rows
        findings["header"] = given({"line": line, "rows": rows})
        if not top <= line < top + table.num_rows:
            raise HeaderMissing(
                f"the header should be in row {line}, and the cells go from row {top} to "
                f"{top + table.num_rows - 1}",
                where=where,
                remedy="mend `header.line`, `preamble` or `range` in the spec",
            )
        return line, rows
    grid = _rows(table.slice(0, _HEAD))
    guess = find_header(grid, table.num_columns, several=rows is None or rows > 1)
    count = guess.rows if rows is None else rows
    findings["header"] = Finding(
        value={"line": top + guess.first, "rows": count} if count else "none",
        confidence=guess.confidence,
        evidence=guess.evidence,
    )
    return top + guess.first, count


def _footer(
    data: pa.Table, header: list[list[str | None]], width: int, options: ReadOptions,
    findings: Findings,
) -> tuple[int, list[str]]:  # fmt: skip
    """How many rows at the end are footer, and their texts."""
    stated = options.footer
    count = 0
    if options.stop_at_blank:
        rows = _rows(data)
        count = len(rows) - next((i for i, row in enumerate(rows) if not filled(row)), len(rows))
        findings["footer"] = given({"stop_at_blank": True, "rows": count})
    elif stated is None:
        tail = _rows(data.slice(max(0, data.num_rows - 100)))
        body = _rows(data.slice(0, _HEAD))
        named = [i for i in range(width) if any(row[i] for row in header)] or list(range(width))
        sample = [row for row in body if filled(row)]
        count, confidence, evidence = find_footer(tail, sample[: max(3, len(sample))], len(named))
        findings["footer"] = Finding(value=count, confidence=confidence, evidence=evidence)
    else:
        findings["footer"] = given(stated.model_dump(mode="json", exclude_defaults=True))
        texts = _texts(data)
        if stated.rows is not None:
            count = min(stated.rows, data.num_rows)
        elif stated.start is not None:
            pattern = re.compile(stated.start)
            hits = (i for i, text in enumerate(texts) if pattern.search(text))
            count = len(texts) - next(hits, len(texts))
        else:
            patterns = [re.compile(pattern) for pattern in stated.match]
            for position, text in enumerate(reversed(texts), start=1):
                if any(pattern.search(text) for pattern in patterns):
                    count = position
                elif text:
                    break
    return count, _texts(data.slice(data.num_rows - count)) if count else []


def _note_errors(body: Body, sheet: Sheet, positions: list[int], start: int) -> None:
    end = start + body.table.num_rows
    inside = [error for error in sheet.errors if start <= error[0] < end and error[1] in positions]
    if not inside:
        return
    body.notes["error_cells"] += len(inside)
    shown = ", ".join(f"{letters(column)}{row} {text}" for row, column, text in inside[:_SHOWN])
    more = f" and {len(inside) - _SHOWN} more" if len(inside) > _SHOWN else ""
    body.warnings.append(
        f"sheet {sheet.name!r}: {len(inside)} cells hold an error and are null: {shown}{more}"
    )


def _drop_empty(body: Body) -> None:
    """Columns without header and values only separate others on the sheet."""
    kept = [
        index
        for index, original in enumerate(body.originals)
        if original or body.table.column(index).null_count < body.table.num_rows
    ]
    dropped = len(body.originals) - len(kept)
    if dropped and kept:
        body.notes["blank_columns"] += dropped
        body.table = body.table.select(kept)
        places = body.positions or []
        body.positions = [places[index] for index in kept]
        body.originals = [body.originals[index] for index in kept]


def _rows(table: pa.Table) -> list[list[str | None]]:
    columns = [column.to_pylist() for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _grid(sheet: Sheet, start: int, rows: int) -> list[list[str | None]]:
    return _rows(sheet.table.slice(start, rows))


def _texts(table: pa.Table) -> list[str]:
    return ["\t".join(cell for cell in row if cell) for row in _rows(table)]


def _protected(name: str) -> SourceUnreadable:
    return SourceUnreadable(
        "the workbook is protected by a password",
        where=name,
        remedy="save it without a password, or ask for an open copy",
    )


def _reraise(error: BaseException) -> None:
    """Lets pass what is no fault of the workbook; a panic of the reader is no ``Exception``."""
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def head(raw: bytes, name: str, options: ReadOptions) -> tuple[Body, dict[str, Any]]:
    """The first rows of the first chosen sheet, for its columns."""
    chosen = choose(open_workbook(raw, name), name, options, _HEAD)
    values = {SHEET: chosen.sheets[0].name} if chosen.several else {}
    return read_sheet(chosen.sheets[0], name, options), values


__all__: Sequence[str] = ("SHEET", "head", "open_workbook", "read")

"""Excel workbooks: which sheets, where the table is in each, and its cells as text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.errors import HeaderMissing, SourceEmpty
from workbench.sources.parsing.assemble import finish, merge
from workbench.sources.parsing.cells import Sheet, letters, position_of, rows_of
from workbench.sources.parsing.finding import Body, Finding, Findings, Parsed, given
from workbench.sources.parsing.footer import stated_footer, without_blank_end
from workbench.sources.parsing.headers import check_headers, join_rows
from workbench.sources.parsing.layout import filled, find_footer, find_header
from workbench.sources.parsing.options import ReadOptions
from workbench.sources.parsing.workbook import HEAD, choose, open_workbook

SHEET = "sheet"
_SHOWN = 10


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
    grid = rows_of(table.slice(start, rows)) if rows else []
    names = options.header.names if options.header else None
    originals: list[str | None] = [None] * width
    if names:
        originals = list(names)
    elif grid:
        originals = join_rows(grid, width)
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
    check_headers(originals, f"{where}, row {line}")
    data = table.slice(start + rows)
    body = Body(
        table=data,
        rows=pa.array(np.arange(data.num_rows, dtype=np.int64) + line + rows),
        records=data.num_rows,
        originals=originals,
        preamble=start,
        header=rows,
        findings=findings,
        positions=[position + 1 for position in positions],
    )
    footer = _footer(data, grid, options, body)
    kept = data.num_rows - len(footer)
    body.table, body.rows = data.slice(0, kept), body.rows.slice(0, kept)
    body.footer = sum(1 for text in footer if text.strip())
    body.records -= body.footer
    body.blank = len(footer) - body.footer
    body.texts = {
        "preamble": _texts(table.slice(0, start)),
        "footer": [text for text in footer if text.strip()],
    }
    body.notes.update(notes)
    if not rows and not names:
        body.warnings.append("no header row was found; columns are named column_1, column_2, …")
    _note_errors(body, sheet, positions, line + rows)
    _drop_empty(body)
    return body


def _in_range(
    sheet: Sheet, options: ReadOptions
) -> tuple[pa.Table, int, list[int], dict[str, int]]:
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
    grid = rows_of(table.slice(0, HEAD))
    guess = find_header(grid, table.num_columns, several=rows is None or rows > 1)
    count = guess.rows if rows is None else rows
    findings["header"] = Finding(
        value={"line": top + guess.first, "rows": count} if count else "none",
        confidence=guess.confidence,
        evidence=guess.evidence,
    )
    return top + guess.first, count


def _footer(
    data: pa.Table, header: list[list[str | None]], options: ReadOptions, body: Body
) -> list[str]:
    """The texts of the rows from the footer on, blank ones included; ``body`` is told."""
    texts = _texts(data.slice(0 if options.footer or options.stop_at_blank else
                              max(0, data.num_rows - 100)))  # fmt: skip
    end = without_blank_end(texts)
    stated = stated_footer(texts, options)
    if stated is None:
        tail = rows_of(data.slice(data.num_rows - len(texts)))[:end]
        sample = [row for row in rows_of(data.slice(0, HEAD)) if filled(row)]
        width = sum(any(column) for column in zip(*header, strict=True)) or data.num_columns
        count, confidence, evidence = find_footer(tail, sample, width)
        begin = end - count
        found = Finding(value=count, confidence=confidence, evidence=evidence)
    else:
        begin, found = stated
        if begin == end and options.footer is not None and options.footer.rows != 0:
            body.warnings.append("the footer that the spec describes is not there")
    body.findings["footer"] = found
    return texts[begin:] if begin < end else []


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


def _texts(table: pa.Table) -> list[str]:
    return ["\t".join(cell for cell in row if cell) for row in rows_of(table)]


def head(raw: bytes, name: str, options: ReadOptions) -> tuple[Body, dict[str, Any]]:
    """The first rows of the first chosen sheet, for its columns."""
    chosen = choose(open_workbook(raw, name), name, options, HEAD)
    values = {SHEET: chosen.sheets[0].name} if chosen.several else {}
    return read_sheet(chosen.sheets[0], name, options), values

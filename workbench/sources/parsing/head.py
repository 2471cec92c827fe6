"""The head of a delimited file: its dialect, its header, and where its body begins."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from workbench.errors import HeaderMissing, SourceUnreadable
from workbench.sources.parsing.dialect import (
    LONGEST_FIELD,
    find_delimiter,
    find_quote,
    modal_width,
    records,
)
from workbench.sources.parsing.finding import Finding, Findings, given
from workbench.sources.parsing.headers import check_headers, join_rows
from workbench.sources.parsing.layout import HeaderGuess, find_header
from workbench.sources.parsing.lines import count_lines, ends_of, head_of, offset_of
from workbench.sources.parsing.options import ReadOptions

_HEAD = 256 * 1024
_ROWS = 300


@dataclass
class Head:
    """What the head of a file says: dialect, header, and where its body begins.

    ``offset`` is in bytes of the UTF-8 data, ``line`` the physical line there, from 1.
    """

    delimiter: str
    quote: str
    originals: list[str | None]
    width: int
    unnamed: int | None
    offset: int
    line: int
    preamble: list[str]
    header_records: int
    sample: list[list[str]]
    findings: Findings
    warnings: list[str]


def read_head(data: bytes, name: str, options: ReadOptions) -> Head:
    """Dialect and header of a file, from its first 256 KiB of UTF-8."""
    chunk = head_of(data, _HEAD)
    if len(chunk) > LONGEST_FIELD:
        raise SourceUnreadable(
            f"the first line is longer than {LONGEST_FIELD:,} bytes",
            where=f"{name}:1",
            remedy="this is no delimited text; look at what was delivered",
        )
    text = chunk.decode("utf-8", "ignore")
    findings: Findings = {}
    delimiter = given(options.delimiter) if options.delimiter else find_delimiter(
        text, options.quote
    )  # fmt: skip
    quote = given(options.quote) if options.quote else find_quote(text, str(delimiter.value))
    kind, words = ends_of(chunk)
    findings["delimiter"], findings["quote"] = delimiter, quote
    findings["line_ends"] = Finding(value=kind, evidence=f"{words} in the head")
    return _lay_out(data, text, name, options, findings)


def _lay_out(data: bytes, text: str, name: str, options: ReadOptions, findings: Findings) -> Head:
    delimiter, quote = str(findings["delimiter"].value), str(findings["quote"].value)
    line, rows = _header_place(text, name, options, findings, delimiter, quote)
    offset = offset_of(data, line)
    if offset is None and rows:
        raise HeaderMissing(
            f"the header should be on line {line}, and the file has {count_lines(data)} lines",
            where=name,
            remedy="mend `header.line` or `preamble` in the spec, or leave them to be detected",
        )
    offset = len(data) if offset is None else offset
    preamble = [part.decode("utf-8", "replace") for part in data[:offset].splitlines()]
    rest = head_of(data[offset : offset + 2 * _HEAD], _HEAD).decode("utf-8", "ignore")
    header: list[list[str]] = []
    body: list[list[str]] = []
    consumed = 0
    for start, record in records(rest, delimiter, quote):
        if len(header) < rows:
            header.append(record)
            continue
        if not body:
            consumed = start - 1
        body.append(record)
        if len(body) >= _ROWS:
            break
    if not body:
        consumed = count_lines(rest.encode())
    blank = header and not any(cell.strip() for cell in header[0])
    if blank or len(header) < rows:
        raise HeaderMissing(
            "the header line is blank"
            if blank and len(header) == rows
            else f"the header of {rows} rows is not there: the file ends before",
            where=f"{name}:{line}",
            remedy="mend `header` or `preamble` in the spec, or leave them to be detected",
        )
    names = options.header.names if options.header else None
    originals, width, unnamed = _width(header, body, names, name)
    check_headers(originals, f"{name}:{line}")
    body_offset = offset + (offset_of(data[offset:], consumed + 1) or 0) if consumed else offset
    if consumed and offset_of(data[offset:], consumed + 1) is None:
        body_offset = len(data)
    findings["columns"] = Finding(value=width, evidence=f"{len(header)} header rows" if header
                                  else "no header row")  # fmt: skip
    warnings = []
    if not header and names is None:
        warnings.append("no header row was found; columns are named column_1, column_2, …")
    return Head(
        delimiter=delimiter,
        quote=quote,
        originals=originals,
        width=width,
        unnamed=unnamed,
        offset=body_offset,
        line=line + consumed,
        preamble=preamble,
        header_records=len(header),
        sample=body,
        findings=findings,
        warnings=warnings,
    )


def _header_place(
    text: str, name: str, options: ReadOptions, findings: Findings, delimiter: str, quote: str
) -> tuple[int, int]:
    """Physical line of the first header row (or of the body, if there is none), and its rows."""
    stated = options.header
    rows = stated.rows if stated else None
    if rows is None and stated and stated.names is not None and stated.line is None:
        rows = 0
    line = stated.line if stated else None
    if line is None and options.preamble is not None:
        line = options.preamble + 1
    if line is None and rows == 0:
        line = 1
    if line is not None:
        rows = 1 if rows is None else rows
        findings["preamble"] = given(line - 1)
        findings["header"] = given({"line": line, "rows": rows})
        return line, rows
    sample = list(islice(records(text, delimiter, quote), _ROWS))
    width, _ = modal_width([record for _, record in sample])
    guess = find_header([record for _, record in sample], width, several=False)
    if rows is not None:
        guess = HeaderGuess(guess.first, rows, guess.confidence, guess.evidence)
    line = sample[guess.first][0] if sample else 1
    findings["preamble"] = Finding(
        value=line - 1,
        confidence=guess.confidence,
        evidence=f"{line - 1} lines before the first row of {width} fields" if line > 1
        else "the table begins on the first line",
    )  # fmt: skip
    findings["header"] = Finding(
        value={"line": line, "rows": guess.rows} if guess.rows else "none",
        confidence=guess.confidence,
        evidence=guess.evidence,
    )
    return line, guess.rows


def _width(
    header: list[list[str]], body: list[list[str]], names: tuple[str, ...] | None, name: str
) -> tuple[list[str | None], int, int | None]:
    """Headers, how many fields a record has, and from where columns are unnamed."""
    usual, share = modal_width(body)
    if names is not None:
        known = list[str | None](names)
    elif header:
        # surplus blank cells at the end of a header are only a trailing delimiter
        widest = max(len(row) for row in header)
        known = list[str | None](join_rows(header, widest))
    else:
        return [None] * usual, usual, None
    if share < 0.5 or usual <= len(known):
        if names is not None and not header and body and share >= 0.5 and usual < len(known):
            raise HeaderMissing(
                f"header.names gives {len(known)} names, and records have {usual} fields",
                where=name,
                remedy="give one name for each field",
            )
        return known, len(known), None
    return [*known, *[None] * (usual - len(known))], usual, len(known)

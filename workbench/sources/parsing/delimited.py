"""Delimited text: finds dialect, header and footer, then reads the records between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.errors import HeaderMissing, SourceUnreadable
from workbench.sources.parsing.dialect import (
    LONGEST_FIELD,
    NO_QUOTE,
    find_delimiter,
    find_quote,
    modal_width,
    records,
)
from workbench.sources.parsing.finding import Body, Finding, Findings, given
from workbench.sources.parsing.headers import columns_of, join_rows, safe_name
from workbench.sources.parsing.layout import HeaderGuess, find_footer, find_header
from workbench.sources.parsing.lines import count_lines, ends_of, head_of, offset_of, tail_of
from workbench.sources.parsing.options import ReadOptions
from workbench.sources.parsing.text import decode

_HEAD = 256 * 1024
_TAIL = 64 * 1024
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


def read(raw: bytes, name: str, options: ReadOptions) -> Body:
    """All records of a delimited file."""
    from workbench.sources.parsing.records import Grammar
    from workbench.sources.parsing.records import read as read_records

    text = decode(raw, options.encoding, name=name)
    head = read_head(text.data, name, options)
    head.findings = {"encoding": text.encoding, **head.findings}
    body, footer = _cut_footer(text.data[head.offset :], head, name, options)
    grammar = Grammar(
        head.delimiter, head.quote, head.width, options.ragged, _merge_at(head, name, options)
    )
    found = read_records(body, grammar, line=head.line, name=name)
    after = sum(1 for line in footer if not line.strip())
    return Body(
        table=found.table,
        rows=found.rows,
        records=found.records + after,
        originals=head.originals,
        preamble=len(head.preamble),
        header=head.header_records,
        footer=len(footer) - after,
        blank=after,
        unnamed=head.unnamed,
        bad=found.bad,
        notes=found.notes,
        findings=head.findings,
        texts={"preamble": head.preamble, "footer": [line for line in footer if line.strip()]},
        warnings=head.warnings,
    )


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


def _lay_out(
    data: bytes, text: str, name: str, options: ReadOptions, findings: Findings
) -> Head:
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
    if len(header) < rows or any(not any(c.strip() for c in row) for row in header[:1]):
        raise HeaderMissing(
            f"no header on line {line}: it is blank" if header else "the header is not there",
            where=f"{name}:{line}",
            remedy="mend `header` or `preamble` in the spec, or leave them to be detected",
        )
    names = options.header.names if options.header else None
    originals, width, unnamed = _width(header, body, names, name)
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
    sample = [pair for _, pair in zip(range(_ROWS), records(text, delimiter, quote))]
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


def _merge_at(head: Head, name: str, options: ReadOptions) -> int | None:
    wanted = options.ragged.merge_into
    if wanted is None:
        return None
    columns = columns_of(head.originals)
    for index, column in enumerate(columns):
        if wanted in (column.name, column.original) or safe_name(wanted) == column.name:
            return index
    raise HeaderMissing(
        f"there is no column {wanted!r} to merge surplus fields into",
        where=name,
        remedy=f"columns are {', '.join(column.name for column in columns)}",
    )


def _cut_footer(
    body: bytes, head: Head, name: str, options: ReadOptions
) -> tuple[bytes, list[str]]:
    """The body without its footer, and the lines of the footer (with the blank lines after it)."""
    lines = tail_of(body, _TAIL).splitlines(keepends=True)
    texts = [line.decode("utf-8", "replace").rstrip("\r\n") for line in lines]
    filled = len(texts)
    while filled and not texts[filled - 1].strip():
        filled -= 1
    count = _footer_lines(body, texts[:filled], head, options)
    if not count:
        return body, []
    if count > filled:
        # a footer that was given may be longer than the tail that is looked at
        lines = body.splitlines(keepends=True)
        texts = [line.decode("utf-8", "replace").rstrip("\r\n") for line in lines]
        filled = len(texts) - (len(texts) - len(_rstrip(texts)))
        count = min(count, filled)
    cut = sum(len(line) for line in lines[filled - count :])
    kept = body[: len(body) - cut]
    if head.quote != NO_QUOTE and kept.count(head.quote.encode()) % 2:
        if head.findings["footer"].given:
            raise SourceUnreadable(
                "the footer begins within a quoted field",
                where=name,
                remedy="mend `footer` in the spec, or the quotes in the file",
            )
        head.findings["footer"] = Finding(
            value=0, confidence=0.6, evidence="the last lines are within a quoted field"
        )
        return body, []
    return kept, texts[filled - count :]


def _rstrip(texts: list[str]) -> list[str]:
    end = len(texts)
    while end and not texts[end - 1].strip():
        end -= 1
    return texts[:end]


def _footer_lines(body: bytes, tail: list[str], head: Head, options: ReadOptions) -> int:
    """How many lines the footer has, without the blank lines after it."""
    stated = options.footer
    if stated is None:
        rows = [_fields(text, head) for text in tail[-60:]]
        sample = head.sample + [row for row in rows[:-5] if len(row) == head.width]
        count, confidence, evidence = find_footer(rows, sample, head.width)
        head.findings["footer"] = Finding(value=count, confidence=confidence, evidence=evidence)
        return count
    head.findings["footer"] = given(stated.model_dump(mode="json", exclude_defaults=True))
    if stated.rows is not None:
        return stated.rows
    count = 0
    if stated.start is not None:
        every = _rstrip([part.decode("utf-8", "replace") for part in body.splitlines()])
        pattern = re.compile(stated.start)
        first = next((i for i, text in enumerate(every) if pattern.search(text)), len(every))
        count = len(every) - first
    else:
        patterns = [re.compile(pattern) for pattern in stated.match]
        for position, text in enumerate(reversed(tail), start=1):
            if any(pattern.search(text) for pattern in patterns):
                count = position
            elif text.strip():
                break
    if not count:
        head.warnings.append("the footer that the spec describes is not there")
    return count


def _fields(text: str, head: Head) -> list[str]:
    return next((record for _, record in records(text, head.delimiter, head.quote)), [""])

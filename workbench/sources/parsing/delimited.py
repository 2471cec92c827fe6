"""Delimited text: finds dialect, header and footer, then reads the records between them."""

from __future__ import annotations

import re

from workbench.errors import HeaderMissing, SourceUnreadable
from workbench.sources.parsing.dialect import NO_QUOTE, records
from workbench.sources.parsing.finding import Body, Finding, given
from workbench.sources.parsing.head import Head, read_head
from workbench.sources.parsing.headers import columns_of, safe_name
from workbench.sources.parsing.layout import find_footer
from workbench.sources.parsing.lines import tail_of
from workbench.sources.parsing.options import ReadOptions
from workbench.sources.parsing.text import decode

_TAIL = 64 * 1024


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
    if options.stop_at_blank:
        count = _from_first(body, re.compile(r"^[ \t]*$"))
        head.findings["footer"] = given({"stop_at_blank": True, "rows": count})
        return count
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
        count = _from_first(body, re.compile(stated.start))
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


def _from_first(body: bytes, pattern: re.Pattern[str]) -> int:
    """How many lines there are from the first that matches, without blank ones at the end."""
    every = _rstrip([part.decode("utf-8", "replace") for part in body.splitlines()])
    first = next((i for i, text in enumerate(every) if pattern.search(text)), len(every))
    return len(every) - first


def _fields(text: str, head: Head) -> list[str]:
    return next((record for _, record in records(text, head.delimiter, head.quote)), [""])

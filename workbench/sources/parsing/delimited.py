"""Delimited text: finds dialect, header and footer, then reads the records between them."""

from __future__ import annotations

from workbench.errors import HeaderMissing, SourceUnreadable
from workbench.sources.parsing.dialect import NO_QUOTE, records
from workbench.sources.parsing.finding import Body, Finding
from workbench.sources.parsing.footer import needs_all, stated_footer, without_blank_end
from workbench.sources.parsing.head import Head, read_head
from workbench.sources.parsing.headers import columns_of, safe_name
from workbench.sources.parsing.layout import find_footer
from workbench.sources.parsing.lines import tail_of
from workbench.sources.parsing.options import ReadOptions
from workbench.sources.parsing.text import Text, decode

_TAIL = 64 * 1024


def read(raw: bytes, name: str, options: ReadOptions) -> Body:
    """All records of a delimited file."""
    return read_text(decode(raw, options.encoding, name=name), name, options)


def read_text(text: Text, name: str, options: ReadOptions) -> Body:
    """All records of the text of a delimited file."""
    from workbench.sources.parsing.records import Grammar
    from workbench.sources.parsing.records import read as read_records

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
    """The body without its footer, and the lines from there on, blank ones included."""
    lines = (body if needs_all(options) else tail_of(body, _TAIL)).splitlines(keepends=True)
    texts = [line.decode("utf-8", "replace").rstrip("\r\n") for line in lines]
    stated = stated_footer(texts, options)
    end = without_blank_end(texts)
    if stated is None:
        rows = [_fields(text, head) for text in texts[max(0, end - 60) : end]]
        sample = head.sample + [row for row in rows[:-5] if len(row) == head.width]
        count, confidence, evidence = find_footer(rows, sample, head.width)
        found = Finding(value=count, confidence=confidence, evidence=evidence)
        begin = end - count
    else:
        begin, found = stated
        if begin == end and options.footer is not None and options.footer.rows != 0:
            head.warnings.append("the footer that the spec describes is not there")
    head.findings["footer"] = found
    if begin == end:
        return body, []
    kept = body[: len(body) - sum(len(line) for line in lines[begin:])]
    if head.quote != NO_QUOTE and kept.count(head.quote.encode()) % 2:
        if found.given:
            raise SourceUnreadable(
                "the footer begins within a quoted field",
                where=name,
                remedy="mend `footer` in the spec, or the quotes in the file",
            )
        head.findings["footer"] = Finding(
            value=0, confidence=0.6, evidence="the last lines are within a quoted field"
        )
        return body, []
    return kept, texts[begin:]


def _fields(text: str, head: Head) -> list[str]:
    return next((record for _, record in records(text, head.delimiter, head.quote)), [""])

"""Records of delimited text: by Arrow where that is provably the same, else by ``csv``.

The meaning of a file is that of the strict CSV grammar, which ``read_careful`` walks record by
record. ``read_fast`` gives the same table many times faster. It is used only when every quote
opens or closes a field, and its result only when the physical lines of all records, line ends
within quotes included, add up to the lines of the text.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from workbench.errors import SourceUnreadable
from workbench.sources.parsing.dialect import LONGEST_FIELD, NO_QUOTE, Lines, lines_of, split
from workbench.sources.parsing.lines import count_lines
from workbench.sources.parsing.options import RaggedOptions

_CHUNK = 50_000
_NUL = "\x00"


@dataclass(frozen=True)
class Grammar:
    """How records are written: delimiter, quote, how many fields, and what ragged ones become."""

    delimiter: str
    quote: str
    width: int
    ragged: RaggedOptions
    merge_at: int | None = None


@dataclass
class Records:
    """Rows found: ``table`` has ``width`` text columns, ``rows`` their physical lines."""

    table: pa.Table
    rows: pa.Array
    records: int
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


def read(data: bytes, grammar: Grammar, *, line: int, name: str) -> Records:
    """The records of ``data`` (UTF-8), whose first physical line has number ``line``."""
    if not data:
        empty = pa.table([pa.array([], pa.string())] * grammar.width, names=_names(grammar))
        return Records(empty, pa.array([], pa.int64()), 0)
    found = read_fast(data, grammar, line=line, name=name)
    return found if found is not None else read_careful(data, grammar, line=line, name=name)


def read_fast(data: bytes, grammar: Grammar, *, line: int, name: str) -> Records | None:
    """The records by Arrow, or ``None`` where it would not be the same as ``read_careful``."""
    if b"\x00" in data or (quotes := _quotes(data, grammar)) is None:
        return None
    lines = count_lines(data)
    bad: list[tuple[int, str]] = []
    table = _arrow(data, grammar, quotes, None)
    if table is None:
        # the second pass is in order, so that refused records can be placed among the others
        table = _arrow(data, grammar, quotes, bad)
        if table is None:
            return None
    records = table.num_rows + len(bad)
    numbers = np.arange(records, dtype=np.int64)
    places = np.array([number - 1 for number, _ in bad], dtype=np.int64)
    kept = np.delete(numbers, places) if bad else numbers
    starts = numbers + line
    if records != lines:
        spans = np.ones(records, dtype=np.int64)
        spans[kept] += _line_ends(table)
        spans[places] = [count_lines(text.encode()) for _, text in bad]
        if int(spans.sum()) != lines:
            return None
        starts = line + np.cumsum(spans) - spans
    found = Records(table, pa.array(starts[kept]), records)
    if bad:
        texts = [(int(starts[number - 1]), text) for number, text in bad]
        _mend(found, texts, grammar, name)
    return found


def read_careful(data: bytes, grammar: Grammar, *, line: int, name: str) -> Records:
    """The records one by one, with their exact lines: the reference for what a file means."""
    source = Lines(data.decode("utf-8"))
    reader = split(source, grammar.delimiter, grammar.quote)
    found = Records(pa.table({}), pa.array([], pa.int64()), 0)
    chunks: list[pa.Table] = []
    rows: list[int] = []
    fields: list[list[str]] = []
    places: list[int] = []
    while True:
        start = line + reader.line_num
        source.taken.clear()
        reason = None
        record: list[str] = []
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            reason = _malformed(error, start, name)
        found.records += 1
        if any(_NUL in text for text in source.taken):
            reason = "holds a NUL character"
        if reason is None and (fitted := fit(record, grammar, start, name, found)) is not None:
            fields.append(fitted)
            places.append(start)
            if len(fields) >= _CHUNK:
                chunks.append(_table(fields, grammar))
                rows += places
                fields, places = [], []
            continue
        reason = reason or _misfit(record, grammar)
        found.bad.append((start, _shown("".join(source.taken)), reason))
    chunks.append(_table(fields, grammar))
    found.table = pa.concat_tables(chunks)
    found.rows = pa.array([*rows, *places], pa.int64())
    return found


def fit(
    record: list[str], grammar: Grammar, line: int, name: str, found: Records
) -> list[str] | None:
    """A record with exactly ``width`` fields, or ``None`` if the ragged policy refuses it."""
    width, ragged = grammar.width, grammar.ragged
    count = len(record)
    if count == width:
        return record
    if not any(text.strip(" \t\u00a0") for text in record):
        return [""] * width
    if count > width and not any(record[width:]):
        found.notes["trailing_delimiters"] += 1
        return record[:width]
    policy = ragged.short if count < width else ragged.long
    if policy == "pad":
        found.notes["padded_records"] += 1
        return record + [""] * (width - count)
    if policy == "merge" and grammar.merge_at is not None:
        found.notes["merged_records"] += 1
        end = grammar.merge_at + count - width + 1
        merged = grammar.delimiter.join(record[grammar.merge_at : end])
        return [*record[: grammar.merge_at], merged, *record[end:]]
    if policy == "stop":
        raise SourceUnreadable(
            f"{_misfit(record, grammar)}: {grammar.delimiter.join(record)[:200]!r}",
            where=f"{name}:{line}",
            remedy="mend the record, or choose another policy under `ragged`",
        )
    found.notes["short_records" if count < width else "long_records"] += 1
    return None


def _misfit(record: list[str], grammar: Grammar) -> str:
    return (
        f"{len(record)} field{'s' if len(record) != 1 else ''} where {grammar.width} are expected"
    )


def _mend(found: Records, texts: list[tuple[int, str]], grammar: Grammar, name: str) -> None:
    """Sorts records that Arrow refused into those that the policy accepts and the bad ones."""
    fitted: list[list[str]] = []
    places: list[int] = []
    for start, text in texts:
        record = next(split(lines_of(text), grammar.delimiter, grammar.quote))
        fields = fit(record, grammar, start, name, found)
        if fields is None:
            found.bad.append((start, _shown(text), _misfit(record, grammar)))
        else:
            fitted.append(fields)
            places.append(start)
    if fitted:
        rows = pa.chunked_array([found.rows, pa.array(places, pa.int64())])
        order = pc.sort_indices(rows)
        found.table = pa.concat_tables([found.table, _table(fitted, grammar)]).take(order)
        found.rows = rows.take(order).combine_chunks()


def _quotes(data: bytes, grammar: Grammar) -> bool | None:
    """Whether fields are quoted; ``None`` if a quote neither opens nor closes a field.

    Quotes of a strict file alternate: the 1st, 3rd, … open a field (or follow the one before as
    its escape), the 2nd, 4th, … close it.
    """
    if grammar.quote == NO_QUOTE or grammar.quote.encode() not in data:
        return False
    text = np.frombuffer(data, dtype=np.uint8)
    places = np.flatnonzero(text == ord(grammar.quote))
    if len(places) % 2:
        return None
    opening, closing = places[0::2], places[1::2]
    bounds = np.zeros(256, dtype=bool)
    bounds[[ord(grammar.delimiter), 10, 13]] = True
    doubled = np.zeros(len(opening), dtype=bool)
    doubled[1:] = opening[1:] == closing[:-1] + 1
    opens = doubled | bounds[text[opening - 1]] | (opening == 0)
    last = len(text) - 1
    closes = bounds[text[np.minimum(closing + 1, last)]] | (closing == last)
    closes[:-1] |= doubled[1:]
    return True if bool(opens.all() and closes.all()) else None


def _arrow(
    data: bytes, grammar: Grammar, quotes: bool, bad: list[tuple[int, str]] | None
) -> pa.Table | None:
    """Arrow's reading; ``None`` at the first refused record, or they are put into ``bad``."""

    def refused(row: Any) -> str:
        if bad is None:
            return "error"
        bad.append((row.number, row.text))
        return "skip"

    names = _names(grammar)
    try:
        return pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(
                column_names=names, use_threads=bad is None, block_size=4 << 20
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=grammar.delimiter,
                quote_char=grammar.quote if quotes else False,
                ignore_empty_lines=False,
                newlines_in_values=quotes,
                invalid_row_handler=refused,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid:
        return None


def _line_ends(table: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Line ends within the fields of each row."""
    total = np.zeros(table.num_rows, dtype=np.int64)
    for column in table.columns:
        for sign, weight in (("\n", 1), ("\r", 1), ("\r\n", -1)):
            counts = pc.fill_null(pc.count_substring(column, sign), 0)
            total += weight * counts.to_numpy().astype(np.int64)
    return total


def _names(grammar: Grammar) -> list[str]:
    return [f"c{index}" for index in range(grammar.width)]


def _table(fields: list[list[str]], grammar: Grammar) -> pa.Table:
    columns = zip(*fields, strict=True) if fields else ([] for _ in range(grammar.width))
    arrays = [pa.array([text or None for text in column], pa.string()) for column in columns]
    return pa.table(arrays, names=_names(grammar))


def _shown(text: str) -> str:
    return text.rstrip("\r\n").replace(_NUL, "␀")


def _malformed(error: csv.Error, line: int, name: str) -> str:
    said = str(error)
    if "field larger" in said:
        raise SourceUnreadable(
            f"a field is longer than {LONGEST_FIELD:,} characters",
            where=f"{name}:{line}",
            remedy="look for a quote that is not closed there, or state `quote` and `delimiter`",
        )
    if "unexpected end" in said:
        raise SourceUnreadable(
            "a quote opens in this record and is not closed before the end of the file",
            where=f"{name}:{line}",
            remedy="close the quote there, or state `quote: none` if quotes do not enclose fields",
        )
    return "text follows a closing quote"

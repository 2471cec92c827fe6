"""From the rows that a reader found to a named table with provenance, ledger and findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import SourceError
from workbench.model.dataset import ROW, SOURCE, Column
from workbench.model.ledger import ParseLedger
from workbench.sources.parsing.finding import Body, Finding, Parsed, given
from workbench.sources.parsing.headers import columns_of
from workbench.sources.parsing.kinds import ColumnGuess, guess, marks_of, suspects
from workbench.sources.parsing.options import ReadOptions

#: White space that does not make a cell filled.
BLANKS = " \t\u00a0"
_SAMPLE = 1000
UNPARSEABLE = pa.schema(
    [(SOURCE, pa.string()), (ROW, pa.int64()), ("text", pa.string()), ("reason", pa.string())]
)


def finish(
    body: Body, name: str, options: ReadOptions, extra: Mapping[str, str] | None = None
) -> Parsed:
    """The table of one received file (or sheet).

    ``extra`` are constant text columns, such as values taken from the file's name. Raises
    ``LedgerImbalance`` if a record is not accounted for.
    """
    body.findings.setdefault("null_values", Finding(value=[], confidence=0.9, evidence="none seen"))
    _drop_blank(body)
    _drop_unnamed(body)
    extra = dict(extra or {})
    columns = _named(body, name, tuple(extra))
    guesses = _guess(body, columns, options)
    _null(body, guesses, options)
    rows = body.table.num_rows
    arrays = [
        *body.table.columns,
        *(pa.repeat(pa.scalar(value, pa.string()), rows) for value in extra.values()),
        pa.repeat(pa.scalar(name, pa.string()), rows),
        body.rows,
    ]
    columns = (*columns, *(Column(name=key) for key in extra))
    table = pa.table(arrays, names=[*(column.name for column in columns), SOURCE, ROW])
    ledger = ParseLedger(
        name=name,
        records=body.preamble + body.header + body.records + body.footer,
        preamble=body.preamble,
        header=body.header,
        blank=body.blank,
        footer=body.footer,
        parsed=rows,
        unparseable=len(body.bad),
        notes=dict(sorted((+body.notes).items())),
    )
    ledger.check()
    if not rows:
        body.warnings.append("no data rows")
    return Parsed(
        table=table,
        columns=columns,
        ledger=ledger,
        unparseable=pa.Table.from_pylist(
            [
                {SOURCE: name, ROW: row, "text": text, "reason": reason}
                for row, text, reason in body.bad
            ],
            schema=UNPARSEABLE,
        ),
        detected={
            "properties": {key: found.model_dump(mode="json") for key, found in
                           body.findings.items()},
            "columns": [one.model_dump(mode="json", exclude_defaults=True) for one in guesses],
            **body.texts,
        },
        warnings=tuple(body.warnings),
        markers=dict(body.markers),
    )  # fmt: skip


def _drop_blank(body: Body) -> None:
    """Takes out records without anything but white space; they count as blank."""
    if not body.table.num_columns or not body.table.num_rows:
        return
    mask: pa.ChunkedArray | None = None
    for column in body.table.columns:
        empty = _empty(column)
        mask = empty if mask is None else pc.and_(mask, empty)
        if not pc.any(mask).as_py():
            return
    body.blank += pc.sum(mask).as_py()
    keep = pc.invert(mask)
    body.table, body.rows = body.table.filter(keep), body.rows.filter(keep)


def _empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether cells are null or white space; trimming is only done where a short cell is."""
    missing = column.is_null()
    short = pc.fill_null(pc.less_equal(pc.binary_length(column), 8), False)
    if not pc.any(short).as_py():
        return missing
    trimmed = pc.utf8_trim(column, characters=BLANKS)
    return pc.or_(missing, pc.fill_null(pc.equal(trimmed, ""), False))


def _drop_unnamed(body: Body) -> None:
    """Takes out fields beyond the header if no record has anything in them."""
    if body.unnamed is None:
        return
    surplus = range(body.unnamed, body.table.num_columns)
    if all(body.table.column(i).null_count == body.table.num_rows for i in surplus):
        body.notes["trailing_delimiters"] += body.table.num_rows
        body.table = body.table.select(list(range(body.unnamed)))
        body.originals = body.originals[: body.unnamed]
    else:
        body.warnings.append(
            f"records have {body.table.num_columns} fields and the header {body.unnamed}; "
            "the last columns are unnamed"
        )


def _named(body: Body, name: str, taken: tuple[str, ...]) -> tuple[Column, ...]:
    columns = columns_of(body.originals, body.positions)
    clash = sorted({column.name for column in columns}.intersection(taken))
    if clash:
        raise SourceError(
            f"the value {clash[0]!r} taken from the file (its name or sheet) has the name of a "
            "column in it",
            where=name,
            remedy="give the group in values_from_name another name",
        )
    return columns


def _sample(table: pa.Table) -> pa.Table:
    """Rows from the head and, evenly, from the rest."""
    rows = table.num_rows
    if rows <= 2 * _SAMPLE:
        return table
    stride = (rows - _SAMPLE) // _SAMPLE
    spread = pa.array(range(_SAMPLE, rows, stride), pa.int64())
    return pa.concat_tables([table.slice(0, _SAMPLE), table.take(spread)])


def _guess(body: Body, columns: tuple[Column, ...], options: ReadOptions) -> list[ColumnGuess]:
    sample = _sample(body.table)
    markers = set(options.null_values or ())
    counts = [Counter(column.drop_null().to_pylist()) for column in sample.columns]
    values = [[text for text in count if text not in markers] for count in counts]
    decimals, groups = marks_of(values)
    decimal = _mark(body, "decimal", options.decimal, decimals)
    stated = "" if options.thousands == "none" else options.thousands
    thousands = _mark(body, "thousands", stated, groups)
    guesses = []
    for column, texts, count in zip(columns, values, counts, strict=True):
        found = guess(column.name, column.original, texts, decimal=decimal, thousands=thousands)
        if found.type in ("integer", "number") or found.type.startswith("decimal"):
            found = found.model_copy(update={"suspects": suspects(count)})
        guesses.append(found)
    return guesses


def _mark(body: Body, what: str, stated: str | None, votes: Mapping[str, int]) -> str | None:
    if stated is not None:
        body.findings[what] = given(stated)
        return stated
    if not votes:
        body.findings[what] = Finding(value=None, confidence=0.5, evidence="no clear value")
        return None
    best = max(votes, key=lambda mark: votes[mark])
    total = sum(votes.values())
    body.findings[what] = Finding(
        value=best,
        confidence=round(votes[best] / total, 2),
        evidence=f"{votes[best]} of {total} clear values in a sample",
    )
    return best if votes[best] >= 0.8 * total else None


def _null(body: Body, guesses: list[ColumnGuess], options: ReadOptions) -> None:
    """Markers become null: those given in every column, else those seen, where they were seen."""
    everywhere = tuple(text for text in options.null_values or () if text)
    for index, found in enumerate(guesses):
        markers = everywhere if options.null_values is not None else found.nulls
        if not markers:
            continue
        column = body.table.column(index)
        hit = pc.equal(column, markers[0])
        for marker in markers[1:]:
            hit = pc.or_(hit, pc.equal(column, marker))
        count = pc.sum(hit).as_py() or 0
        if count:
            body.notes["null_markers"] += count
            places = pc.indices_nonzero(hit).cast(pa.int64())
            body.markers[found.name] = pa.table({"index": places, "text": column.filter(hit)})
            column = pc.if_else(hit, pa.scalar(None, pa.string()), column)
            body.table = body.table.set_column(index, body.table.column_names[index], column)
    if options.null_values is not None:
        body.findings["null_values"] = given(list(options.null_values))
        return
    seen: dict[str, list[str]] = {}
    for found in guesses:
        for marker in found.nulls:
            seen.setdefault(marker, []).append(found.name)
    if seen:
        where = {marker: _some(names) for marker, names in seen.items()}
        body.findings["null_values"] = Finding(
            value=sorted(seen),
            confidence=0.8,
            evidence="; ".join(f"{marker!r} in {names}" for marker, names in where.items()),
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def merge(parts: list[Parsed], name: str, detected: dict[str, Any]) -> Parsed:
    """Several sheets of one workbook as one: columns by name, ledgers added up."""
    columns: dict[str, Column] = {}
    for part in parts:
        for column in part.columns:
            columns.setdefault(column.name, column)
    order = [*columns, SOURCE, ROW]
    table = pa.concat_tables([part.table for part in parts], promote_options="default")
    notes: dict[str, int] = {}
    for part in parts:
        for key, count in part.ledger.notes.items():
            notes[key] = notes.get(key, 0) + count
    terms = ("records", "preamble", "header", "blank", "footer", "parsed", "unparseable")
    sums = {term: sum(getattr(part.ledger, term) for part in parts) for term in terms}
    ledger = ParseLedger(name=name, notes=notes, **sums)
    ledger.check()
    markers: dict[str, list[pa.Table]] = {}
    before = 0
    for part in parts:
        for key, found in part.markers.items():
            moved = pc.add(found["index"], before)
            markers.setdefault(key, []).append(found.set_column(0, "index", moved))
        before += part.table.num_rows
    return Parsed(
        table=table.select(order),
        columns=tuple(columns.values()),
        ledger=ledger,
        unparseable=pa.concat_tables([part.unparseable for part in parts]),
        detected=detected,
        warnings=tuple(warning for part in parts for warning in part.warnings),
        markers={key: pa.concat_tables(tables) for key, tables in markers.items()},
    )

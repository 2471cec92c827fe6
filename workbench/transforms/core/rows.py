"""Rows on their way through a pipeline: refused ones marked, split out, and all counted.

Transforms that treat each row by itself (``ROWWISE``) are fused into one expression; a row that
one of them refuses carries marks. Before a transform that looks at several rows, the expression is
computed once, counted by mark, and the refused rows are set aside.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import CastFailed, TransformError
from workbench.model.dataset import PROVENANCE, ROW, SOURCE
from workbench.model.ledger import LedgerImbalance, TransformLedger
from workbench.transforms.core.columns import (
    HIDDEN,
    MARKS,
    REASONS,
    ROW_ID,
    STEP,
    VALUES,
    has_rowid,
    visible,
)
from workbench.transforms.core.context import Applied, Context, hidden, keeping, sql_name

if TYPE_CHECKING:
    import ibis.expr.types as ir

_PROVENANCE_TYPES = dict(zip(PROVENANCE, ("string", "int64", "string"), strict=True))


@dataclass(frozen=True)
class Label:
    """Which transform of the spec: ``number`` from 1, and name."""

    number: int
    name: str

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


@dataclass(frozen=True)
class _Taken:
    label: Label
    applied: Applied

    @property
    def change(self) -> int:
        """How many more rows there are after it, refused ones still among them."""
        each = self.applied
        return each.expanded - each.filtered - each.deduplicated - each.collapsed

    @property
    def computes(self) -> bool:
        """Whether it does more than choose and rename columns."""
        import ibis.expr.operations as ops

        columns = (self.applied.columns or {}).values()
        return bool(self.applied.problems or self.applied.notes) or not all(
            isinstance(column.op(), ops.Field) for column in columns
        )


def project(
    applied: Applied, label: Label, received: Sequence[str], *, numbered: bool = False
) -> ir.Table:
    """The table after a row-wise transform; rows with problems carry marks.

    ``received`` are the visible columns before: what is kept of a refused row. ``numbered``: rows
    keep the number they had, if they had one.
    """
    import ibis

    table = applied.table
    columns = keeping(table) if applied.columns is None else dict(applied.columns)
    carried = hidden(table, numbered=numbered)
    if applied.problems:
        texts = [ibis.ifelse(bad, reason, ibis.null("string")) for bad, reason in applied.problems]
        refused = applied.problems[0][0]
        for bad, _ in applied.problems[1:]:
            refused = refused | bad
        if STEP in carried:
            refused = refused & carried[STEP].isnull()
        reasons = ibis.array(texts).filter(lambda text: text.notnull())
        values = ibis.struct({name: table[name] for name in received})
        marks = {
            STEP: ibis.literal(label.number, "int16"),
            REASONS: reasons.cast("json").cast("string"),
            VALUES: values.cast("json").cast("string"),
        }
        for name, value in marks.items():
            before = carried.get(name, ibis.null(value.type()))
            carried[name] = ibis.ifelse(refused, value, before)
    return table.select(**carried, **columns)


class Rows:
    """The rows of a running pipeline.

    ``table`` holds the rows so far; ``count`` is how many there were at the last settled
    transform. ``ledgers`` are those of settled transforms, ``refused`` the rows set aside.
    """

    def __init__(self, table: ir.Table, context: Context) -> None:
        self.context = context
        self.table = table
        self.ledgers: list[TransformLedger] = []
        self.refused: list[ir.Table] = []
        self.count = self.context.count(table)
        self._open: list[_Taken] = []
        self._computed = False

    def take(
        self, label: Label, applied: Applied, *, rowwise: bool, after: ir.Table | None = None
    ) -> None:
        """Take the result of a transform; one that is not row-wise finds the rows settled.

        ``after`` is the table after it where that is known already.
        """
        received = visible(self.table.columns)
        self._computed = False
        plain = not rowwise and not applied.problems and applied.columns is None
        if after is None:
            after = applied.table if plain else project(applied, label, received, numbered=rowwise)
        self.table = after
        self._open.append(_Taken(label, applied))
        if plain:
            self._close({})
        elif applied.notes:
            self.settle()

    def settle(self, *, numbered: bool = False) -> None:
        """Compute what is fused, count it, set refused rows aside, write the ledgers.

        ``numbered``: the rows get a number that is unique (``ROW_ID``).
        """
        computed = any(each.computes for each in self._open)
        marked = any(each.applied.problems or each.applied.notes for each in self._open)
        if numbered and not marked and ROW_ID in self.table.columns:
            # no copy for rows that have their numbers: the transform reads a few columns of what
            # is open, and all are read only once, in the end
            expected = self.count + sum(each.change for each in self._open)
            _same_count(expected, self.context.count(self.table), self._last)
            computed = False
        if computed or (numbered and ROW_ID not in self.table.columns):
            self.table = self._kept(numbered)
        if not computed:
            self._close({})
            return
        found = self._refusals()
        expected = self.count + sum(each.change for each in self._open)
        _same_count(expected, sum(found.values()), self._open[-1].label)
        for each in self._open:
            if each.applied.stop and found.get(each.label.number):
                self._stop(each.label, found[each.label.number])
        if STEP in self.table.columns:
            if found.keys() - {None}:
                refused = self.table.filter(self.table[STEP].notnull())
                self.refused.append(self.context.keep(_set_aside(refused, self._open)))
                self.table = self.table.filter(self.table[STEP].isnull())
            self.table = self.table.drop(*MARKS)
        self._close(found)

    def finish(self, *, keep: bool = False) -> ir.Table:
        """The final table; what is fused is settled, and the rows are counted once more.

        With ``keep`` it is one that is computed and kept, whatever the last transform was.
        """
        if any(each.applied.problems for each in self._open):
            self.settle()
        self._close({})
        if keep and self.ledgers and not self._computed:
            self.table = self._kept(False)
        _same_count(self.count, self.context.count(self.table), self._last)
        return self.table

    @property
    def _last(self) -> str:
        """The last transform that was taken."""
        if self._open:
            return str(self._open[-1].label)
        return self.ledgers[-1].name if self.ledgers else "none"

    def _close(self, found: dict[int | None, int]) -> None:
        """Write the ledgers of the open transforms, of whose rows ``found`` were refused."""
        for each in self._open:
            applied, refused = each.applied, found.get(each.label.number, 0)
            rows_out = self.count + each.change - refused
            self.ledgers.append(
                TransformLedger(
                    name=str(each.label),
                    rows_in=self.count,
                    expanded=applied.expanded,
                    rows_out=rows_out,
                    filtered=applied.filtered,
                    deduplicated=applied.deduplicated,
                    collapsed=applied.collapsed,
                    quarantined=refused,
                    notes=self._notes(applied),
                )
            )
            self.count = rows_out
        self._open = []

    def _notes(self, applied: Applied) -> dict[str, int]:
        notes = {note: each for note, each in applied.notes.items() if isinstance(each, int)}
        columns = {note: each for note, each in applied.notes.items() if isinstance(each, str)}
        if columns:
            counts = {note: self.table[name].count() for note, name in columns.items()}
            notes |= self.context.measure(self.table.aggregate(**counts))
        return notes

    def _stop(self, label: Label, refused: int) -> None:
        rows = self.table.filter(self.table[STEP] == label.number)
        examples = []
        for row in self.context.sample(rows, 3):
            place = f"{row[SOURCE]} row {row[ROW]}: " if SOURCE in row and ROW in row else ""
            examples.append(place + "; ".join(json.loads(row[REASONS])))
        raise (CastFailed if label.name == "type_cast" else TransformError)(
            f"{refused} row{'s' if refused != 1 else ''} cannot be used: " + " | ".join(examples),
            where=f"dataset {self.context.dataset}, transform {label}",
            remedy="mend the source, or let this transform quarantine such rows",
        )

    def _refusals(self) -> dict[int | None, int]:
        """How many rows each transform refused; ``None`` counts those that remain."""
        if STEP not in self.table.columns:
            return {None: self.context.count(self.table)}
        return self.context.count_by(self.table, STEP)

    def _kept(self, numbered: bool) -> ir.Table:
        """The table computed once, with row numbers if wanted or if they cost nothing."""
        import ibis

        table = self.table.drop(ROW_ID) if ROW_ID in self.table.columns else self.table
        self._computed = True
        kept = self.context.keep(table)
        if _has_numbers(kept):
            return kept.mutate(**{ROW_ID: kept.rowid()})
        if numbered or has_rowid(kept.columns):
            return self.context.keep(kept.mutate(**{ROW_ID: ibis.row_number()}))
        return kept


def _has_numbers(table: ir.Table) -> bool:
    """Whether a table is one of DuckDB's own, which numbers its rows by itself."""
    import duckdb
    import ibis.expr.operations as ops

    op = table.op()
    if not isinstance(op, ops.DatabaseTable) or op.source.name != "duckdb":
        return False
    if has_rowid(table.columns):
        return False
    try:  # views have none; a list of all tables would be slow where many are kept
        op.source.raw_sql(f"SELECT rowid FROM {sql_name(op)} LIMIT 0")
    except duckdb.BinderException:
        return False
    return True


def _set_aside(table: ir.Table, taken: Sequence[_Taken]) -> ir.Table:
    """Refused rows in the form of a quarantine: provenance, step, reasons, values."""
    import ibis

    labels = [(each.label.number, str(each.label)) for each in taken if each.applied.problems]
    columns: dict[str, Any] = {
        name: table[name].cast(dtype) if name in table.columns else ibis.null(dtype)
        for name, dtype in _PROVENANCE_TYPES.items()
    }
    step = table[STEP].cases(*labels, else_=ibis.null("string"))
    return table.select(**columns, step=step, reasons=table[REASONS], values=table[VALUES])


def _same_count(expected: int, found: int, label: Label | str) -> None:
    if expected != found:
        raise LedgerImbalance(
            f"{found} rows were found where the ledger says {expected}",
            where=f"transform {label}",
            remedy="this is a fault in the workbench; nothing was published, please report it",
        )


def final(table: ir.Table) -> ir.Table:
    """Provenance first as far as there is any, then the visible columns."""
    kept = [name for name in PROVENANCE if name in table.columns]
    return table.select(*kept, *(name for name in table.columns if name not in HIDDEN))

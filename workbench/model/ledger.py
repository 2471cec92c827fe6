"""The row ledger: every row is accounted for by an equation that is checked.

- parse: ``records = preamble + header + blank + footer + parsed + unparseable``
- transform: ``in + expanded = out + filtered + deduplicated + collapsed + quarantined``
- load: ``candidate = inserted + updated + unchanged + rejected`` and
  ``before + inserted - deleted = after``
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.errors import WorkbenchError
from workbench.model.value import Value


class LedgerImbalance(WorkbenchError):
    """A ledger equation does not hold: rows were lost or doubled. Never ignored."""


class ParseLedger(Value):
    """What became of the records of one received file; ``notes`` counts what is odd in it."""

    kind: Literal["parse"] = "parse"
    name: str
    records: int
    preamble: int = 0
    header: int = 0
    blank: int = 0
    footer: int = 0
    parsed: int = 0
    unparseable: int = 0
    notes: dict[str, int] = Field(default_factory=dict)

    def check(self) -> None:
        """Raise ``LedgerImbalance`` unless the equation holds."""
        total = (
            self.preamble + self.header + self.blank + self.footer + self.parsed + self.unparseable
        )
        _hold(self, self.records, total)


class TransformLedger(Value):
    """What one transform (or one check of rows) did to the rows; ``notes`` may say more."""

    kind: Literal["transform"] = "transform"
    name: str
    rows_in: int
    expanded: int = 0
    rows_out: int
    filtered: int = 0
    deduplicated: int = 0
    collapsed: int = 0
    quarantined: int = 0
    notes: dict[str, int] = Field(default_factory=dict)

    def check(self) -> None:
        """Raise ``LedgerImbalance`` unless the equation holds."""
        _hold(
            self,
            self.rows_in + self.expanded,
            self.rows_out + self.filtered + self.deduplicated + self.collapsed + self.quarantined,
        )


class LoadLedger(Value):
    """What a load did to one target (a table, or a Delta layer)."""

    kind: Literal["load"] = "load"
    name: str
    candidate: int
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    before: int = 0
    deleted: int = 0
    after: int = 0
    notes: dict[str, int] = Field(default_factory=dict)

    def check(self) -> None:
        """Raise ``LedgerImbalance`` unless both equations hold."""
        _hold(self, self.candidate, self.inserted + self.updated + self.unchanged + self.rejected)
        _hold(self, self.before + self.inserted - self.deleted, self.after)


Ledger = ParseLedger | TransformLedger | LoadLedger


def _hold(ledger: Ledger, left: int, right: int) -> None:
    if left != right:
        terms = {
            name: count
            for name, count in ledger.model_dump(exclude={"kind", "name", "notes"}).items()
            if count
        }
        raise LedgerImbalance(
            f"the {ledger.kind} ledger does not balance: {left} ≠ {right} ({terms})",
            where=ledger.name,
            remedy="this is a fault in the workbench; nothing was published, please report it",
        )

"""What was found out about a file, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.model.dataset import Column
from workbench.model.ledger import ParseLedger
from workbench.model.value import Value

if TYPE_CHECKING:
    import pyarrow as pa


class Finding(Value):
    """One property of a file: its ``value``, whether it was ``given``, else how sure and why."""

    value: Any
    given: bool = False
    confidence: float = 1.0
    evidence: str = ""


def given(value: Any) -> Finding:
    """A property that the spec states."""
    return Finding(value=value, given=True, evidence="given in the spec")


Findings = dict[str, Finding]


@dataclass(frozen=True)
class Parsed:
    """One received file as a table.

    ``table`` has text columns with safe names, then ``_source`` (text) and ``_row`` (int64).
    ``unparseable`` has ``_source, _row, text, reason``. ``detected`` is plain values for the
    records: ``properties`` (each with value, given, confidence, evidence), ``columns`` (guesses of
    types), and the texts of ``preamble`` and ``footer`` records. ``markers`` has, for each column
    where a text was taken for "no value", a table of ``index`` (of the row, from 0) and ``text``.
    """

    table: pa.Table
    columns: tuple[Column, ...]
    ledger: ParseLedger
    unparseable: pa.Table
    detected: dict[str, Any]
    warnings: tuple[str, ...] = ()
    markers: Mapping[str, pa.Table] = field(default_factory=dict)


@dataclass
class Body:
    """Rows that a reader found, before they are named and finished by ``assemble``.

    ``table`` has one text column per field, in order; ``rows`` is their physical line or Excel
    row; ``originals`` are the headers. ``bad`` are refused records as (row, text, reason).
    ``records`` counts the records of the body, ``preamble``, ``header`` and ``footer`` those
    around it. Columns from ``unnamed`` on have no header and go if they hold nothing.
    """

    table: pa.Table
    rows: pa.Array
    records: int
    originals: list[str | None]
    preamble: int = 0
    header: int = 0
    footer: int = 0
    blank: int = 0
    unnamed: int | None = None
    positions: list[int] | None = None
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    findings: Findings = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    markers: dict[str, pa.Table] = field(default_factory=dict)

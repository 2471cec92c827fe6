"""Datasets in detail: profile, checks, quarantine, loads, sample and the history of the spec."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workbench.publish.collect import masking
from workbench.publish.collect.facts import DatasetFacts, LoadFacts
from workbench.publish.collect.runs import masked_reasons
from workbench.records.latest import latest
from workbench.records.schema import checks, profiles
from workbench.records.schema_data import quarantine, spec_versions, target_loads
from workbench.records.store import Records
from workbench.records.types import AnyRow

#: Refused rows that a page lists; the rest is counted.
MOST_REFUSED = 100
_MOST_REASONS = 5_000
_MOST_LOADS = 20
_MOST_SPECS = 10
_CHECK = ("expectation", "kwargs", "severity", "success", "engine", "error", "result")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row in quarantine: where it came from and why it was refused."""

    run_id: str
    source: str | None
    row: int | None
    reasons: tuple[str, ...]
    when: datetime


@dataclass(frozen=True, slots=True)
class SampleRows:
    """Rows of the published version as text; ``None`` is null, a masked value is ``MASK``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True, slots=True)
class DatasetDetails:
    """What a dataset's page shows besides the facts. ``specs`` are (hash, text, first seen)."""

    facts: DatasetFacts
    profiles: Mapping[str, Mapping[str, Any]]
    checks: tuple[Mapping[str, Any], ...]
    refused: tuple[RefusedRow, ...]
    reasons: Mapping[str, int]
    loads: tuple[LoadFacts, ...]
    specs: tuple[tuple[str, str, datetime], ...]
    sample: SampleRows | None


def details(records: Records, facts: DatasetFacts, sample: SampleRows | None) -> DatasetDetails:
    """The details of one dataset, without the values of masked columns."""
    masked = frozenset(column.name for column in facts.columns if column.masked)
    profiled = (masking.profile(row.profile, masked) for row in _latest(records, profiles, facts))
    refused, reasons = _refused(records, facts.name, masked)
    return DatasetDetails(
        facts=facts,
        profiles={each["column"]: each for each in profiled},
        checks=tuple(
            masking.check_result({name: getattr(row, name) for name in _CHECK}, masked)
            for row in _latest(records, checks, facts)
        ),
        refused=refused,
        reasons=reasons,
        loads=_loads(records, facts.name),
        specs=_specs(records, facts.name),
        sample=sample,
    )


def _latest(records: Records, table: sa.Table, facts: DatasetFacts) -> Sequence[AnyRow]:
    return records.rows(latest(table, facts.name).order_by(table.c.position))


def _loads(records: Records, dataset: str) -> tuple[LoadFacts, ...]:
    c = target_loads.c
    statement = (
        sa.select(c.target, c.version, c.run_id, c.strategy, c.ledger, c.loaded_at)
        .where(c.dataset == dataset)
        .order_by(c.id.desc())
        .limit(_MOST_LOADS)
    )
    return tuple(LoadFacts(*row) for row in records.rows(statement))


def _specs(records: Records, dataset: str) -> tuple[tuple[str, str, datetime], ...]:
    c = spec_versions.c
    statement = (
        sa.select(c.hash, c.text, c.seen_at)
        .where(c.dataset == dataset)
        .order_by(c.seen_at.desc(), c.hash)
        .limit(_MOST_SPECS)
    )
    return tuple((hash_, text, seen) for hash_, text, seen in records.rows(statement))


def _refused(
    records: Records, dataset: str, masked: Collection[str]
) -> tuple[tuple[RefusedRow, ...], Mapping[str, int]]:
    c = quarantine.c
    statement = (
        sa.select(c.run_id, c.source, c.row, c.reasons, c.created_at)
        .where(c.dataset == dataset, c.status == "open")
        .order_by(c.created_at.desc(), c.run_id, c.source, c.row, c.id)
        .limit(_MOST_REASONS)
    )
    rows = records.rows(statement)
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row.reasons)
    shown = tuple(
        RefusedRow(
            row.run_id,
            row.source,
            row.row,
            tuple(masking.text(each, masked) for each in row.reasons),
            row.created_at,
        )
        for row in rows[:MOST_REFUSED]
    )
    ordered = dict(counts.most_common())
    return shown, masked_reasons(ordered, masked) if masked else ordered

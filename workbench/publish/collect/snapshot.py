"""The state of everything at a glance: few queries, whatever the number of runs and datasets.

What a page shows in detail is loaded for the pages that have changed, see ``runs`` and
``datasets`` beside this module.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from workbench.publish.collect import catalog
from workbench.publish.collect.catalog import ReadSpec
from workbench.publish.collect.facts import (
    CheckCounts,
    DatasetFacts,
    EdgeFacts,
    RunFacts,
    StepFacts,
    VersionFacts,
)
from workbench.records.schema import checks, quarantine_batches, runs, step_runs
from workbench.records.schema_data import (
    dataset_versions,
    quarantine,
    spec_versions,
    target_loads,
)
from workbench.records.store import Records


@dataclass(frozen=True)
class Snapshot:
    """Runs newest first, their steps, the catalog, and what is published now."""

    runs: tuple[RunFacts, ...]
    steps: Mapping[str, tuple[StepFacts, ...]]
    datasets: Mapping[str, DatasetFacts]
    versions: tuple[VersionFacts, ...]
    checks: Mapping[tuple[str, str], CheckCounts]
    refused: Mapping[tuple[str, str], int]
    edges: tuple[EdgeFacts, ...]
    loads: Mapping[str, int]
    spec_seen: Mapping[str, tuple[tuple[str, datetime], ...]]
    quarantine: Mapping[str, tuple[Any, ...]]
    hidden: frozenset[str] = field(default=frozenset())

    @cached_property
    def as_of(self) -> datetime:
        """When something last happened; the portal speaks of this moment."""
        times = [each.latest for each in self.runs]
        times += [each.updated for each in self.datasets.values()]
        times += [each.published for each in self.versions]
        return max(times, default=datetime(1970, 1, 1, tzinfo=UTC))

    @cached_property
    def run_ids(self) -> frozenset[str]:
        """The ids of the runs that have pages."""
        return frozenset(run.id for run in self.runs)

    @cached_property
    def by_dataset(self) -> Mapping[str, tuple[tuple[RunFacts, tuple[StepFacts, ...]], ...]]:
        """For each dataset its runs, newest first, with the steps that concern it."""
        found: dict[str, list[tuple[RunFacts, tuple[StepFacts, ...]]]] = defaultdict(list)
        for run in self.runs:
            grouped: dict[str, list[StepFacts]] = defaultdict(list)
            for step in self.steps.get(run.id, ()):
                grouped[step.dataset].append(step)
            for dataset, steps in grouped.items():
                found[dataset].append((run, tuple(steps)))
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def version_of(self) -> Mapping[tuple[str, str], VersionFacts]:
        """The version that a (dataset, run) published."""
        return {(each.dataset, each.run_id): each for each in self.versions}

    @cached_property
    def checks_of(self) -> Mapping[tuple[str, str], CheckCounts]:
        """How the checks of a (dataset, run) came out."""
        found: dict[tuple[str, str], CheckCounts] = {}
        for run_id, steps in self.steps.items():
            for step in steps:
                counts = self.checks.get((run_id, step.step_id))
                if counts:
                    found[step.dataset, run_id] = counts
        return found

    @cached_property
    def masked(self) -> Mapping[str, frozenset[str]]:
        """The masked columns of each dataset."""
        return {
            name: frozenset(column.name for column in each.columns if column.masked)
            for name, each in self.datasets.items()
        }


def take(records: Records, read_spec: ReadSpec, *, most_runs: int) -> Snapshot:
    """Read the records. ``read_spec`` gives the facts of a spec by dataset, hash and text."""
    total = records.value(sa.select(sa.func.count()).select_from(runs)) or 0
    window = (
        sa.select(runs.c.id).order_by(runs.c.created_at.desc(), runs.c.id).limit(most_runs)
        if total > most_runs
        else None
    )
    edges = catalog.edges(records)
    seen = _spec_seen(records)
    return Snapshot(
        runs=_runs(records, most_runs),
        steps=_steps(records, window),
        datasets=catalog.datasets(records, read_spec, edges),
        versions=_versions(records, window),
        checks=_checks(records, window),
        refused=_refused(records, window),
        edges=edges,
        loads=dict(
            records.rows(
                sa.select(target_loads.c.dataset, sa.func.max(target_loads.c.id)).group_by(
                    target_loads.c.dataset
                )
            )
        ),
        spec_seen=seen,
        quarantine=_quarantine(records),
    )


def _within(statement: Any, column: Any, window: Any) -> Any:
    return statement if window is None else statement.where(column.in_(window))


def _runs(records: Records, most: int) -> tuple[RunFacts, ...]:
    c = runs.c
    rows = records.rows(
        sa.select(
            c.id, c.workflow, c.status, c.trigger, c.triggered_by, c.slot, c.created_at,
            c.started_at, c.finished_at, c.params, c.error,
        )
        .order_by(c.created_at.desc(), c.id)
        .limit(most)
    )  # fmt: skip
    return tuple(RunFacts(*row) for row in rows)


def _steps(records: Records, window: Any) -> dict[str, tuple[StepFacts, ...]]:
    c = step_runs.c
    statement = sa.select(
        c.run_id, c.step_id, c.position, c.dataset, c.verb, c.status, c.attempt, c.started_at,
        c.finished_at, c.notebook,
    ).order_by(c.run_id, c.position)  # fmt: skip
    grouped: dict[str, list[StepFacts]] = defaultdict(list)
    for row in records.rows(_within(statement, c.run_id, window)):
        grouped[row[0]].append(StepFacts(*row))
    return {run_id: tuple(steps) for run_id, steps in grouped.items()}


def _checks(records: Records, window: Any) -> dict[tuple[str, str], CheckCounts]:
    c = checks.c
    statement = sa.select(
        c.run_id, c.step_id, c.success, c.severity == "warn", c.error.is_not(None), sa.func.count()
    ).group_by(c.run_id, c.step_id, c.success, c.severity == "warn", c.error.is_not(None))
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for run_id, step_id, held, is_warning, broke, count in records.rows(
        _within(statement, c.run_id, window)
    ):
        kind = "errored" if broke else "held" if held else "warned" if is_warning else "failed"
        found[run_id, step_id][kind] += count
    return {key: CheckCounts(**counts) for key, counts in found.items()}


def _refused(records: Records, window: Any) -> dict[tuple[str, str], int]:
    """Rows refused by (dataset, run)."""
    c = quarantine_batches.c
    statement = sa.select(c.dataset, c.run_id, sa.func.sum(c.rows)).group_by(c.dataset, c.run_id)
    rows = records.rows(_within(statement, c.run_id, window))
    return {(dataset, run_id): int(count) for dataset, run_id, count in rows}


def _quarantine(records: Records) -> dict[str, tuple[Any, ...]]:
    """For each dataset how many rows of each status there are, and since when."""
    c = quarantine.c
    statement = (
        sa.select(c.dataset, c.status, sa.func.count(), sa.func.max(c.created_at))
        .group_by(c.dataset, c.status)
        .order_by(c.dataset, c.status)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in records.rows(statement):
        found[row[0]].append(tuple(row[1:]))
    return {name: tuple(each) for name, each in found.items()}


def _versions(records: Records, window: Any) -> tuple[VersionFacts, ...]:
    c = dataset_versions.c
    statement = sa.select(c.dataset, c.layer, c.version, c.run_id, c.rows, c.published_at).order_by(
        c.published_at, c.dataset, c.version
    )
    return tuple(VersionFacts(*row) for row in records.rows(_within(statement, c.run_id, window)))


def _spec_seen(records: Records) -> dict[str, tuple[tuple[str, datetime], ...]]:
    """Hashes of each dataset's spec and when they were first seen, newest first."""
    c = spec_versions.c
    found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    statement = sa.select(c.dataset, c.hash, c.seen_at).order_by(c.seen_at.desc(), c.hash)
    for dataset, hash_, seen in records.rows(statement):
        found[dataset].append((hash_, seen))
    return {name: tuple(each) for name, each in found.items()}

"""Runs in detail: what each step did, its attempts, its notebook, what the run was made from."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbench.publish.collect import masking
from workbench.publish.collect.facts import RunFacts, StepFacts
from workbench.publish.collect.snapshot import Snapshot
from workbench.records.schema import attempts, runs, step_runs
from workbench.records.schema_data import raw_files
from workbench.records.store import Records

#: Runs that are held in memory at a time.
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """One attempt at a step."""

    number: int
    status: str
    worker: str
    started: datetime
    finished: datetime | None
    error: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ReceivedFacts:
    """A file that a run received: its content's hash and size."""

    dataset: str
    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class StepDetails:
    """A step with what it did: ``result`` is a step result as plain values, masked."""

    facts: StepFacts
    result: Mapping[str, Any]
    error: Mapping[str, Any] | None
    attempts: tuple[AttemptFacts, ...]
    queued: datetime | None
    worker: str | None
    notebook: Path | None
    masked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run in detail. ``specs`` are hashes of specs, ``environment`` versions of what ran."""

    facts: RunFacts
    steps: tuple[StepDetails, ...]
    specs: Mapping[str, str]
    received: tuple[ReceivedFacts, ...]
    environment: Mapping[str, Any]

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets of its steps, in their order."""
        return tuple(dict.fromkeys(step.facts.dataset for step in self.steps))


def details(records: Records, snapshot: Snapshot, ids: Collection[str]) -> Iterator[RunDetails]:
    """The runs with these ids, in the order of the snapshot, a few at a time."""
    chosen = set(ids)
    wanted = [run for run in snapshot.runs if run.id in chosen]
    for start in range(0, len(wanted), _AT_ONCE):
        yield from _details(records, snapshot, wanted[start : start + _AT_ONCE])


def _details(
    records: Records, snapshot: Snapshot, some: Sequence[RunFacts]
) -> Iterator[RunDetails]:
    ids = [run.id for run in some]
    tries = _attempts(records, ids)
    steps = _steps(records, ids)
    received = _received(records, ids)
    plans = {
        row.id: (row.specs or {}, row.environment or {})
        for row in records.rows(
            sa.select(
                runs.c.id,
                sa.func.json_extract(runs.c.plan, "$.specs").label("specs")
                if records.is_sqlite
                else runs.c.plan.label("specs"),
                runs.c.environment,
            ).where(runs.c.id.in_(ids))
        )
    }
    for run in some:
        specs, environment = plans.get(run.id, ({}, {}))
        shown = {step.step_id for step in snapshot.steps.get(run.id, ())}
        yield RunDetails(
            facts=_masked_run(run, snapshot),
            steps=tuple(
                _step(facts, steps[run.id, facts.step_id], tries, snapshot)
                for facts in snapshot.steps.get(run.id, ())
                if facts.step_id in shown and (run.id, facts.step_id) in steps
            ),
            specs={
                name: hash_ for name, hash_ in _specs(specs).items() if name in snapshot.datasets
            },
            received=tuple(
                each for each in received.get(run.id, ()) if each.dataset in snapshot.datasets
            ),
            environment=environment,
        )


def _specs(value: Any) -> Mapping[str, str]:
    """Hashes of specs: from a whole plan, or as SQLite takes them out of it."""
    if isinstance(value, str):
        value = json.loads(value)
    found = value.get("specs", value) if isinstance(value, dict) else {}
    return {str(name): str(hash_) for name, hash_ in found.items()}


def _masked_run(run: RunFacts, snapshot: Snapshot) -> RunFacts:
    if not run.error:
        return run
    masked = {
        column
        for step in snapshot.steps.get(run.id, ())
        for column in snapshot.masked.get(step.dataset, ())
    }
    return replace(run, error=_masked_error(run.error, masked))


def _step(
    facts: StepFacts,
    row: Any,
    tries: Mapping[tuple[str, str], list[AttemptFacts]],
    snapshot: Snapshot,
) -> StepDetails:
    masked = snapshot.masked.get(facts.dataset, frozenset())
    return StepDetails(
        facts=facts,
        result=_masked_result(row.result or {}, masked),
        error=_masked_error(row.error, masked),
        attempts=tuple(
            AttemptFacts(
                each.number, each.status, each.worker, each.started, each.finished,
                _masked_error(each.error, masked),
            )
            for each in tries.get((facts.run_id, facts.step_id), ())
        ),
        queued=row.queued_at,
        worker=row.worker,
        notebook=Path(facts.notebook) if facts.notebook else None,
        masked=masked,
    )  # fmt: skip


def _masked_error(
    error: Mapping[str, Any] | None, masked: Collection[str]
) -> Mapping[str, Any] | None:
    if not error or not masked:
        return error
    return {
        name: masking.text(value, masked) if isinstance(value, str) else value
        for name, value in error.items()
    }


def _masked_result(result: Mapping[str, Any], masked: Collection[str]) -> Mapping[str, Any]:
    if not masked or not result:
        return result
    kept = dict(result)
    kept["checks"] = [masking.check_result(check, masked) for check in result.get("checks", ())]
    kept["profiles"] = [masking.profile(each, masked) for each in result.get("profiles", ())]
    kept["warnings"] = [masking.text(each, masked) for each in result.get("warnings", ())]
    kept["quarantine"] = [
        {**batch, "reasons": masked_reasons(batch.get("reasons", {}), masked)}
        for batch in result.get("quarantine", ())
    ]
    return kept


def masked_reasons(reasons: Mapping[str, int], masked: Collection[str]) -> dict[str, int]:
    """Reasons of quarantine without values; those that become the same are added up."""
    found: dict[str, int] = defaultdict(int)
    for reason, count in reasons.items():
        found[masking.text(reason, masked)] += count
    return dict(found)


def _steps(records: Records, ids: Sequence[str]) -> dict[tuple[str, str], Any]:
    c = step_runs.c
    statement = sa.select(c.run_id, c.step_id, c.queued_at, c.worker, c.error, c.result).where(
        c.run_id.in_(ids)
    )
    return {(row.run_id, row.step_id): row for row in records.rows(statement)}


def _attempts(records: Records, ids: Sequence[str]) -> dict[tuple[str, str], list[AttemptFacts]]:
    c = attempts.c
    statement = (
        sa.select(
            c.run_id, c.step_id, c.number, c.status, c.worker, c.started_at, c.finished_at, c.error
        )
        .where(c.run_id.in_(ids))
        .order_by(c.run_id, c.step_id, c.number)
    )
    found: dict[tuple[str, str], list[AttemptFacts]] = defaultdict(list)
    for row in records.rows(statement):
        found[row[0], row[1]].append(AttemptFacts(*row[2:]))
    return found


def _received(records: Records, ids: Sequence[str]) -> dict[str, list[ReceivedFacts]]:
    c = raw_files.c
    statement = (
        sa.select(c.run_id, c.dataset, c.name, c.sha256, c.bytes)
        .where(c.run_id.in_(ids))
        .order_by(c.run_id, c.dataset, c.position)
    )
    found: dict[str, list[ReceivedFacts]] = defaultdict(list)
    for row in records.rows(statement):
        found[row[0]].append(ReceivedFacts(*row[1:]))
    return found

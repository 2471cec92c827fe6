"""Details without what an audience may not see: see ``audience``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.publish.collect.audience import Guard
from workbench.publish.collect.datasets import DatasetDetails, SampleRows
from workbench.publish.collect.runs import AttemptFacts, RunDetails, StepDetails
from workbench.publish.collect.snapshot import Snapshot

_HIDDEN = "•••"


def run(details: RunDetails, guard: Guard) -> RunDetails:
    """A run's details for an audience."""
    if not guard:
        return details
    return replace(
        details,
        steps=tuple(_step(step, guard) for step in details.steps),
        received=tuple(each for each in details.received if guard.allows(each.name)),
        environment={
            name: value for name, value in details.environment.items() if name != "commit"
        },
    )


def _step(step: StepDetails, guard: Guard) -> StepDetails:
    return replace(
        step,
        result=_result(step.result, guard),
        error=_error(step.error, guard),
        attempts=tuple(_attempt(each, guard) for each in step.attempts),
        notebook=None,
    )


def _attempt(attempt: AttemptFacts, guard: Guard) -> AttemptFacts:
    return replace(attempt, error=_error(attempt.error, guard))


def _error(error: Mapping[str, Any] | None, guard: Guard) -> Mapping[str, Any] | None:
    if error is None or guard.allows(dict(error)):
        return error
    return {"type": error.get("type"), "message": _HIDDEN}


def _result(result: Mapping[str, Any], guard: Guard) -> Mapping[str, Any]:
    kept = dict(result)
    for name in ("checks", "profiles", "warnings", "ledgers"):
        kept[name] = [each for each in result.get(name) or () if guard.allows(each)]
    for name in ("inputs", "outputs"):
        kept[name] = [
            each for each in result.get(name) or () if guard.allows(str(each.get("dataset", "")))
        ]
    kept["quarantine"] = [
        {**batch, "reasons": reasons(batch.get("reasons", {}), guard)}
        for batch in result.get("quarantine") or ()
    ]
    kept["skipped"] = guard.text(str(result["skipped"])) if result.get("skipped") else None
    return kept


def reasons(given: Mapping[str, int], guard: Guard) -> dict[str, int]:
    """Reasons of quarantine; those that mention what is hidden become one."""
    found: dict[str, int] = {}
    for reason, count in given.items():
        said = guard.text(reason, _HIDDEN)
        found[said] = found.get(said, 0) + count
    return found


def dataset(
    details: DatasetDetails, snapshot: Snapshot, guard: Guard, *, samples: bool
) -> DatasetDetails:
    """A dataset's details for an audience."""
    if not guard and samples:
        return details
    shown = {column.name for column in details.facts.columns}
    return replace(
        details,
        profiles={name: each for name, each in details.profiles.items() if name in shown},
        checks=tuple(check for check in details.checks if guard.allows(check)),
        refused=tuple(
            replace(
                row,
                source=guard.text(row.source, _HIDDEN) if row.source else None,
                reasons=tuple(dict.fromkeys(guard.text(each, _HIDDEN) for each in row.reasons)),
            )
            for row in details.refused
            if row.run_id in snapshot.run_ids
        ),
        reasons=reasons(details.reasons, guard),
        loads=tuple(load for load in details.loads if guard.allows(load.target)),
        specs=(),
        sample=_sample(details.sample, shown) if samples else None,
    )


def _sample(sample: SampleRows | None, shown: set[str]) -> SampleRows | None:
    if sample is None:
        return None
    places = [number for number, name in enumerate(sample.columns) if name in shown]
    return SampleRows(
        tuple(sample.columns[place] for place in places),
        tuple(tuple(row[place] for place in places) for row in sample.rows),
    )

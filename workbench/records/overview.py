"""Runs as a list shows them: their steps in short, without plans and results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

import sqlalchemy as sa

from workbench.model.plan import Verb
from workbench.model.status import Status, Trigger
from workbench.model.value import Value
from workbench.records.runs import OPEN
from workbench.records.schema import runs, step_needs, step_runs
from workbench.records.store import Records

#: What is read of a run; its plan is long.
_SHOWN = (
    *(runs.c.id, runs.c.workflow, runs.c.status, runs.c.trigger, runs.c.triggered_by),
    *(runs.c.created_at, runs.c.started_at, runs.c.finished_at, runs.c.cancel_requested),
    *(runs.c.owner, runs.c.params, runs.c.error),
)
#: In so many of the newest runs the last one of each dataset is looked for first.
_NEWEST = 300
#: How many earlier durations of a step say how long it usually takes.
_EARLIER = 15


class StepRow(Value):
    """A step of a run in short. ``needs`` of its needs are ``met``; times are UTC."""

    step_id: str
    dataset: str
    verb: Verb
    status: Status
    attempt: int
    needs: int = 0
    met: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    not_before: datetime | None = None
    waiting_for: str | None = None
    error: str | None = None
    has_notebook: bool = False
    usual_seconds: float | None = None


class RunRow(Value):
    """A run in short; ``error`` is its message."""

    id: str
    workflow: str
    status: Status
    trigger: Trigger
    triggered_by: str
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_requested: bool = False
    owned: bool = False
    correction: bool = False
    error: str | None = None
    steps: tuple[StepRow, ...] = ()

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that it has steps for, in order."""
        return tuple(dict.fromkeys(step.dataset for step in self.steps))


def list_overview(
    records: Records,
    *,
    status: Iterable[Status] = (),
    dataset: str | None = None,
    ids: Sequence[str] | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> tuple[RunRow, ...]:
    """Runs, newest first; ``before`` (created, id of the last one seen) continues a page."""
    order = (runs.c.created_at.desc(), runs.c.id.desc())
    statement = sa.select(*_SHOWN).order_by(*order).limit(limit)
    wanted = tuple(status)
    if wanted:
        statement = statement.where(runs.c.status.in_(wanted))
    if dataset is not None:
        statement = statement.where(
            runs.c.id.in_(sa.select(step_runs.c.run_id).where(step_runs.c.dataset == dataset))
        )
    if ids is not None:
        statement = statement.where(runs.c.id.in_(list(ids)))
    if before is not None:
        at, last = before
        statement = statement.where(
            sa.or_(runs.c.created_at < at, sa.and_(runs.c.created_at == at, runs.c.id < last))
        )
    found = records.rows(statement)
    steps = _steps(records, [row.id for row in found])
    return tuple(
        RunRow(
            id=row.id,
            workflow=row.workflow,
            status=Status(row.status),
            trigger=Trigger(row.trigger),
            triggered_by=row.triggered_by,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            cancel_requested=row.cancel_requested,
            owned=row.owner is not None,
            correction="_corrections" in row.params,
            error=(row.error or {}).get("message"),
            steps=tuple(steps.get(row.id, ())),
        )
        for row in found
    )


def latest_run_of_each(records: Records, datasets: Iterable[str]) -> dict[str, RunRow]:
    """The newest run that has steps for each dataset."""
    wanted = dict.fromkeys(datasets)
    made = (runs.c.created_at.desc(), runs.c.id.desc())
    newest = sa.select(runs.c.id).order_by(*made).limit(_NEWEST).subquery()
    found: dict[str, str] = {}
    pairs = sa.select(step_runs.c.dataset, step_runs.c.run_id).join(
        runs, runs.c.id == step_runs.c.run_id
    )
    recent = pairs.where(runs.c.id.in_(sa.select(newest.c.id))).order_by(*made)
    for row in records.rows(recent):
        found.setdefault(row.dataset, row.run_id)
    for name in wanted.keys() - found.keys():  # they run seldom, so there are few of these
        last = records.row(pairs.where(step_runs.c.dataset == name).order_by(*made).limit(1))
        if last is not None:
            found[name] = last.run_id
    ids = sorted({found[name] for name in wanted if name in found})
    rows = {row.id: row for row in list_overview(records, ids=ids, limit=len(ids) or 1)}
    return {name: rows[found[name]] for name in wanted if found.get(name) in rows}


def usual_seconds(records: Records, steps: Mapping[str, str]) -> dict[str, float]:
    """How long steps (id: dataset) usually take: the median of their latest successes, seconds."""
    took: dict[str, list[float]] = defaultdict(list)
    for step_id, dataset in steps.items():
        latest = (
            sa.select(step_runs.c.started_at, step_runs.c.finished_at)
            .where(step_runs.c.dataset == dataset, step_runs.c.step_id == step_id)
            .where(step_runs.c.status == Status.SUCCESS, step_runs.c.started_at.is_not(None))
            .order_by(step_runs.c.finished_at.desc())
            .limit(_EARLIER)
        )
        for row in records.rows(latest):
            took[step_id].append((row.finished_at - row.started_at).total_seconds())
    return {step_id: median(seconds) for step_id, seconds in took.items()}


def run_states(records: Records, limit: int = 200) -> dict[str, tuple[Any, ...]]:
    """What can change of the newest runs and of all open ones, by id; cheap enough to poll."""
    columns = (runs.c.id, runs.c.status, runs.c.cancel_requested, runs.c.finished_at, runs.c.owner)
    newest = sa.select(*columns).order_by(runs.c.created_at.desc()).limit(limit)
    still_open = sa.select(*columns).where(runs.c.status.in_(OPEN))
    found = [*records.rows(newest), *records.rows(still_open)]
    states = {row.id: tuple(row) for row in found}
    moving = [row.id for row in found if Status(row.status) in OPEN]
    for step in records.rows(
        sa.select(
            step_runs.c.run_id,
            step_runs.c.step_id,
            step_runs.c.status,
            step_runs.c.attempt,
            step_runs.c.waiting_for,
            step_runs.c.not_before,
        )
        .where(step_runs.c.run_id.in_(moving))
        .order_by(step_runs.c.run_id, step_runs.c.position)
    ):
        states[step.run_id] += tuple(step)[1:]
    return states


def _steps(records: Records, ids: Sequence[str]) -> dict[str, list[StepRow]]:
    if not ids:
        return {}
    met = step_runs.alias("met")
    needs = {
        (row.run_id, row.step_id): (row.needs, row.met)
        for row in records.rows(
            sa.select(
                step_needs.c.run_id,
                step_needs.c.step_id,
                sa.func.count().label("needs"),
                sa.func.sum(sa.case((met.c.status == Status.SUCCESS, 1), else_=0)).label("met"),
            )
            .join(
                met,
                sa.and_(met.c.run_id == step_needs.c.run_id, met.c.step_id == step_needs.c.need),
            )
            .where(step_needs.c.run_id.in_(ids))
            .group_by(step_needs.c.run_id, step_needs.c.step_id)
        )
    }
    rows = records.rows(
        sa.select(
            step_runs.c.run_id,
            step_runs.c.step_id,
            step_runs.c.dataset,
            step_runs.c.verb,
            step_runs.c.status,
            step_runs.c.attempt,
            step_runs.c.started_at,
            step_runs.c.finished_at,
            step_runs.c.not_before,
            step_runs.c.waiting_for,
            step_runs.c.error,
            step_runs.c.notebook,
        )
        .where(step_runs.c.run_id.in_(ids))
        .order_by(step_runs.c.run_id, step_runs.c.position)
    )
    moving = {row.step_id: row.dataset for row in rows if Status(row.status) == Status.RUNNING}
    usual = usual_seconds(records, moving)
    found: dict[str, list[StepRow]] = defaultdict(list)
    for row in rows:
        wanted, done = needs.get((row.run_id, row.step_id), (0, 0))
        found[row.run_id].append(
            StepRow(
                step_id=row.step_id,
                dataset=row.dataset,
                verb=row.verb,
                status=Status(row.status),
                attempt=row.attempt,
                needs=wanted,
                met=done,
                started_at=row.started_at,
                finished_at=row.finished_at,
                not_before=row.not_before,
                waiting_for=row.waiting_for,
                error=(row.error or {}).get("message"),
                has_notebook=row.notebook is not None,
                usual_seconds=usual.get(row.step_id),
            )
        )
    return found

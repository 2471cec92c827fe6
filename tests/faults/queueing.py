"""Many runs of one step each, queued at once, and workers that do them.

``work_off`` is called in children of the nursery.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from datetime import datetime

import sqlalchemy as sa

from tests.engine.acting import Actor
from tests.engine.recording import plan_of, steps_of
from tests.faults import sabotage
from workbench.config import Settings
from workbench.engine.orchestrator import advance
from workbench.engine.queue import RedisJobs
from workbench.engine.worker import work
from workbench.records.runs import create_run
from workbench.records.schema import attempts, runs
from workbench.records.store import Records


def order(settings: Settings, records: Records, count: int, chance: random.Random) -> None:
    """Queue so many runs, by many priorities, which Redis tells apart only by their sign."""
    jobs = RedisJobs(settings)
    for number in range(count):
        plan = plan_of(steps_of(f"d{number}")[:1])
        run = create_run(records, plan, priority=chance.randrange(-3, 8))
        assert run is not None
        advance(records, run.id, jobs)


def work_off(settings: Settings, *, broken: str | None = None) -> None:
    """A worker that ends when nothing waits any more."""
    with ExitStack() as stack:
        if broken:
            stack.enter_context(sabotage.without(broken))
        work(settings, Actor(), burst=True)


def displacement(records: Records) -> int:
    """How far from its place in the line a run was taken, at most.

    The ids of attempts rise in the order in which they were taken.
    """
    line: dict[str, tuple[int, datetime, str]] = {
        row.id: (-row.priority, row.created_at, row.id)
        for row in records.rows(sa.select(runs.c.id, runs.c.priority, runs.c.created_at))
    }
    taken = sa.select(attempts.c.run_id).group_by(attempts.c.run_id)
    begun = [run for run, in records.rows(taken.order_by(sa.func.min(attempts.c.id)))]
    place = {run: n for n, run in enumerate(sorted(begun, key=lambda run: line[run]))}
    return max((abs(place[run] - n) for n, run in enumerate(begun)), default=0)

"""Writers of the records that may be killed at any time, and what must be true of what they leave.

``write`` is called in children of the nursery.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.engine.recording import plan_of, steps_of
from tests.faults import boundaries, sabotage
from workbench.config import Settings
from workbench.engine.orchestrator import advance
from workbench.model.result import StepResult
from workbench.model.status import Status
from workbench.records import leases, workers
from workbench.records.attempts import claim_step, end_attempt, finish_step
from workbench.records.runs import OPEN, create_run, get_run
from workbench.records.schema import attempts, metrics, runs, step_needs, step_runs
from workbench.records.store import Records, open_records


class NoQueue:
    """Takes steps and forgets them: the writer itself does what it was given."""

    def enqueue(self, *_: object, **__: object) -> None:
        """Take a step."""

    def waiting(self) -> set[tuple[str, int, int]]:
        """Nothing waits."""
        return set()


def write(
    settings: Settings,
    seed: int,
    seconds: float,
    acknowledged: Path,
    *,
    kill: tuple[boundaries.Site, int] | None = None,
    broken: str | None = None,
) -> int:
    """Make runs and do their steps for so long; what is committed is then noted in a file."""
    chance = random.Random(seed)
    records = open_records(settings)
    done = 0
    end = time.monotonic() + seconds
    with ExitStack() as stack:
        if broken:
            stack.enter_context(sabotage.without(broken))
        if kill:
            stack.enter_context(boundaries.at(*kill, boundaries.die))
        me = workers.register(records, "worker")
        while time.monotonic() < end:
            done += _one_run(records, chance, me, acknowledged)
    return done


def survey(settings: Settings, acknowledged: Path) -> Counter[boundaries.Site]:
    """The boundaries of one run's life."""
    records = open_records(settings)
    with boundaries.counted() as sites:
        me = workers.register(records, "worker")
        _one_run(records, random.Random(1), me, acknowledged)
    return sites


def _one_run(records: Records, chance: random.Random, me: str, acknowledged: Path) -> int:
    run = create_run(records, plan_of(steps_of(f"d{chance.randrange(1 << 40)}")))
    assert run is not None
    _note(acknowledged, "created", run.id)
    for step in run.steps:
        advance(records, run.id, NoQueue())
        claimed = claim_step(records, run.id, step.step_id, me)
        if claimed is None:
            return 0
        workers.heartbeat(records, me, (run.id, step.step_id, claimed.attempt))
        if chance.random() < 0.1:
            end_attempt(
                records, run.id, step.step_id, claimed.attempt, status=Status.FAILED,
                step_status=Status.FAILED, error={"type": "Test", "message": "as told"},
            )  # fmt: skip
            break
        result = StepResult(verb=step.verb, dataset=step.dataset, metrics={"one": 1.0, "two": 2.0})
        finish_step(records, run.id, step.step_id, claimed.attempt, result)
        _note(acknowledged, "done", run.id, step.step_id)
    advance(records, run.id, NoQueue())
    return 1


def _note(path: Path, *words: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, (" ".join(words) + "\n").encode())
    os.close(handle)


def is_sound(records: Records, acknowledged: Path) -> dict[str, int]:
    """Nothing is torn, nothing that was acknowledged is missing; how much there is."""
    _is_intact(records)
    lines = acknowledged.read_text().split("\n") if acknowledged.exists() else []
    noted = {tuple(line.split()) for line in lines if line}
    kept = {("created", row.id) for row in records.rows(sa.select(runs.c.id))}
    done = records.rows(
        sa.select(step_runs.c.run_id, step_runs.c.step_id).where(
            step_runs.c.status == Status.SUCCESS
        )
    )
    kept |= {("done", row.run_id, row.step_id) for row in done}
    assert noted <= kept, f"lost: {sorted(noted - kept)[:5]}"
    _is_whole(records)
    return {"runs": sum(1 for each in kept if each[0] == "created"), "steps": len(done)}


def _is_intact(records: Records) -> None:
    if records.is_sqlite:
        assert records.value(sa.text("PRAGMA integrity_check")) == "ok"
        assert records.rows(sa.text("PRAGMA foreign_key_check")) == []
        return
    with records.begin() as connection:
        known = "SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'"
        if connection.scalar(sa.text(known)):
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS amcheck"))
            connection.execute(
                sa.text(
                    "SELECT bt_index_check(c.oid, true) FROM pg_index i"
                    " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam"
                    " JOIN pg_namespace n ON n.oid = c.relnamespace"
                    " WHERE a.amname = 'btree' AND n.nspname = 'public'"
                )
            )


def _is_whole(records: Records) -> None:
    """What one transaction writes is there as a whole, or not at all."""

    def count(table: sa.Table, *where: Any) -> Counter[tuple[Any, ...]]:
        columns = [table.c.run_id, table.c.step_id] if "step_id" in table.c else [table.c.run_id]
        return Counter(tuple(row) for row in records.rows(sa.select(*columns).where(*where)))

    steps = Counter(run for run, _ in count(step_runs))
    needs = Counter(run for run, _ in count(step_needs))
    for row in records.rows(sa.select(runs.c.id)):
        assert (steps[row.id], needs[row.id]) == (3, 2), f"run {row.id} is torn"
    success = set(count(step_runs, step_runs.c.status == Status.SUCCESS))
    assert set(count(metrics)) == success, "a result without its step, or the other way round"
    assert set(count(metrics).values()) <= {2}
    ended = count(attempts, attempts.c.status == Status.SUCCESS)
    assert set(ended) == success and set(ended.values()) <= {1}
    running = count(step_runs, step_runs.c.status == Status.RUNNING)
    assert count(attempts, attempts.c.status == Status.RUNNING) == running
    for holder in set(leases.holders(records).values()):
        assert get_run(records, holder).status in OPEN

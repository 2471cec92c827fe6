"""Datasets that get files, workers that load them, and processes among them that may die."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from tests.engine.acting import until
from tests.faults.project import Project
from tests.faults.walking import KEYED, Deliveries, different
from tests.steps.road import Road
from workbench.config import Settings
from workbench.engine.kernels import processes
from workbench.model.status import Status
from workbench.records.attempts import list_attempts
from workbench.records.runs import list_runs
from workbench.records.schema import attempts, runs
from workbench.records.schema import workers as worker_table
from workbench.records.store import open_records
from workbench.records.workers import WorkerRow, list_workers

DATASETS = ("north", "south", "west")
#: A worker on another machine is known by its heartbeat alone, which takes longer.
FAR = "worker elsewhere"


@dataclass(frozen=True)
class Victim:
    """A process to be killed, and the attempt that ends with it, if one does."""

    pid: int
    worker: WorkerRow
    attempt: int | None


class Town:
    """Datasets that get files, workers that load them, and somebody who watches the runs."""

    def __init__(self, place: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        folder = place / "project"
        for name in ("specs/datasets", "specs/connections"):
            (folder / name).mkdir(parents=True)
        self.settings = Settings(project=folder, home=place / "home", environ={})
        self.road = Road(self.settings)
        self.records = self.road.records
        self.project = Project(self.settings, self.road)
        self.project.slow(0.4)
        self.files = {name: Deliveries(self.chance, keyed=True) for name in DATASETS}
        for name in DATASETS:
            (folder / name).mkdir()
            spec = KEYED.replace("inbox/", f"{name}/").replace("count: 3", "count: 20")
            self.road.spec(name, spec + "targets:\n  - {connection: warehouse}\n")
        self.finished: dict[str, str] = {}
        self.changed: list[str] = []

    def order(self) -> str:
        """A file arrives for a dataset, and a run is queued."""
        name = self.chance.choice(DATASETS)
        files = self.files[name]
        path = self.settings.project / name / f"f{len(files):05d}.part"
        path.write_text(files.text())
        path.rename(path.with_suffix(".csv"))
        return self.project.queue(name)

    def keep_busy(self) -> None:
        """See to it that there is work for both workers."""
        while sum(not run.status.is_final for run in list_runs(self.records, limit=20)) < 3:
            self.order()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note every run that is finished and then becomes something else."""
        ended = threading.Event()

        def watch() -> None:
            records = open_records(self.settings)
            while not ended.wait(0.1):
                for run_id, status in records.rows(sa.select(runs.c.id, runs.c.status)):
                    before = self.finished.get(run_id)
                    if before is not None and before != status:
                        self.changed.append(f"{run_id}: {before}, then {status}")
                    if Status(status).is_final:
                        self.finished[run_id] = status

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def victim(self, kind: str) -> Victim | None:
        """A process of this kind; one that works, where there is a choice."""
        rows = list_workers(self.records)
        if kind == "scheduler":
            found = [row for row in rows if row.kind == "scheduler"]
            return Victim(found[0].pid, found[0], None) if found else None
        busy = self.records.rows(
            sa.select(attempts.c.id, attempts.c.worker, attempts.c.run_id)
            .where(attempts.c.status == Status.RUNNING)
            .order_by(attempts.c.id.desc())
        )
        for attempt, name, run_id in busy:
            row = next((row for row in rows if row.id == name), None)
            if row is None:
                continue
            pid = row.pid
            if kind in ("kernel", "zygote"):
                found = zygotes(row.pid)
                if kind == "kernel":
                    found = [
                        child
                        for each in found
                        for child in processes.children(each)
                        if processes.mark_of(child, processes.RUN_MARK) == run_id
                    ]
                if not found:
                    continue
                pid = found[0]
            return Victim(pid, row, attempt)
        return None

    def wait_for(self, kind: str) -> Victim:
        """Wait for a process of this kind to work."""
        found: list[Victim] = []

        def look() -> bool:
            self.keep_busy()
            found[:] = filter(None, [self.victim(kind)])
            return bool(found)

        until(look, 60)
        return found[0]

    def attempts(self) -> list[dict[str, Any]]:
        """All attempts of all runs."""
        found = list_runs(self.records, limit=100_000)
        return [each for run in found for each in list_attempts(self.records, run.id)]

    def is_seen(self, victim: Victim, kind: str) -> bool:
        """Whether the records say that the process is gone, and its attempt is over."""
        if kind in ("worker", FAR, "scheduler"):
            alive = {row.id for row in list_workers(self.records)}
            if victim.worker.id in alive:
                return False
        if kind == "zygote" and set(zygotes(victim.worker.pid)) - {victim.pid}:
            return True  # there is a new one, which goes on with the step
        return victim.attempt is None or not self.records.rows(
            sa.select(attempts.c.id).where(
                attempts.c.id == victim.attempt, attempts.c.status == Status.RUNNING
            )
        )

    def remove_far(self, victim: Victim) -> None:
        """Have the records say that this process is on another machine."""
        with self.records.begin() as connection:
            connection.execute(
                sa.update(worker_table)
                .where(worker_table.c.id == victim.worker.id)
                .values(machine="far away")
            )

    def is_whole(self) -> None:
        """Every run ended well, and tables hold what a serial replay gives."""
        for run in list_runs(self.records, limit=100_000):
            assert run.status == Status.SUCCESS, (run.id, run.error)
        assert self.changed == []
        for name, files in self.files.items():
            if len(files):
                found = sorted(self.road.query(f"SELECT id, amount, batch FROM {name}"))
                wanted = files.after(len(files))
                assert found == wanted, different(found, wanted)


def zygotes(worker: int) -> list[int]:
    """The zygotes of a worker that live."""
    found = []
    for pid in processes.children(worker):
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            lives = process.status() != psutil.STATUS_ZOMBIE
            if lives and any("kernels.zygote" in part for part in process.cmdline()):
                found.append(pid)
    return found

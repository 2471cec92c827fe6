"""One long life of a workbench: what is done to it, and what is seen of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from tests.soak import world
from tests.soak.sampling import SLOWNESS, Family, Sampler
from workbench.model.ledger import LedgerImbalance
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.records import batches, runs
from workbench.records.store import Records

#: Seconds between events of each kind, on average.
DELIVER, EDIT, KILL, SAMPLE = 3.0, 40.0, 15.0, 5.0
WORKERS = 3
#: Seconds between two cleanings.
CLEAN = 45.0
#: Seconds that ``yardstick`` takes on a machine with nothing else to do.
FAST_YARDSTICK = 0.02
#: Seconds for what is under way when the time is over; only a busy machine needs them.
PATIENCE = 600.0

UP = """
import sys
from tests.soak.long_life import scheduler_command
from workbench.config import Settings
from workbench.engine.supervisor import up
up(Settings(), workers=int(sys.argv[1]), scheduler=scheduler_command())
"""


@dataclass
class Life:
    """One long life: the world, the process of ``up``, and what was seen of them."""

    world: world.World
    records: Records
    minutes: float
    environ: dict[str, str]
    began: float = field(default_factory=time.monotonic)
    marks: list[tuple[float, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    ledgers: int = 0
    attempts: int = 0
    _recent: list[tuple[float, float]] = field(default_factory=list)
    _yardstick: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sampler = Sampler(self.world.settings, self.records, self.began, CLEAN)
        self.chance = random.Random(self.world.seed + 1)
        self.up: subprocess.Popen[bytes] | None = None
        self.spared = 0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    # -- the life ------------------------------------------------------------------------------

    def live(self) -> None:
        """Start, disturb until the time is over, let it come to rest, and stop it."""
        self.world.write_specs(scheduled=False)
        for dataset in world.FILES:
            self.world.deliver(dataset)
        log = self.world.settings.project / "up.log"
        self.up = subprocess.Popen(
            [sys.executable, "-c", UP, str(WORKERS)], env=self.environ,
            stdout=log.open("wb"), stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            _until(lambda: len(self._family().zygotes) == WORKERS, 120)
            _until(self._is_ready, 180)
            self.spared = self._family().workers[0].pid
            self.began = time.monotonic()
            self.sampler = Sampler(self.world.settings, self.records, self.began, CLEAN)
            self.world.write_specs()
            self._disturb()
            self._rest()
        finally:
            self.up.send_signal(signal.SIGINT)
            try:
                self.up.wait(60)
            except subprocess.TimeoutExpired:
                self.up.kill()
                self.faults.append("workbench up did not end within 60 s")
        _until(lambda: not self._left_over(), 15) or self.faults.append(
            f"processes live on: {self._left_over()}"
        )

    def _disturb(self) -> None:
        actions: dict[str, tuple[float, Callable[[], object]]] = {
            "deliver": (DELIVER, self.world.deliver),
            "edit": (EDIT, self._edit),
            "kill": (KILL, self._kill),
            "sample": (SAMPLE, self._sample),
            "look": (3.0, self._look),
        }
        due = {name: time.monotonic() + pause for name, (pause, _) in actions.items()}
        while self.elapsed < self.minutes * 60:
            name = min(due, key=due.__getitem__)
            time.sleep(max(0.0, due[name] - time.monotonic()))
            pause, action = actions[name]
            spread = self.chance.uniform(0.5, 1.5) if name not in ("sample", "look") else 1.0
            due[name] = time.monotonic() + pause * spread
            action()
        self.sampler.note("events", len(self.marks))

    def _edit(self) -> None:
        self.marks.append((self.elapsed, f"edit: {self.world.edit()}"))

    def _kill(self) -> None:
        """Kill a worker, a zygote, a notebook's process or Redis; never the spared ones."""
        family = self._family()
        others = [one for one in family.workers if one.pid != self.spared]
        choices = {
            "worker": others,
            "zygote": [z for pid, z in family.zygotes.items() if pid != self.spared],
            "notebook": family.children,
            "redis": [family.redis] if family.redis else [],
        }
        kind = self.chance.choice([name for name, found in choices.items() if found] or ["redis"])
        if choices[kind]:
            victim = self.chance.choice(choices[kind])
            self.marks.append((self.elapsed, f"kill: {kind}"))
            with _gone():
                victim.send_signal(signal.SIGKILL)

    def _sample(self) -> None:
        self.sampler.take(self._family(), self.spared)
        self.sampler.note("recorded runs", sum(runs.count_runs(self.records).values()))

    def _look(self) -> None:
        """Check the ledgers of the runs that have ended since; note how long they took."""
        for run in runs.list_runs(self.records, limit=200):
            if run.status.is_final and self.seen.get(run.id) != str(run.finished_at):
                self.seen[run.id] = str(run.finished_at)
                self._take_in(runs.get_run(self.records, run.id))
        self._yardstick.append(yardstick())
        if self._recent and self.elapsed - self._recent[0][0] > 30:
            latency = median(value for _, value in self._recent)
            slowness = median(self._yardstick) / FAST_YARDSTICK
            self.sampler.note("run latency", latency)
            self.sampler.series.setdefault(SLOWNESS, []).append(
                (self.sampler.series["run latency"][-1][0], slowness)
            )
            self._recent.clear()
            self._yardstick.clear()

    def _take_in(self, run: Run) -> None:
        self.statuses[run.status.value] += 1
        if run.error:
            self.errors[str(run.error.get("type"))] += 1
        for step in run.steps:
            self.attempts += step.attempt
            for ledger in step.result.ledgers if step.result else ():
                self.ledgers += 1
                try:
                    ledger.check()
                except LedgerImbalance as error:
                    self.faults.append(f"run {run.id}, {step.step_id}: {error}")
        calm = all(step.attempt == 1 for step in run.steps)
        rebuilt = any(step.result and step.result.handover.get("replay") for step in run.steps)
        done = any(step.result and step.result.skipped is None for step in run.steps)
        if run.status == Status.SUCCESS and calm and done and not rebuilt and run.started_at:
            assert run.finished_at is not None
            self._recent.append((self.elapsed, (run.finished_at - run.started_at).total_seconds()))

    def _rest(self) -> None:
        """No more schedules and kills; what was delivered last is taken in by one last run."""
        self.world.write_specs(scheduled=False)
        if not _until(lambda: not self._open(), PATIENCE):
            self.faults.append(f"runs do not end: {self._open()}")
        command = [sys.executable, "-m", "workbench.cli", "run", "--all", "--queue", "--json"]
        try:
            done = subprocess.run(command, env=self.environ, capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)  # fmt: skip
            if done.returncode:
                self.faults.append(f"the last run fails: {done.stdout[-2000:]}{done.stderr[-500:]}")
        except subprocess.TimeoutExpired:
            self.faults.append(f"the last run does not end: {self._open()}")
        self._look()

    def _is_ready(self) -> bool:
        """Whether zygotes have done for a while with what they import when idle, which would look
        like growth."""

        def spent() -> float:
            times = [zygote.cpu_times() for zygote in self._family().zygotes.values()]
            return sum(each.user + each.system for each in times)

        before = spent()
        time.sleep(5)
        return spent() - before < 0.05

    # -- what is looked at ---------------------------------------------------------------------

    def _family(self) -> Family:
        assert self.up is not None
        return Family.of(psutil.Process(self.up.pid))

    def _open(self) -> list[str]:
        found = runs.list_runs(self.records, status=runs.OPEN, limit=50)
        return [f"{run.id} {run.workflow} {run.status.value}" for run in found]

    def _left_over(self) -> list[str]:
        home = str(self.world.settings.home)
        found = []
        for process in psutil.process_iter():
            with _gone():
                if process.pid != os.getpid() and process.environ().get("WORKBENCH_HOME") == home:
                    found.append(f"{process.pid} {' '.join(process.cmdline())[:80]}")
        return found

    def check_rows(self, folder: Path) -> None:
        """Nothing lost, nothing twice: files, published rows, targets."""
        settings, records = self.world.settings, self.records
        for name, content in self.world.delivered.items():
            known = batches.known_files(records, name.split("_")[0])
            newest = [file for file in known if file.name == name]
            raw = settings.path("raw", newest[-1].sha256[:2], newest[-1].sha256) if newest else None
            if raw is None or raw.read_bytes() != content:
                self.faults.append(f"the last delivery of {name} was never taken in")
        wanted = world.expected(self.world, records)
        self.faults += world.differences(
            wanted, lambda name: world.published(settings, records, name), "published"
        )
        self.faults += world.differences(wanted, lambda n: world.loaded(settings, n), "target")
        again = world.replayed(self.world, records, folder)
        self.faults += world.differences(wanted, again.__getitem__, "replayed")


def yardstick() -> float:
    """Seconds that a piece of work of a fixed size takes just now: others use the machine too."""
    began = time.perf_counter()
    total = 0
    for number in range(300_000):
        total += number * number % 7
    return time.perf_counter() - began


class _gone:
    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, psutil.Error | OSError)


def _until(condition: Callable[[], object], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True

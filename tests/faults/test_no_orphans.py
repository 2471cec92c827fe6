"""Promise 5: whoever dies, nothing of a run lives on for long, and runs leave nothing behind."""

from __future__ import annotations

import gc
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.acting import until
from tests.faults.project import SALES, Project, Shell
from tests.faults.trials import Trials
from tests.faults.walking import KEYED, Deliveries
from tests.steps.road import Road
from workbench.config import Settings
from workbench.engine import tidying
from workbench.engine.foreground import run_foreground
from workbench.engine.kernels import Zygote, processes
from workbench.engine.notebooks import NotebookExecutor
from workbench.model.status import Status
from workbench.records.workers import list_workers, process_start
from workbench.spec.loader import load_project
from workbench.steps.planning import make_plan, sync_catalog

pytestmark = pytest.mark.timeout(3600)

#: Seconds: what is promised.
PROMISED = 5

#: A notebook that starts processes which want to outlive it: in its group, in a session of their
#: own, and as a daemon whose parent is gone.
BREED = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
subprocess.Popen(sleep)
subprocess.Popen(sleep, start_new_session=True)
subprocess.run([sys.executable, "-c",
    "import subprocess, sys; subprocess.Popen(%r, start_new_session=True)" % (sleep,)])
"""

ANCESTORS = ("a worker", "up", "the command", "the zygote", "the kernel")


class House(Project):
    """A project whose notebook of the transform has children, and waits."""

    def __init__(self, place: Path) -> None:
        folder = place / "project"
        for name in ("specs/datasets", "specs/connections", "inbox"):
            (folder / name).mkdir(parents=True)
        settings = Settings(project=folder, home=place / "home", environ={})
        super().__init__(settings, Road(settings))
        self.road.spec("sales", KEYED + "targets: []\n")
        self.road.file("a.csv", "id,amount,batch\n1,1,1\n")
        self.gate_of_children = self.gate("transform", before=BREED)

    def marks(self, run_id: str) -> tuple[str, int]:
        """The mark of the kernel that waits at the gate, and its process id."""
        pid = self.gate_of_children.wait()
        until(lambda: len(processes.marked(processes.RUN_MARK, run_id)) >= 4, 30)
        mark = processes.mark_of(pid, processes.KERNEL_MARK)
        assert mark is not None
        return mark, pid


def alive(mark: str) -> list[int]:
    """The processes of one execution of a notebook."""
    found = processes.marked(processes.KERNEL_MARK, mark)
    return [pid for pid in found if process_start(pid) is not None]


def test_nothing_outlives_its_ancestor(trials: Trials) -> None:
    def trial(seed: int, place: Path) -> None:
        who = ANCESTORS[seed % len(ANCESTORS)]
        house = House(place)
        queued = who in ("a worker", "up")
        process = house.up(1) if queued else house.start("run", "sales")
        try:
            run_id = house.queue("sales") if queued else ""
            if not queued:
                house.gate_of_children.wait()
                run_id = house.last().id
            mark, kernel = house.marks(run_id)
            assert len(alive(mark)) >= 4
            zygote = int(Path(f"/proc/{kernel}/stat").read_text().rpartition(")")[2].split()[1])
            worker = [row.pid for row in list_workers(house.road.records, kind="worker")]
            victim = {
                "the command": process.pid,
                "up": process.pid,
                "the zygote": zygote,
                "the kernel": kernel,
                "a worker": worker[0] if worker else 0,
            }[who]
            os.kill(victim, signal.SIGKILL)
            killed = time.monotonic()
            until(lambda: not alive(mark), 60)
            took = time.monotonic() - killed
            trials.note(**{f"seconds until nothing is left of {who}": took})
            trials.count(ancestors_killed=1)
            assert trials.soak is None or took <= PROMISED, f"{who}: {took:.1f} s"
        finally:
            house.gate_of_children.open()
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=60)
            finally:
                house.end()
        until(lambda: house.left_over() == [], 60)

    trials.run(trial, small=2, full=25)


def test_runs_leave_nothing_behind(
    trials: Trials, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No descriptor, no thread, no temporary file, nothing staged, and no memory that grows."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    road = Road(settings)
    road.spec("sales", KEYED + "targets:\n  - {connection: warehouse}\n")

    def trial(seed: int, place: Path) -> None:
        files = Deliveries(random.Random(seed), keyed=True)
        with Zygote(preload="light") as kernel:
            executor = NotebookExecutor(kernel)

            def run() -> None:
                road.file(f"s{seed}-{len(files):04d}.csv", files.text())
                project = load_project(settings)
                sync_catalog(road.records, project)
                plan = make_plan(settings, project, road.records, ("sales",))
                done = run_foreground(road.records, plan, settings, executor)
                assert done.status == Status.SUCCESS, done.error

            for _ in range(2):
                run()
            road.records.close()  # its pools may hold one connection more or less
            before = held(kernel, temporary, settings)
            count = trials.size(small=4, full=50)
            for _ in range(count):
                run()
            road.records.close()
            after = held(kernel, temporary, settings)
        trials.count(runs=count)
        trials.note(**{f"growth of {name}": after[name] - before[name] for name in before})
        for name in ("descriptors", "threads", "zygote descriptors", "temporary files", "staged"):
            assert after[name] <= before[name], (name, before, after)
        assert after["zygote KiB"] - before["zygote KiB"] < 8 << 10, (before, after)
        assert after["KiB"] - before["KiB"] < 64 << 10, (before, after)

    trials.run(trial, small=1, full=1)


def held(kernel: Zygote, temporary: Path, settings: Settings) -> dict[str, float]:
    """What this process and its zygote hold."""
    gc.collect()
    assert kernel.pid is not None
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": len(os.listdir("/proc/self/task")),
        "KiB": resident("self"),
        "zygote descriptors": len(os.listdir(f"/proc/{kernel.pid}/fd")),
        "zygote KiB": resident(kernel.pid),
        "temporary files": sum(1 for _ in temporary.rglob("*")),
        "staged": sum(path.is_file() for path in settings.path("staging").rglob("*")),
    }


def resident(pid: int | str) -> int:
    """Memory of a process that nobody shares, in KiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    fields = dict(line.split(":") for line in text.splitlines()[1:])
    return int(fields["Private_Dirty"].split()[0])


def test_what_a_failed_run_staged_is_kept_for_its_retry(road: Road, shell: Shell) -> None:
    road.spec("sales", SALES)
    road.file("a.csv", "id,amount\n1,-1\n")
    assert shell("run", "sales").code == 3
    failed = shell.last()
    kept = road.settings.path("staging", failed.id)
    assert kept.is_dir()
    road.spec("sales", SALES.replace("min_value: 0", "min_value: -9"))
    assert shell("retry", failed.id).code == 0
    assert not kept.exists()


# -- negative controls ---------------------------------------------------------------------------


def test_without_the_zygote_s_care_a_daemon_lives_on(tmp_path: Path) -> None:
    """The negative control: ended by its process group alone, a session of its own escapes."""
    code = "import subprocess, sys\nsleep = ['sleep', '600']\n" + (
        "subprocess.Popen(sleep, start_new_session=True)\ninput()"
    )
    environ = {**os.environ, processes.KERNEL_MARK: "control-5"}
    parent = subprocess.Popen([sys.executable, "-c", code], env=environ, stdin=subprocess.PIPE)
    until(lambda: len(alive("control-5")) == 2)
    parent.kill()
    parent.wait()
    time.sleep(0.3)
    assert len(alive("control-5")) == 1, "the check sees what lives on"
    processes.end_marked(processes.KERNEL_MARK, "control-5")
    until(lambda: not alive("control-5"), 5)


def test_without_tidying_what_is_staged_piles_up(
    road: Road, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of what runs leave behind."""
    road.spec("sales", KEYED + "targets: []\n")
    files: Callable[[], int] = lambda: sum(  # noqa: E731
        path.is_file() for path in road.settings.path("staging").rglob("*")
    )
    road.file("a.csv", "id,amount,batch\n1,1,1\n")
    assert shell("run", "sales").code == 0
    assert files() == 0
    monkeypatch.setattr("workbench.engine.running.tidy", lambda *_: 0)
    road.file("b.csv", "id,amount,batch\n2,1,1\n")
    assert shell("run", "sales").code == 0
    assert files() > 0
    assert tidying.tidy(road.records, road.settings) == 1
    assert files() == 0

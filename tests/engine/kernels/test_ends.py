"""However a run ends, it is told as what it was, and nothing of it lives on."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.engine.kernels.running import descriptors, execute, open_session, run
from workbench.engine.kernels import Zygote, processes
from workbench.errors import KernelDied

#: Starts processes in the group of the cell, in a session of their own, and detached from all.
SPAWN = """
import os, shutil, subprocess
sleep = [shutil.which("sleep"), "600"]
subprocess.Popen(sleep)
subprocess.Popen(sleep, start_new_session=True)
subprocess.Popen(sleep, start_new_session=True, env={})
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import time
        time.sleep(600)
    os._exit(0)
print(os.environ["WORKBENCH_KERNEL"])
"""


def alive(mark: str) -> list[int]:
    return processes.marked(processes.KERNEL_MARK, mark)


@pytest.mark.parametrize(
    "end", ["pass", "1 / 0", "import os; os._exit(3)", "import os; os.abort()"]
)
def test_nothing_that_a_cell_started_outlives_it(kernel: Zygote, tmp_path: Path, end: str) -> None:
    ran = run(kernel, tmp_path, SPAWN, end)
    mark = ran.text.split()[0]
    assert len(mark) == 32
    assert not alive(mark)
    assert kernel.pid is not None
    assert not processes.children(kernel.pid)


def test_a_timeout_ends_the_whole_group(kernel: Zygote, tmp_path: Path) -> None:
    began = time.monotonic()
    ran = run(kernel, tmp_path, SPAWN, "import subprocess\nsubprocess.run(['sleep', '600'])",
              cell_timeout=1.0)  # fmt: skip
    assert ran.status == "timeout"
    assert time.monotonic() - began < 6
    assert ran.error["type"] == "NotebookTimeout"
    assert "longer than 1 s" in ran.error["message"]
    assert ran.error["cell"] == 3
    assert "subprocess.run" in ran.error["traceback"]
    assert not alive(ran.text.split()[0])


def test_a_notebook_has_a_time_limit_over_all_cells(kernel: Zygote, tmp_path: Path) -> None:
    cells = ["import time\ntime.sleep(0.5)"] * 6
    ran = run(kernel, tmp_path, *cells, timeout=1.2, cell_timeout=30)
    assert ran.status == "timeout"
    assert "the notebook took longer than 1.2 s" in ran.error["message"]
    done = [cell for cell in ran.notebook.cells if cell.get("execution_count")]
    assert 2 <= len(done) <= 5


def test_a_cell_that_ignores_interrupts_is_killed(kernel: Zygote, tmp_path: Path) -> None:
    stubborn = textwrap.dedent(
        """
        import signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print('before', flush=True)
        while True:
            time.sleep(1)
        """
    )
    began = time.monotonic()
    ran = run(kernel, tmp_path, stubborn, cell_timeout=0.5)
    assert (ran.status, time.monotonic() - began < 5) == ("timeout", True)
    assert ran.outputs[0].text == "before\n"
    assert ran.outputs[-1].ename == "NotebookTimeout"


def test_cancelling_takes_less_than_two_seconds(kernel: Zygote, tmp_path: Path) -> None:
    asked_at: list[float] = []

    def cancelled() -> bool:
        if time.monotonic() - began > 0.7:
            asked_at.append(time.monotonic())
        return bool(asked_at)

    began = time.monotonic()
    ran = run(
        kernel,
        tmp_path,
        "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException: pass",
        cancelled=cancelled,
    )
    assert ran.status == "cancelled"
    assert ran.error["type"] == "Cancelled"
    assert time.monotonic() - asked_at[0] < 2.0


def test_a_run_cancelled_before_it_begins_runs_nothing(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(kernel, tmp_path, "open('touched', 'w')", cancelled=lambda: True)
    assert ran.status == "cancelled"
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("import os\nos._exit(0)", "exit code 0"),
    ],
)
def test_a_kernel_that_dies_is_told_as_dead(
    kernel: Zygote, tmp_path: Path, source: str, said: str
) -> None:
    ran = run(kernel, tmp_path, "print('kept', flush=True)", source, "print('never')")
    assert ran.status == "died"
    assert (ran.error["type"], ran.error["transient"], ran.error["cell"]) == ("KernelDied", True, 3)
    assert said in ran.error["message"]
    assert ran.text == "kept\n"
    assert ran.outputs[-1].ename == "KernelDied"


@pytest.mark.parametrize(
    "source", ["raise SystemExit(0)", "exit", "quit()", "import sys; sys.exit()"]
)
def test_leaving_early_is_no_success(kernel: Zygote, tmp_path: Path, source: str) -> None:
    ran = run(kernel, tmp_path, source, "print('never')")
    assert ran.status == "failed"
    assert ran.error["type"] == "SystemExit"
    assert "before its last cell" in ran.error["message"]


def test_too_much_memory_is_told_as_such(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel,
        tmp_path,
        "kept = []\nwhile True: kept.append(bytearray(1 << 24))",
        memory_limit=300 << 20,
    )
    assert ran.status == "out_of_memory"
    assert "more than 300 MiB" in ran.error["message"]
    assert (ran.error["type"], ran.error["transient"]) == ("OutOfMemory", False)


def test_memory_of_processes_below_counts(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel,
        tmp_path,
        "import subprocess, sys\n"
        "code = 'import time; x = bytearray(400 << 20); time.sleep(60)'\n"
        "subprocess.run([sys.executable, '-c', code])",
        memory_limit=300 << 20,
    )
    assert ran.status == "out_of_memory"


def test_memory_within_the_limit_is_fine(kernel: Zygote, tmp_path: Path) -> None:
    source = "import time\nx = bytearray(100 << 20)\ntime.sleep(0.4)"
    assert run(kernel, tmp_path, source, memory_limit=300 << 20).status == "finished"


@pytest.mark.parametrize(
    "source",
    [
        "bytearray(1 << 62)",
        "import pyarrow as pa\npa.allocate_buffer(1 << 60)",
        "import duckdb\nc = duckdb.connect()\nc.execute(\"SET memory_limit='10MB'\")\n"
        "c.execute(\"SET temp_directory=''\")\n"
        "c.execute('SELECT list(x) FROM range(9000000) t(x)').fetchall()",
    ],
)
def test_a_memory_error_is_out_of_memory(kernel: Zygote, tmp_path: Path, source: str) -> None:
    ran = run(kernel, tmp_path, source)
    assert (ran.status, ran.error["type"]) == ("out_of_memory", "OutOfMemory")
    assert not ran.error["transient"]
    assert "`memory` in the spec" in ran.error["remedy"]


def test_a_kernel_that_the_system_ended_for_memory_is_told_so(
    kernel: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run may have taken the memory: a later try may find more."""
    kill = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    assert run(kernel, tmp_path, kill).status == "died"  # the control
    count = itertools.count()
    monkeypatch.setattr(processes, "ended_for_memory", lambda: next(count))
    ran = run(kernel, tmp_path, kill)
    assert (ran.status, ran.error["type"]) == ("out_of_memory", "OutOfMemory")
    assert "the machine's memory ran out" in ran.error["message"]
    assert ran.error["transient"]


def test_what_the_system_says_of_memory_is_read() -> None:
    assert 64 << 20 < processes.machine_memory() <= psutil.virtual_memory().total
    assert processes.ended_for_memory() >= 0


@pytest.mark.parametrize("source", ["input('name? ')", "import getpass\ngetpass.getpass()"])
def test_a_question_is_refused_with_what_to_do(
    kernel: Zygote, tmp_path: Path, source: str
) -> None:
    ran = run(kernel, tmp_path, source)
    assert (ran.status, ran.error["type"]) == ("failed", "StdinNotImplementedError")
    assert ran.error["remedy"].startswith("nobody is there to answer")


def test_a_group_of_exceptions_is_told(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(kernel, tmp_path, "raise ExceptionGroup('several', [ValueError('a')])")
    assert ran.status == "failed"
    assert ran.error["message"] == "ExceptionGroup: several (1 sub-exception)"
    assert "ValueError: a" in ran.text


def test_a_child_ends_with_the_executor(tmp_path: Path) -> None:
    """The executor is killed while a cell runs: its zygote ends the child and then itself."""
    script = tmp_path / "executor.py"
    script.write_text(
        textwrap.dedent(
            """
            import os, sys
            from pathlib import Path
            from workbench.engine.kernels import Zygote

            zygote = Zygote("none")
            session = zygote.session(environ=dict(os.environ), cwd=Path.cwd())
            session.execute(sys.argv[1] + "\\nimport time; time.sleep(600)", None)
            session.receive(20)
            print(session.mark, zygote.pid, flush=True)
            import time
            time.sleep(600)
            """
        )
    )
    executor = subprocess.Popen(
        [sys.executable, str(script), SPAWN], stdout=subprocess.PIPE, text=True
    )
    assert executor.stdout is not None
    mark, zygote = executor.stdout.readline().split()
    try:
        assert len(alive(mark)) >= 4
    finally:
        executor.kill()
        executor.communicate()
    assert _within(5, lambda: not alive(mark))
    assert _within(5, lambda: not Path(f"/proc/{zygote}").exists())


def test_a_killed_zygote_takes_its_child_along(tmp_path: Path) -> None:
    with Zygote("none") as kernel:
        session = open_session(kernel)
        session.execute(f"{SPAWN}\nimport time; time.sleep(600)", None)
        while not session.receive(1.0):
            pass
        assert kernel.pid is not None
        os.kill(kernel.pid, signal.SIGKILL)
        began = time.monotonic()
        while session.exit is None:
            session.receive(0.2)
        session.close()
        assert time.monotonic() - began < 5
        assert not alive(session.mark)
        # the next run has a new zygote
        assert run(kernel, tmp_path, "1 + 1").text == "2"


def test_a_killed_zygote_is_told_as_a_dead_kernel(tmp_path: Path) -> None:
    with Zygote("none") as kernel:
        source = (
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time; time.sleep(60)"
        )
        ran = run(kernel, tmp_path, source)
    assert (ran.status, ran.error["transient"]) == ("died", True)


def test_a_zygote_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "IPython.py").write_text("raise RuntimeError('broken on purpose')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Zygote("none") as kernel, pytest.raises(KernelDied, match="broken on purpose"):
        open_session(kernel)


def test_fifty_runs_leave_nothing_behind(kernel: Zygote, tmp_path: Path) -> None:
    def once(number: int) -> None:
        session = open_session(kernel)
        execute(session, "import os\nopen(os.devnull)\n1 / 0" if number % 2 else "1")
        if number % 3 == 0:
            session.kill()
        session.close()

    once(0)
    assert kernel.pid is not None
    zygote = kernel.pid
    gc.collect()  # what other tests left to this process
    before = [*descriptors(), *descriptors(zygote), *processes.threads(zygote)]
    for number in range(50):
        once(number)
    assert kernel.pid == zygote

    def more() -> Counter[object]:
        now = [*descriptors(), *descriptors(zygote), *processes.threads(zygote)]
        return Counter(map(str, now)) - Counter(map(str, before))

    assert _within(20, lambda: not more()), more()
    assert not processes.children(zygote)


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False

"""Notebooks through a warm zygote, beside a bare fork that runs the same code, and stock papermill.

The notebook does what a step with Great Expectations does to kernels: it imports the data
libraries and the suite, makes a table, checks it and shows the outcome. ``bare`` forks from the
same imports and runs the same code with ``exec``, without a shell, outputs or a saved notebook:
nothing that runs a notebook in a clean process can be faster.
"""

from __future__ import annotations

import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.bench.figures import Report, median

CELLS = [
    "import duckdb, ibis, polars\nimport great_expectations as gx\nimport pandas as pd",
    "frame = duckdb.sql('select range as n, range % 7 as k from range(20000)').df()",
    "duckdb.sql('select k, count(*), sum(n) from frame group by k order by k').fetchall()",
    "import IPython.display\nprint(len(frame), gx.__version__)",
    "{'application/json': {'rows': len(frame)}}",
]
TRIVIAL = ["x = 1", "x + 1"]
RUNS = 15

#: Forks once for each line it reads, and says how long that took.
BARE = """
import json, os, sys, time
from workbench.engine.kernels import preload
preload.import_all(preload.names("full"))
preload.settle()
for line in sys.stdin:
    cells = json.loads(line)
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        namespace = {"__name__": "__main__"}
        for cell in cells:
            exec(compile(cell, "cell", "exec"), namespace)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    print(time.perf_counter() - began, flush=True)
"""

#: One worker's share of the runs, in a process of its own.
WORKER = """
import os, sys, time
from pathlib import Path
from workbench.engine.executor import execute_notebook
from workbench.engine.kernels import Zygote
source, folder, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
with Zygote("full") as kernel:
    execute_notebook(source, folder / "warm.ipynb", {}, kernel=kernel)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        done = execute_notebook(source, folder / f"{number}.ipynb", {}, kernel=kernel)
        assert done.status == "finished", done
"""


def main() -> int:
    """Measure; 1 if a bound is missed."""
    import papermill

    from tests.notebooks.corpus import make
    from workbench.engine.executor import execute_notebook
    from workbench.engine.kernels import Zygote

    report = Report()
    for folder in {path for path in sys.path if path.endswith("site-packages")}:
        compileall.compile_dir(folder, quiet=2, workers=0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        heavy = make(folder / "heavy.ipynb", *CELLS)
        trivial = make(folder / "trivial.ipynb", *TRIVIAL)
        target = folder / "out.ipynb"
        with Zygote("full") as kernel, _Bare() as bare:
            began = time.perf_counter()
            execute_notebook(heavy, target, {}, kernel=kernel)
            report.show("zygote: start and first notebook", time.perf_counter() - began, "s")
            times: dict[str, list[float]] = {}
            for _ in range(RUNS + 1):
                # in turns, so that whatever else the machine does hits all alike
                for name, source, cells in (("heavy", heavy, CELLS), ("small", trivial, TRIVIAL)):
                    began = time.perf_counter()
                    execute_notebook(source, target, {"a": 2}, kernel=kernel)
                    times.setdefault(name, []).append(time.perf_counter() - began)
                    times.setdefault(f"bare {name}", []).append(bare.run(cells))
        middle = {name: statistics.median(seconds[1:]) for name, seconds in times.items()}

        def stock(source: Path) -> None:
            papermill.execute_notebook(str(source), str(target), {"a": 2}, progress_bar=False)

        stock(heavy)
        slow = median(3, lambda: stock(heavy))
        slow_small = median(3, lambda: stock(trivial))
        warm, small = middle["heavy"], middle["small"]
        floor, small_floor = middle["bare heavy"], middle["bare small"]
        report.show("notebook with Great Expectations, warm", warm * 1000, "ms")
        report.show("  bare fork and exec of the same code", floor * 1000, "ms")
        report.show("  stock papermill, bytecode compiled", slow * 1000, "ms")
        report.show("  warm / bare", warm / floor, "×", at_most=1.6)
        report.show("  stock / warm", slow / warm, "×", at_least=30)
        report.show("trivial notebook, warm", small * 1000, "ms")
        report.show("  bare fork and exec of the same code", small_floor * 1000, "ms")
        report.show("  stock papermill", slow_small * 1000, "ms")
        report.show("two workers", _two_workers(heavy, folder, 40), "runs/s", at_least=10)
    return int(report.missed)


class _Bare:
    """The process that forks barely."""

    def __enter__(self) -> _Bare:
        self._process = subprocess.Popen(
            [sys.executable, "-c", BARE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, cells: list[str]) -> float:
        """Seconds that the cells took, after those of the parameters."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(['a = 1\nb = "x"', "a = 2", *cells]) + "\n")
        stdin.flush()
        return float(stdout.readline())


def _two_workers(source: Path, folder: Path, each: int) -> float:
    workers = []
    for number in range(2):
        own = folder / f"worker{number}"
        own.mkdir()
        workers.append(
            subprocess.Popen(
                [sys.executable, "-c", WORKER, str(source), str(own), str(each)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    began = time.perf_counter()
    threads = [threading.Thread(target=worker.communicate, args=("\n",)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if any(worker.returncode for worker in workers):
        raise RuntimeError("a worker failed")
    return 2 * each / seconds


if __name__ == "__main__":
    sys.exit(main())

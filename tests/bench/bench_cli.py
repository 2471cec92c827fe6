"""What the command line costs: help, a cold run in the foreground, a warm run through the queue."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.bench.bench_csv import SPECS, seconds
from tests.bench.figures import Report, command
from tests.road import WORKBENCH, Road

TIMES = 7


def small(road: Road, edition: int) -> None:
    """Deliver the small file with one value changed."""
    rows = "".join(f"{n},{n + edition}.5\n" for n in range(100))
    road.project.joinpath("inbox/pequeno.csv").write_text("n,valor\n" + rows, encoding="utf-8")


def await_publishing(road: Road) -> None:
    """Wait until the portal is up to date: a run that is over still has it published."""
    while any(str(road.home) in _home(process) for process in psutil.process_iter()):
        time.sleep(0.1)


def _home(process: psutil.Process) -> str:
    try:
        return process.environ().get("WORKBENCH_HOME", "")
    except psutil.Error:
        return ""


def main() -> int:
    """Print the figures; 1 if a bound is missed."""
    report = Report()
    help_times = [command([WORKBENCH, "--help"]).seconds for _ in range(TIMES)]
    report.show("workbench --help", statistics.median(help_times), "s", at_most=0.3)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        cold = []
        for number in range(TIMES):
            road = Road.make(Path(name) / str(number), SPECS)
            small(road, number)
            cold.append(command([WORKBENCH, "run", "pequeno"], environ=road.environ).seconds)
            await_publishing(road)
        report.show(
            "cold run in the foreground, 100 rows, new home",
            statistics.median(cold),
            "s",
            at_most=4,
        )
        road = Road.make(Path(name) / "queue", SPECS)
        runs, commands = [], []
        with road.up() as process:
            for number in range(TIMES + 2):
                if number > 1:
                    road.await_rest(process, 4.0 if number == 2 else 1.0)
                small(road, number)
                began = time.perf_counter()
                outcome = road.run("pequeno")
                commands.append(time.perf_counter() - began)
                runs.append(seconds(outcome))
        report.show("warm run through the queue", statistics.median(runs[2:]), "s", at_most=1)
        report.show("  the same, with the command", statistics.median(commands[2:]), "s")
    return int(report.missed)


if __name__ == "__main__":
    sys.exit(main())

"""A messy CSV of a million rows, from the file to checked rows in DuckDB, against a hand-written
DuckDB script; workers are warm and idle. Time is from the run's creation to its end.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from tests.bench import messy
from tests.bench.figures import Peak, Report, command
from tests.road import Outcome, Road

TIMES = 3
SPECS = Path(__file__).parent / "specs"


def seconds(outcome: Outcome) -> float:
    """Seconds from a run's creation to its end."""
    created, finished = (outcome.record[name] for name in ("created_at", "finished_at"))
    return (datetime.fromisoformat(finished) - datetime.fromisoformat(created)).total_seconds()


def by_hand(files: list[Path], folder: Path) -> list[float]:
    """Seconds of the hand-written script for each file in turn, into the same database."""
    database = folder / "hand.duckdb"
    return [
        float(
            command([sys.executable, "-m", "tests.bench.hand_duckdb", file, database])
            .output.split()[0]
        )
        for file in files
    ]  # fmt: skip


def by_road(
    files: list[Path], folder: Path, *, watched: bool = False
) -> tuple[list[Outcome], float]:
    """The runs for each file in turn; if watched, the peak MiB of all processes meanwhile."""
    road = Road.make(folder, SPECS)
    with road.up() as process:
        road.project.joinpath("inbox/pequeno.csv").write_text("n,valor\n1,2.5\n", encoding="utf-8")
        road.run("pequeno")
        peak = Peak(process.pid) if watched else None
        outcomes = []
        for file in files:
            road.await_rest(process)
            road.deliver(file, "ordenes.csv")
            outcomes.append(road.run("ordenes"))
        return outcomes, peak.stop() if peak else 0.0


def main() -> int:
    """Print the figures; 1 if a bound is missed."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        files = [messy.write(folder / f"{edition}.csv", edition=edition) for edition in range(2)]
        print(f"{files[0].stat().st_size / 1e6:.0f} MB, {messy.ROWS:,} rows; {TIMES} times")
        hand, ours = [], []
        for number in range(TIMES):
            part = folder / str(number)
            part.mkdir()
            hand.append(by_hand(files, part))
            outcomes, _ = by_road(files, part)
            ours.append([seconds(outcome) for outcome in outcomes])
            subprocess.run(["rm", "-rf", part], check=True)
        for index, what in enumerate(("first load", "upsert of a second edition")):
            script = statistics.median(times[index] for times in hand)
            road = statistics.median(times[index] for times in ours)
            report.show(f"{what}: hand-written DuckDB script", script, "s")
            report.show(f"{what}: the road, with RAW, bronze, silver, ledgers", road, "s")
            report.show(f"{what}: ratio", road / script, "×", at_most=2.5)
        for step in outcomes[0].record["steps"]:
            took = datetime.fromisoformat(step["finished_at"]) - datetime.fromisoformat(
                step["started_at"]
            )
            report.show(f"  of the last first load: {step['verb']}", took.total_seconds(), "s")
        part.mkdir()
        _, peak = by_road(files, part, watched=True)
        report.show("peak memory, all processes", peak, "MiB", at_most=1536)
    return int(report.missed)


if __name__ == "__main__":
    sys.exit(main())

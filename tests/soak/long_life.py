"""A workbench that lives: schedules every few seconds, deliveries, corrections, edits and kills.

``python -m tests.soak.long_life --minutes 20 --seed 7`` starts ``workbench up`` on a project of
its own and disturbs it until the time is over. Then it says whether

- memory, descriptors, threads, temporary files, Redis and the time of a run stayed flat (the
  limits are in ``sampling``),
- the ledger equations held for every run,
- the published tables and the targets equal what plain Python, and a serial replay of the same
  deliveries, make of the same files, row by row.

It writes its samples as JSON, draws them as SVG, and tells them as the Markdown page of the portal.
One worker and its zygote are never killed, so that what they lose would show.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.soak import page, plot, world
from tests.soak.life import CLEAN, Life
from tests.soak.sampling import WARM_UP, Verdict, judge
from workbench.config import Settings
from workbench.records.retention import open_runs
from workbench.records.store import open_records

#: Slots come once a minute of a clock that is this many times faster than the true one, and that
#: stands still while more runs than this wait: the load is steady, however busy the machine is.
FASTER, MOST_OPEN = 8.0, 12
#: Days for which things are kept, so that twenty minutes show what months would.
KEEP = {"RUNS": "0.003", "NOTEBOOKS": "0.002", "LEFTOVERS": "0.002"}


def scheduler_command() -> list[str]:
    """A scheduler by the faster clock, which cleans every minute."""
    return [sys.executable, "-m", "tests.soak.long_life", "--scheduler"]


def run_scheduler() -> int:
    """The scheduler of the command line, with a clock of its own."""
    from workbench.cli import services
    from workbench.engine import scheduler

    scheduler.CLEAN = scheduler.FIRST_CLEAN = CLEAN
    true = scheduler.run_scheduler

    def faster(settings: Settings, *arguments: Any, **options: Any) -> None:
        records = open_records(settings)
        before = shown = datetime.now(UTC)

        def clock() -> datetime:
            nonlocal before, shown
            now = datetime.now(UTC)
            if len(open_runs(records)) <= MOST_OPEN:
                shown += (now - before) * FASTER
            before = now
            return shown

        true(settings, *arguments, clock=clock, **options)

    scheduler.run_scheduler = faster  # type: ignore[assignment]
    services.scheduler.main([], standalone_mode=False)
    return 0


def report(life: Life, verdicts: list[Verdict], output: Path) -> dict[str, Any]:
    """Write samples and plot; returns the figures."""
    figures = {
        "seed": life.world.seed,
        "minutes": life.minutes,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "runs": dict(life.statuses),
        "errors of failed runs": dict(life.errors),
        "attempts": life.attempts,
        "ledgers": life.ledgers,
        "deliveries": {
            name: sum(len(one) for one in world.received(life.records, name))
            for name in world.FILES
        },
        "disturbances": dict(Counter(what.split(",")[0] for _, what in life.marks)),
        "verdicts": [{**vars(one), "flat": one.is_flat} for one in verdicts],
        "faults": life.faults,
    }
    output.mkdir(parents=True, exist_ok=True)
    seconds = life.minutes * 60
    (output / "long-life.json").write_text(
        json.dumps({**figures, "series": life.sampler.series}, indent=1, ensure_ascii=False)
    )
    (output / "long-life.svg").write_text(
        plot.svg(life.sampler.series, seconds, life.marks, WARM_UP), encoding="utf-8"
    )
    (output / "long-life.md").write_text(page.text(figures), encoding="utf-8")
    return figures


def main(seed: int, minutes: float, output: Path | None = None) -> int:
    """Let a workbench live; 0 if nothing was lost, doubled or growing, else 1."""
    print(f"seed {seed}, {minutes:g} minutes", flush=True)
    with tempfile.TemporaryDirectory(prefix="long-life-") as place:
        folder = Path(place)
        keep = {f"WORKBENCH_KEEP_{name}": days for name, days in KEEP.items()}
        settings = Settings(project=folder / "project", home=folder / "home", environ=keep)
        (settings.project / "tmp").mkdir(parents=True)
        environ = {
            **os.environ,
            **settings.environ(),
            **keep,
            "TMPDIR": str(settings.project / "tmp"),
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }
        life = Life(world.World(settings, seed), open_records(settings), minutes, environ)
        try:
            life.live()
            life.check_rows(folder / "replay")
        except Exception as error:  # what was seen until then is worth a look
            life.faults.append(f"it broke off: {type(error).__name__}: {error}")
        verdicts = judge(life.sampler.series, minutes * 60)
        figures = report(life, verdicts, output or Path(tempfile.gettempdir(), f"long-life-{seed}"))
        life.records.close()
    for one in verdicts:
        word = "flat" if one.is_flat else "GROWS"
        print(
            f"{word:5} {one.name:28} {one.middle:10.4g} {one.unit:2}"
            f" growth {one.growth:+9.3g}, allowed {one.allowed:.3g} ({one.samples} samples)"
        )
    print(json.dumps({k: v for k, v in figures.items() if k != "verdicts"}, ensure_ascii=False))
    for fault in life.faults:
        print(f"FAULT {fault}")
    return 1 if life.faults or not all(one.is_flat for one in verdicts) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--output", type=Path, help="folder for samples and plot")
    parser.add_argument("--scheduler", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    sys.exit(run_scheduler() if given.scheduler else main(given.seed, given.minutes, given.output))

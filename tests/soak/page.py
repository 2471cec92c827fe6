"""The page of the portal about a long life, from the figures of one that was really lived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PAGE = """\
# Long life

What a workbench takes after hours is what it took after minutes. To see it, a whole one (`workbench
up`: Redis, three workers, scheduler) lives for a while under load, and is disturbed:

- **schedules**: five datasets (merge, append, replace, gold) into DuckDB and Parquet, a slot every
  {slot:.0f} seconds by a faster clock;
- **deliveries**: a new or corrected file every 3 seconds, some rows of which are refused;
- **edits**: the specs change every 40 seconds, every third time so that a dataset is rebuilt;
- **kills**: every 15 seconds SIGKILL for a worker, a zygote, the process of a notebook, or Redis.
  One worker and its zygote are spared, so that what they lose would show.

What is kept for months elsewhere is kept for minutes here, and removed every {clean:.0f} seconds by
the [retention](operations.md) that every home has.

## What came of it

This page is written by the run itself ({date}, {minutes:g} minutes, seed {seed}):

| | |
|---|---|
| runs | {runs} |
| steps begun | {attempts:,} |
| deliveries taken in | {deliveries} |
| killed | {kills} |
| edits of specs | {edits} |
| ledgers checked | {ledgers:,}, {balance} |
| published rows, and rows in the targets | {rows} |

"Equal" means row by row: what is published, and what stands in each target, is what plain Python
makes of the received files in their order, and what a second workbench makes of them, one delivery
after another, without queue, workers and kills.

![Memory, descriptors, threads, temporary files, Redis and the time of a run over
{minutes:g} minutes](images/long-life.svg)

Grey is the warm-up, which is not judged: later modules are imported, what is kept fills up. Ticks
below are kills and edits. A series is flat when its Theil-Sen slope (the median of the slopes
between all pairs of samples, which a few outliers do not move) over the rest of the time is no more
than the limit.

| series | median | growth | limit | |
|---|---|---|---|---|
{table}

Memory is what a process has written itself. Redis keeps the last 10,000 events, and the key of a
killed worker for eight minutes. The machine was shared with other work: from the time of a run is
taken what the slowness of the machine explains, measured by a piece of work of a fixed size at the
same moments.

Do it again: `python -m tests.soak.long_life --minutes 20 --seed {seed}`. What else was broken on
purpose: [reliability](reliability.md).
"""


def text(figures: Mapping[str, Any]) -> str:
    """The page as Markdown."""
    from tests.soak.life import CLEAN
    from tests.soak.long_life import FASTER

    done: dict[str, int] = figures["disturbances"]
    kills = {name[6:]: count for name, count in done.items() if name.startswith("kill: ")}
    faults = list(figures["faults"])
    unbalanced = [fault for fault in faults if "balance" in fault]
    return _PAGE.format(
        slot=60 / FASTER,
        clean=CLEAN,
        date=figures["date"],
        minutes=figures["minutes"],
        seed=figures["seed"],
        runs=", ".join(f"{count:,} {status}" for status, count in figures["runs"].items()),
        attempts=figures["attempts"],
        deliveries=f"{sum(figures['deliveries'].values()):,}",
        kills=", ".join(f"{count} {name}s" for name, count in sorted(kills.items())).replace(
            "rediss", "times Redis"
        ),
        edits=sum(count for name, count in done.items() if name.startswith("edit")),
        ledgers=figures["ledgers"],
        balance=f"{len(unbalanced)} do not balance" if unbalanced else "all balance",
        rows="equal" if not faults else "; ".join(faults),
        table="\n".join(map(_row, figures["verdicts"])),
    )


def _row(verdict: Mapping[str, Any]) -> str:
    unit = f" {verdict['unit']}" if verdict["unit"] else ""
    cells = (
        verdict["name"],
        f"{verdict['middle']:.3g}{unit}",
        f"{verdict['growth']:+.2g}{unit}",
        f"{verdict['allowed']:.3g}{unit}",
        "flat" if verdict["flat"] else "**grows**",
    )
    return f"| {' | '.join(cells)} |"

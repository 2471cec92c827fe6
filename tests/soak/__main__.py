"""Every promise with its full count, then the long life: ``make soak``, at most an hour.

``python -m tests.soak [--only NAME…] [--seed N] [--count N] [--minutes M] [--jobs N]``

Tests run side by side, each in a process of its own; each gets its seeds and its minutes, and
writes what it counted and measured. A failure prints the command that does its trial again. The
summary is written as Markdown and as JSON. The last part is ``tests/soak/long_life.py``: a module
with ``main(seed: int, minutes: float) -> int | None``, which raises or returns non-zero when it
fails; it is run in a process of its own, for a third of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.trials import VARIABLE
from tests.soak.promises import PROMISES, Promise

REPOSITORY = Path(__file__).resolve().parents[2]
#: Minutes of the whole, and the part of it that the long life gets.
MINUTES = 60.0
LONG_LIFE = 1 / 3
#: Minutes of the other part for which the counts and minutes of the promises are made.
_FULL = MINUTES * (1 - LONG_LIFE)


@dataclass
class Part:
    """One test on its way, and what came of it."""

    promise: Promise
    test: str
    seed: int
    minutes: float
    folder: Path
    code: int = -1
    seconds: float = 0.0
    said: str = ""
    reports: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether the promise was broken."""
        return self.code != 0 or not self.reports

    @property
    def counts(self) -> dict[str, int]:
        """What was counted, over all kinds of target and database."""
        total: dict[str, int] = {}
        for report in self.reports:
            for name, count in report["counts"].items():
                total[name] = total.get(name, 0) + count
        return total

    @property
    def figures(self) -> Iterator[tuple[str, dict[str, float]]]:
        """What was measured."""
        for report in self.reports:
            yield from report["figures"].items()

    @property
    def is_short(self) -> bool:
        """Whether time was up before the full count."""
        return any(report["trials"] < report["wanted"] for report in self.reports)


def main(arguments: list[str]) -> int:
    """Run what is asked for; 1 if a promise was broken, else 0."""
    asked = _parse(arguments)
    seed = asked.seed or random.SystemRandom().randrange(1, 1_000_000)
    parts = list(_parts(asked, seed))
    long = not asked.only or "long_life" in asked.only
    if not parts and not long:
        names = [f"{p.number} {p.name}" for p in PROMISES]
        print(f"nothing is called {asked.only}; promises: {', '.join(names)}, long_life")
        return 2
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"seed {seed}; the report will be in {asked.report}", flush=True)
    began = time.monotonic()
    with ThreadPoolExecutor(asked.jobs) as pool:
        for done in as_completed([pool.submit(_run, part, asked) for part in parts]):
            print(_line(done.result()), flush=True)
    lived = _live_long(seed, asked.minutes * LONG_LIFE, asked.report) if long else None
    minutes = (time.monotonic() - began) / 60
    _write(asked.report, seed, minutes, parts, lived)
    broken = [part.test for part in parts if part.failed]
    broken += ["long_life"] if lived not in (None, 0) else []
    print(f"\n{minutes:.1f} minutes; {'broken: ' + ', '.join(broken) if broken else 'all held'}")
    return 1 if broken else 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description="Break every promise.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="promises, or tests, or numbers")
    parser.add_argument("--seed", type=int, help="the first seed; without it a fresh one")
    parser.add_argument("--count", type=int, help="trials of each test, instead of its full count")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all of it")
    parser.add_argument("--jobs", type=int, default=3, help="tests side by side")
    parser.add_argument("--report", type=Path, default=REPOSITORY / ".workbench" / "soak")
    return parser.parse_args(arguments)


def _parts(asked: argparse.Namespace, seed: int) -> Iterator[Part]:
    """The tests to run, the longest first."""
    found = [
        (minutes, promise, test)
        for promise in PROMISES
        for test, minutes in promise.tests
        if not asked.only
        or {promise.name, str(promise.number), test} & set(asked.only)
        or any(name.partition("[")[0] == test for name in asked.only)
    ]
    for number, (minutes, promise, test) in enumerate(sorted(found, key=lambda each: -each[0])):
        first = seed if asked.seed else seed + 1000 * number
        name = next((n for n in asked.only or () if n.partition("[")[0] == test), test)
        yield Part(promise, name, first, minutes, asked.report / test)


def _run(part: Part, asked: argparse.Namespace) -> Part:
    scale = min(1.0, asked.minutes * (1 - LONG_LIFE) / _FULL)
    for old in part.folder.glob("*.json"):
        old.unlink()
    soak = {
        "seed": part.seed,
        "scale": scale,
        "count": asked.count,
        "seconds": part.minutes * 60 * scale,
        "report": str(part.folder),
    }
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short",
         f"{part.promise.module}::{part.test}"],
        cwd=REPOSITORY,
        env={**os.environ, VARIABLE: json.dumps(soak)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )  # fmt: skip
    part.seconds = time.monotonic() - began
    part.code, part.said = done.returncode, done.stdout
    part.reports = [json.loads(path.read_text()) for path in sorted(part.folder.glob("*.json"))]
    part.folder.mkdir(parents=True, exist_ok=True)
    (part.folder / "log.txt").write_text(part.said, encoding="utf-8")
    return part


def _line(part: Part) -> str:
    """One test in words; with the end of its log when it failed."""
    mark = "BROKEN" if part.failed else "short " if part.is_short else "held  "
    counts = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in part.counts.items())
    line = f"{mark} {part.promise.number:>2} {part.test}: {counts} ({part.seconds:.0f} s"
    line += f", seeds from {part.seed})"
    for name, figure in part.figures:
        line += f"\n          {name.replace('_', ' ')}: median {figure['median']}"
        line += f", 95 % {figure['p95']}, at most {figure['max']} (of {figure['n']})"
    if part.failed:
        line += "\n" + "\n".join(f"    {each}" for each in part.said.splitlines()[-40:])
    return line


def _live_long(seed: int, minutes: float, report: Path) -> int | None:
    """Run the long life; ``None`` where it is not there."""
    if not (Path(__file__).parent / "long_life.py").is_file():
        print("long life: not there (tests/soak/long_life.py)")
        return None
    code = (
        "import sys; from tests.soak.long_life import main;"
        f"sys.exit(main({seed}, {minutes}) or 0)"
    )
    print(f"long life: {minutes:.1f} minutes, seed {seed}", flush=True)
    environ = {**os.environ, VARIABLE: json.dumps({"report": str(report / "long_life")})}
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, env=environ, check=False)
    return done.returncode


def _write(
    folder: Path, seed: int, minutes: float, parts: list[Part], lived: int | None
) -> None:
    """The summary, for people and for programs."""
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(parts, key=lambda part: (part.promise.number, part.test))
    summary = {
        "seed": seed,
        "minutes": round(minutes, 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "parts": [
            {
                "promise": part.promise.number,
                "name": part.promise.name,
                "test": part.test,
                "held": not part.failed,
                "short": part.is_short,
                "seconds": round(part.seconds, 1),
                "counts": part.counts,
                "reports": part.reports,
            }
            for part in ordered
        ],
        "long_life": lived,
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2), encoding="utf-8")
    lines = [
        f"# Soak of {time.strftime('%Y-%m-%d %H:%M')}",
        "",
        f"Seed {seed}, {minutes:.1f} minutes, {summary['machine']}.",
        "",
        "| promise | test | result | counted |",
        "|---|---|---|---|",
    ]
    for part in ordered:
        counts = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in part.counts.items())
        result = "**broken**" if part.failed else "held, time was up" if part.is_short else "held"
        lines.append(f"| {part.promise.number}. {part.promise.words} | {part.test} | {result} "
                     f"| {counts} |")  # fmt: skip
    lines += ["", "| figure | median | 95 % | at most | samples |", "|---|---|---|---|---|"]
    for part in ordered:
        for name, figure in part.figures:
            lines.append(
                f"| {name.replace('_', ' ')} | {figure['median']} | {figure['p95']} "
                f"| {figure['max']} | {figure['n']} |"
            )
    (folder / "summary.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

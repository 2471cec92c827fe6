"""What every benchmark needs: medians, peak memory of a process tree, a line for a figure."""

from __future__ import annotations

import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass
class Report:
    """Collects figures; ``missed`` says whether a bound did not hold."""

    missed: bool = field(default=False)

    def show(self, what: str, value: float, unit: str, *, at_most: float | None = None,
             at_least: float | None = None) -> None:  # fmt: skip
        """Print a figure and, where there is one, its bound and whether it holds."""
        bound = ""
        if at_most is not None or at_least is not None:
            holds = (at_most is None or value <= at_most) and (
                at_least is None or value >= at_least
            )
            self.missed |= not holds
            limit = f"≤ {at_most:g}" if at_most is not None else f"≥ {at_least:g}"
            bound = f"   {limit} {unit}   {'holds' if holds else 'MISSED'}"
        print(f"{what:<58} {value:>9.3f} {unit}{bound}", flush=True)


def median(times: int, action: Callable[[], object]) -> float:
    """Median seconds of ``times`` calls."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


@dataclass(frozen=True)
class Measured:
    """A command that was run: seconds and output."""

    seconds: float
    output: str


def command(
    arguments: Sequence[str | Path],
    *,
    environ: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> Measured:
    """Run a command to its end; ``RuntimeError`` with its output if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(each) for each in arguments],
        env=environ,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output, _ = process.communicate()
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{arguments}: exit code {process.returncode}\n{output}")
    return Measured(seconds, output)


class Peak:
    """Samples the memory of a process and its ``family`` of descendants, in a thread, until
    ``stop``.

    It is proportional memory (PSS), so that pages shared by forks count once. The kernel walks
    all pages for a sample, which slows what is sampled: never time what is being watched.
    """

    def __init__(self, pid: int, every: float = 0.05, *, family: bool = True) -> None:
        self._root = psutil.Process(pid)
        self._every = every
        self._family = family
        self._highest = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(self._every):
            total = 0
            try:
                below = self._root.children(recursive=True) if self._family else []
                for process in (self._root, *below):
                    try:
                        total += process.memory_full_info().pss
                    except psutil.Error:
                        continue
            except psutil.Error:
                return
            self._highest = max(self._highest, total)

    def stop(self) -> float:
        """The peak in MiB."""
        self._done.set()
        self._thread.join()
        return self._highest / 2**20

"""How often a promise is put to the test: a few trials in ``make test``, many in ``make soak``.

A trial is a function of its seed and of an empty folder. ``make soak`` says by one environment
variable (JSON) which seed comes first, how long a test may go on and where its report belongs; a
trial that fails names its seed and the command that does it again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: ``{"seed": 1, "scale": 1.0, "count": null, "seconds": 300, "report": FOLDER}``; without it, few.
VARIABLE = "WORKBENCH_SOAK"

#: The first seed of ``make test``: always the same trials.
FIRST = 1

Trial = Callable[[int, Path], None]


@dataclass
class Trials:
    """The trials of one test. ``note`` keeps samples of a figure, ``count`` adds to a number."""

    test: str
    folder: Path
    soak: dict[str, Any] | None = field(
        default_factory=lambda: json.loads(os.environ.get(VARIABLE, "null"))
    )
    samples: dict[str, list[float]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    seeds: list[int] = field(default_factory=list)

    def size(self, *, small: int, full: int, scaled: bool = False) -> int:
        """How large something is: ``small`` in ``make test``, ``full`` in ``make soak``.

        With ``scaled``, a shorter soak makes it smaller, as it does with the number of trials.
        """
        if self.soak is None:
            return small
        return max(small, round(full * float(self.soak.get("scale", 1)))) if scaled else full

    def run(self, trial: Trial, *, small: int, full: int) -> None:
        """Do ``small`` trials, or about ``full`` of them, as long as there is time."""
        soak = self.soak or {}
        first = int(soak.get("seed") or FIRST)
        count = small
        if self.soak is not None:
            count = int(soak.get("count") or max(1, round(full * float(soak.get("scale", 1)))))
        began = time.monotonic()
        seconds = float(soak.get("seconds") or float("inf"))
        for seed in range(first, first + count):
            if time.monotonic() - began > seconds:
                break
            place = self.folder / f"t{seed}"
            place.mkdir()
            try:
                trial(seed, place)
            except BaseException as error:
                error.add_note(f"seed {seed}; again: {self.again(seed)}")
                self._report(began, count, failed=seed, said=f"{type(error).__name__}: {error}")
                raise
            self.seeds.append(seed)
            shutil.rmtree(place, ignore_errors=True)
            self._report(began, count)

    def note(self, **samples: float) -> None:
        """Keep one sample of each of these figures."""
        for name, value in samples.items():
            self.samples.setdefault(name, []).append(value)

    def count(self, **counts: int) -> None:
        """Add to these numbers."""
        self.counts.update(counts)

    def again(self, seed: int) -> str:
        """The command that does one trial again."""
        scale = float((self.soak or {}).get("scale", 1))
        less = "" if scale == 1 else f" --minutes {60 * scale:g}"
        return f"make soak ARGS='--only {self.test} --seed {seed} --count 1{less}'"

    def _report(self, began: float, count: int, **failure: Any) -> None:
        if self.soak is None or not self.soak.get("report"):
            return
        folder = Path(self.soak["report"])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{re.sub(r'[^A-Za-z0-9_]+', '-', self.test).strip('-')}.json"
        report = {
            "test": self.test,
            "trials": len(self.seeds),
            "wanted": count,
            "first_seed": self.seeds[0] if self.seeds else failure.get("failed"),
            "last_seed": self.seeds[-1] if self.seeds else failure.get("failed"),
            "seconds": round(time.monotonic() - began, 1),
            "counts": dict(self.counts),
            "figures": {name: summary(values) for name, values in self.samples.items()},
            **failure,
        }
        path.write_text(json.dumps(report, indent=2, default=str), encoding="utf-8")


def summary(values: list[float]) -> dict[str, float]:
    """What a row of samples comes to."""
    ordered = sorted(values)
    return {
        "n": len(ordered),
        "median": round(statistics.median(ordered), 4),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 4),
        "max": round(ordered[-1], 4),
    }

"""Runs every ``bench_*.py`` beside this file, each in a process of its own, one after another.

``python -m tests.bench [NAME…]`` runs those named (``csv``, ``notebooks``, …). Each prints its
figures, the near-limit beside them and whether the bound holds; the exit code says whether all do.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    """Run the benchmarks named (all without names); 1 if a bound is missed, else 0."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    if unknown := set(names) - set(known):
        print(f"unknown: {', '.join(sorted(unknown))} (known: {', '.join(known)})")
        return 2
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    failed = []
    for name in names or known:
        print(f"\n── {name} {'─' * (70 - len(name))}", flush=True)
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", f"tests.bench.bench_{name}"], cwd=HERE.parents[1], check=False
        )
        print(f"({time.perf_counter() - began:.0f} s)", flush=True)
        if done.returncode:
            failed.append(name)
    print(f"\n{'missed: ' + ', '.join(failed) if failed else 'every bound holds'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Faults at a chosen place of the program, the same place for the same seed.

Between any two calls that the workbench makes, into a library or the system, lies a boundary.
Sites are the places in the code; a site is passed many times. A dry run counts them, a seed
chooses one, and the process kills or stops itself there: no less sudden than from outside.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import workbench

_PACKAGE = str(Path(workbench.__file__).parent)
#: Statements and commits of the records are made here.
_ALSO = ("sqlalchemy/engine/default.py",)

#: A place in the code, and what happens there: ``lake/delta.py:210 c_return``.
Site = str


def _site(frame: FrameType, event: str, files: dict[str, str | None]) -> Site | None:
    name = frame.f_code.co_filename
    known = files.get(name, "")
    if known == "":
        if name.startswith(_PACKAGE):
            known = name[len(_PACKAGE) + 1 :]
        else:
            known = next((end for end in _ALSO if name.endswith(end)), None)
        files[name] = known
    return None if known is None else f"{known}:{frame.f_lineno} {event}"


@contextmanager
def counted(within: str = "") -> Iterator[Counter[Site]]:
    """How often each boundary is passed in the block; only files that start with ``within``."""
    found: Counter[Site] = Counter()
    files: dict[str, str | None] = {}

    def look(frame: FrameType, event: str, _: Any) -> None:
        site = _site(frame, event, files)
        if site is not None and site.startswith(within):
            found[site] += 1

    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)


@contextmanager
def at(site: Site, passing: int, act: Callable[[], None]) -> Iterator[None]:
    """Call ``act`` when ``site`` is passed for the ``passing``-th time in the block."""
    left = passing
    files: dict[str, str | None] = {}
    place = site.rpartition(" ")
    line = int(place[0].rpartition(":")[2])

    def look(frame: FrameType, event: str, _: Any) -> None:
        nonlocal left
        if frame.f_lineno != line or _site(frame, event, files) != site:
            return
        left -= 1
        if left == 0:
            act()

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)


def choose(chance: random.Random, sites: Counter[Site]) -> tuple[Site, int]:
    """A site, each as likely as any other, and one of the times that it is passed."""
    site = chance.choice(sorted(sites))
    return site, chance.randint(1, sites[site])


def die() -> None:
    """End this process as ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def stand_still() -> None:
    """Stop this process until somebody wakes it up."""
    os.kill(os.getpid(), signal.SIGSTOP)

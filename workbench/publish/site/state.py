"""What was published last, so that only what has changed is made again.

The state is a file in the published folder. Without it, or if it is damaged, everything is made
again, to the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.publish.site.files import replace_file

_NAME = ".published.json"
_FORM = 1


@dataclass
class State:
    """``stamp`` is of everything, ``units`` maps what is made to (fingerprint, paths of pages).

    ``program`` is a stamp of what makes pages, ``outside`` one of what else there is besides the
    records, ``database`` one of the file of the records; ``files`` are all files. ``specs`` keeps
    what was read from specs by hash, ``figures`` names the units that have figures, ``unbuilt``
    is the number of Data Docs pages that were not built.
    """

    stamp: str = ""
    program: str = ""
    outside: str = ""
    database: str | None = None
    files: list[str] = field(default_factory=list)
    units: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    specs: dict[str, Any] = field(default_factory=dict)
    figures: list[str] = field(default_factory=list)
    unbuilt: int = 0

    @property
    def paths(self) -> set[str]:
        """The paths of all pages, from the root and without suffix."""
        return {path for _, paths in self.units.values() for path in paths}


def load(folder: Path) -> State:
    """The state of a published folder; empty if there is none that can be read."""
    try:
        found = json.loads((folder / _NAME).read_bytes())
        if found["form"] != _FORM:
            return State()
        return State(
            stamp=str(found["stamp"]),
            program=str(found["program"]),
            outside=str(found["outside"]),
            database=found["database"],
            files=list(found["files"]),
            units={key: (str(fp), list(paths)) for key, (fp, paths) in found["units"].items()},
            specs=dict(found["specs"]),
            figures=list(found["figures"]),
            unbuilt=int(found["unbuilt"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return State()


def save(folder: Path, state: State) -> None:
    """Keep the state for the next time."""
    content = {
        "form": _FORM,
        "stamp": state.stamp,
        "program": state.program,
        "outside": state.outside,
        "database": state.database,
        "files": sorted(state.files),
        "units": state.units,
        "specs": state.specs,
        "figures": state.figures,
        "unbuilt": state.unbuilt,
    }
    replace_file(folder / _NAME, json.dumps(content, separators=(",", ":")))


def forget(folder: Path) -> None:
    """Make everything again the next time."""
    (folder / _NAME).unlink(missing_ok=True)


def fingerprint(*values: Any) -> str:
    """A short hash of values by how they are written."""
    digest = hashlib.blake2b(digest_size=12)
    for value in values:
        digest.update(repr(value).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def files_stamp(paths: Iterable[Path]) -> str:
    """A hash of where files are, how large they are and when they were changed."""
    found = []
    for path in sorted(paths):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((str(path), status.st_size, status.st_mtime_ns))
    return fingerprint(found)


def walk(folder: Path) -> Iterator[str]:
    """The files below a folder, as paths from it; hidden ones are left out."""
    stack = [str(folder)]
    start = len(stack[0]) + 1
    while stack:
        try:
            entries = list(os.scandir(stack.pop()))
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                stack.append(entry.path)
            else:
                yield entry.path[start:]

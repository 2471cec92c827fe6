"""Files that are on the server already: what is in the folders of the project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workbench.config import Settings
from workbench.errors import SourceMissing

#: More entries of one folder are not shown.
MOST = 2000


@dataclass(frozen=True)
class Entry:
    """A file or folder of the server: ``path`` is below the project, with ``/``."""

    path: str
    name: str
    folder: bool
    size: int
    changed: datetime


def entries(settings: Settings, folder: str = "") -> list[Entry]:
    """What is in a folder of the project: folders first, then files, by name.

    Hidden ones and the workbench's own state are left out. Raises ``SourceMissing``.
    """
    root = inside(settings, folder)
    if not root.is_dir():
        raise _missing(folder)
    found = []
    for path in sorted(root.iterdir(), key=lambda one: one.name.casefold())[:MOST]:
        if path.name.startswith((".", "~$")) or _leaves(settings, path):
            continue
        try:
            about = path.stat()
        except OSError:
            continue  # a link that leads nowhere
        found.append(
            Entry(
                path=path.relative_to(settings.project).as_posix(),
                name=path.name,
                folder=path.is_dir(),
                size=0 if path.is_dir() else about.st_size,
                changed=datetime.fromtimestamp(about.st_mtime, UTC),
            )
        )
    return sorted(found, key=lambda one: not one.folder)


def inside(settings: Settings, path: str) -> Path:
    """A path of the project; refuses one that leads out of it, also by links."""
    whole = settings.project / path
    if "\x00" in path or _leaves(settings, whole):
        raise _missing(path)
    return whole


def file(settings: Settings, path: str) -> Path:
    """A file of the project. Raises ``SourceMissing``."""
    whole = inside(settings, path)
    if not whole.is_file():
        raise _missing(path)
    return whole


def _leaves(settings: Settings, path: Path) -> bool:
    real = path.resolve()
    return not real.is_relative_to(settings.project) or real.is_relative_to(settings.home)


def _missing(path: str) -> SourceMissing:
    return SourceMissing(
        "there is no such file or folder in the project",
        where=ascii(path)[1:-1] or ".",
        remedy="choose one of those that are shown",
    )

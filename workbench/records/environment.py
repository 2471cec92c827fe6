"""Versions of what makes a run: the workbench, Python, packages, the project's commit."""

from __future__ import annotations

import platform
import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import workbench

#: Packages that decide what comes out of a run.
PACKAGES = (
    *("deltalake", "duckdb", "fastexcel", "great-expectations", "ibis-framework", "pandas"),
    *("papermill", "polars", "pyarrow", "sqlglot"),
)

_COMMIT = re.compile(r"[0-9a-f]{40,64}")


def environment(project: Path | None = None) -> dict[str, Any]:
    """Versions as they are now; with ``project`` also the commit that it is at."""
    found = dict(_versions())
    commit = None if project is None else git_commit(project)
    return {**found, "commit": commit} if commit else found


@cache
def _versions() -> dict[str, Any]:
    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "workbench": workbench.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": packages,
    }


def git_commit(folder: Path) -> str | None:
    """The commit that a folder's checkout is at; ``None`` if it is in none. Starts no process."""
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        try:
            if git.is_file():  # a worktree of its own
                git = parent / git.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
            if git.is_dir():
                return _head(git)
        except (OSError, UnicodeDecodeError):
            return None
    return None


def _head(git: Path) -> str | None:
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return head if _COMMIT.fullmatch(head) else None
    ref = head.removeprefix("ref:").strip()
    shared = git
    if (git / "commondir").is_file():
        shared = git / (git / "commondir").read_text(encoding="utf-8").strip()
    for place in (git, shared):
        if (place / ref).is_file():
            text = (place / ref).read_text(encoding="utf-8").strip()
            return text if _COMMIT.fullmatch(text) else None
    packed = shared / "packed-refs"
    for line in packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else ():
        commit, _, name = line.partition(" ")
        if name == ref and _COMMIT.fullmatch(commit):
            return commit
    return None

"""Quarto as the renderer, where it is found."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from workbench.errors import WorkbenchError

#: Pages that one call of Quarto gets; the command line is limited.
_AT_ONCE = 200
_PATIENCE = 3600.0


class QuartoMissing(WorkbenchError):
    """Quarto was asked for and is not there."""

    def __init__(self) -> None:
        super().__init__(
            "Quarto cannot be found",
            where="PATH",
            remedy="install it from https://quarto.org or with conda, set QUARTO_PATH, "
            "or leave out --renderer quarto",
        )


class QuartoFailed(WorkbenchError):
    """Quarto could not render the project."""


def find() -> Path | None:
    """The command ``quarto``: ``QUARTO_PATH``, else the one on PATH."""
    given = os.environ.get("QUARTO_PATH")
    found = given if given and os.access(given, os.X_OK) else shutil.which("quarto")
    return Path(found) if found else None


def made_beside(there: Iterable[str], site: str) -> set[str]:
    """The files of a project that Quarto makes beside the pages of its site."""
    prefix = (f"{site}/site_libs/", f"{site}/search.json", f"{site}/sitemap.xml")
    return {name for name in there if name.startswith(prefix)}


def render(
    command: Path, folder: Path, pages: Sequence[str], tell: Callable[[str], None]
) -> list[str]:
    """Render pages of the project in ``folder``; returns the warnings that Quarto gave."""
    warnings: list[str] = []
    for start in range(0, len(pages), _AT_ONCE):
        some = pages[start : start + _AT_ONCE]
        tell(f"quarto renders {len(some)} pages")
        done = subprocess.run(
            [command, "render", *some, "--no-clean"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        said = done.stdout + done.stderr
        if done.returncode:
            raise QuartoFailed(
                "Quarto could not render the portal: " + "\n".join(said.strip().splitlines()[-8:]),
                where=str(folder),
                remedy="the embedded renderer needs no Quarto: --renderer embedded",
            )
        warnings += [line for line in said.splitlines() if "WARN" in line.upper()]
    return warnings

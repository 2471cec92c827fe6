"""Tab completion of names; reads file names only, so that a key press is answered at once."""

from __future__ import annotations

import click

from workbench.config import Settings
from workbench.errors import WorkbenchError


def dataset_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Datasets whose name begins with what was typed."""
    try:
        folder = Settings().specs / "datasets"
    except WorkbenchError:
        return []
    return sorted(path.stem for path in folder.glob("*.y*ml") if path.stem.startswith(incomplete))

"""Removes what runs have staged as soon as they succeed; ``cleaning`` removes the rest by age."""

from __future__ import annotations

import re

import sqlalchemy as sa

from workbench.config import Settings
from workbench.durable import remove_folder
from workbench.model.status import Status
from workbench.records.schema import runs
from workbench.records.store import Records

_RUN = re.compile(r"[0-9a-f]{12}")


def tidy(records: Records, settings: Settings) -> int:
    """Remove what successful runs have staged; how many folders."""
    folder = settings.path("staging")
    if not folder.is_dir():
        return 0
    names = [path.name for path in folder.iterdir() if _RUN.fullmatch(path.name)]
    if not names:
        return 0
    done = (runs.c.id.in_(names[:500]), runs.c.status == Status.SUCCESS)
    found = records.rows(sa.select(runs.c.id).where(*done))
    for row in found:
        remove_folder(folder / row.id)
    return len(found)

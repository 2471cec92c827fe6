"""Removes what runs have staged, once nobody needs it any more."""

from __future__ import annotations

import re
from datetime import timedelta

import sqlalchemy as sa

from workbench.config import Settings
from workbench.durable import remove_folder
from workbench.model.status import Status
from workbench.records.schema import runs
from workbench.records.store import Records

#: How long a run that failed or was cancelled keeps what it staged, so that it can be retried.
KEPT = timedelta(days=7)

_RUN = re.compile(r"[0-9a-f]{12}")


def tidy(records: Records, settings: Settings) -> int:
    """Remove what successful runs have staged, and failed ones long ago; how many folders."""
    folder = settings.path("staging")
    if not folder.is_dir():
        return 0
    names = [path.name for path in folder.iterdir() if _RUN.fullmatch(path.name)]
    if not names:
        return 0
    ended = sa.or_(runs.c.status == Status.SUCCESS, runs.c.finished_at < records.now() - KEPT)
    found = records.rows(sa.select(runs.c.id).where(runs.c.id.in_(names[:500]), ended))
    for row in found:
        remove_folder(folder / row.id)
    return len(found)

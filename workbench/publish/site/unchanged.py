"""Finds out at once that there is nothing to publish, without opening the records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.config import Settings
from workbench.publish.site import places, quarto, state


@dataclass(frozen=True)
class Unchanged:
    """A portal that is up to date."""

    site: Path
    pages: int
    renderer: str
    unbuilt: int


def unchanged(settings: Settings, audience: str | None, renderer: str) -> Unchanged | None:
    """The portal, if all that it is made from is as it was; ``None`` if that is not certain.

    Every file of the portal must be there, and none besides. The records are not opened: the
    file that they are in must not have been written since.
    """
    folder = places.project_folder(settings, audience)
    last = state.load(folder)
    if not last.stamp or last.database is None:
        return None
    command = None if renderer == "embedded" else quarto.find()
    if renderer == "quarto" and command is None:
        return None
    if last.database != places.database_stamp(settings):
        return None
    if last.program != places.program_stamp(settings, command):
        return None
    if last.outside != places.outside_stamp(settings, audience):
        return None
    if set(state.walk(folder)) != set(last.files):
        return None
    made_by = "embedded" if command is None else "quarto"
    return Unchanged(folder / places.SITE, len(last.paths), made_by, last.unbuilt)

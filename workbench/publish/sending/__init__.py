"""Sends a site to where readers open it: a folder, an S3-like store, a branch of git.

Only what differs travels, pages last of all, so that a reader never meets a page whose files are
not there yet; what is gone from the site is removed where it was sent by us.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.config import Settings
from workbench.errors import ConfigError


@dataclass(frozen=True)
class Sent:
    """What sending did: files written, files removed, files that were there already."""

    where: str
    written: int
    removed: int
    kept: int


def send(site: Path, where: str, *, settings: Settings) -> Sent:
    """Send a site to ``FOLDER``, ``s3://BUCKET/PREFIX`` or ``git:BRANCH``."""
    if where.startswith("s3://"):
        from workbench.publish.sending import s3

        return s3.send(site, where)
    if where.startswith("git:"):
        from workbench.publish.sending import branch

        return branch.send(site, where.removeprefix("git:"), settings.project)
    if "://" in where:
        raise ConfigError(
            f"a site cannot be sent to {where!r}",
            where="--to",
            remedy="give a folder, s3://BUCKET/PREFIX or git:BRANCH",
        )
    from workbench.publish.sending import folder

    return folder.send(site, Path(where))

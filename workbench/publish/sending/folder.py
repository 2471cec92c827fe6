"""Sends a site to a folder, such as one that a web server shows."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import ConfigError
from workbench.publish.sending import Sent
from workbench.publish.site.files import remove_others, replace_file
from workbench.publish.site.state import walk

#: Marks a folder as one that we may remove files from.
MARK = ".workbench-site"


def send(site: Path, target: Path) -> Sent:
    """Make ``target`` equal to the site. A folder with files that are not ours is refused."""
    site, target = site.resolve(), target.resolve()
    if target == site or site.is_relative_to(target) or target.is_relative_to(site):
        raise ConfigError(
            "the site cannot be sent into itself", where=str(target), remedy="give another folder"
        )
    target.mkdir(parents=True, exist_ok=True)
    there = set(walk(target))
    if there and not (target / MARK).is_file():
        raise ConfigError(
            "the folder holds files that are not of a portal, and they would be removed",
            where=str(target),
            remedy=f"give an empty folder, or make the file {MARK} in it",
        )
    (target / MARK).touch()
    names = sorted(walk(site), key=order)
    written = 0
    for name in names:
        data = (site / name).read_bytes()
        if name not in there or _differs(target / name, data):
            replace_file(target / name, data)
            written += 1
    removed = remove_others(target, there, names)
    return Sent(where=str(target), written=written, removed=len(removed), kept=len(names) - written)


def order(name: str) -> tuple[bool, str]:
    """Pages come after what they load."""
    return (name.endswith(".html"), name)


def _differs(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size != len(data) or path.read_bytes() != data
    except OSError:
        return True

"""Data Docs within the site: the pages that are built, as far as their readers may see them.

They are built beside publishing, since Great Expectations takes seconds to import: a page that is
not there yet is not linked, and the next publication finds it.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from workbench.config import Settings
from workbench.publish import data_docs_index
from workbench.publish.collect.audience import Guard
from workbench.publish.collect.snapshot import Snapshot
from workbench.publish.data_docs_index import Entry, is_of
from workbench.publish.site import files
from workbench.publish.site.places import DATA_DOCS

#: Where they are in a site.
PLACE = "data-docs"

#: Pages by (dataset, run): where they are in the site, as part of an address.
DataDocs = dict[tuple[str, str], str]

_TAG = re.compile("<[^>]*>")


def built(settings: Settings) -> Path:
    """The folder that ``workbench docs`` builds them in."""
    return settings.path(*DATA_DOCS).parent


def take(settings: Settings, snapshot: Snapshot, guard: Guard) -> tuple[tuple[Entry, ...], int]:
    """The pages that the site has, and how many are still to be built.

    The site has those of runs that it shows, made of their last results, and without a name that
    these readers may not see.
    """
    known = data_docs_index.known(built(settings))
    found, missing = [], 0
    for dataset, run_id, finished in _checked(snapshot):
        entry = known.get((run_id, dataset))
        if entry is None or not is_of(entry, finished, snapshot.masked.get(dataset, ())):
            missing += 1
        elif not guard or _allowed(built(settings) / entry["page"], guard):
            found.append(entry)
    return tuple(found), missing


def links(entries: tuple[Entry, ...]) -> DataDocs:
    """Where the pages are."""
    return {
        (entry["dataset"], entry["run"]): quote(f"{PLACE}/{entry['page']}") for entry in entries
    }


def names(entries: tuple[Entry, ...]) -> set[str]:
    """Their paths from the root of the site, with that of the page that lists them."""
    if not entries:
        return set()
    return {f"{PLACE}/index.html", *(f"{PLACE}/{entry['page']}" for entry in entries)}


def write(settings: Settings, entries: tuple[Entry, ...], site: Path) -> None:
    """Copy those that differ."""
    if not entries:
        return
    for entry in entries:
        files.copy_if_changed(built(settings) / entry["page"], site / PLACE / entry["page"])
    listed = data_docs_index.index(entries, above=("../checks/index.html", "Portal"))
    files.write_if_changed(site / PLACE / "index.html", listed)


def _checked(snapshot: Snapshot) -> Iterator[tuple[str, str, datetime]]:
    """The finished steps with checks: dataset, run, and when they finished."""
    for run_id, step_id in snapshot.checks:
        for step in snapshot.steps.get(run_id, ()):
            if step.step_id == step_id and step.finished is not None:
                yield step.dataset, run_id, step.finished


def _allowed(page: Path, guard: Guard) -> bool:
    """Whether nothing that a page says is hidden; its markup is ours, values are escaped in it."""
    said = page.read_text(encoding="utf-8").partition("<main>")[2]
    return guard.allows(html.unescape(_TAG.sub(" ", said)))


def start_building(settings: Settings) -> subprocess.Popen[bytes]:
    """A process that builds what is missing, behind whatever else this machine does; it ends
    with this one."""
    return subprocess.Popen(
        [sys.executable, "-m", "workbench.cli", "docs", "--beside", str(os.getpid())],
        env={**os.environ, **settings.environ()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )

"""Where the portal is, and stamps of the files that it is made from. Imports next to nothing:
what has not changed is to be found out at once."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from workbench.config import Settings
from workbench.publish import assets
from workbench.publish.site.state import files_stamp, fingerprint

#: The folder of a project that holds the rendered pages.
SITE = "_site"
#: Files of the template that the project has, too; its other files are sources of pages.
PROJECT = ("_quarto.yml", "_template.html")
#: The index of the Data Docs that are built, below the home.
DATA_DOCS = ("docs", "index.json")


def project_folder(settings: Settings, audience: str | None = None) -> Path:
    """Where the Quarto project of the portal is; each audience has one of its own."""
    return settings.path("portal") if audience is None else settings.path("portals", audience)


def site_folder(settings: Settings, audience: str | None = None) -> Path:
    """Where the site is that readers open."""
    return project_folder(settings, audience) / SITE


def template(settings: Settings) -> Path:
    """The folder of the Quarto project: the project's own ``portal/``, else the one shipped."""
    package = Path(__file__).parents[2]
    places = (settings.project / "portal", package / "_portal", package.parent / "portal")
    for place in places:
        if (place / "_template.html").is_file() and (place / "_quarto.yml").is_file():
            return place
    return places[-1]


def specs_stamp(settings: Settings) -> str:
    """A stamp of all files of specs."""
    return files_stamp(settings.specs.rglob("*.y*ml"))


def program_stamp(settings: Settings, quarto: Path | None) -> str:
    """A stamp of what turns facts into pages: when it differs, every page is made again."""
    package = Path(__file__).parents[1]
    program = [path for path in package.rglob("*") if path.suffix in (".py", ".json")]
    folder = template(settings)
    program += [folder / name for name in PROJECT]
    return fingerprint(files_stamp(program), None if quarto is None else str(quarto))


def outside_stamp(settings: Settings, audience: str | None) -> str:
    """A stamp of what the portal is made from besides the records and the program."""
    docs = (template(settings) / "docs").rglob("*.md")
    bundle = assets.front().values()
    checked = [settings.path(*DATA_DOCS)]
    return fingerprint(
        specs_stamp(settings), files_stamp(docs), files_stamp(bundle), files_stamp(checked),
        audience,
    )  # fmt: skip


def database_stamp(settings: Settings) -> str | None:
    """A stamp of the file of the records: as long as it is the same, nothing was recorded.

    ``None`` where the records are not in a file.
    """
    if not settings.records_url.startswith("sqlite:///"):
        return None
    path = urlsplit(settings.records_url).path.removeprefix("/")
    found = []
    for each in (path, f"{path}-wal"):
        try:
            status = os.stat(each)
        except OSError:
            continue
        found.append((each, status.st_size, status.st_mtime_ns, status.st_ino))
    return fingerprint(found) if found else None

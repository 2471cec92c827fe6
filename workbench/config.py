"""Settings: where the project is, where state is kept, which services are used.

All settings come from the environment and have defaults that work on a laptop:

==================== ==========================================================================
``WORKBENCH_PROJECT`` folder that holds ``specs/``; found upwards from the current folder
``WORKBENCH_HOME``    folder that holds all state; default ``.workbench`` in the project
``DATABASE_URL``      records; default SQLite in the home folder, PostgreSQL for teams
``REDIS_URL``         queue; default an embedded Redis in the home folder
``WORKBENCH_WORKERS`` how many workers ``workbench up`` starts; default 2
``WORKBENCH_PUBLISH`` ``off``: runs that end do not publish the portal; default ``on``
``WORKBENCH_RENDERER`` what renders the portal: ``auto``, ``embedded`` or ``quarto``
==================== ==========================================================================
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from workbench.errors import ConfigError


class Settings:
    """Where everything is. Reads the environment once; creates nothing.

    ``settings.path("lake", name)`` gives a path below the home folder.
    """

    def __init__(
        self,
        project: Path | str | None = None,
        home: Path | str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        environ = os.environ if environ is None else environ
        given = project or environ.get("WORKBENCH_PROJECT")
        self.project = Path(given).resolve() if given else find_project(Path.cwd())
        self.home = Path(
            home or environ.get("WORKBENCH_HOME") or self.project / ".workbench"
        ).resolve()
        self.database_url: str | None = environ.get("DATABASE_URL") or None
        self.redis_url: str | None = environ.get("REDIS_URL") or None
        self.publish = _one_of(environ, "WORKBENCH_PUBLISH", ("on", "off")) == "on"
        self.renderer = _one_of(environ, "WORKBENCH_RENDERER", ("auto", "embedded", "quarto"))
        self.workers = _positive(environ, "WORKBENCH_WORKERS", 2)

    @property
    def specs(self) -> Path:
        """The folder of the specs."""
        return self.project / "specs"

    @cached_property
    def notebooks(self) -> Path:
        """The folder of the step notebooks: the project's own, else those shipped."""
        own = self.project / "notebooks"
        if (own / "ingest.ipynb").is_file():
            return own
        shipped = Path(__file__).parent / "_notebooks"
        if (shipped / "ingest.ipynb").is_file():
            return shipped
        return Path(__file__).parent.parent / "notebooks"

    def path(self, *parts: str) -> Path:
        """A path below the home folder."""
        return self.home.joinpath(*parts)

    @property
    def records_url(self) -> str:
        """SQLAlchemy URL of the records."""
        if self.database_url:
            url = self.database_url
            for prefix in ("postgres://", "postgresql://"):
                if url.startswith(prefix):
                    return "postgresql+psycopg://" + url.removeprefix(prefix)
            return url
        return f"sqlite:///{self.path('records.db')}"

    def environ(self) -> dict[str, str]:
        """What a child process needs to see the same settings."""
        values = {"WORKBENCH_PROJECT": str(self.project), "WORKBENCH_HOME": str(self.home)}
        if self.database_url:
            values["DATABASE_URL"] = self.database_url
        if self.redis_url:
            values["REDIS_URL"] = self.redis_url
        if not self.publish:
            values["WORKBENCH_PUBLISH"] = "off"
        if self.renderer != "auto":
            values["WORKBENCH_RENDERER"] = self.renderer
        return values


def find_project(start: Path) -> Path:
    """The nearest folder at or above ``start`` that holds ``specs/``; else ``start``."""
    for folder in (start, *start.parents):
        if (folder / "specs").is_dir():
            return folder.resolve()
    return start.resolve()


def _one_of(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of the choices; the first is the default."""
    text = environ.get(name) or choices[0]
    if text not in choices:
        raise ConfigError(
            f"{name} is {text!r}", where="environment", remedy=f"give {' or '.join(choices)}"
        )
    return text


def _positive(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name)
    if not text:
        return default
    if not text.isdigit() or int(text) < 1:
        raise ConfigError(
            f"{name} is {text!r}", where="environment", remedy="give a whole number above 0"
        )
    return int(text)

"""Settings: where the project is, where state is kept, which services are used.

All settings come from the environment and have defaults that work on a laptop:

====================== =========================================================================
``WORKBENCH_PROJECT``  folder that holds ``specs/``; found upwards from the current folder
``WORKBENCH_HOME``     folder that holds all state; default ``.workbench`` in the project
``DATABASE_URL``       records; default SQLite in the home folder, PostgreSQL for teams
``REDIS_URL``          queue; default an embedded Redis in the home folder
``WORKBENCH_WORKERS``  how many workers ``workbench up`` starts; default 2
``WORKBENCH_PRELOAD``  what workers import ahead: ``full``, ``light`` (what steps need) or ``none``
``WORKBENCH_MEMORY``   memory for one notebook, such as ``4GB``; default: most of the machine's
``WORKBENCH_KEEP_…``   how many days things are kept that nobody needs any more: see ``Retention``
``WORKBENCH_PUBLISH``  ``off``: runs that end do not publish the portal; default ``on``
``WORKBENCH_RENDERER`` what renders the portal: ``auto``, ``embedded`` or ``quarto``
====================== =========================================================================
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from workbench.errors import ConfigError


@dataclass(frozen=True)
class Retention:
    """How many days things are kept that nobody needs any more (``WORKBENCH_KEEP_RUNS``, …).

    What was received, what is published and what a retry needs stays whatever the numbers say.
    """

    #: Records of runs that have ended, and their slots; executed notebooks of such runs.
    runs: float = 90.0
    notebooks: float = 30.0
    #: Versions of layers that another version has replaced: readers may still have them open.
    versions: float = 7.0
    #: What failed runs had staged for a retry, and records of processes that have stopped.
    leftovers: float = 7.0


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
        self.preload = _one_of(environ, "WORKBENCH_PRELOAD", ("full", "light", "none"))
        self.memory = _memory(environ.get("WORKBENCH_MEMORY"))
        self.keep = _retention(environ)

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
        if self.preload != "full":
            values["WORKBENCH_PRELOAD"] = self.preload
        if self.renderer != "auto":
            values["WORKBENCH_RENDERER"] = self.renderer
        return values


def find_project(start: Path) -> Path:
    """The nearest folder at or above ``start`` that holds ``specs/``; else ``start``."""
    for folder in (start, *start.parents):
        if (folder / "specs").is_dir():
            return folder.resolve()
    return start.resolve()


_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([MGT])(i?)B?\s*", re.IGNORECASE)
#: Less would not let a notebook begin.
_LEAST = 256 << 20


def size_in_bytes(text: str) -> int:
    """``"4GB"``, ``"1.5 GiB"`` or ``"800 MB"`` in bytes; ``ValueError`` with what is wrong."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a size; give a number and a unit, such as 4GB or 800MB")
    base = 1024 if match[3] else 1000
    size = int(float(match[1]) * base ** ("KMGT".index(match[2].upper()) + 1))
    if size < _LEAST:
        raise ValueError(f"{text!r} is too little for a notebook; give at least 300MB")
    return size


def _memory(text: str | None) -> int | None:
    if not text:
        return None
    try:
        return size_in_bytes(text)
    except ValueError as error:
        raise ConfigError(
            f"WORKBENCH_MEMORY: {error}", where="environment", remedy="mend it, or unset it"
        ) from None


def _retention(environ: Mapping[str, str]) -> Retention:
    days = {}
    for field in fields(Retention):
        name = f"WORKBENCH_KEEP_{field.name.upper()}"
        if text := environ.get(name):
            if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) or float(text) == 0:
                raise ConfigError(
                    f"{name} is {text!r}", where="environment", remedy="give days, such as 30"
                )
            days[field.name] = float(text)
    return Retention(**days)


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

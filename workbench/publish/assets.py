"""What pages and panels load: the bundles that were built, Plotly, data that a page adds."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import workbench
from workbench.errors import WorkbenchError

#: What ``.ci/front build`` makes.
BUNDLE = ("portal.css", "portal.js", "theme.js", "icon.svg", "licences.txt")
PLOTLY = "plotly.min.js"


class BundleMissing(WorkbenchError):
    """The scripts and styles of portal or panels were not built."""


class PanelBundle(NamedTuple):
    """What a panel's front is made of."""

    script: str
    style: str


def front() -> dict[str, Path]:
    """Files below ``assets/`` of a site, by name; ``BundleMissing`` if they were not built.

    ``plotly.min.js`` is large and only needed where a figure is shown.
    """
    return _built("portal", dist(), BUNDLE) | {PLOTLY: plotly()}


def dist() -> Path:
    """The folder of what was built."""
    return Path(workbench.__file__).parent / "front" / "dist"


def panel(name: str) -> PanelBundle:
    """Script and style of a panel; ``BundleMissing`` if they were not built."""
    script, style = _built("panels", dist() / "panels", (f"{name}.js", "panels.css")).values()
    return PanelBundle(*(_read(path, path.stat().st_mtime_ns) for path in (script, style)))


@lru_cache(maxsize=32)
def _read(path: Path, _changed: int) -> str:
    return path.read_text(encoding="utf-8")


def _built(what: str, folder: Path, names: tuple[str, ...]) -> dict[str, Path]:
    files = {name: folder / name for name in names}
    missing = [name for name, path in files.items() if not path.is_file()]
    if missing:
        raise BundleMissing(
            f"{what}: {', '.join(missing)} cannot be found",
            where=str(folder),
            remedy="run `make install` in the source folder (it builds them with Node)",
        )
    return files


def plotly() -> Path:
    """The ``plotly.min.js`` that came with the plotly package, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("plotly")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "package_data" / PLOTLY
        if path.is_file():
            return path
    raise BundleMissing(
        f"{PLOTLY} cannot be found", where="plotly", remedy="install plotly 6 or newer"
    )


def javascript(name: str, value: object) -> str:
    """A script that sets ``window.<name>`` to a JSON value: data, whatever it says.

    Works from ``file://``, where pages can load scripts but no JSON.
    """
    if not name.isidentifier() or not name.isascii():
        raise ValueError(f"{name!r} cannot be the name of a variable")
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"window.{name}={embedded(text)};\n"


def embedded(text: str) -> str:
    """JSON text that may stand inside ``<script>``: no ``<`` ends it early."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")

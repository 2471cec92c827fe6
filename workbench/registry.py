"""Finds sources, transforms and destinations by name.

The folder listing is the list of built-ins: ``melt`` is ``workbench/transforms/melt.py``. A file
is one extension and is imported when it is first asked for. Outsiders register by entry point in
the groups ``workbench.sources``, ``workbench.transforms`` and ``workbench.destinations``; an entry
point names a module with the same public names as a built-in of its kind.

A transform module has ``Options``, ``apply`` and ``summary``; a source module ``Options``,
``find``, ``read`` and ``observe``; a destination module ``Options``, ``Destination`` and
``CAPABILITIES``. Shared machinery of a kind lives in a sub-package of the folder
(``sources/parsing/``), so that every plain module there is an extension.
"""

from __future__ import annotations

import difflib
import pkgutil
from functools import cache
from importlib import import_module, metadata
from types import ModuleType
from typing import Any, Literal

from workbench.errors import ConfigError

Kind = Literal["sources", "transforms", "destinations"]


@cache
def names(kind: Kind) -> tuple[str, ...]:
    """All known names of a kind, sorted."""
    package = import_module(f"workbench.{kind}")
    builtin = {module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg}
    return tuple(sorted(builtin | set(_entry_points(kind))))


@cache
def find(kind: Kind, name: str) -> ModuleType:
    """The module of an extension; ``ConfigError`` lists the known names."""
    known = names(kind)
    if name not in known:
        raise ConfigError(unknown(kind.removesuffix("s"), name, known))
    outside = _entry_points(kind)
    if name in outside:
        module = outside[name].load()
        if not isinstance(module, ModuleType):
            raise ConfigError(f"the entry point {name!r} of workbench.{kind} is not a module")
        return module
    return import_module(f"workbench.{kind}.{name}")


def expectation_catalog() -> ModuleType:
    """``workbench.quality.catalog``, reached by name because the spec stands below quality.

    It has ``MODELS`` (arguments by name), ``UNAVAILABLE`` (name: what to use instead),
    ``EXPRESSIONS`` (arguments that are expressions) and ``can_quarantine(name)``.
    """
    return import_module("workbench.quality.catalog")


def unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    """The sentence for an unknown name: valid names, and the nearest one."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {name!r}{hint} (known: {', '.join(known)})"


@cache
def _entry_points(kind: Kind) -> dict[str, metadata.EntryPoint]:
    return {point.name: point for point in _installed().select(group=f"workbench.{kind}")}


@cache
def _installed() -> Any:  # its type has another name in each version of Python
    # reads the metadata of every installed package: 10 ms or more, so once for all kinds
    return metadata.entry_points()

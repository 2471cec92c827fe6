"""Panels for notebooks in JupyterLab: widgets with which an analyst does the whole job.

In a notebook::

    from workbench.panels import ControlRoom, Upload

    ControlRoom()        # every panel, as tabs
    Upload()             # or one by one

A panel is thin: what it shows and does comes from the same functions that the command line uses.
Names are imported on first use, so that one panel does not pay for the others.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_EXPORTS = {
    "Catalog": "workbench.panels.catalog",
    "ControlRoom": "workbench.panels.control_room",
    "Dag": "workbench.panels.dag",
    "Materialize": "workbench.panels.materialize",
    "Preview": "workbench.panels.preview",
    "Rules": "workbench.panels.rules",
    "Runs": "workbench.panels.runs",
    "Upload": "workbench.panels.upload",
}

__all__ = [
    "Catalog",
    "ControlRoom",
    "Dag",
    "Materialize",
    "Preview",
    "Rules",
    "Runs",
    "Upload",
]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'workbench.panels' has no attribute {name!r}")

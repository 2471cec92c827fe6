"""Previews: what a spec, saved or not, makes of a file, before anything is run.

    engine = Engine(settings, redis=client, records=open_records)
    preview = Preview(engine, text_or_spec)
    preview.view()            # the timeline: rows and columns after each transform
    preview.window(offset=0)  # cells
    preview.checks()          # how many rows fail which expectation

Rows are made by the product's own parsing, pipeline and rules, so they are what a run would give.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Engine": "workbench.steps.preview.engine",
    "Preview": "workbench.steps.preview.preview",
}

__all__ = ["Engine", "Preview"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'workbench.steps.preview' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)

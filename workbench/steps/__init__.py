"""Steps: the verbs that notebooks call.

A step notebook opens a context, calls one verb, shows what came of it, and saves::

    context = steps.open("ingest", run=run, step=step, attempt=attempt)
    result = steps.ingest(context)
    steps.show(result)
    context.save(result)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "open": ("workbench.steps.context", "open_step"),
    "ingest": ("workbench.steps.verbs.ingest", "ingest"),
    "transform": ("workbench.steps.verbs.transform", "transform"),
    "validate": ("workbench.steps.verbs.validate", "validate"),
    "materialize": ("workbench.steps.verbs.materialize", "materialize"),
    "show": ("workbench.steps.display", "show"),
}

__all__ = ["ingest", "materialize", "open", "show", "transform", "validate"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'workbench.steps' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)

"""Data Workbench: from a YAML spec to tables that others can trust.

In a notebook::

    import workbench

    workbench.read("ventas")                      # the published table, as a polars frame
    workbench.connect().sql("SELECT … FROM ventas")  # every published table, as DuckDB views

Names are imported on first use, so that ``import workbench`` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "connect": "workbench.steps.reading",
    "read": "workbench.steps.reading",
}

__all__ = ["__version__", "connect", "read"]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")

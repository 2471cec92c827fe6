"""Datasets as the plan and the records speak of them."""

from __future__ import annotations

from typing import Literal

from workbench.model.provenance import PROVENANCE, ROW, RUN, SOURCE
from workbench.model.value import Value

__all__ = ["PROVENANCE", "ROW", "RUN", "SOURCE", "Column", "DatasetRef", "Layer"]

Layer = Literal["raw", "bronze", "silver", "gold"]


class Column(Value):
    """A column: safe ``name``, logical ``type`` as text, and the ``original`` header."""

    name: str
    type: str = "text"
    nullable: bool = True
    description: str = ""
    original: str | None = None


class DatasetRef(Value):
    """One immutable version of a dataset in one layer.

    ``fingerprint`` is of the content, independent of row order; ``rows`` counts rows.
    """

    dataset: str
    layer: Layer
    uri: str
    format: Literal["delta", "parquet", "file", "table"]
    version: int | None = None
    columns: tuple[Column, ...] = ()
    rows: int | None = None
    fingerprint: str | None = None

"""Datasets as the plan and the records speak of them."""

from __future__ import annotations

from typing import Literal

from workbench.model.value import Value

Layer = Literal["raw", "bronze", "silver", "gold"]

#: Columns that say where a row came from; they travel with a row as long as it descends from one
#: received row, and are never loaded into a target unless it asks for them.
SOURCE = "_source"
ROW = "_row"
RUN = "_run"
PROVENANCE = (SOURCE, ROW, RUN)


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

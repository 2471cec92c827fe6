"""Columns that say where a row came from; they travel with a row as long as it descends from one
received row, and are never loaded into a target unless it asks for them."""

from __future__ import annotations

SOURCE = "_source"
ROW = "_row"
RUN = "_run"
PROVENANCE = (SOURCE, ROW, RUN)

"""A few rows of the published version, read from its Parquet files, masked by the spec."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.publish.collect.datasets import SampleRows
from workbench.publish.collect.facts import DatasetFacts
from workbench.publish.collect.masking import MASK

if TYPE_CHECKING:
    from workbench.config import Settings

_LONGEST = 200


def sample(settings: Settings, facts: DatasetFacts, rows: int) -> SampleRows | None:
    """The first rows of the published version; ``None`` where its files are gone or not asked for.

    Masked columns are not even read.
    """
    if facts.published is None or rows <= 0:
        return None
    shown = [column for column in facts.columns if column.in_sample]
    open_columns = [column.name for column in shown if not column.masked]
    try:
        found = _read(settings, facts, open_columns, rows)
    except (WorkbenchError, OSError, ValueError):  # vacuumed, moved, or on another machine
        return None
    if not found:
        return None
    return SampleRows(
        columns=tuple(column.name for column in shown),
        rows=tuple(
            tuple(MASK if column.masked else _text(row.get(column.name)) for column in shown)
            for row in found
        ),
    )


def _read(
    settings: Settings, facts: DatasetFacts, columns: list[str], rows: int
) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    from workbench.lake.reading import LayerReader

    version = facts.published
    if version is None:
        return []
    layer: Any = version.layer
    files = LayerReader(settings, facts.name, layer).files(version.version)
    found: list[dict[str, Any]] = []
    for path in sorted(files):
        with pq.ParquetFile(Path(path)) as file:
            names = [name for name in columns if name in file.schema_arrow.names]
            for batch in file.iter_batches(batch_size=rows, columns=names):
                if names:
                    found += batch.to_pylist()
                else:
                    found += [{} for _ in range(batch.num_rows)]
                if len(found) >= rows:
                    return found[:rows]
    return found


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"

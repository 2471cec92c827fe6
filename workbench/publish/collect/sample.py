"""A few rows of the published version, read from its Parquet files, masked by the spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.model.sql import identifiers, literal
from workbench.publish.collect.datasets import SampleRows
from workbench.publish.collect.facts import DatasetFacts
from workbench.publish.collect.masking import MASK

_LONGEST = 200


def sample(facts: DatasetFacts, rows: int) -> SampleRows | None:
    """The first rows of the published version; ``None`` where its files are gone or not asked for.

    Masked columns are not even read.
    """
    if facts.published is None or rows <= 0:
        return None
    shown = [column for column in facts.columns if column.in_sample]
    open_columns = [column.name for column in shown if not column.masked]
    try:
        found = _read(facts, open_columns, rows)
    except Exception:  # vacuumed, moved, or on another machine: a page is not lost over a sample
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


def _read(facts: DatasetFacts, columns: list[str], rows: int) -> list[dict[str, Any]]:
    import duckdb

    from workbench.lake import delta

    version = facts.published
    if version is None:
        return []
    folder = Path(version.uri)
    table = delta.open_table(folder, version.version)
    files = [str(folder / file.path) for file in delta.files(table)] if table else []
    if not files:
        return []
    listed = ", ".join(literal(path) for path in files)
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        source = f"read_parquet([{listed}], union_by_name = true)"
        there = {row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
        names = [name for name in columns if name in there]
        what = identifiers(names) if names else "NULL"
        found = connection.execute(f"SELECT {what} FROM {source} LIMIT {int(rows)}").fetchall()
    return [dict(zip(names, row, strict=False)) for row in found]


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"

"""A few rows of the published version, read from its Parquet files, masked by the spec."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.publish.collect.datasets import SampleRows
from workbench.publish.collect.facts import DatasetFacts
from workbench.publish.collect.masking import MASK
from workbench.publish.collect.sampler import Rows

#: Gives the first rows of a version: uri of its table, version, columns, how many.
Read = Callable[[str, int, Sequence[str], int], Rows]


def sample(facts: DatasetFacts, rows: int, read: Read) -> SampleRows | None:
    """The first rows of the published version; ``None`` where its files are gone or not asked for.

    Masked columns are not even read.
    """
    published = facts.published
    if published is None or rows <= 0:
        return None
    shown = [column for column in facts.columns if column.in_sample]
    open_columns = [column.name for column in shown if not column.masked]
    try:
        names, found = read(published.uri, published.version, open_columns, rows)
    except Exception:  # vacuumed, moved, or on another machine: a page is not lost over a sample
        return None
    if not found:
        return None
    places = {name: place for place, name in enumerate(names)}
    return SampleRows(
        columns=tuple(column.name for column in shown),
        rows=tuple(
            tuple(
                MASK
                if column.masked
                else row[places[column.name]]
                if column.name in places
                else None
                for column in shown
            )
            for row in found
        ),
    )

"""What is to be loaded, and what is known about a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.destinations.loading.capabilities import Strategy
from workbench.model.dataset import PROVENANCE, Column

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class LoadRequest:
    """Load ``candidate`` into a table by ``strategy``, once for this run.

    ``columns`` are those to load, in their logical types. ``candidate`` is Parquet files or an
    Arrow table; ``where`` (DuckDB SQL, from the workbench, never from data) chooses rows of it.
    ``key`` tells rows apart; ``compare`` decides what counts as updated (default: all columns but
    key and provenance); ``on`` is what ``delete_insert`` deletes by (default: the key).
    ``version`` is the dataset version that is loaded, ``fence`` the number of this attempt.
    ``keyed`` says that the key was proven to tell the rows apart; else the load looks.
    ``expected`` is the stamp that the table must have still (default: whatever it has).
    ``alone`` is how many rows the table has if all of them are this dataset's; with others among
    them it is not emptied (default: whatever it has).
    """

    table: str
    columns: tuple[Column, ...]
    strategy: Strategy
    candidate: Sequence[Path | str] | pa.Table
    run_id: str
    fence: int = 0
    schema: str | None = None
    key: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    version: int | None = None
    where: str | None = None
    keyed: bool = False
    description: str = ""
    expected: str | None = None
    alone: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns to load."""
        return tuple(column.name for column in self.columns)

    @property
    def compared(self) -> tuple[str, ...]:
        """Columns whose difference makes a row an updated one."""
        chosen = self.compare or tuple(n for n in self.names if n not in PROVENANCE)
        return tuple(name for name in chosen if name not in self.key)


@dataclass(frozen=True)
class TableState:
    """A table as it is: its columns (``type`` is logical, or the engine's own where there is no
    logical one), its primary key, the engine's own type of each column, and, where they were
    counted, its rows."""

    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    native: dict[str, str]
    rows: int | None = None

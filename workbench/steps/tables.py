"""Tables and figures that a notebook can show, as plain data.

Neither carries markup made from data: a table escapes every text, a figure is a Plotly
description. Both have a twin in plain text, and a table one in JSON for those who draw it anew.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

TABLE_MIME = "application/vnd.workbench.table+json"
PLOTLY_MIME = "application/vnd.plotly.v1+json"

#: What a table shows at most; a last row says how many are left out.
MAX_ROWS = 200
MAX_TEXT = 300

Cell = str | int | float | None

_BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Table:
    """A table with a caption. Columns of numbers stand to the right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...] = field(repr=False)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/plain": str(self),
            "text/html": self._repr_html_(),
            TABLE_MIME: {
                "caption": self.caption,
                "columns": list(self.columns),
                "rows": [list(row) for row in self._shown],
                "numeric": list(self._numeric),
            },
        }

    def _repr_html_(self) -> str:
        sides = [
            ' style="text-align: right"' if numeric else ' style="text-align: left"'
            for numeric in self._numeric
        ]
        head = "".join(
            f'<th scope="col"{side}>{html.escape(name)}</th>'
            for name, side in zip(self.columns, sides, strict=True)
        )
        body = "\n".join(
            "<tr>"
            + "".join(
                f"<td{side}>{html.escape(words(cell))}</td>"
                for cell, side in zip(row, sides, strict=True)
            )
            + "</tr>"
            for row in self._shown
        )
        return (
            f"<table>\n<caption>{html.escape(self.caption)}</caption>\n"
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
        )

    def __str__(self) -> str:
        texts = [self.columns, *(tuple(words(cell) for cell in row) for row in self._shown)]
        widths = [max(len(row[n]) for row in texts) for n in range(len(self.columns))]
        lines = [
            "  ".join(
                text.rjust(width) if numeric else text.ljust(width)
                for text, width, numeric in zip(row, widths, self._numeric, strict=True)
            ).rstrip()
            for row in texts
        ]
        return "\n".join([self.caption, lines[0], "─" * len(lines[0]), *lines[1:]])

    @property
    def _shown(self) -> Sequence[tuple[Cell, ...]]:
        left_out = len(self.rows) - MAX_ROWS
        if left_out <= 0:
            return self.rows
        rest: tuple[Cell, ...] = (f"… {left_out:,} more rows",)
        return [*self.rows[:MAX_ROWS], rest + (None,) * (len(self.columns) - 1)]

    @cached_property
    def _numeric(self) -> tuple[bool, ...]:
        """Of each column, whether it has numbers and nothing else."""
        columns = [
            [row[n] for row in self.rows if row[n] is not None] for n in range(len(self.columns))
        ]
        return tuple(
            bool(cells) and all(isinstance(cell, int | float) for cell in cells)
            for cells in columns
        )


@dataclass(frozen=True)
class Figure:
    """A Plotly figure, described without importing Plotly. ``text`` says the same in words."""

    text: str
    data: tuple[dict[str, Any], ...] = field(repr=False)
    layout: dict[str, Any] = field(repr=False)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            PLOTLY_MIME: {
                "data": list(self.data),
                "layout": self.layout,
                "config": {"responsive": True, "displaylogo": False},
            },
            "text/plain": self.text,
        }

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Note:
    """A sentence."""

    text: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": f"<p>{html.escape(str(self))}</p>"}

    def __str__(self) -> str:
        return printable(self.text)


def words(cell: Cell) -> str:
    """A cell as it is shown: numbers in groups of three, control characters made visible."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:,.4g}" if abs(cell) < 1e4 else f"{cell:,.0f}"
    text = cell if len(cell) <= MAX_TEXT else cell[:MAX_TEXT] + "…"
    return printable(text)


def printable(text: str) -> str:
    """``text`` with control characters, also those that turn its direction, made visible."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def bars(counts: Sequence[int]) -> str:
    """A histogram in one line of text."""
    most = max(counts, default=0)
    if most <= 0:
        return ""
    return "".join(
        _BLOCKS[(count * (len(_BLOCKS) - 1) + most - 1) // most] if count else " "
        for count in counts
    )

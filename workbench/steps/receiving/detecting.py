"""What was found out about a received file, with what people corrected, as plain values.

``workbench detect`` and the Upload panel show the same: both look through ``looking`` and write
specs through ``skeleton``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.model.dataset import ROW, SOURCE
from workbench.sources.parsing.looking import HEAD, WHOLE, Look, described, look
from workbench.sources.parsing.options import ReadOptions
from workbench.sources.parsing.skeleton import TypeChoice
from workbench.steps.receiving.casting import try_casts

#: Rows and refused records that are shown.
ROWS = 50
BAD = 200
#: Longer cells are cut where they are shown.
_CELL = 300


def detection(
    path: Path,
    name: str,
    reading: ReadOptions | None = None,
    types: Mapping[str, TypeChoice] | None = None,
    *,
    whole: bool = False,
) -> dict[str, Any]:
    """The file as it would be received: its properties, columns, first rows and refused records.

    Of a text the head is looked at, which takes a moment; with ``whole`` all of it (up to 256 MB).
    ``casts`` says for each column with a type how many of the values seen do not read.
    """
    seen = look(path, name, reading or ReadOptions(), WHOLE if whole else HEAD)
    told = described(seen, name, BAD)
    told["columns"] = [one | _chosen(types, one["name"]) for one in told["columns"]]
    choices = {
        one["name"]: TypeChoice(
            **{key: one.get(key) for key in ("decimal", "thousands", "format")},
            type=one.get("type", "text"),
        )
        for one in told["columns"]
    }
    table = seen.parsed.table
    return {
        **told,
        "partial": seen.partial,
        "looked_at": seen.seen,
        "row_numbers": table.column(ROW).slice(0, ROWS).to_pylist(),
        "rows": _rows(seen),
        "casts": try_casts(table, choices),
    }


def _chosen(types: Mapping[str, TypeChoice] | None, column: str) -> dict[str, Any]:
    """What somebody chose for a column, over what was guessed."""
    choice = (types or {}).get(column)
    return {**choice.model_dump(), "given": True, "confidence": 1.0} if choice else {}


def _rows(seen: Look) -> list[list[str | None]]:
    table = seen.parsed.table
    names = [name for name in table.column_names if name not in (SOURCE, ROW)]
    columns = [table.column(name).slice(0, ROWS).to_pylist() for name in names]
    return [[_cut(cell) for cell in row] for row in zip(*columns, strict=True)]


def _cut(cell: str | None) -> str | None:
    return cell if cell is None or len(cell) <= _CELL else f"{cell[:_CELL]}…"


def reading_of(given: Mapping[str, Any]) -> ReadOptions:
    """Options of reading from plain values. Raises ``WorkbenchError`` that names the option."""
    from pydantic import ValidationError

    try:
        return ReadOptions.model_validate(dict(given))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise WorkbenchError(
            str(fault["msg"]).removeprefix("Value error, "),
            where=place or None,
            remedy="correct it, or let it be detected",
        ) from None

"""Several files become one candidate, as if each had been published in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.model.dataset import ROW, RUN, SOURCE, Column
from workbench.model.sql import duckdb_type, identifier, identifiers, literal
from workbench.spec.models import Update

#: Column with the number of the file that a row came with.
PIECE = "_piece"
_PROVENANCE_TYPES = {SOURCE: "text", ROW: "integer", RUN: "text"}


@dataclass(frozen=True)
class Piece:
    """One file (or the upstream tables) after its transforms, as views in the engine.

    ``provenance`` are the provenance columns that the rows still have; ``refused`` is the view of
    refused rows; a ``correction`` holds mended rows.
    """

    view: str
    columns: tuple[Column, ...]
    provenance: frozenset[str]
    refused: str | None
    correction: bool
    rows: int


def select(piece: Piece, number: int, run_id: str) -> str:
    """A piece with all provenance columns (null where rows lost theirs) and its number."""
    lost = ", ".join(
        f"CAST({'NULL' if name != RUN else literal(f'{run_id}.{number}')} AS "
        f"{duckdb_type(kind)}) AS {identifier(name)}"
        for name, kind in _PROVENANCE_TYPES.items()
        if name not in piece.provenance
    )
    more = f", {lost}" if lost else ""
    return f"SELECT *{more}, {number} AS {PIECE} FROM {identifier(piece.view)}"


def fold(pieces: Sequence[Piece], update: Update, key: Sequence[str]) -> str:
    """Which rows of the union stand: a QUALIFY clause, or nothing for a single piece.

    - ``merge``: of each key, the rows of the last piece that has it; null keys all stay, and are
      refused when they are published.
    - ``append``: of each file, the rows of its last delivery, mended row by row.
    - ``replace``: the last whole delivery, mended row by row.
    """
    if len(pieces) < 2:
        return ""
    if update == "merge":
        nulls = " OR ".join(f"{identifier(name)} IS NULL" for name in key)
        return (
            f"QUALIFY {nulls} OR "
            f"rank() OVER (PARTITION BY {identifiers(key)} ORDER BY {PIECE} DESC) = 1"
        )
    corrections = [n for n, piece in enumerate(pieces) if piece.correction] or [-1]
    mended = f"{PIECE} IN ({', '.join(map(str, corrections))})"
    source, row = identifier(SOURCE), identifier(ROW)
    conditions = [
        f"({source} IS NULL OR {PIECE} >= coalesce(max({PIECE}) FILTER ({which}) "
        f"OVER (PARTITION BY {of}), -1))"
        for which, of in ((f"NOT {mended}", source), (mended, f"{source}, {row}"))
    ]
    if update == "replace":
        whole = [n for n, piece in enumerate(pieces) if not piece.correction]
        conditions.append(f"{PIECE} >= {whole[-1] if whole else 0}")
    return "QUALIFY " + " AND ".join(conditions)


def overruled(pieces: Sequence[Piece], update: Update, key: Sequence[str]) -> str:
    """Which rows lost to those of a later piece with the same key: a QUALIFY clause, or nothing.

    Only a merge has them: elsewhere a file replaces another as a whole.
    """
    if len(pieces) < 2 or update != "merge":
        return ""
    nulls = " OR ".join(f"{identifier(name)} IS NULL" for name in key)
    return (
        f"QUALIFY NOT ({nulls}) AND "
        f"rank() OVER (PARTITION BY {identifiers(key)} ORDER BY {PIECE} DESC) > 1"
    )

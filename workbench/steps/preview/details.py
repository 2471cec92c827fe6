"""Examples of what one transform did: rows that went, and cells that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.model.dataset import ROW, SOURCE
from workbench.model.sql import identifier, identifiers
from workbench.steps.preview.model import CellChange, ChangedColumn, RefusedRow, StepDetail
from workbench.steps.preview.values import plain
from workbench.steps.preview.windows import Relation

if TYPE_CHECKING:
    import duckdb

    from workbench.steps.preview.changes import Thought
    from workbench.steps.preview.kept import Told

EXAMPLES = 20


def detail(
    cursor: duckdb.DuckDBPyConnection,
    number: int,
    pair: tuple[Relation, Relation],
    thought: Thought,
    told: Told,
    unique: bool,
) -> StepDetail:
    """Examples of what transform ``number`` made of the first relation, the second being after."""
    before, after = pair
    went = told.ledger.filtered or told.ledger.deduplicated
    same = [(name, name) for name in thought.changes.changed]
    return StepDetail(
        number=number,
        removed=removed(cursor, before, after, unique=unique) if went else (),
        refused=tuple(RefusedRow.model_validate(each) for each in told.refused),
        changed=changed(cursor, before, after, same, unique=unique),
    )


def removed(
    cursor: duckdb.DuckDBPyConnection, before: Relation, after: Relation, *, unique: bool
) -> tuple[dict[str, Any], ...]:
    """Rows of ``before`` of which nothing is left in ``after``.

    ``unique``: provenance tells the rows apart. Otherwise whole rows are compared, which only says
    something where the columns stayed the same.
    """
    here = [name for name in (SOURCE, ROW) if name in before.types and name in after.types]
    shown = [*here, *before.columns]
    if unique and here:
        same = " AND ".join(f"b.{identifier(n)} IS NOT DISTINCT FROM a.{identifier(n)}"
                            for n in here)  # fmt: skip
        sql = (
            f"SELECT {identifiers(shown, 'b.')} FROM {identifier(before.name)} b "
            f"WHERE NOT EXISTS (SELECT 1 FROM {identifier(after.name)} a WHERE {same})"
        )
    elif before.columns == after.columns:
        whole = identifiers(shown)
        sql = (
            f"SELECT {whole} FROM {identifier(before.name)} EXCEPT ALL "
            f"SELECT {whole} FROM {identifier(after.name)}"
        )
    else:
        return ()
    order = f" ORDER BY {identifier(ROW)}" if ROW in shown else ""
    rows = cursor.execute(f"SELECT * FROM ({sql}){order} LIMIT {EXAMPLES}").fetchall()
    return tuple(
        {name: plain(value) for name, value in zip(shown, row, strict=True)} for row in rows
    )


def changed(
    cursor: duckdb.DuckDBPyConnection,
    before: Relation,
    after: Relation,
    columns: Sequence[tuple[str, str]],
    *,
    unique: bool,
) -> tuple[ChangedColumn, ...]:
    """How many cells of each of ``columns`` (name before, name after) changed, with examples.

    Rows are matched by provenance, so nothing is said where it does not tell rows apart. A value
    that only got another type, and reads the same as text, has not changed.
    """
    here = [name for name in (SOURCE, ROW) if name in before.types and name in after.types]
    if not (unique and here and columns):
        return ()
    same = " AND ".join(f"b.{identifier(n)} IS NOT DISTINCT FROM a.{identifier(n)}" for n in here)
    source = f"{identifier(before.name)} b JOIN {identifier(after.name)} a ON {same}"
    differs = {
        new: f"CAST(b.{identifier(old)} AS VARCHAR) IS DISTINCT FROM "
        f"CAST(a.{identifier(new)} AS VARCHAR)"
        for old, new in columns
    }
    counts = ", ".join(f"count(*) FILTER (WHERE {sql})" for sql in differs.values())
    row = cursor.execute(f"SELECT {counts} FROM {source}").fetchone() or ()
    found = []
    for (old, new), cells in zip(columns, row, strict=True):
        examples = cursor.execute(
            f"SELECT a.{identifier(ROW)}, b.{identifier(old)}, a.{identifier(new)} "
            f"FROM {source} WHERE {differs[new]} ORDER BY 1 LIMIT 5"
        ).fetchall() if cells else []  # fmt: skip
        found.append(
            ChangedColumn(
                column=new,
                cells=cells,
                examples=tuple(
                    CellChange(row=n, before=plain(b), after=plain(a)) for n, b, a in examples
                ),
            )
        )
    return tuple(found)

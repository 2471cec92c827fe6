"""A column at a glance, computed when somebody looks: what is missing is told apart by its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.model.dataset import ROW
from workbench.model.sql import identifier, logical_type
from workbench.quality.profile import profile
from workbench.steps.preview.kept import MARKED
from workbench.steps.preview.model import ColumnStatistics
from workbench.steps.preview.windows import Relation

if TYPE_CHECKING:
    import duckdb

    from workbench.steps.preview.kept import Kept
    from workbench.steps.preview.walking import Walk

#: Signs that cannot be seen: control characters, soft hyphens, odd and zero-width spaces, marks
#: that turn the direction of text.
INVISIBLE = (
    "[\\x{00}-\\x{1F}\\x{7F}-\\x{9F}\\x{AD}\\x{A0}\\x{1680}\\x{180E}\\x{2000}-\\x{200F}"
    "\\x{2028}-\\x{202F}\\x{205F}-\\x{206F}\\x{3000}\\x{FEFF}]|^ | $"
)
_MARKERS = 20


def of_step(
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    column: str,
    number: int,
    kept: Kept,
    walk: Walk,
) -> ColumnStatistics:
    """A column after step ``number``: its figures, and what its nulls were in the file."""
    found = statistics(cursor, relation, column)
    received = walk.received
    if number == 0:
        beneath = Relation.of(cursor, received.raw) if received.raw else None
        return of_received(cursor, found, beneath)
    origin = _origin(walk, number, column)
    if origin is None or not kept.stage.unique:
        return found
    beneath = Relation.of(cursor, received.raw or received.view)
    return of_descendant(cursor, found, relation, beneath, origin)


def _origin(walk: Walk, number: int, column: str) -> str | None:
    """The received column that a column is made of, if it is one alone."""
    names = {column}
    for thought in reversed(walk.thoughts()[1 : number + 1]):
        if any(each.target_column in names for each in thought.joined):
            return None
        if thought.origins:
            names = {o.source for o in thought.origins if o.column in names}
    return next(iter(names)) if len(names) == 1 else None


def statistics(
    cursor: duckdb.DuckDBPyConnection, relation: Relation, column: str
) -> ColumnStatistics:
    """Type, nulls, distinct values, ends, most frequent values and histogram of one column."""
    quoted = relation.column(column)
    [found] = profile(cursor, relation.name, [column])
    texts = (0, 0, 0)
    if relation.types[column] == "VARCHAR":
        row = cursor.execute(
            f"SELECT count(*) FILTER (WHERE {quoted} = ''), "
            f"count(*) FILTER (WHERE {quoted} <> '' AND regexp_full_match({quoted}, "
            f"'[\\s\\p{{Z}}\\x{{200B}}\\x{{FEFF}}]*')), "
            f"count(*) FILTER (WHERE regexp_matches({quoted}, '{INVISIBLE}')) "
            f"FROM {identifier(relation.name)}"
        ).fetchone()
        texts = row if row else texts
    return ColumnStatistics(
        column=column,
        type=logical_type(found.type) or found.type.lower(),
        rows=found.rows,
        null=found.nulls,
        empty=texts[0],
        blank=texts[1],
        invisible=texts[2],
        distinct=found.distinct,
        minimum=found.minimum,
        maximum=found.maximum,
        mean=found.mean,
        top=found.top,
        histogram=found.histogram,
    )


def of_received(
    cursor: duckdb.DuckDBPyConnection, found: ColumnStatistics, raw: Relation | None
) -> ColumnStatistics:
    """For a column as received: which texts stood for "no value", and what was blank."""
    markers = _markers(cursor, raw, found.column, None) if raw else ()
    marked = sum(times for _, times in markers)
    return found.model_copy(
        update={
            "markers": markers[:_MARKERS],
            "blank_in_file": found.null - marked,
            "became_null": 0,
        }
    )


def of_descendant(
    cursor: duckdb.DuckDBPyConnection,
    found: ColumnStatistics,
    relation: Relation,
    raw: Relation,
    source: str,
) -> ColumnStatistics:
    """For a column made of one received column: what of its nulls was missing in the file.

    ``raw`` are the rows as received; rows descend from them one to one.
    """
    if not found.null or ROW not in relation.types or ROW not in raw.types:
        return found
    column, origin, row = (identifier(name) for name in (found.column, source, ROW))
    blank = _one(
        cursor,
        f"SELECT count(*) FROM {identifier(relation.name)} t JOIN {identifier(raw.name)} r "
        f"ON t.{row} = r.{row} WHERE t.{column} IS NULL AND r.{origin} IS NULL",
    )
    join = f"JOIN {identifier(relation.name)} t ON t.{row} = r.{row} WHERE t.{column} IS NULL AND "
    markers = _markers(cursor, raw, source, join)
    marked = sum(times for _, times in markers)
    return found.model_copy(
        update={
            "markers": markers[:_MARKERS],
            "blank_in_file": blank,
            "became_null": max(0, found.null - blank - marked),
        }
    )


def _markers(
    cursor: duckdb.DuckDBPyConnection, raw: Relation, column: str, join: str | None
) -> tuple[tuple[str, int], ...]:
    """Texts of ``column`` that were taken for null, with their number."""
    if MARKED not in raw.types:
        return ()
    quoted = identifier(column)
    rows: list[tuple[Any, ...]] = cursor.execute(
        f"SELECT r.{quoted}, count(*) FROM {identifier(raw.name)} r {join or 'WHERE '}"
        f"list_contains(r.{MARKED}, {raw.columns.index(column)}) GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    return tuple((str(text), int(times)) for text, times in rows)


def _one(cursor: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = cursor.execute(sql).fetchone()
    return int(row[0]) if row else 0

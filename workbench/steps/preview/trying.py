"""Values of a column, and what a cast would make of them: for forms that help to write rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench.errors import ConfigError
from workbench.model.sql import identifier
from workbench.steps.preview.model import DistinctValue, Trial, Tried
from workbench.steps.preview.windows import Relation

if TYPE_CHECKING:
    import duckdb

    from workbench.steps.preview.builder import Builder
    from workbench.steps.preview.kept import Kept


def distinct(
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    column: str,
    *,
    limit: int = 1_000,
    search: str = "",
) -> tuple[tuple[DistinctValue, ...], int]:
    """The values of a column as text, most frequent first, and how many there are in all.

    With ``search`` only those that contain it, whatever the case. Null is a value, too.
    """
    quoted = relation.column(column)
    text = f"CAST({quoted} AS VARCHAR)"
    where = "contains(lower(v), lower($1))" if search else "TRUE"
    rows = cursor.execute(
        f"SELECT v, n, count(*) OVER () FROM (SELECT {text} AS v, count(*) AS n "
        f"FROM {identifier(relation.name)} GROUP BY 1) WHERE {where} "
        f"ORDER BY n DESC, v NULLS LAST LIMIT {int(limit)}",
        [search] if search else [],
    ).fetchall()
    values = tuple(DistinctValue(value=value, count=times) for value, times, _ in rows)
    return values, int(rows[0][2]) if rows else 0


def try_column(
    builder: Builder, kept: Kept, column: str, options: Mapping[str, Any], *, limit: int = 200
) -> Trial:
    """What a cast makes of a column of kept rows."""
    relation = Relation.of(builder.connection, kept.view)
    name = identifier(builder.engine.name("values"))
    builder.connection.execute(
        f"CREATE VIEW {name} AS SELECT {relation.column(column)} AS value, count(*) AS count "
        f"FROM {identifier(kept.view)} GROUP BY 1"
    )
    try:
        table = builder.backend.table(name.strip('"'))
        return try_cast(builder.backend, table, options, limit=limit)
    finally:
        builder.connection.execute(f"DROP VIEW {name}")


def try_cast(backend: Any, table: Any, options: Mapping[str, Any], *, limit: int = 200) -> Trial:
    """What a cast of ``type_cast`` with these ``options`` makes of a table ``value, count``.

    The values that do not read come first. ``ConfigError`` for options that are wrong.
    """
    import ibis

    from workbench.transforms.core.casts import read, reason
    from workbench.transforms.type_cast import Cast

    try:
        cast = Cast.model_validate(dict(options))
    except ValidationError as error:
        words = "; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())
        raise ConfigError(words, remedy="mend the options of the cast") from None
    stage, readings = read(table, {"value": cast})
    reading = readings["value"]
    failed = reading.failed if reading.failed is not None else ibis.literal(False)
    told = stage.select(
        text=stage["value"].cast("string"),
        given=reading.given.cast("string"),
        result=reading.value.cast("string"),
        failed=failed,
        reason=ibis.ifelse(failed, reason("value", reading, cast), ibis.null("string")),
        count=stage["count"],
    )
    totals = told.aggregate(
        rows=told["count"].sum(),
        failing=told["count"].sum(where=told["failed"]),
        nulls=told["count"].sum(where=told["given"].isnull()),
        values=told.count(),
    )
    [total] = backend.to_pyarrow(totals).to_pylist()
    order = told.order_by([ibis.desc("failed"), ibis.desc("count"), ibis.asc("text")])
    rows: Sequence[dict[str, Any]] = backend.to_pyarrow(order.limit(limit)).to_pylist()
    return Trial(
        rows=int(total["rows"] or 0),
        failing=int(total["failing"] or 0),
        nulls=int(total["nulls"] or 0),
        distinct=int(total["values"] or 0),
        values=tuple(
            Tried(
                text=row["text"],
                value=row["result"],
                failed=bool(row["failed"]),
                reason=(row["reason"] or "").removeprefix("value: ") or None,
                count=int(row["count"]),
            )
            for row in rows
        ),
    )

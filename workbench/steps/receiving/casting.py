"""How many values of a column read as a type: what a cast would refuse, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench.errors import WorkbenchError
from workbench.model.dataset import ROW
from workbench.sources.parsing.skeleton import TypeChoice

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.transforms.type_cast import Cast

_SHOWN = 5


def casts_of(choices: Mapping[str, TypeChoice]) -> dict[str, Cast]:
    """What ``type_cast`` would do. Raises ``WorkbenchError`` for a cast that means nothing."""
    from workbench.transforms.type_cast import Cast

    casts = {}
    for name, choice in choices.items():
        given = {key: value for key, value in choice.model_dump().items() if value is not None}
        try:
            casts[name] = Cast.model_validate(given)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            raise WorkbenchError(
                str(fault["msg"]).removeprefix("Value error, "),
                where=f"column {name}",
                remedy="choose another type, or mend how its values are written",
            ) from None
    return casts


def try_casts(table: pa.Table, choices: Mapping[str, TypeChoice]) -> dict[str, dict[str, Any]]:
    """For each column: how many values it has, how many do not read, and the first of those.

    ``table`` has text columns and ``_row``. Columns that it has not, and texts, are left out.
    """
    wanted = {
        name: choice
        for name, choice in choices.items()
        if name in table.column_names and choice.type != "text"
    }
    casts = casts_of(wanted)
    if not casts or not table.num_rows:
        return {}
    import ibis

    from workbench.transforms.core.casts import read

    connection = ibis.duckdb.connect()
    try:
        rows = connection.create_table("rows", table.select([*wanted, ROW]))
        stage, readings = read(rows, casts)
        told = {}
        for name in casts:
            reading = readings[name]
            if reading.failed is None:
                continue
            bad = stage.filter(reading.failed)
            counts = stage.aggregate(
                values=reading.given.count(), failed=reading.failed.sum()
            ).to_pyarrow()
            shown = (
                bad.select(row=bad[ROW], text=reading.given.cast("string"))
                .order_by("row")
                .limit(_SHOWN)
                .to_pyarrow()
            )
            told[name] = {
                "values": counts.column("values")[0].as_py(),
                "failed": counts.column("failed")[0].as_py() or 0,
                "examples": shown.to_pylist(),
            }
        return told
    finally:
        connection.disconnect()

"""Load requests for tests, and the strategies once more, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbench.destinations.loading.request import LoadRequest
from workbench.model.dataset import Column

COLUMNS = (
    Column(name="program", type="text", description="Programa presupuestario"),
    Column(name="month", type="integer"),
    Column(name="amount", type="decimal(18,2)"),
    Column(name="note", type="text"),
)
KEY = ("program", "month")
SCHEMA = pa.schema(
    [
        ("program", pa.string()),
        ("month", pa.int64()),
        ("amount", pa.decimal128(18, 2)),
        ("note", pa.string()),
    ]
)

Row = tuple[str | None, int | None, Decimal | None, str | None]


def row(
    program: str | None, month: int | None, amount: str | None = "1.00", note: str | None = None
) -> Row:
    """A row of the test table."""
    return (program, month, None if amount is None else Decimal(amount), note)


def table(rows: Sequence[Row]) -> pa.Table:
    """Rows as a candidate."""
    return pa.Table.from_pylist(
        [dict(zip(SCHEMA.names, each, strict=True)) for each in rows], schema=SCHEMA
    )


def request(rows: Sequence[Row], run: str = "run-1", **more: Any) -> LoadRequest:
    """An upsert of these rows, unless said otherwise."""
    given: dict[str, Any] = {
        "table": "budget",
        "columns": COLUMNS,
        "strategy": "upsert",
        "key": KEY,
        "candidate": table(rows),
        "run_id": run,
        "fence": 1,
        "description": "Ejecución",
    }
    return LoadRequest(**(given | more))


def oracle(
    there: Sequence[Row], rows: Sequence[Row], strategy: str, on: Sequence[str] = ()
) -> tuple[list[Row], dict[str, int]]:
    """The rows afterwards and the ledger, one row at a time. Null equals null."""
    names = SCHEMA.names
    counts = {"inserted": 0, "updated": 0, "unchanged": 0, "deleted": 0}

    def values(each: Row, chosen: Sequence[str]) -> tuple[Any, ...]:
        return tuple(each[names.index(name)] for name in chosen)

    after = list(there)
    if strategy == "truncate_insert":
        counts["deleted"], after = len(after), []
    if strategy == "delete_insert":
        gone = {values(each, on or KEY) for each in rows}
        after = [each for each in after if values(each, on or KEY) not in gone]
        counts["deleted"] = len(there) - len(after)
    if strategy != "upsert":
        counts["inserted"] = len(rows)
        return after + list(rows), counts
    for each in rows:
        same = [n for n, other in enumerate(after) if values(other, KEY) == values(each, KEY)]
        if not same:
            after.append(each)
            counts["inserted"] += 1
        elif after[same[0]] == each:
            counts["unchanged"] += 1
        else:
            after[same[0]] = each
            counts["updated"] += 1
    return after, counts

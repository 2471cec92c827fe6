"""Loads of targets: which version each target holds."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from workbench.model.ledger import LoadLedger
from workbench.model.value import Value
from workbench.records.schema_data import target_loads
from workbench.records.slots import insert_if_absent
from workbench.records.store import Records
from workbench.records.types import AnyRow


class TargetLoad(Value):
    """One load: ``version`` of ``dataset`` went to ``target`` by ``strategy``."""

    target: str
    dataset: str
    version: int
    run_id: str
    strategy: str
    fence: int
    ledger: LoadLedger
    loaded_at: datetime


def record_load(connection: Connection, load: TargetLoad) -> None:
    """Record a load; the same run may do so again: no change."""
    insert_if_absent(
        connection,
        target_loads,
        [load.model_dump(exclude={"ledger"}) | {"ledger": load.ledger.model_dump(mode="json")}],
    )


def last_load(records: Records, target: str, dataset: str | None = None) -> TargetLoad | None:
    """The last load of a target; with ``dataset``, the last one of this dataset."""
    statement = (
        sa.select(target_loads)
        .where(target_loads.c.target == target)
        .order_by(target_loads.c.id.desc())
        .limit(1)
    )
    if dataset is not None:
        statement = statement.where(target_loads.c.dataset == dataset)
    row = records.row(statement)
    return None if row is None else _load(row)


def list_loads(
    records: Records,
    *,
    dataset: str | None = None,
    run_id: str | None = None,
    limit: int = 100,
) -> tuple[TargetLoad, ...]:
    """Loads, newest first."""
    statement = sa.select(target_loads).order_by(target_loads.c.id.desc()).limit(limit)
    if dataset is not None:
        statement = statement.where(target_loads.c.dataset == dataset)
    if run_id is not None:
        statement = statement.where(target_loads.c.run_id == run_id)
    return tuple(_load(row) for row in records.rows(statement))


def _load(row: AnyRow) -> TargetLoad:
    names = TargetLoad.model_fields
    return TargetLoad.model_validate({name: getattr(row, name) for name in names})

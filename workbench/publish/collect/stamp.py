"""Whether anything happened: a few aggregates that every change of the records changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from workbench.records.store import Records

#: Written out: building the same ten statements takes longer than running them.
_STATEMENTS = (
    "SELECT status, count(*), max(created_at), max(finished_at) FROM runs"
    " GROUP BY status ORDER BY status",
    "SELECT status, count(*), sum(attempt), max(finished_at), count(notebook) FROM step_runs"
    " GROUP BY status ORDER BY status",
    "SELECT count(*), max(id), count(finished_at) FROM attempts",
    "SELECT max(id) FROM checks",
    "SELECT count(*), max(updated_at), sum(CASE WHEN active THEN 1 ELSE 0 END) FROM datasets",
    "SELECT count(*), max(seen_at) FROM spec_versions",
    "SELECT count(*), max(published_at) FROM dataset_versions",
    "SELECT count(*), sum(version) FROM published",
    "SELECT count(*), max(id) FROM target_loads",
    "SELECT dataset, status, count(*) FROM quarantine"
    " GROUP BY dataset, status ORDER BY dataset, status",
)


def stamp(records: Records) -> list[Any]:
    """A value that differs when anything that the portal shows differs."""
    return [
        [[str(value) for value in row] for row in records.rows(sa.text(statement))]
        for statement in _STATEMENTS
    ]

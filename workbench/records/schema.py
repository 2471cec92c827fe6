"""The tables about runs; those about data are in ``schema_data``.

``HEAD`` is the newest migration; a test checks that the migrations build exactly these tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint

from workbench.records.types import FreeText, Json, UtcTime

#: The revision of the newest migration in ``migrations/versions``.
HEAD = "0003"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: 64 bits on PostgreSQL; SQLite counts up by itself only for its own INTEGER.
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def serial() -> Column[int]:
    """A key that counts up."""
    return Column("id", Number, primary_key=True, autoincrement=True)


def _run_id(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "run_id",
        sa.String,
        ForeignKey("runs.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


runs = Table(
    "runs",
    metadata,
    Column("id", sa.String, primary_key=True),
    Column("workflow", sa.String, nullable=False),
    Column("status", sa.String, nullable=False),
    Column("trigger", sa.String, nullable=False),
    Column("triggered_by", FreeText, nullable=False),
    Column("plan", Json, nullable=False),
    Column("slot", UtcTime),
    Column("priority", sa.Integer, nullable=False),
    Column("params", Json, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("cancel_requested", sa.Boolean, nullable=False),
    Column("owner", sa.String),  # the process of a foreground run; NULL: workers do it
    Column("error", Json),
    Column("environment", Json),  # versions of what planned it; NULL: from before they were kept
    Index(None, "status", "priority", "created_at"),
    Index(None, "workflow", "created_at"),
    Index(None, "created_at"),
)

step_runs = Table(
    "step_runs",
    metadata,
    _run_id(primary_key=True),
    Column("step_id", sa.String, primary_key=True),
    Column("position", sa.Integer, nullable=False),
    Column("dataset", sa.String, nullable=False),
    Column("verb", sa.String, nullable=False),
    Column("lease", sa.String, nullable=False),
    Column("target_lease", sa.String),
    Column("retry", Json, nullable=False),
    Column("status", sa.String, nullable=False),
    Column("attempt", sa.Integer, nullable=False),
    Column("tries", sa.Integer, nullable=False),  # attempts that count against the retry policy
    Column("fence", Number, nullable=False),
    Column("worker", sa.String),
    Column("not_before", UtcTime),
    Column("queued_at", UtcTime),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("notebook", FreeText),
    Column("error", Json),
    Column("result", Json),
    Column("waiting_for", sa.String),
    Index(None, "status", "run_id"),
    Index(None, "dataset", "run_id"),
    Index(None, "lease", "status"),
    Index(None, "target_lease", "status"),
)

step_needs = Table(
    "step_needs",
    metadata,
    _run_id(primary_key=True),
    Column("step_id", sa.String, primary_key=True),
    Column("need", sa.String, primary_key=True),
)

# The id of an attempt is its fence: it only ever rises, across all leases and, since counting
# starts at the time the records were made, across records that were deleted and made anew.
attempts = Table(
    "attempts",
    metadata,
    serial(),
    _run_id(),
    Column("step_id", sa.String, nullable=False),
    Column("number", sa.Integer, nullable=False),
    Column("worker", sa.String, nullable=False),
    Column("pid", sa.Integer),
    Column("status", sa.String, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("heartbeat_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("error", Json),
    UniqueConstraint("run_id", "step_id", "number"),
    Index(None, "status", "worker"),
    sqlite_autoincrement=True,
)

ledgers = Table(
    "ledgers",
    metadata,
    serial(),
    _run_id(),
    Column("step_id", sa.String, nullable=False),
    Column("dataset", sa.String, nullable=False),
    Column("position", sa.Integer, nullable=False),
    Column("kind", sa.String, nullable=False),
    Column("name", FreeText, nullable=False),
    Column("terms", Json, nullable=False),
    Index(None, "run_id", "step_id"),
)

checks = Table(
    "checks",
    metadata,
    serial(),
    _run_id(),
    Column("step_id", sa.String, nullable=False),
    Column("dataset", sa.String, nullable=False),
    Column("position", sa.Integer, nullable=False),
    Column("expectation", sa.String, nullable=False),
    Column("kwargs", Json, nullable=False),
    Column("severity", sa.String, nullable=False),
    Column("success", sa.Boolean, nullable=False),
    Column("engine", sa.String, nullable=False),
    Column("seconds", sa.Float, nullable=False),
    Column("error", FreeText),
    Column("result", Json, nullable=False),
    Index(None, "run_id", "step_id"),
    Index(None, "dataset"),
)

lineage_edges = Table(
    "lineage_edges",
    metadata,
    serial(),
    _run_id(),
    Column("step_id", sa.String, nullable=False),
    Column("dataset", sa.String, nullable=False),
    Column("source", FreeText, nullable=False),
    Column("target", FreeText, nullable=False),
    Column("source_column", FreeText),
    Column("target_column", FreeText),
    Column("kind", sa.String, nullable=False),
    Index(None, "run_id", "step_id"),
    Index(None, "dataset"),
)

profiles = Table(
    "profiles",
    metadata,
    _run_id(primary_key=True),
    Column("step_id", sa.String, primary_key=True),
    Column("position", sa.Integer, primary_key=True),
    Column("dataset", sa.String, nullable=False),
    Column("column", FreeText, nullable=False),
    Column("profile", Json, nullable=False),
    Index(None, "dataset"),
)

metrics = Table(
    "metrics",
    metadata,
    _run_id(primary_key=True),
    Column("step_id", sa.String, primary_key=True),
    Column("name", sa.String, primary_key=True),
    Column("value", sa.Float, nullable=False),
)

quarantine_batches = Table(
    "quarantine_batches",
    metadata,
    serial(),
    _run_id(),
    Column("step_id", sa.String, nullable=False),
    Column("dataset", sa.String, nullable=False),
    Column("uri", FreeText, nullable=False),
    Column("rows", Number, nullable=False),
    Column("reasons", Json, nullable=False),
    Index(None, "run_id", "step_id"),
    Index(None, "dataset"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", sa.String, primary_key=True),
    Column("holder", sa.String),
    Column("step_id", sa.String),
    Column("attempt", sa.Integer),
    Column("fence", Number, nullable=False),
    Column("acquired_at", UtcTime),
    Index(None, "holder"),
)

workers = Table(
    "workers",
    metadata,
    Column("id", sa.String, primary_key=True),
    Column("kind", sa.String, nullable=False),
    Column("host", sa.String, nullable=False),
    Column("machine", sa.String, nullable=False),
    Column("pid", sa.Integer, nullable=False),
    Column("pid_started", sa.Float, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("heartbeat_at", UtcTime, nullable=False),
    Column("stopped_at", UtcTime),
    Column("run_id", sa.String),
    Column("step_id", sa.String),
    Index(None, "stopped_at"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("workflow", sa.String, primary_key=True),
    Column("cron", sa.String, nullable=False),
    Column("timezone", sa.String, nullable=False),
    Column("considered_until", UtcTime, nullable=False),
)

slots = Table(
    "slots",
    metadata,
    Column("workflow", sa.String, primary_key=True),
    Column("slot", UtcTime, primary_key=True),
    Column("run_id", sa.String, nullable=False),
)

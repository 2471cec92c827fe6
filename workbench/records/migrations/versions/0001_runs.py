"""Runs, steps, attempts and their results; leases, workers and schedules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workbench.records.migrate import start_fences
from workbench.records.types import FreeText, Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, in an order that their foreign keys allow."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String()),
        sa.Column("step_id", sa.String()),
        sa.Column("attempt", sa.Integer()),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("acquired_at", UtcTime()),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_index("ix_leases_holder", "leases", ["holder"])
    op.create_table(
        "runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("triggered_by", FreeText(), nullable=False),
        sa.Column("plan", Json(), nullable=False),
        sa.Column("slot", UtcTime()),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("params", Json(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("started_at", UtcTime()),
        sa.Column("finished_at", UtcTime()),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String()),
        sa.Column("error", Json()),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_created_at", "runs", ["created_at"])
    op.create_index(
        "ix_runs_status_priority_created_at", "runs", ["status", "priority", "created_at"]
    )
    op.create_index("ix_runs_workflow_created_at", "runs", ["workflow", "created_at"])
    op.create_table(
        "schedules",
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("cron", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("considered_until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", name="pk_schedules"),
    )
    op.create_table(
        "slots",
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("slot", UtcTime(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "slot", name="pk_slots"),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("pid_started", sa.Float(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("heartbeat_at", UtcTime(), nullable=False),
        sa.Column("stopped_at", UtcTime()),
        sa.Column("run_id", sa.String()),
        sa.Column("step_id", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_index("ix_workers_stopped_at", "workers", ["stopped_at"])
    op.create_table(
        "attempts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer()),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("heartbeat_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime()),
        sa.Column("error", Json()),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_attempts_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint(
            "run_id", "step_id", "number", name="uq_attempts_run_id_step_id_number"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempts_status_worker", "attempts", ["status", "worker"])
    op.create_table(
        "checks",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("expectation", sa.String(), nullable=False),
        sa.Column("kwargs", Json(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("error", FreeText()),
        sa.Column("result", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_checks_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_checks"),
    )
    op.create_index("ix_checks_dataset", "checks", ["dataset"])
    op.create_index("ix_checks_run_id_step_id", "checks", ["run_id", "step_id"])
    op.create_table(
        "ledgers",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", FreeText(), nullable=False),
        sa.Column("terms", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_ledgers_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledgers"),
    )
    op.create_index("ix_ledgers_run_id_step_id", "ledgers", ["run_id", "step_id"])
    op.create_table(
        "lineage_edges",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("source", FreeText(), nullable=False),
        sa.Column("target", FreeText(), nullable=False),
        sa.Column("source_column", FreeText()),
        sa.Column("target_column", FreeText()),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_lineage_edges_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lineage_edges"),
    )
    op.create_index("ix_lineage_edges_dataset", "lineage_edges", ["dataset"])
    op.create_index("ix_lineage_edges_run_id_step_id", "lineage_edges", ["run_id", "step_id"])
    op.create_table(
        "metrics",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_metrics_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "step_id", "name", name="pk_metrics"),
    )
    op.create_table(
        "profiles",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("column", FreeText(), nullable=False),
        sa.Column("profile", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_profiles_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "step_id", "position", name="pk_profiles"),
    )
    op.create_index("ix_profiles_dataset", "profiles", ["dataset"])
    op.create_table(
        "quarantine_batches",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("uri", FreeText(), nullable=False),
        sa.Column("rows", NUMBER, nullable=False),
        sa.Column("reasons", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_quarantine_batches_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine_batches"),
    )
    op.create_index("ix_quarantine_batches_dataset", "quarantine_batches", ["dataset"])
    op.create_index(
        "ix_quarantine_batches_run_id_step_id", "quarantine_batches", ["run_id", "step_id"]
    )
    op.create_table(
        "step_needs",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("need", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_step_needs_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "step_id", "need", name="pk_step_needs"),
    )
    op.create_table(
        "step_runs",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("lease", sa.String(), nullable=False),
        sa.Column("target_lease", sa.String()),
        sa.Column("retry", Json(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("worker", sa.String()),
        sa.Column("not_before", UtcTime()),
        sa.Column("queued_at", UtcTime()),
        sa.Column("started_at", UtcTime()),
        sa.Column("finished_at", UtcTime()),
        sa.Column("notebook", FreeText()),
        sa.Column("error", Json()),
        sa.Column("result", Json()),
        sa.Column("waiting_for", sa.String()),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_step_runs_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "step_id", name="pk_step_runs"),
    )
    op.create_index("ix_step_runs_dataset_run_id", "step_runs", ["dataset", "run_id"])
    op.create_index("ix_step_runs_lease_status", "step_runs", ["lease", "status"])
    op.create_index("ix_step_runs_status_run_id", "step_runs", ["status", "run_id"])
    op.create_index("ix_step_runs_target_lease_status", "step_runs", ["target_lease", "status"])
    start_fences(op.get_bind())

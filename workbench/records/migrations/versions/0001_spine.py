"""The records of the first version: runs, results, versions, leases, catalog."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workbench.records.migrate import start_fences
from workbench.records.types import FreeText, Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables, in an order that their foreign keys allow."""
    op.create_table(
        "batches",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("bronze_version", NUMBER, nullable=False),
        sa.Column("rows", NUMBER, nullable=True),
        sa.Column("folded_in_version", NUMBER, nullable=True),
        sa.Column("superseded_by", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint("dataset", "run_id", name="uq_batches_dataset_run_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dataset_versions",
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("uri", FreeText(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("rows", NUMBER, nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("inputs", Json(), nullable=False),
        sa.Column("transform_hash", sa.String(), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "layer", "version", name="pk_dataset_versions"),
    )
    op.create_index("ix_dataset_versions_run_id", "dataset_versions", ["run_id"], unique=False)
    op.create_table(
        "datasets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", FreeText(), nullable=False),
        sa.Column("description", FreeText(), nullable=False),
        sa.Column("owner", FreeText(), nullable=False),
        sa.Column("tags", Json(), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("spec_hash", sa.String(), nullable=False),
        sa.Column("spec_path", FreeText(), nullable=False),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_datasets"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("step_id", sa.String(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("acquired_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_index("ix_leases_holder", "leases", ["holder"], unique=False)
    op.create_table(
        "published",
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("dataset", name="pk_published"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("source", FreeText(), nullable=True),
        sa.Column("row", NUMBER, nullable=True),
        sa.Column("reasons", Json(), nullable=False),
        sa.Column("uri", FreeText(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("resolved_run", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
    )
    op.create_index(
        "ix_quarantine_dataset_status", "quarantine", ["dataset", "status"], unique=False
    )
    op.create_index("ix_quarantine_run_id_step", "quarantine", ["run_id", "step"], unique=False)
    op.create_table(
        "raw_files",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("name", FreeText(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("bytes", NUMBER, nullable=False),
        sa.Column("source_hash", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("correction", sa.Boolean(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("detected", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_raw_files"),
        sa.UniqueConstraint(
            "dataset", "run_id", "position", name="uq_raw_files_dataset_run_id_position"
        ),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("triggered_by", FreeText(), nullable=False),
        sa.Column("plan", Json(), nullable=False),
        sa.Column("slot", UtcTime(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("params", Json(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("error", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_created_at", "runs", ["created_at"], unique=False)
    op.create_index(
        "ix_runs_status_priority_created_at",
        "runs",
        ["status", "priority", "created_at"],
        unique=False,
    )
    op.create_index("ix_runs_workflow_created_at", "runs", ["workflow", "created_at"], unique=False)
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
        "spec_versions",
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("text", FreeText(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "hash", name="pk_spec_versions"),
    )
    op.create_table(
        "target_loads",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("ledger", Json(), nullable=False),
        sa.Column("loaded_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_target_loads"),
        sa.UniqueConstraint(
            "target", "dataset", "run_id", name="uq_target_loads_target_dataset_run_id"
        ),
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
        sa.Column("stopped_at", UtcTime(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=True),
        sa.Column("step_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_index("ix_workers_stopped_at", "workers", ["stopped_at"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("heartbeat_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("error", Json(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_attempts_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint(
            "run_id", "step_id", "number", name="uq_attempts_run_id_step_id_number"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempts_status_worker", "attempts", ["status", "worker"], unique=False)
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
        sa.Column("error", FreeText(), nullable=True),
        sa.Column("result", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_checks_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_checks"),
    )
    op.create_index("ix_checks_dataset", "checks", ["dataset"], unique=False)
    op.create_index("ix_checks_run_id_step_id", "checks", ["run_id", "step_id"], unique=False)
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
    op.create_index("ix_ledgers_run_id_step_id", "ledgers", ["run_id", "step_id"], unique=False)
    op.create_table(
        "lineage_edges",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("source", FreeText(), nullable=False),
        sa.Column("target", FreeText(), nullable=False),
        sa.Column("source_column", FreeText(), nullable=True),
        sa.Column("target_column", FreeText(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_lineage_edges_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lineage_edges"),
    )
    op.create_index("ix_lineage_edges_dataset", "lineage_edges", ["dataset"], unique=False)
    op.create_index(
        "ix_lineage_edges_run_id_step_id", "lineage_edges", ["run_id", "step_id"], unique=False
    )
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
    op.create_index("ix_profiles_dataset", "profiles", ["dataset"], unique=False)
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
    op.create_index(
        "ix_quarantine_batches_dataset", "quarantine_batches", ["dataset"], unique=False
    )
    op.create_index(
        "ix_quarantine_batches_run_id_step_id",
        "quarantine_batches",
        ["run_id", "step_id"],
        unique=False,
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
        sa.Column("target_lease", sa.String(), nullable=True),
        sa.Column("retry", Json(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("not_before", UtcTime(), nullable=True),
        sa.Column("queued_at", UtcTime(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("notebook", FreeText(), nullable=True),
        sa.Column("error", Json(), nullable=True),
        sa.Column("result", Json(), nullable=True),
        sa.Column("waiting_for", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_step_runs_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "step_id", name="pk_step_runs"),
    )
    op.create_index("ix_step_runs_dataset_run_id", "step_runs", ["dataset", "run_id"], unique=False)
    op.create_index("ix_step_runs_status_run_id", "step_runs", ["status", "run_id"], unique=False)
    start_fences(op.get_bind())

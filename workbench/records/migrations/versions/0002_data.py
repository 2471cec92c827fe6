"""The catalog, received files, batches, versions, loads and quarantine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workbench.records.types import FreeText, Json, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, in an order that their foreign keys allow."""
    op.create_table(
        "batches",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("bronze_version", NUMBER, nullable=False),
        sa.Column("rows", NUMBER),
        sa.Column("folded_in_version", NUMBER),
        sa.Column("superseded_by", sa.String()),
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
        sa.Column("rows", NUMBER),
        sa.Column("fingerprint", sa.String()),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("inputs", Json(), nullable=False),
        sa.Column("transform_hash", sa.String(), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "layer", "version", name="pk_dataset_versions"),
    )
    op.create_index("ix_dataset_versions_run_id", "dataset_versions", ["run_id"])
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
        sa.Column("source", FreeText()),
        sa.Column("row", NUMBER),
        sa.Column("reasons", Json(), nullable=False),
        sa.Column("uri", FreeText(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("resolved_run", sa.String()),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_dataset_status", "quarantine", ["dataset", "status"])
    op.create_index("ix_quarantine_run_id_step", "quarantine", ["run_id", "step"])
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

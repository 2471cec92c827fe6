"""The tables about data: catalog, received files, batches, versions, loads, quarantine."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table, UniqueConstraint

from workbench.records.schema import Number, metadata, serial
from workbench.records.types import FreeText, Json, UtcTime

datasets = Table(
    "datasets",
    metadata,
    Column("name", sa.String, primary_key=True),
    Column("title", FreeText, nullable=False),
    Column("description", FreeText, nullable=False),
    Column("owner", FreeText, nullable=False),
    Column("tags", Json, nullable=False),
    Column("layer", sa.String, nullable=False),
    Column("spec_hash", sa.String, nullable=False),
    Column("spec_path", FreeText, nullable=False),
    Column("columns", Json, nullable=False),
    Column("active", sa.Boolean, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

spec_versions = Table(
    "spec_versions",
    metadata,
    Column("dataset", sa.String, primary_key=True),
    Column("hash", sa.String, primary_key=True),
    Column("text", FreeText, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", sa.String, primary_key=True),  # of the row's content, as its file has it
    Column("dataset", sa.String, nullable=False),
    Column("run_id", sa.String, nullable=False),
    Column("step", sa.String, nullable=False),
    Column("source", FreeText),
    Column("row", Number),
    Column("reasons", Json, nullable=False),
    Column("uri", FreeText, nullable=False),
    Column("status", sa.String, nullable=False),
    Column("resolved_run", sa.String),
    Column("created_at", UtcTime, nullable=False),
    Index(None, "dataset", "status"),
    Index(None, "run_id", "step"),
)

raw_files = Table(
    "raw_files",
    metadata,
    serial(),
    Column("dataset", sa.String, nullable=False),
    Column("name", FreeText, nullable=False),
    Column("sha256", sa.String, nullable=False),
    Column("bytes", Number, nullable=False),
    Column("source_hash", sa.String, nullable=False),
    Column("run_id", sa.String, nullable=False),
    Column("position", sa.Integer, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("columns", Json, nullable=False),
    Column("correction", sa.Boolean, nullable=False),
    Column("superseded", sa.Boolean, nullable=False),
    Column("detected", Json, nullable=False),
    UniqueConstraint("dataset", "run_id", "position"),
)

batches = Table(
    "batches",
    metadata,
    serial(),
    Column("dataset", sa.String, nullable=False),
    Column("run_id", sa.String, nullable=False),
    Column("bronze_version", Number, nullable=False),
    Column("rows", Number),
    Column("folded_in_version", Number),
    Column("superseded_by", sa.String),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("dataset", "run_id"),
    sqlite_autoincrement=True,
)

dataset_versions = Table(
    "dataset_versions",
    metadata,
    Column("dataset", sa.String, primary_key=True),
    Column("layer", sa.String, primary_key=True),
    Column("version", Number, primary_key=True, autoincrement=False),
    Column("run_id", sa.String, nullable=False),
    Column("uri", FreeText, nullable=False),
    Column("format", sa.String, nullable=False),
    Column("rows", Number),
    Column("fingerprint", sa.String),
    Column("columns", Json, nullable=False),
    Column("inputs", Json, nullable=False),
    Column("transform_hash", sa.String, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Index(None, "run_id"),
)

published = Table(
    "published",
    metadata,
    Column("dataset", sa.String, primary_key=True),
    Column("layer", sa.String, nullable=False),
    Column("version", Number, nullable=False),
)

target_loads = Table(
    "target_loads",
    metadata,
    serial(),
    Column("target", sa.String, nullable=False),
    Column("dataset", sa.String, nullable=False),
    Column("version", Number, nullable=False),
    Column("run_id", sa.String, nullable=False),
    Column("strategy", sa.String, nullable=False),
    Column("fence", Number, nullable=False),
    Column("ledger", Json, nullable=False),
    Column("loaded_at", UtcTime, nullable=False),
    UniqueConstraint("target", "dataset", "run_id"),
)

"""Versions of code and packages, with each run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workbench.records.types import Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; earlier runs do not know theirs."""
    op.add_column("runs", sa.Column("environment", Json()))

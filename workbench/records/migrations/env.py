"""Alembic runs this: migrate over the connection that the workbench hands in."""

from __future__ import annotations

from alembic import context

from workbench.records.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()

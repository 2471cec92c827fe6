"""Records over each database, and plans to record."""

from __future__ import annotations

from tests.engine.recording import any_settings, records  # noqa: F401
from tests.postgres import postgres_server, postgres_url  # noqa: F401

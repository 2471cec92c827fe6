"""Records over each database, and an embedded Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.recording import any_settings, records  # noqa: F401
from tests.postgres import postgres_server, postgres_url  # noqa: F401
from workbench.config import Settings
from workbench.engine import redis_server
from workbench.errors import EngineError


@pytest.fixture
def redis(any_settings: Settings) -> Iterator[Settings]:  # noqa: F811
    """Settings whose embedded Redis runs; it ends with the test."""
    try:
        redis_server.binary()
    except EngineError as error:
        pytest.skip(f"missing: redis-server ({error.remedy})")
    process = redis_server.start(any_settings)
    yield any_settings
    redis_server.stop(any_settings)
    if process is not None:
        process.wait(10)

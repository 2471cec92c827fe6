"""The real road for real files: a project of its own, workers on a queue, DuckDB at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.road import Road


@pytest.fixture(scope="session")
def road(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """A road with two workers; they stop at the end of the session."""
    road = Road.make(tmp_path_factory.mktemp("real"), Path(__file__).parent / "specs")
    with road.up():
        yield road


@pytest.fixture
def files(shared_data: Path) -> Path:
    """The folder of the real files."""
    return shared_data / "open"

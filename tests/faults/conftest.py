from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.project import Project, Shell
from tests.postgres import postgres_server, postgres_url  # noqa: F401
from tests.steps.road import Road
from workbench.config import Settings


@pytest.fixture
def road(settings: Settings) -> Road:
    return Road(settings)


@pytest.fixture
def shell(road: Road, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Shell:
    return Shell(road, monkeypatch, capsys)


@pytest.fixture
def project(settings: Settings, road: Road) -> Iterator[Project]:
    made = Project(settings, road)
    yield made
    made.end()

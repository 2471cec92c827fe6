from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.nursery import Nursery
from tests.faults.project import Project, Shell
from tests.faults.trials import Trials
from tests.postgres import postgres_server, postgres_url  # noqa: F401
from tests.steps.road import Road
from workbench.config import Settings
from workbench.engine.kernels import Zygote


@pytest.fixture
def road(settings: Settings) -> Road:
    return Road(settings)


@pytest.fixture
def shell(road: Road, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Shell:
    """The command line in this process; steps are done by the verbs alone."""
    return Shell(road, monkeypatch, capsys)


@pytest.fixture(scope="session")
def kernel() -> Iterator[Zygote]:
    with Zygote(preload="light") as kernel:
        yield kernel


@pytest.fixture
def notebooks(road: Road, monkeypatch: pytest.MonkeyPatch, capsys: Any, kernel: Zygote) -> Shell:
    """The command line in this process; steps are done by their notebooks, as always."""
    return Shell(road, monkeypatch, capsys, kernel)


@pytest.fixture
def project(settings: Settings, road: Road) -> Iterator[Project]:
    """Commands in processes of their own."""
    made = Project(settings, road)
    yield made
    made.end()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Forks processes that may be killed."""
    with Nursery() as nursery:
        yield nursery


@pytest.fixture
def trials(request: pytest.FixtureRequest, tmp_path: Path) -> Trials:
    """The trials of this test: few, or as many as ``make soak`` asks for."""
    return Trials(request.node.name, tmp_path)

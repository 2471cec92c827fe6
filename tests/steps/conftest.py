from __future__ import annotations

import pytest

from tests.steps.road import Road
from workbench.config import Settings


@pytest.fixture
def road(settings: Settings) -> Road:
    return Road(settings)

"""One zygote for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.notebooks.zygotes import ready_zygote
from workbench.engine.kernels import Zygote


@pytest.fixture(scope="session")
def kernel() -> Iterator[Zygote]:
    with ready_zygote() as zygote:
        yield zygote

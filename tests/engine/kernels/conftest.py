"""A zygote without preloaded libraries, hence quick to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.engine.kernels import Zygote


@pytest.fixture(scope="session")
def kernel() -> Iterator[Zygote]:
    with Zygote("none") as zygote:
        yield zygote

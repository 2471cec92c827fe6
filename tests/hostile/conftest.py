"""A zygote whose children ride the cases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.engine.kernels import Zygote, preload


@pytest.fixture(scope="session")
def rider() -> Iterator[Zygote]:
    # what most cases need, so that each child has it
    needed = (*preload.LIGHT, "great_expectations", "workbench.publish.data_docs")
    with Zygote(needed) as zygote, pytest.MonkeyPatch.context() as patch:
        patch.setattr(zygote, "is_stale", lambda: False)
        yield zygote

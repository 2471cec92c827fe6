"""A zygote for tests: without preloaded libraries, hence quick to start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.engine.kernels import Zygote


@contextmanager
def ready_zygote() -> Iterator[Zygote]:
    """A zygote that is up, and is not replaced when somebody edits code while tests run."""
    with pytest.MonkeyPatch.context() as patch, Zygote("none") as zygote:
        patch.setattr(zygote, "is_stale", lambda: False)
        zygote.session(environ=dict(os.environ), cwd=Path.cwd()).close()
        yield zygote

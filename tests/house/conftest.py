"""The example project as it was run for the tests of publishing."""

from __future__ import annotations

from tests.publish.conftest import portal

__all__ = ["portal"]

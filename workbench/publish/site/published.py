"""What publishing did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Published:
    """What publishing did: pages rendered, files removed, where the site is, and how long.

    ``unbuilt`` is the number of Data Docs pages that are not built yet, so that nothing links them.
    """

    site: str
    audience: str | None
    renderer: str
    pages: int
    rendered: int
    removed: int
    changed: bool
    seconds: float
    warnings: tuple[str, ...] = ()
    unbuilt: int = 0

    @property
    def home(self) -> Path:
        """The home page's file."""
        return Path(self.site) / "index.html"

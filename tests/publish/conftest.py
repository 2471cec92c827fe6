"""The published example, made once for all tests that only look at it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.publish.site import NotebookRoad, bundle, published_site
from workbench.config import Settings
from workbench.publish.site import quarto


@dataclass(frozen=True)
class Portal:
    """A published portal: its settings and its site."""

    settings: Settings
    site: Path

    def read(self, page: str) -> str:
        """The HTML of a page, by its path from the root of the site."""
        return (self.site / page).read_text(encoding="utf-8")

    def pages(self) -> list[Path]:
        """All pages of the site."""
        return sorted(self.site.rglob("*.html"))


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """The example project's portal; test processes beside this one use the same."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "published-example"
    folder.mkdir(exist_ok=True)
    site = folder / "home" / "portal" / "_site"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            published_site(folder)
            (folder / "done").touch()
    return Portal(Settings(project=folder / "project", home=folder / "home", environ={}), site)


@pytest.fixture(autouse=True)
def _without_quarto(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Quarto is installed, only the tests that are about it wait for it."""
    if request.path.name != "test_quarto.py":
        monkeypatch.setattr(quarto, "find", lambda: None)


@pytest.fixture
def built() -> Iterator[None]:
    """The bundle that pages load, or stand-ins for it."""
    with bundle():
        yield


#: A small project: one dataset, whose file can be sent again.
SPEC = """
title: Shops
description: One row per shop.
owner: Sales office
source: {path: inbox/shops.csv}
transforms:
  - type_cast: {columns: {sales: integer}, on_error: quarantine}
key: [shop]
columns: {shop: {description: Its name}, sales: {description: Units sold}}
expectations:
  - expect_column_values_to_be_between: {column: sales, min_value: 0, severity: warn}
"""


@pytest.fixture
def road(settings: Settings, built: None) -> NotebookRoad:
    road = NotebookRoad(settings)
    road.spec("shops", SPEC)
    road.file("shops.csv", "shop,sales\nNorth,1\nSouth,2\nWest,none\n")
    road.run("shops")
    return road

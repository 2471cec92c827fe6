"""The demo: what a newcomer sees first, and that nothing of it stays."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.road import WORKBENCH
from workbench.config import Settings


@pytest.mark.long
def test_the_demo_shows_tables_and_a_portal_and_leaves_nothing_running(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environ = {**os.environ, "WORKBENCH_PROJECT": str(tmp_path), "WORKBENCH_HOME": str(home)}
    del environ["WORKBENCH_PUBLISH"]
    done = subprocess.run(
        [WORKBENCH, "demo"], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ventas_por_region" in done.stdout
    assert "rows  reason" in done.stdout
    site = home / "demo" / "home" / "portal" / "_site"
    assert f"{(site / 'index.html').as_uri()}" in done.stdout
    pages = [page for page in (site / "data-docs").rglob("*.html") if page.name != "index.html"]
    assert pages
    assert any("data-docs/" in page.read_text("utf-8") for page in (site / "runs").glob("*.html"))
    left = []
    for process in psutil.process_iter():
        try:
            if str(tmp_path) in " ".join(process.environ().values()):
                left.append(process.cmdline())
        except psutil.Error:
            continue
    assert [each for each in left if "workbench" in " ".join(each)] == []
    settings = Settings(project=home / "demo/project", home=home / "demo/home", environ={})
    assert settings.path("warehouse.duckdb").is_file()

"""The Materialize panel in JupyterLab: choose, look, confirm, watch; with the mouse, with the
keyboard alone in the dark and in Spanish; and a load that somebody came before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab.conftest import Lab, OpenPanel, violations_in

expect.set_options(timeout=60_000)  # both cores may be busy

CODE = "from workbench.panels import Materialize\nMaterialize('shops', language={!r})"
SPEC = """\
dataset: shops
title: "<img src=x onerror=alert(1)>"
source: {path: inbox/shops.csv}  # sent on Mondays
transforms:
  - type_cast: {columns: {sales: integer}}
key: [shop]
targets:
  - {connection: warehouse}
"""
ROWS = "shop,sales\nNorth,1\nSouth,2\n<b>West</b>,3\n"


def warehouse(lab: Lab, sql: str) -> None:
    with duckdb.connect(str(lab.home / "warehouse.duckdb")) as connection:
        connection.execute(sql)


def spec(lab: Lab) -> Path:
    return lab.project / "specs" / "datasets" / "shops.yml"


@pytest.fixture(scope="module")
def published(lab: Lab) -> Lab:
    """A dataset that is published and loaded."""
    spec(lab).write_text(SPEC)
    (lab.project / "specs" / "connections" / "files.yml").write_text(
        "connection: files\ntype: parquet\npath: out\n"
    )
    (lab.project / "inbox" / "shops.csv").write_text(ROWS)
    environ = {
        **os.environ,
        "WORKBENCH_PROJECT": str(lab.project),
        "WORKBENCH_HOME": str(lab.home),
        "WORKBENCH_PUBLISH": "off",
    }
    command = [sys.executable, "-m", "workbench.cli", "run", "shops"]
    subprocess.run(command, env=environ, check=True, capture_output=True)
    return lab


def by_key(panel: Locator, key: str) -> Locator:
    return panel.locator(f'[data-key="{key}"]')


@pytest.mark.long
def test_a_plan_is_made_confirmed_and_done_and_what_moved_is_shown_first(
    published: Lab, open_panel: OpenPanel
) -> None:
    lab = published
    spec(lab).write_text(SPEC)
    warehouse(lab, "DELETE FROM shops WHERE shop = 'South'")
    page, panel = open_panel(CODE.format("en"))
    by_key(panel, "add").click()
    by_key(panel, "1 table").fill("branches")
    by_key(panel, "1 table").press("Enter")
    expect(panel).to_contain_text("Not saved: specs/datasets/shops.yml")
    by_key(panel, "1 connection").select_option("files")
    expect(panel.locator("legend").nth(1)).to_contain_text("files.branches")

    by_key(panel, "look").click()
    loads = panel.locator(".wb-mat-load")
    expect(loads).to_have_count(2)
    first, second = loads.nth(0), loads.nth(1)
    expect(first).to_contain_text("Rows are others than in this version")
    expect(first.locator(".wb-mat-count--inserted dd")).to_have_text("1")
    expect(first.locator(".wb-mat-count--unchanged dd")).to_have_text("2")
    expect(second.locator(".wb-mat-count--inserted dd")).to_have_text("3")
    assert violations_in(page) == []
    first.get_by_role("checkbox").check()

    warehouse(lab, "DELETE FROM shops")  # somebody comes between plan and confirmation
    by_key(panel, "confirm").click()
    dialog = panel.get_by_role("dialog")
    expect(dialog).to_contain_text("1 inserted, 0 updated, 2 left, 0 deleted")
    expect(dialog).to_contain_text("specs/datasets/shops.yml is saved first")
    dialog.get_by_role("button", name="Load 2 targets").click()
    expect(panel.locator(".wb-mat-moved")).to_contain_text("(2 rows then, 0 now)")
    expect(first.locator(".wb-mat-count--inserted dd")).to_have_text("3")
    assert "# sent on Mondays" in spec(lab).read_text()
    assert "table: branches" in spec(lab).read_text()

    by_key(panel, "confirm").click()
    panel.get_by_role("dialog").get_by_role("button", name="Load 2 targets").click()
    run = panel.get_by_role("region", name="Run", exact=True)
    expect(run.locator(".wb-status--success")).to_have_count(3)
    expect(run).to_contain_text("Inserted 3")
    expect(first).to_contain_text("Holds this version")
    assert (lab.project / "out" / "branches" / "current" / "data.parquet").is_file()
    assert violations_in(page) == []


@pytest.mark.long
def test_with_the_keyboard_alone_in_the_dark_and_in_spanish(
    published: Lab, open_panel: OpenPanel
) -> None:
    lab = published
    spec(lab).write_text(SPEC)
    page, panel = open_panel(CODE.format("es"), theme="dark")
    key = by_key(panel, "key shop")
    key.focus()
    page.keyboard.press("Enter")  # without a key an upsert is none
    expect(panel.locator(".wb-mat-problems, .wb-mat-dirty").first).to_be_visible()
    expect(by_key(panel, "key add")).to_be_visible()
    page.keyboard.press("Tab")
    by_key(panel, "undo").focus()
    page.keyboard.press("Control+z")
    expect(key).to_be_visible()
    by_key(panel, "grid").focus()
    page.keyboard.press("Enter")
    grid = panel.get_by_role("region", name="Qué puede cada tipo de destino")
    expect(grid).to_contain_text("un proceso a la vez escribe el archivo")
    page.keyboard.press("Alt+Enter")
    expect(panel.locator(".wb-mat-load")).to_have_count(1)
    expect(by_key(panel, "look")).to_contain_text("Mirar de nuevo")
    assert panel.locator("img").count() == 0
    assert violations_in(page) == []

    # a conflict is shown, and nothing of the other is lost
    strategy = by_key(panel, "0 strategy")
    strategy.focus()
    page.keyboard.press("ArrowDown")
    expect(panel).to_contain_text("Sin guardar")
    spec(lab).write_text(SPEC.replace("Mondays", "Tuesdays"))
    page.keyboard.press("Control+s")
    dialog = panel.get_by_role("dialog")
    expect(dialog).to_contain_text("Tuesdays")
    assert violations_in(page) == []
    dialog.get_by_role("button", name="Tomar lo que está en el disco").focus()
    page.keyboard.press("Enter")
    expect(panel).not_to_contain_text("Sin guardar")
    assert "Tuesdays" in spec(lab).read_text()

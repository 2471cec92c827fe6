"""The whole job in the control room: from a file that somebody sent to a page that others read.

``WORKBENCH_SHOTS=folder`` keeps a picture of each step, to be looked at.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from playwright.sync_api import expect

from tests.browser.lab.conftest import Lab, OpenPanel, violations_in
from workbench.config import Settings
from workbench.spec.loader import load_project

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CODE = "from workbench.panels import ControlRoom\nControlRoom()"
REAL = "open/cl_dipres_ejecucion_2017-04__50-01-05.csv"
#: What the real file is like, for machines without it: latin-1, padded, totals, a footer.
SAMPLE = (
    "Partida;Capítulo;Programa;Subtítulo;Item;Asignación;Moneda;Denominación;"
    "Presupuesto Inicial;Presupuesto Vigente;Ejecución Acumulada al ABRIL\n"
    "50;01;05;11;;;P;VENTA DE ACTIVOS FINANCIEROS   ;0;-20;0\n"
    "50;01;05;11;01;;P;Venta o Rescate de Títulos   ;0;-20;0\n"
    + "".join(f"50;01;05;27;{n:02};;P;Aporte {n}   ;{n}000;{n}100;{n}50\n" for n in range(1, 30))
    + "RESULTADO;;;;;;;;0;0;0\n"
).encode("latin-1")


@pytest.fixture
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The real file where it is, else one like it; both named as it came."""
    from tests.conftest import REPOSITORY, SHARED

    given = os.environ.get(SHARED)
    real = (Path(given) if given else REPOSITORY.parent / "shared" / "data") / REAL
    path = tmp_path / "ejecucion_2017-04.csv"
    path.write_bytes(real.read_bytes() if real.is_file() else SAMPLE)
    return path


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    folder = os.environ.get("WORKBENCH_SHOTS")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png")

    return take


def go(room: Locator, tab: str) -> Locator:
    """Open a tab; the panel in it."""
    room.locator(f".wb-tabs [data-key={tab}]").first.click()
    panel = room.locator(f".wb-panel--{tab}")
    expect(panel).to_be_visible()
    return panel


def by_key(panel: Locator, key: str) -> Locator:
    return panel.locator(f'[data-key="{key}"]')


@pytest.mark.long
@pytest.mark.timeout(600)
def test_from_a_file_to_a_page(
    open_panel: OpenPanel,
    lab: Lab,
    chromium: Browser,
    file: Path,
    shot: Callable[[Page, str], None],
) -> None:
    page, room = open_panel(CODE, viewport={"width": 1500, "height": 1200})
    # a file comes in, and what was detected is corrected
    upload = room.locator(".wb-panel--upload")
    upload.locator("input[type=file]").first.set_input_files(file)
    expect(upload.get_by_role("combobox", name="Encoding")).to_contain_text("detected: latin-1")
    upload.get_by_label("Type of partida").select_option("text")
    expect(upload.locator(".wb-yaml")).to_contain_text("text, chosen by hand")
    upload.get_by_label("Name", exact=True).fill("ejecucion")
    expect(upload.locator(".wb-yaml")).to_contain_text("dataset: ejecucion")
    shot(page, "1-upload")
    upload.get_by_role("button", name="Create the dataset").click()
    expect(upload.locator(".wb-file-state")).to_contain_text("Dataset ejecucion was created")
    shot(page, "2-created")

    # what becomes of it
    preview = go(room, "preview")
    expect(preview.locator(".ag-row").first).to_be_visible()
    expect(preview.locator(".wb-busy")).to_have_count(0)
    shot(page, "3-preview")

    # words for codes, rows for columns, and a check that sets rows aside
    rules = go(room, "rules")
    add(page, rules, "Add a transform", "map_categories")
    mapped = rules.locator('[data-rule^="transforms:"]').last
    mapped.get_by_label("column", exact=False).first.fill("moneda")
    page.keyboard.press("Enter")
    rules.get_by_label("What P becomes").fill("Pesos")
    page.keyboard.press("Tab")
    expect(rules.locator(".wb-yaml")).to_contain_text("P: Pesos")
    shot(page, "4-map")
    add(page, rules, "Add a transform", "melt")
    melt = rules.locator('[data-rule^="transforms:"]').last
    melt.get_by_label("How Columns that become rows are chosen").select_option("pattern")
    melt.get_by_label("Pattern for").fill("^(presupuesto|ejecucion)_")
    expect(melt.locator(".wb-meant .wb-chip")).to_have_count(3)
    melt.get_by_label("names_to", exact=False).first.fill("cuenta")
    melt.get_by_label("values_to", exact=False).first.fill("monto")
    page.keyboard.press("Tab")
    expect(rules.locator(".wb-yaml")).to_contain_text("values_to: monto")
    shot(page, "5-melt")
    add(page, rules, "Add an expectation", "expect_column_values_to_be_between")
    added = rules.locator('[data-rule^="expectations:"]').last
    check = added.locator(".wb-form")
    check.get_by_label("column", exact=False).first.fill("monto")
    page.keyboard.press("Tab")
    check.get_by_label("min_value", exact=False).first.fill("0")
    page.keyboard.press("Tab")
    check.get_by_label("severity").select_option("quarantine")
    expect(added.locator(".wb-counts")).to_contain_text("fail")
    shot(page, "6-check")
    assert violations_in(page, ".wb-panel--control_room") == []
    rules.get_by_role("button", name="Save").click()
    expect(rules.locator(".wb-rules-bar-state")).to_contain_text("Everything is saved")
    spec = load_project(Settings(project=lab.project, home=lab.home, environ={})).dataset(
        "ejecucion"
    )
    assert [use.name for use in spec.transforms] == ["trim", "type_cast", "map_categories", "melt"]
    assert "# values that do not read as their type go to quarantine" in spec.text

    # it runs, and rows that were set aside are mended and sent again
    runs = go(room, "runs")
    runs.get_by_role("button", name="Run…").click()
    dialog = runs.get_by_role("dialog")
    dialog.get_by_role("button", name="Run", exact=True).click()
    newest = runs.locator(".wb-runs tbody tr").first
    expect(newest).to_contain_text("Succeeded")
    shot(page, "7-run")
    runs.get_by_role("tab", name="Quarantine").click()
    refused = runs.locator(".wb-lines tbody tr")
    expect(refused.first).to_be_visible()
    before = refused.count()
    shot(page, "8-quarantine")
    refused.first.get_by_label("presupuesto_vigente").fill("20")
    runs.get_by_role("button", name="Send 1").click()
    expect(newest).to_contain_text("corrections")
    expect(newest).to_contain_text("Succeeded")
    runs.get_by_role("tab", name="Quarantine").click()
    expect(refused).to_have_count(before - 1)
    shot(page, "9-mended")

    # another place for it, after a look at what would change there
    (lab.project / "specs" / "connections" / "files.yml").write_text(
        "connection: files\ntype: parquet\npath: out\n"
    )
    materialize = go(room, "materialize")
    by_key(materialize, "add").click()
    by_key(materialize, "1 table").fill("ejecucion")
    by_key(materialize, "1 table").press("Enter")
    by_key(materialize, "1 connection").select_option("files")
    by_key(materialize, "1 strategy").select_option("append")
    by_key(materialize, "look").click()
    loads = materialize.locator(".wb-mat-load")
    expect(loads).to_have_count(2)
    expect(loads.nth(0)).to_contain_text("Holds this version")
    shot(page, "10-plan")
    by_key(materialize, "confirm").click()
    asked = materialize.get_by_role("dialog")
    expect(asked).to_contain_text("is saved first")
    shot(page, "11-confirm")
    asked.get_by_role("button", name="Load one target").click()
    file_of_it = lab.project / "out" / "ejecucion" / "current" / "data.parquet"
    run = materialize.get_by_role("region", name="Run", exact=True)
    expect(run.locator(".wb-status").first).to_be_visible()
    shot(page, "12-loading")
    expect(loads.nth(1)).to_contain_text("Holds this version", timeout=150_000)
    shot(page, "13-loaded")
    (rows,) = duckdb.sql(f"SELECT count(*) FROM '{file_of_it}'").fetchone() or (0,)
    expect(materialize).to_contain_text(f"{rows} rows")  # all of the version
    (folded,) = duckdb.sql(f"SELECT count(*) FROM '{file_of_it}' WHERE monto = 20").fetchone() or ()
    assert folded == 1  # the row that was mended

    # others read of it
    environ = {
        **os.environ,
        "WORKBENCH_PROJECT": str(lab.project),
        "WORKBENCH_HOME": str(lab.home),
        "WORKBENCH_PUBLISH": "on",
    }
    command = [sys.executable, "-m", "workbench.cli", "publish"]
    subprocess.run(command, env=environ, check=True, capture_output=True)
    reader = chromium.new_page(viewport={"width": 1500, "height": 1200})
    reader.goto((lab.home / "portal" / "_site" / "datasets" / "ejecucion.html").as_uri())
    expect(reader.locator("h1")).to_contain_text("Ejecucion")
    expect(reader.locator("body")).to_contain_text("expect_column_values_to_be_between")
    shot(reader, "14-portal")
    reader.close()


def add(page: Page, rules: Locator, button: str, name: str) -> None:
    """Add a transform or expectation by its name."""
    rules.get_by_role("button", name=button).click()
    rules.get_by_role("combobox", name=button).fill(name)
    page.keyboard.press("Enter")

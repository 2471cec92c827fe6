"""The control room in JupyterLab: tabs, one dataset and language, and a page that is reloaded."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.lab.conftest import Lab, OpenPanel, violations_in
from tests.conftest import REPOSITORY

BOOK = json.loads((REPOSITORY / "notebooks" / "workbench.ipynb").read_text("utf-8"))
CODE = "".join(*(cell["source"] for cell in BOOK["cells"] if cell["cell_type"] == "code"))


def test_the_control_room_opens_and_keeps_its_place(
    open_panel: OpenPanel, lab: Lab, tmp_path: Path
) -> None:
    page, room = open_panel(CODE)
    assert "ControlRoom" in CODE
    upload = room.get_by_role("tab", name="Upload")
    expect(upload).to_have_attribute("aria-selected", "true")  # the project is empty
    inside = room.locator(".wb-panel--upload")
    expect(inside).to_be_visible()
    assert violations_in(page, ".wb-panel--control_room") == []
    # a file makes a dataset, which the room then shows
    path = tmp_path / "ventas.csv"
    path.write_text("id;monto\n1;2\n")
    inside.locator("input[type=file]").first.set_input_files(path)
    inside.get_by_role("button", name="Create the dataset").click()
    expect(room.get_by_role("combobox", name="Dataset").first).to_have_value("ventas")
    # another language, and what was there stays
    room.get_by_label("Language").select_option("es")
    expect(room).to_have_attribute("aria-label", "Sala de control")
    expect(inside.locator(".wb-file")).to_contain_text("ventas.csv")
    expect(inside.get_by_role("button", name="Elegir archivos")).to_be_visible()
    # arrows move between tabs
    room.get_by_role("tab", name="Subir").press("ArrowRight")
    expect(room.get_by_role("tab", name="Vista previa")).to_be_focused()
    # after a reload of the page the kernel still has it all
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    again = page.locator(".wb-panel--control_room")
    expect(again.get_by_role("tab", name="Vista previa")).to_have_attribute("aria-selected", "true")
    expect(again.get_by_role("combobox", name="Dataset").first).to_have_value("ventas")

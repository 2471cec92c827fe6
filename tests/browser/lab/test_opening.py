"""Any panel in JupyterLab: opens, is accessible in each theme, says when its kernel is gone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.lab.conftest import OpenPanel, restart_kernel, violations_in

CODE = "from workbench.panels import Upload\nUpload(language={!r})"


def test_a_panel_opens_in_a_notebook_and_survives_its_kernel(open_panel: OpenPanel) -> None:
    page, panel = open_panel(CODE.format("en"), theme="light")
    assert panel.get_attribute("aria-label") == "Upload"
    assert violations_in(page) == []
    restart_kernel(page)
    expect(panel.locator(".wb-gone")).to_contain_text("run the cell again")


def test_a_panel_opens_in_the_dark_and_in_spanish(open_panel: OpenPanel) -> None:
    page, panel = open_panel(CODE.format("es"), theme="dark")
    assert panel.get_attribute("aria-label") == "Subir"
    assert panel.get_attribute("lang") == "es"
    ground = panel.evaluate("each => getComputedStyle(each).backgroundColor")
    assert ground != "rgb(255, 255, 255)"
    assert violations_in(page) == []

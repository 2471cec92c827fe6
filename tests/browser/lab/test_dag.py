"""The graph panel in JupyterLab: walked by keys, edited by mouse and keys, live, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.lab.conftest import Lab, OpenPanel, violations_in
from tests.browser.lab.road import HOSTILE, Town, build

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

expect.set_options(timeout=60_000)  # both cores may be busy

CODE = "from workbench.panels import Dag\nDag(language={!r})"


@pytest.fixture(scope="module")
def town(lab: Lab) -> Town:
    return build(lab)


def node(panel: Locator, name: str) -> Locator:
    return panel.locator(f'[data-node="{name}"]')


def spec(lab: Lab, name: str) -> str:
    return (lab.project / "specs" / "datasets" / f"{name}.yml").read_text(encoding="utf-8")


def drag(page: Page, source: Locator, target: Locator) -> None:
    """Press on one element, move in steps, let go on another."""
    start, end = source.bounding_box(), target.bounding_box()
    assert start and end
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    for part in (0.3, 0.6, 1.0):
        page.mouse.move(
            start["x"] + (end["x"] + end["width"] / 2 - start["x"]) * part,
            start["y"] + (end["y"] + end["height"] / 2 - start["y"]) * part,
        )
    page.mouse.up()


@pytest.mark.long
def test_the_graph_is_walked_by_keys_and_opened(open_panel: OpenPanel, town: Town) -> None:
    page, panel = open_panel(CODE.format("en"), viewport={"width": 1500, "height": 1000})
    expect(panel.locator(".wb-node")).to_have_count(6)
    expect(panel.locator(".react-flow__edge")).to_have_count(5)
    assert panel.locator("img").count() == 0
    assert violations_in(page) == []
    # one node is in the order of Tab; arrows go along edges from there
    assert panel.locator('.wb-node[tabindex="0"]').count() == 1
    node(panel, "source:inbox/sales.csv").focus()
    page.keyboard.press("ArrowRight")
    expect(node(panel, "dataset:sales")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(node(panel, "dataset:sales")).to_be_focused()
    page.keyboard.press("Enter")
    detail = panel.locator(".wb-detail")
    expect(detail).to_be_focused()
    expect(detail).to_contain_text(HOSTILE)
    expect(detail.locator(".wb-step")).to_contain_text("holds version 2 already")
    detail.get_by_role("button", name="Ingest").click()
    expect(detail.locator(".wb-step")).to_contain_text("no new files")
    expect(detail.get_by_role("button", name="Run from here…")).to_be_visible()
    assert violations_in(page) == []
    page.keyboard.press("Escape")
    expect(node(panel, "dataset:sales")).to_be_focused()
    expect(detail).to_be_hidden()
    # a name is found, whole or in part
    panel.get_by_label("Find a node").fill("warehouse")
    page.keyboard.press("Enter")
    expect(node(panel, "target:warehouse.sales")).to_be_focused()
    # the failed dataset says why
    node(panel, "dataset:zones").click()
    expect(detail.locator(".wb-told")).to_contain_text("the file is empty")
    # and the same as a table
    panel.get_by_role("button", name="Table").click()
    rows = panel.locator(".wb-twin tbody tr")
    expect(rows).to_have_count(6)
    report = rows.filter(has=page.get_by_role("button", name="report", exact=True))
    expect(report).to_contain_text("zones (lookup)")
    assert violations_in(page) == []


@pytest.mark.long
def test_nodes_are_dragged_connected_and_cut_and_edits_are_undone(
    open_panel: OpenPanel, town: Town, lab: Lab
) -> None:
    page, panel = open_panel(CODE.format("en"), viewport={"width": 1500, "height": 1000})
    zones = node(panel, "dataset:zones")
    expect(zones).to_be_visible()
    before = zones.bounding_box()
    page.wait_for_timeout(300)  # the view comes to rest
    drag(page, zones, panel.locator(".react-flow__minimap"))
    moved = zones.bounding_box()
    assert before and moved and moved["x"] > before["x"] + 100
    panel.get_by_role("button", name="Arrange").click()
    page.wait_for_timeout(300)
    # from the handle of zones to sales: a join, which its dialog asks about
    text = spec(lab, "sales")
    handle = panel.locator('.react-flow__node[data-id="dataset:zones"] .react-flow__handle.source')
    drag(page, handle, panel.locator('[data-id="dataset:sales"] .react-flow__handle.target'))
    dialog = panel.get_by_role("dialog")
    expect(dialog).to_contain_text("Connect zones to sales")
    dialog.get_by_label("Lookup").check()
    expect(dialog.get_by_label("Column 1 of sales", exact=True)).to_have_value("zone")
    dialog.get_by_label("Columns to take").fill("name")
    assert violations_in(page) == []
    dialog.get_by_role("button", name="Connect", exact=True).click()
    expect(panel.locator(".react-flow__edge")).to_have_count(6)
    assert "lookup:" in spec(lab, "sales") and "name" in spec(lab, "sales")
    assert all(line in spec(lab, "sales") for line in text.splitlines())
    # a circle is refused before anything is asked
    drag(
        page,
        panel.locator('[data-id="dataset:report"] .react-flow__handle.source'),
        panel.locator('[data-id="dataset:zones"] .react-flow__handle.target'),
    )
    expect(dialog).to_contain_text("that would be a circle")
    page.keyboard.press("Escape")
    panel.get_by_role("button", name="Undo edit").click()
    expect(panel.locator(".react-flow__edge")).to_have_count(5)
    assert spec(lab, "sales") == text


@pytest.mark.long
def test_edits_and_runs_by_keyboard_alone_in_the_dark(
    open_panel: OpenPanel, town: Town, lab: Lab
) -> None:
    size = {"width": 900, "height": 900}
    page, panel = open_panel(CODE.format("es"), theme="dark", viewport=size)
    expect(node(panel, "dataset:report")).to_be_visible()
    assert violations_in(page) == []
    # a new dataset made from the report, by the menu of the node
    node(panel, "dataset:report").focus()
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="Editar").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("weekly")
    panel.get_by_role("button", name="Crearlo").focus()
    page.keyboard.press("Enter")
    expect(node(panel, "dataset:weekly")).to_contain_text("Nunca ejecutado")
    assert "source: {dataset: report}" in spec(lab, "weekly")
    # run from here: what is made from it runs too, and the graph follows live
    panel.get_by_role("button", name="Ejecutar desde aquí…").focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("dialog")).to_contain_text("report → weekly")
    panel.get_by_role("dialog").get_by_role("button", name="Ejecutar", exact=True).focus()
    page.keyboard.press("Enter")
    expect(node(panel, "dataset:weekly")).to_contain_text("Con éxito")
    expect(node(panel, "dataset:weekly")).to_contain_text("3 filas")
    # and it is deleted, shown first
    node(panel, "dataset:weekly").focus()
    page.keyboard.press("Delete")
    dialog = panel.get_by_role("dialog")
    expect(dialog.locator(".wb-spec")).to_contain_text("dataset: weekly")
    dialog.get_by_role("button", name="Eliminar la especificación").focus()
    page.keyboard.press("Enter")
    expect(node(panel, "dataset:weekly")).to_have_count(0)
    assert not (lab.project / "specs" / "datasets" / "weekly.yml").exists()
    # the steps of what is left, in the order of plans
    panel.get_by_role("button", name="Pasos").focus()
    page.keyboard.press("Enter")
    expect(node(panel, "step:report.validate")).to_be_visible()
    assert violations_in(page) == []

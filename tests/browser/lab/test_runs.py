"""The Runs panel in JupyterLab: watched, compared and mended, by mouse and by keyboard alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.lab.conftest import Lab, OpenPanel, violations_in
from tests.browser.lab.road import HOSTILE, Town, build
from workbench.steps.correcting import Mended, correct_lines, page_of_lines

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

expect.set_options(timeout=60_000)  # both cores may be busy

CODE = "from workbench.panels import Runs\nRuns(language={!r})"


@pytest.fixture(scope="module")
def town(lab: Lab) -> Town:
    return build(lab)


def tab(panel: Locator, number: int) -> Locator:
    return panel.get_by_role("tab").nth(number)


def focused(page: Page) -> str:
    """What says which element has the focus."""
    return str(page.evaluate("() => document.activeElement?.dataset.key ?? ''"))


def tab_to(page: Page, key: str, most: int = 60) -> None:
    """Press Tab until the element with this key has the focus."""
    for _ in range(most):
        if focused(page).startswith(key):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {key!r}, only to {focused(page)!r}")


@pytest.mark.long
def test_a_run_is_started_watched_and_its_notebook_opened(
    open_panel: OpenPanel, town: Town, lab: Lab
) -> None:
    page, panel = open_panel(CODE.format("en"), viewport={"width": 1400, "height": 1000})
    expect(panel.locator("[data-run]")).to_have_count(4)
    assert panel.locator("img").count() == 0
    panel.get_by_role("button", name="Run…").click()
    dialog = panel.get_by_role("dialog")
    dialog.get_by_label("Dataset", exact=True).select_option("report")
    expect(dialog).to_contain_text("sales → zones → report")
    dialog.get_by_label("Only this dataset").check()
    expect(dialog).to_contain_text("In this order: report.")
    dialog.get_by_label("Replay everything").check()
    dialog.get_by_role("button", name="Run", exact=True).click()
    first = panel.locator(".wb-runs tbody tr").first
    expect(first.locator("[data-run]")).not_to_have_attribute("data-run", town.failed.id)
    expect(first).to_contain_text("Succeeded")
    expect(panel.locator("[role=status]").first).to_contain_text("of report: Succeeded")
    # its steps, with what the notebook said and where it is
    side = panel.locator(".wb-run")
    side.get_by_role("button", name="report · Validate").click()
    expect(side.locator(".wb-step")).to_contain_text("Row ledger")
    expect(side.locator(".wb-path")).to_contain_text("report.validate")
    assert violations_in(page) == []
    side.get_by_role("button", name="Open notebook").click()
    run = str(first.locator("[data-run]").get_attribute("data-run"))
    copy = lab.project / "executed" / f"report.validate.{run}.ipynb"
    expect(panel.locator("[role=status]").first).to_contain_text("executed/report.validate")
    assert copy.is_file()
    page.wait_for_function(
        """(path) => [...window.jupyterapp.shell.widgets('main')]
             .some((each) => each.context?.path === path) || document.title.includes('validate')""",
        arg=f"executed/{copy.name}",
    )


@pytest.mark.long
def test_a_failed_run_says_why_and_is_retried(open_panel: OpenPanel, town: Town) -> None:
    _, panel = open_panel(CODE.format("en"), viewport={"width": 1400, "height": 1000})
    panel.locator(f'[data-run="{town.failed.id}"]').click()
    side = panel.locator(".wb-run")
    expect(side.locator(".wb-told")).to_contain_text("the file is empty")
    expect(side.locator(".wb-told")).to_contain_text("ask for it again")
    side.get_by_role("button", name="Retry").click()
    expect(side.locator(".wb-status").first).to_contain_text("Succeeded")
    expect(side.get_by_role("button", name="Retry")).to_have_count(0)


@pytest.mark.long
def test_two_runs_are_compared_with_the_keyboard_alone(open_panel: OpenPanel, town: Town) -> None:
    size = {"width": 900, "height": 900}
    page, panel = open_panel(CODE.format("en"), theme="dark", viewport=size)
    expect(panel.locator(f'[data-run="{town.first.id}"]')).to_be_visible()
    tab(panel, 0).focus()
    for run in (town.second, town.first):
        tab_to(page, f"tick {run.id}")
        page.keyboard.press("Space")
    expect(panel.get_by_role("button", name="Compare the two chosen")).to_be_enabled()
    panel.get_by_role("button", name="Compare the two chosen").focus()
    page.keyboard.press("Enter")
    result = panel.locator(".wb-compared")
    expect(result.locator(".wb-count--changed")).to_contain_text("2")
    expect(result.locator(".wb-count--added")).to_contain_text("1")
    expect(result).to_contain_text("Rows are matched by id.")
    changed = result.locator(".wb-diff tbody tr")
    expect(changed).to_have_count(2)
    expect(changed.first.locator("del")).to_have_text("7")
    expect(changed.first.locator("ins")).to_have_text("8")
    tab_to(page, "kind added")
    page.keyboard.press("Enter")
    expect(result.locator(".wb-diff tbody tr")).to_have_count(1)
    expect(result.locator(".wb-diff tbody")).to_contain_text("missing")  # null is not empty
    assert violations_in(page) == []


@pytest.mark.long
def test_refused_rows_are_mended_in_the_grid_and_conflicts_shown(
    open_panel: OpenPanel, town: Town
) -> None:
    page, panel = open_panel(CODE.format("es"), viewport={"width": 1200, "height": 900})
    tab(panel, 0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(tab(panel, 2)).to_be_focused()
    grid = panel.locator(".wb-lines")
    expect(grid.locator("tbody tr")).to_have_count(3)
    assert grid.locator("img").count() == 0
    values = grid.locator(".wb-cell").evaluate_all("all => all.map((each) => each.value)")
    assert HOSTILE in values
    assert violations_in(page) == []
    panel.locator(".wb-reason", has_text="integer").click()
    expect(grid.locator("tbody tr")).to_have_count(1)
    panel.locator(".wb-reason").first.click()
    expect(grid.locator("tbody tr")).to_have_count(3)
    # along a column with Enter; Escape gives back what was received
    cell = grid.locator("tbody tr").nth(0).get_by_label("amount")
    cell.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(grid.locator("tbody tr").nth(1).get_by_label("amount")).to_be_focused()
    page.keyboard.type("500")
    page.keyboard.press("Escape")
    expect(panel.locator(".wb-toolbar .wb-soft")).to_contain_text(["1 fila editada"])
    # meanwhile, somebody else mends that very row
    road = town.road
    [line] = [row for row in page_of_lines(road.settings, road.records, "sales").rows
              if row.values["id"] == "x1"]  # fmt: skip
    theirs = [Mended(ids=line.ids, values={"amount": "22"})]
    params = correct_lines(road.settings, road.records, "sales", theirs)
    other = road.run("sales", upstream=False, **params)
    assert other.status == "SUCCESS"
    page.keyboard.press("Shift+Tab")
    tab_to(page, "send")
    page.keyboard.press("Enter")
    expect(panel.locator(".wb-error")).to_contain_text("was mended already")
    expect(grid.locator("tbody tr")).to_have_count(2)
    panel.get_by_role("button", name="Deshacer las ediciones").click()
    # another row is mended, sent, and published by the run that it leads to
    cell = grid.locator("tbody tr").nth(0).get_by_label("amount")
    cell.fill("50")
    panel.get_by_role("button", name="Reenviar 1 fila").click()
    run = panel.locator(".wb-runs tbody tr").first
    expect(run.locator("[data-run]")).not_to_have_attribute("data-run", other.id)
    expect(run).to_contain_text("correcciones")
    expect(run).to_contain_text("Con éxito")
    assert road.query("SELECT amount FROM sales WHERE id = 'x2'") == [(50,)]
    tab(panel, 2).click()
    expect(grid.locator("tbody tr")).to_have_count(1)
    expect(panel.locator(".wb-error")).to_have_count(0)
    assert re.search(r"1 a 1 de 1", panel.locator(".wb-mend").inner_text())

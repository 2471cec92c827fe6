"""The Preview panel in JupyterLab: by mouse, by keyboard alone, and following a draft."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.lab.conftest import Lab, OpenPanel, restart_kernel, violations_in
from tests.steps.preview.conftest import MESSY, ROWS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

HOSTILE = "<img src=x onerror=alert(1)>"
ROW_COUNT = 150_000
WIDE = {"width": 1920, "height": 1200}

CODE = """
from workbench.panels import Preview
from workbench.panels.workspace import Workspace
Preview({!r}, language={!r})
"""


@pytest.fixture(scope="module", autouse=True)
def datasets(lab: Lab) -> Iterator[None]:
    """A messy dataset with a hostile column, and one that is long."""
    inbox, specs = lab.project / "inbox", lab.project / "specs" / "datasets"
    (inbox / "sales.csv").write_text(f"{ROWS}7;<b>x</b>;8;07/02/2024;no\u200bte\n", "utf-8")
    derived = f'derive: {{columns: {{"{HOSTILE}": "state", twice:'
    messy = MESSY.replace("derive: {columns: {twice:", derived).replace("*.csv", "sales.csv")
    (specs / "sales.yml").write_text(f"dataset: sales\n{messy}", "utf-8")
    lines = "".join(f"{n};{n % 97}\n" for n in range(ROW_COUNT))
    (inbox / "long.csv").write_text(f"n;rest\n{lines}", "utf-8")
    long = 'source: {path: "inbox/long.csv"}\ntransforms:\n  - type_cast: {columns: {n: integer}}\n'
    (specs / "long.yml").write_text(f"dataset: long\n{long}", "utf-8")
    yield


def cell(panel: Locator, side: str, row: int, column: int) -> Locator:
    return panel.locator(
        f".wb-pv-grid--{side} .ag-row[row-index='{row}'] .ag-cell[col-id='c{column}']"
    )


def execute(page: Page, code: str) -> None:
    """Run code in the page's kernel, as another panel would."""
    page.evaluate(
        """async (code) => {
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const reply = await kernel.requestExecute({ code }).done;
          if (reply.content.status !== 'ok') throw new Error(reply.content.evalue);
        }""",
        code,
    )


def test_raw_stands_beside_tidy_and_every_step_can_be_looked_at(open_panel: OpenPanel) -> None:
    page, panel = open_panel(CODE.format("sales", "en"), viewport=WIDE)
    steps = panel.locator(".wb-pv-step")
    expect(steps).to_have_count(7)
    expect(steps.nth(2)).to_contain_text("1 row filtered out")
    expect(steps.nth(3)).to_contain_text("2 rows quarantined")
    expect(panel.locator(".wb-pv-scope")).to_have_text("Whole file: 8 rows")
    # the failing cell is marked in words, null and the invisible are told
    expect(cell(panel, "tidy", 0, 2)).to_contain_text("Fails: amount is not at least 0.")
    expect(cell(panel, "tidy", 2, 3)).to_contain_text("null")
    expect(cell(panel, "raw", 6, 3)).to_contain_text("missing")
    expect(cell(panel, "raw", 4, 4)).to_contain_text("read as null")
    expect(cell(panel, "raw", 7, 4).locator(".wb-pv-sign")).to_have_attribute(
        "title", "zero-width space"
    )
    # hostile names and values are text
    expect(panel.locator(".wb-pv-grid--tidy .wb-pv-column-name", has_text=HOSTILE)).to_be_visible()
    assert panel.locator("img, b").count() == 0
    # statistics come into the headers
    expect(panel.locator(".wb-pv-grid--raw [col-id='c0'] .wb-pv-column-facts")).to_have_text(
        "text · 7 distinct"
    )
    # a row and its columns light up on both sides
    cell(panel, "tidy", 0, 1).click()
    expect(panel.locator(".wb-pv-status")).to_contain_text("Row 6 of the file · region (text)")
    lit = panel.locator(".wb-pv-grid--raw .ag-row[row-index='4']").first
    expect(lit).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
    shadow = "each => getComputedStyle(each).boxShadow"
    assert "inset" in cell(panel, "raw", 0, 1).evaluate(shadow)
    expect(steps.nth(3)).to_have_class(re.compile("traced"))
    # only failing rows
    panel.locator(".wb-pv-checks-box summary").click()
    panel.get_by_role("button", name="Rows that fail any check").click()
    expect(panel.locator(".wb-pv-grid-title").nth(1)).to_have_text("After 6 deduplicate · 2 rows")
    # another step: its rows, and what it did to columns
    steps.nth(4).click()
    expect(panel.locator(".wb-pv-grid-title").nth(1)).to_have_text("After 4 type_cast · 4 rows")
    mark = panel.locator(".wb-pv-grid--tidy [col-id='c2'] .wb-pv-mark")
    expect(mark).to_contain_text("type changed by this step, before: text")
    panel.get_by_role("button", name="Examples").click()
    expect(panel.locator(".wb-pv-step-examples")).to_contain_text("does not read as decimal(10,2)")
    assert violations_in(page) == []


@pytest.mark.long
def test_it_is_used_by_keyboard_alone_in_the_dark_and_in_spanish(open_panel: OpenPanel) -> None:
    page, panel = open_panel(CODE.format("sales", "es"), theme="dark")
    expect(cell(panel, "tidy", 0, 2)).to_be_visible()
    panel.locator(".wb-pv-step[aria-current=step]").focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(panel.locator(".wb-pv-step[aria-current=step]")).to_contain_text("3 map_categories")
    expect(panel.locator(".wb-pv-step[aria-current=step]")).to_be_focused()
    expect(panel.locator("[role=status]").first).to_contain_text("5 filas")
    page.keyboard.press("Control+f")
    expect(panel.locator(".wb-pv-find")).to_be_focused()
    page.keyboard.type("N/A")
    page.keyboard.press("Enter")
    expect(panel.locator("[role=status]").first).to_contain_text("no está en ninguna parte")
    page.keyboard.press("Control+a")
    page.keyboard.type("-3")
    page.keyboard.press("Enter")
    focused = panel.locator(".wb-pv-grid--tidy .ag-cell:focus")
    expect(focused).to_have_text("-3,25")
    page.keyboard.press("Enter")
    dialog = panel.get_by_role("dialog")
    expect(dialog).to_contain_text("Celda de amount")
    expect(dialog).to_contain_text("sales.csv, 6")
    assert violations_in(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(focused).to_have_text("-3,25")
    ground = panel.locator(".wb-pv-grid--tidy .ag-root-wrapper").evaluate(
        "each => getComputedStyle(each).backgroundColor"
    )
    assert ground == panel.evaluate("each => getComputedStyle(each).backgroundColor")


@pytest.mark.long
def test_it_follows_the_draft_and_outlives_its_kernel(open_panel: OpenPanel) -> None:
    page, panel = open_panel(CODE.format("sales", "en"), viewport=WIDE)
    last = panel.locator(".wb-pv-step").last
    expect(last).to_contain_text("3 rows")
    edit = "draft = Workspace.current().draft('sales'); draft.replace_text(draft.text.replace({}))"
    execute(page, edit.format("\"<> 'void'\", \"<> 'x'\""))
    expect(last).to_contain_text("4 rows")
    expect(panel.locator(".wb-pv-grid-title").nth(1)).to_have_text("After 6 deduplicate · 4 rows")
    execute(page, edit.format('"min_value: 0,", "min_value: 99,"'))
    expect(panel.locator(".wb-pv-checks-box summary")).to_contain_text("4 rows fail at least one")
    # the rule that is opened elsewhere is what is looked at
    execute(page, "Workspace.current().emit('rule', dataset='sales', list='transforms', index=1)")
    expect(panel.locator(".wb-pv-step[aria-current=step]")).to_contain_text("2 filter")
    # a transform that cannot be done: those before it are shown, and why
    execute(page, edit.format('"amount * 2", "amount * wrong"'))
    expect(panel.locator(".wb-pv-step--fault")).to_contain_text("5 derive")
    panel.locator(".wb-pv-step--fault").click()
    expect(panel.locator(".wb-pv-step-about")).to_contain_text("unknown column 'wrong'")
    # a text that is no spec: the last good one stays
    execute(page, edit.format('"transforms:", "transfroms:"'))
    expect(panel.locator(".wb-notice").first).to_contain_text("last version without any")
    assert violations_in(page) == []
    restart_kernel(page)
    expect(panel.locator(".wb-gone")).to_be_visible()


@pytest.mark.long
def test_a_long_file_scrolls_to_its_end(open_panel: OpenPanel) -> None:
    _, panel = open_panel(CODE.format("long", "en"))
    expect(panel.locator(".wb-pv-scope")).to_have_text(f"Whole file: {ROW_COUNT:,} rows")
    go = panel.locator(".wb-pv-go")
    go.fill(str(ROW_COUNT + 1))
    go.press("Enter")
    expect(cell(panel, "tidy", ROW_COUNT - 1, 0)).to_have_text(str(ROW_COUNT - 1))
    expect(cell(panel, "raw", ROW_COUNT - 1, 0)).to_have_text(str(ROW_COUNT - 1))  # it follows
    # sorted by the kernel, not among the rows that happen to be here
    panel.locator(".wb-pv-grid--tidy .ag-header-cell[col-id='c0'] .wb-pv-column-name").click()
    panel.locator(".wb-pv-grid--tidy .ag-header-cell[col-id='c0'] .wb-pv-column-name").click()
    expect(panel.locator("[role=status]").first).to_have_text("Sorted by n, descending")
    expect(cell(panel, "tidy", ROW_COUNT - 1, 0)).to_have_text("0")
    # the sample is said to be one
    panel.get_by_role("button", name="Sample").click()
    expect(panel.locator(".wb-pv-scope")).to_have_text(
        f"Sample: the first 5,000 of {ROW_COUNT:,} rows"
    )

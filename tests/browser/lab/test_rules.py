"""The Rules panel in JupyterLab: forms and YAML of one draft, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.lab.conftest import Lab, OpenPanel, restart_kernel, violations_in

if TYPE_CHECKING:
    from playwright.sync_api import Locator

CODE = "from workbench.panels import Rules\nRules({!r}, language={!r})"
#: Names that would like to be markup.
HOSTILE = "<img src=x onerror=alert(1)>"
SPEC = """\
# sales by shop
dataset: {name}
source: {{path: inbox/{name}*.csv}}
transforms:
  # all of them
  - trim: {{columns: all}}
  - map_categories:
      column: region
      mapping: {{N: Norte}}  # the others stay
  - type_cast: {{columns: {{monto: integer}}}}
expectations:
  - expect_column_values_to_be_between: {{column: monto, min_value: 10}}
  - expect_column_values_to_not_be_null: {{column: id}}
"""


@pytest.fixture
def spec(lab: Lab) -> Callable[[str], Path]:
    """Write a dataset and its file; the path of its spec."""

    def write(name: str) -> Path:
        rows = "".join(f"{i},{'NSX'[i % 3]},{i},{i},{i * 2}\n" for i in range(40))
        rows = rows.replace("X,", f"{HOSTILE},")
        file = lab.project / "inbox" / f"{name}.csv"
        file.write_text(f"id,region,monto,enero,febrero\n{rows}", encoding="utf-8")
        path = lab.project / "specs" / "datasets" / f"{name}.yml"
        path.write_text(SPEC.format(name=name), encoding="utf-8")
        return path

    return write


def rule(panel: Locator, key: str) -> Locator:
    return panel.locator(f'[data-rule="{key}"]')


def yaml(panel: Locator) -> str:
    """The text of the editor; all of it, since it is short."""
    lines = panel.locator(".wb-yaml .cm-line").all_inner_texts()
    return "\n".join(line.rstrip("\n") for line in lines)


def counted(panel: Locator) -> None:
    """Wait for the first look at the rows, which loads the engine."""
    expect(rule(panel, "expectations:0").locator(".wb-badge")).to_contain_text("of 40")


def test_forms_and_yaml_are_one_draft_by_mouse(
    open_panel: OpenPanel, spec: Callable[[str], Path]
) -> None:
    path = spec("ventas")
    page, panel = open_panel(CODE.format("ventas", "en"), viewport={"width": 1500, "height": 1000})
    counted(panel)
    expect(rule(panel, "expectations:0").locator(".wb-badge")).to_have_text("10 of 40 fail")

    # the mapper knows the values that were found, and shows hostile ones as text
    rule(panel, "transforms:1").locator(".wb-rule-open").click()
    expect(panel.locator(".wb-mapper tbody tr")).to_have_count(3)
    expect(panel.locator(".wb-mapper")).to_contain_text(HOSTILE)
    panel.get_by_label("What S becomes").fill("Sur")
    expect(panel.locator(".wb-yaml .cm-content")).to_contain_text("mapping: {N: Norte, S: Sur}  #")

    # a column is offered, a pattern shows what it means
    panel.get_by_role("button", name="Add a transform").click()
    panel.get_by_role("combobox", name="Add a transform").fill("melt")
    page.keyboard.press("Enter")
    melt = rule(panel, "transforms:3")
    expect(melt.locator(".wb-problem")).to_contain_text("columns")
    melt.get_by_label("How Columns that become rows are chosen").select_option("pattern")
    melt.get_by_label("Pattern for").fill("^(enero|febrero)$")
    expect(melt.locator(".wb-meant .wb-chip")).to_have_text(["enero", "febrero"])
    expect(melt.locator(".wb-counts")).to_contain_text("80 rows (+40)")

    # dragged to the front, its comment and all others stay with theirs
    melt.locator(".wb-rule-grip").drag_to(
        rule(panel, "transforms:0"), target_position={"x": 60, "y": 2}
    )
    expect(rule(panel, "transforms:0").locator(".wb-rule-name").first).to_have_text("melt")

    # off, and what follows from it
    rule(panel, "expectations:0").get_by_role("switch").uncheck()
    expect(panel.locator(".wb-yaml .cm-content")).to_contain_text("min_value: 10, enabled: false}")
    assert violations_in(page) == []
    panel.get_by_role("button", name="Save").click()
    expect(panel.locator(".wb-rules-bar-state")).to_contain_text("Everything is saved")
    saved = path.read_text(encoding="utf-8")
    assert saved.startswith("# sales by shop\ndataset: ventas\n")
    assert "  # all of them\n  - trim: {columns: all}\n" in saved
    assert "mapping: {N: Norte, S: Sur}  # the others stay\n" in saved
    assert saved.index("- melt:") < saved.index("- trim:")


@pytest.mark.long
def test_the_yaml_completes_tells_errors_and_the_forms_follow(
    open_panel: OpenPanel, spec: Callable[[str], Path]
) -> None:
    path = spec("texto")
    page, panel = open_panel(CODE.format("texto", "en"), theme="dark")
    counted(panel)
    editor = panel.locator(".wb-yaml .cm-content")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("  - expect_column_values_to_be_uniq")
    offered = panel.locator(".cm-tooltip-autocomplete li")
    offered.filter(has_text="expect_column_values_to_be_unique").first.click()
    page.keyboard.type("{column: reg")
    offered.filter(has_text="region").first.click()
    expect(rule(panel, "expectations:2").locator(".wb-rule-brief")).to_have_text("region")
    expect(rule(panel, "expectations:2").locator(".wb-counts")).to_contain_text("40 of 40 fail")
    assert violations_in(page) == []

    # an unknown key is told at its line, in the editor and at the rule
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Home")  # the blanks that the editor put there
    page.keyboard.type("  - expect_column_values_to_be_null: {colum: id")
    expect(panel.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(panel.locator(".cm-lintRange-error").last).to_have_text("colum")
    rule(panel, "expectations:3").locator(".wb-rule-open").click()
    told = panel.locator(".wb-form .wb-problem")
    expect(told.filter(has_text="did you mean 'column'")).to_have_count(1)

    # no YAML at all: the forms keep their last good state and wait
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Home")
    page.keyboard.type("key: [id")
    page.keyboard.press("Delete")
    expect(panel.locator(".wb-rules-forms .wb-notice")).to_contain_text("last good state")
    expect(rule(panel, "expectations:3").get_by_role("switch")).to_be_disabled()
    expect(panel.locator(".wb-rule")).to_have_count(7)
    undo = panel.get_by_role("button", name="Undo")
    for _ in range(30):
        if panel.locator(".wb-badge--error", has_text="problem").count() == 0:
            break
        undo.click()
        page.wait_for_timeout(150)
    expect(panel.locator(".wb-rules-forms .wb-notice")).to_have_count(0)
    assert path.read_text(encoding="utf-8") == SPEC.format(name="texto"), "nothing was saved"


@pytest.mark.long
def test_everything_by_keyboard_alone_and_in_spanish(
    open_panel: OpenPanel, spec: Callable[[str], Path]
) -> None:
    path = spec("teclas")
    page, panel = open_panel(CODE.format("teclas", "es"))
    expect(rule(panel, "expectations:0").locator(".wb-badge")).to_have_text("10 de 40 fallan")
    first = rule(panel, "transforms:0").locator(".wb-rule-open")
    first.focus()
    page.keyboard.press("Alt+ArrowDown")
    moved = rule(panel, "transforms:1").locator(".wb-rule-open")
    expect(moved).to_contain_text("trim")
    expect(moved).to_be_focused()
    expect(panel.get_by_role("status").first).to_contain_text("número 2 de 3")
    page.keyboard.press("Alt+ArrowUp")
    expect(rule(panel, "transforms:0").locator(".wb-rule-open")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(rule(panel, "transforms:0").get_by_role("switch")).not_to_be_checked()
    page.keyboard.press("Control+z")
    expect(rule(panel, "transforms:0").get_by_role("switch")).to_be_checked()
    page.keyboard.press("Control+y")
    expect(rule(panel, "transforms:0").get_by_role("switch")).not_to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel.locator(".wb-form")).to_be_visible()
    page.keyboard.press("Delete")
    expect(rule(panel, "transforms:0").locator(".wb-rule-open")).to_contain_text("map_categories")
    page.keyboard.press("Control+s")
    expect(panel.locator(".wb-rules-bar-state")).to_contain_text("Todo está guardado")
    assert "trim" not in path.read_text(encoding="utf-8")
    assert "# all of them" in path.read_text(encoding="utf-8"), "a comment is nobody's to remove"
    assert violations_in(page) == []


@pytest.mark.long
def test_a_conflict_is_shown_and_settled(
    open_panel: OpenPanel, spec: Callable[[str], Path]
) -> None:
    path = spec("choque")
    page, panel = open_panel(CODE.format("choque", "en"))
    expect(rule(panel, "transforms:0")).to_be_visible()
    rule(panel, "transforms:0").get_by_role("switch").uncheck()
    expect(panel.locator(".wb-rules-bar-state")).to_contain_text("not saved")
    path.write_text(SPEC.format(name="choque") + "title: Theirs\n", encoding="utf-8")
    panel.get_by_role("button", name="Save").click()
    conflict = panel.locator(".wb-conflict")
    expect(conflict.locator(".wb-theirs").last).to_have_text(re.compile("title: Theirs"))
    expect(conflict.locator(".wb-mine").first).to_have_text(re.compile("enabled: false"))
    assert violations_in(page) == []
    assert "enabled" not in path.read_text(encoding="utf-8"), "nothing is overwritten in silence"
    conflict.get_by_role("button", name="Save both together").click()
    expect(panel.locator(".wb-rules-bar-state")).to_contain_text("Everything is saved")
    saved = path.read_text(encoding="utf-8")
    assert "trim: {columns: all, enabled: false}" in saved and saved.endswith("title: Theirs\n")


@pytest.mark.long
def test_rules_are_suggested_and_casts_are_tried(
    open_panel: OpenPanel, spec: Callable[[str], Path]
) -> None:
    spec("sugerencias")
    page, panel = open_panel(CODE.format("sugerencias", "en"))
    counted(panel)
    panel.get_by_role("button", name="Suggest from the rows").click()
    unique = panel.locator(".wb-suggestion", has_text="to_be_unique")
    expect(unique.first.locator(".wb-evidence")).to_have_text("All 40 values differ.")
    unique.first.get_by_role("button", name="Take", exact=False).first.click()
    expect(rule(panel, "expectations:2").locator(".wb-counts")).to_contain_text("Holds")
    rule(panel, "transforms:2").locator(".wb-rule-open").click()
    tester = panel.locator(".wb-tester")
    expect(tester).to_contain_text("All 40 rows read")
    tester.get_by_role("textbox").fill("12\n1.5\nx")
    expect(tester.locator(".wb-tester-head")).to_contain_text("2 of 3 rows do not read")
    expect(tester.locator("tbody tr")).to_have_count(3)
    assert violations_in(page) == []
    restart_kernel(page)
    expect(panel.locator(".wb-gone")).to_contain_text("run the cell again")

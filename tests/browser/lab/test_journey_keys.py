"""The whole job in the control room without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.lab.conftest import Lab, OpenPanel
from tests.browser.lab.test_journey import CODE, by_key, shot

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["shot"]  # a fixture


class Keys:
    """Somebody without a mouse: Tab, arrows, Enter and letters."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator, *, backward: bool = False, most: int = 120) -> None:
        """Press Tab until the element has the focus."""
        target.wait_for()
        for _ in range(most):
            if target.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Shift+Tab" if backward else "Tab")
        told = self.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        pytest.fail(f"{target} cannot be reached with Tab; the focus is on {told}")

    def press(self, target: Locator, **how: Any) -> None:
        """Reach a button and press it."""
        self.reach(target, **how)
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str, **how: Any) -> None:
        """Reach a field and write into it."""
        self.reach(target, **how)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def to(self, room: Locator, tab: str) -> Locator:
        """Go back to the tabs, and along them with the arrows; the panel of that tab."""
        self.reach(room.locator("> .wb-body > .wb-tabbed > .wb-tabs [aria-selected=true]"),
                   backward=True)  # fmt: skip
        wanted = room.locator(f"> .wb-body > .wb-tabbed > .wb-tabs [data-key={tab}]")
        for _ in range(7):
            if wanted.get_attribute("aria-selected") == "true":
                break
            self.page.keyboard.press("ArrowRight")
        panel = room.locator(f".wb-panel--{tab}")
        expect(panel).to_be_visible()
        return panel


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_same_with_the_keyboard_only(
    open_panel: OpenPanel, lab: Lab, tmp_path: Path, shot: Callable[[Page, str], None]
) -> None:
    path = tmp_path / "gastos.csv"
    path.write_text("id;area;monto\n1;norte;10\n2;sur;-5\n3;norte;7\n")
    page, room = open_panel(CODE, viewport={"width": 1500, "height": 1200})
    # from the beginning: Playwright begins to listen a moment after it is told
    page.on("filechooser", lambda chooser: chooser.set_files(path))
    keys = Keys(page)
    room.locator("> .wb-body [role=tab][aria-selected=true]").first.focus()  # JupyterLab is left
    upload = keys.to(room, "upload")
    keys.press(upload.get_by_role("button", name="Choose files"))
    keys.write(upload.get_by_label("Name", exact=True), "gastos")
    expect(upload.locator(".wb-yaml")).to_contain_text("dataset: gastos")
    page.keyboard.press("Enter")
    expect(upload.locator(".wb-file-state").first).to_contain_text("gastos was created")

    rules = keys.to(room, "rules")
    expect(rules.locator('[data-rule="transforms:0"] .wb-counts')).to_contain_text("3 rows")
    keys.press(rules.get_by_role("button", name="Add an expectation"))
    page.keyboard.type("expect_column_values_to_be_between")
    page.keyboard.press("Enter")
    check = rules.locator('[data-rule^="expectations:"]').last
    form = check.locator(".wb-form")
    keys.write(form.get_by_label("column", exact=False).first, "monto")
    keys.write(form.get_by_label("min_value", exact=False).first, "0")
    keys.reach(form.get_by_label("severity"))
    page.keyboard.type("quarantine")
    expect(rules.locator(".wb-yaml")).to_contain_text("severity: quarantine")
    expect(check.locator(".wb-badge").first).to_contain_text("1 of 3 fail")
    shot(page, "k1-rules")
    page.keyboard.press("Control+s")
    expect(rules.locator(".wb-rules-bar-state")).to_contain_text("Everything is saved")

    runs = keys.to(room, "runs")
    keys.press(runs.get_by_role("button", name="Run…"))
    dialog = runs.get_by_role("dialog")
    keys.press(dialog.get_by_role("button", name="Run", exact=True))
    newest = runs.locator(".wb-runs tbody tr").first
    expect(newest).to_contain_text("gastos")
    expect(newest).to_contain_text("Succeeded")
    keys.reach(runs.get_by_role("tab", name="Runs"), backward=True)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    refused = runs.locator(".wb-lines tbody tr")
    expect(refused).to_have_count(1)
    keys.write(refused.first.get_by_label("monto"), "5")
    keys.press(runs.get_by_role("button", name="Send 1 row again"), backward=True)
    expect(newest).to_contain_text("corrections")
    expect(newest).to_contain_text("Succeeded")
    shot(page, "k2-mended")

    materialize = keys.to(room, "materialize")
    keys.press(by_key(materialize, "look"))
    expect(materialize.locator(".wb-mat-load")).to_contain_text("Holds this version")
    shot(page, "k3-materialize")

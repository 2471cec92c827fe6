"""What tests do on a page of JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tests.browser.conftest import TAGS, axe_source

if TYPE_CHECKING:
    from playwright.sync_api import Page


def run_all(page: Page) -> None:
    """Run the notebook's cells, once its kernel is there."""
    page.wait_for_function(
        """() => {
          const panel = window.jupyterapp?.shell?.currentWidget;
          const kernel = panel?.sessionContext?.session?.kernel;
          return panel?.content?.widgets?.length && kernel?.status === 'idle';
        }"""
    )
    # not awaited: the command ends when the cells have run, and tests look at what they show
    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")


def settle(page: Page) -> None:
    """Wait until the cells have run: JupyterLab moves the focus when they end."""
    page.wait_for_function(
        """() => {
          const panel = window.jupyterapp.shell.currentWidget;
          const cells = panel.content.widgets;
          return panel.sessionContext.session.kernel.status === 'idle' &&
            cells.every((cell) => cell.model.executionCount || !cell.model.sharedModel.source);
        }"""
    )


def restart_kernel(page: Page) -> None:
    """Restart the page's kernel, as the menu does after the question."""
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )


def wear(page: Page, theme: Literal["light", "dark"]) -> None:
    """Let JupyterLab wear its light or dark theme."""
    page.evaluate(
        """async (theme) => {
          await window.jupyterapp.commands.execute('apputils:change-theme', { theme });
        }""",
        f"JupyterLab {theme.capitalize()}",
    )
    page.wait_for_function(
        "light => document.body.dataset.jpThemeLight === light", arg=str(theme == "light").lower()
    )


def violations_in(page: Page, selector: str = ".wb-panel") -> list[str]:
    """What axe finds inside an element of a page as it is now."""
    page.evaluate(axe_source() + "\n;0")
    found = page.evaluate(
        """async ([selector, tags]) => {
          const { violations } = await axe.run(selector, {
            runOnly: tags, resultTypes: ['violations'], preload: false,
          });
          return violations.flatMap(({ id, nodes }) => nodes.map((node) =>
            `${id}: ${node.target} ${node.html.slice(0, 160)} ${node.failureSummary}`));
        }""",
        # the page around a panel is JupyterLab's: its regions and headings are not ours
        [selector, [tag for tag in TAGS if tag != "best-practice"]],
    )
    return [str(each) for each in found]

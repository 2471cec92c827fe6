"""The control room: every panel, as tabs that share one workspace."""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module
from typing import Any

from traitlets import List, Unicode

from workbench.errors import SpecError, WorkbenchError
from workbench.panels.panel import Call, Panel, answers

#: The panels by the name of their tab, in the order of the work.
TABS = {
    "upload": "Upload",
    "preview": "Preview",
    "rules": "Rules",
    "dag": "Dag",
    "runs": "Runs",
    "materialize": "Materialize",
    "catalog": "Catalog",
}


class ControlRoom(Panel):
    """All panels in one place; each is made when its tab is first opened.

    They show the dataset that is chosen at the top, and speak the language that is chosen there.
    """

    name = "control_room"

    tabs = List(Unicode()).tag(sync=True)
    #: The tab on show; it stays through a reload of the page.
    tab = Unicode().tag(sync=True)

    def __init__(self, dataset: str | None = None, **options: Any) -> None:
        super().__init__(dataset, **options)
        self._panels: dict[str, Panel] = {}
        self._making = threading.Lock()
        self.tabs = list(TABS)
        self.tab = "catalog" if self.workspace.datasets() else "upload"
        self.observe(self._translate, "language")

    def close(self) -> None:
        """Take the room and its panels off the page."""
        for panel in self._panels.values():
            panel.close()
        super().close()

    @answers("open")
    def open_tab(self, call: Call, *, tab: str) -> str:
        """The widget of a tab, made when it is first asked for."""
        if tab not in TABS:
            raise WorkbenchError(f"there is no panel {tab!r}", remedy=f"it has {', '.join(TABS)}")
        with self._making:
            panel = self._panels.get(tab)
            if panel is None:
                cls = getattr(import_module("workbench.panels"), TABS[tab])
                panel = self._panels[tab] = cls(workspace=self.workspace, language=self.language)
        return f"anywidget:{panel.model_id}"

    @answers("project")
    def project(self, call: Call) -> dict[str, Any]:
        """Where the room works, and what is wrong with the specs there."""
        with suppress(SpecError):  # its problems are the workspace's
            self.workspace.project()
        return {
            "path": str(self.workspace.settings.project),
            "problems": [vars(problem) for problem in self.workspace.problems],
        }

    def _translate(self, change: Any) -> None:
        for panel in self._panels.values():
            panel.language = change["new"]

"""The base of every panel: a widget whose front calls methods of its kernel side."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, ClassVar, cast, get_args

import anywidget
from traitlets import Dict, Enum, Unicode

from workbench.errors import SpecError
from workbench.panels.calls import Call, Caller, answers
from workbench.panels.workspace import Workspace
from workbench.publish import assets
from workbench.publish.messages import Language, panel_texts
from workbench.spec.portal import load_portal

__all__ = ["Call", "Panel", "answers"]


class Panel(anywidget.AnyWidget):
    """A widget in a notebook: its script is ``dist/panels/<name>.js``, its texts ``<name>.json``.

    ``dataset`` is what it shows. Given to the constructor it stays the panel's own; else the panel
    shows, and chooses, the dataset of the workspace, as the other panels do. Methods marked with
    ``answers`` are what the front may call.
    """

    name: ClassVar[str]

    _esm = Unicode().tag(sync=True)
    _css = Unicode().tag(sync=True)
    panel = Unicode().tag(sync=True)
    language = Enum(get_args(Language), "en").tag(sync=True)
    texts = Dict().tag(sync=True)
    dataset = Unicode("").tag(sync=True)

    def __init__(
        self,
        dataset: str | None = None,
        *,
        workspace: Workspace | None = None,
        language: str | None = None,
    ) -> None:
        self.workspace = workspace or Workspace.current()
        bundle = assets.panel(self.name)
        chosen = cast(Language, language or _language(self.workspace))
        super().__init__(
            _esm=bundle.script,
            _css=bundle.style,
            panel=self.name,
            language=chosen,
            texts=panel_texts(self.name, chosen),
            dataset=self.workspace.dataset if dataset is None else dataset,
        )
        self._sending = threading.Lock()
        self._caller = Caller(self, self._send_message)
        self.on_msg(self._receive)
        self.observe(self._speak, "language")
        self._offs = [self.workspace.on("received", lambda **_: self.tell("datasets"))]
        if dataset is None:
            self.observe(self._choose, "dataset")
            self._offs.append(self.workspace.on("dataset", self._follow))

    def tell(self, event: str, **data: Any) -> None:
        """Push an event to the front: ``client.on(event, …)`` gets the data."""
        self._send_message({"event": event, "data": data}, ())

    def close(self) -> None:
        """Take the panel off the page; calls that run are given up."""
        for off in self._offs:
            off()
        self._caller.close()
        super().close()

    @answers("datasets")
    def datasets(self, call: Call) -> list[str]:
        """Names of the project's datasets, for the picker of the header."""
        return list(self.workspace.datasets())

    def _receive(self, _: object, content: Any, buffers: Sequence[memoryview]) -> None:
        if isinstance(content, dict):
            self._caller.receive(content, buffers)

    def _send_message(self, content: dict[str, Any], buffers: Sequence[bytes]) -> None:
        with self._sending:  # threads that answer share the panel's channel
            self.send(content, list(buffers))

    def _speak(self, change: Any) -> None:
        self.texts = panel_texts(self.name, change["new"])

    def _choose(self, change: Any) -> None:
        self.workspace.dataset = change["new"]

    def _follow(self, dataset: str = "", **_: Any) -> None:
        self.dataset = dataset


def _language(workspace: Workspace) -> Language:
    """The project's language; a portal file that is wrong is the portal's to tell."""
    try:
        return load_portal(workspace.settings).language
    except SpecError:
        return "en"

"""The control room: panels are made when first opened, and share workspace and language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.panels.conftest import Front
from workbench.panels import control_room
from workbench.panels.control_room import TABS, ControlRoom
from workbench.panels.upload import Upload
from workbench.panels.workspace import Workspace

Make = Callable[..., Front]

SPEC = "dataset: ventas\nsource: {path: inbox/*.csv}\ntransforms: []\ncolumns: {}\n"


def test_a_panel_is_made_when_its_tab_is_first_opened(front: Make, workspace: Workspace) -> None:
    room = front(ControlRoom)
    assert room.panel._panels == {}
    reference = room.call("open", tab="upload")
    panel = room.panel._panels["upload"]
    assert isinstance(panel, Upload)
    assert reference == f"anywidget:{panel.model_id}" == room.call("open", tab="upload")
    assert panel.workspace is workspace
    room.panel.dataset = "ventas"
    assert panel.dataset == "ventas"


def test_panels_speak_the_language_of_the_room(front: Make) -> None:
    room = front(ControlRoom)
    room.call("open", tab="upload")
    room.panel.language = "es"
    assert room.panel._panels["upload"].texts["upload.title"] == "Subir"


@pytest.mark.parametrize("tab", ["", "os", "Panel", "control_room", "../x"])
def test_only_panels_are_opened(front: Make, tab: str) -> None:
    assert "there is no panel" in front(ControlRoom).fail("open", tab=tab)["message"]


def test_an_empty_project_begins_with_upload(front: Make, workspace: Workspace) -> None:
    assert front(ControlRoom).panel.tab == "upload"
    (workspace.settings.specs / "datasets" / "ventas.yml").write_text(SPEC)
    assert front(ControlRoom).panel.tab == "catalog"


def test_problems_of_the_specs_are_told(front: Make, workspace: Workspace) -> None:
    room = front(ControlRoom)
    assert room.call("project")["problems"] == []
    (workspace.settings.specs / "datasets" / "bad.yml").write_text("dataset: bad\nnothing: 1\n")
    problems = room.call("project")["problems"]
    assert problems and problems[0]["file"] == "specs/datasets/bad.yml"


def test_closing_the_room_closes_its_panels(front: Make) -> None:
    room = front(ControlRoom)
    room.call("open", tab="upload")
    panel = room.panel._panels["upload"]
    room.panel.close()
    assert panel.comm is None


def test_every_tab_has_its_text() -> None:
    from workbench.publish.messages import catalogue

    assert {f"tab.{key}" for key in control_room.TABS} <= set(catalogue("es", "control_room"))
    assert len(TABS) == 7

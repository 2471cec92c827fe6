"""The Preview panel's kernel side: what it answers, and that it follows the draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.panels.conftest import Front
from tests.steps.preview.conftest import MESSY, ROWS
from tests.steps.road import Road
from workbench.config import Settings
from workbench.panels import preview
from workbench.panels.preview import Preview
from workbench.panels.workspace import Workspace


@pytest.fixture
def road(settings: Settings) -> Road:
    found = Road(settings)
    found.spec("sales", MESSY)
    found.file("sales.csv", ROWS)
    return found


@pytest.fixture
def panel(front: Callable[..., Front], road: Road) -> Front:
    return front(Preview, "sales")


def opened(panel: Front, scope: str = "whole") -> tuple[dict[str, Any], dict[str, Any]]:
    """The timeline, and what to ask for rows with."""
    found = panel.call("open", scope=scope)
    return found, {"revision": found["revision"]}


def test_it_answers_with_timeline_rows_checks_and_figures(panel: Front) -> None:
    listed = panel.call("files")
    assert [each["name"] for each in listed["files"]] == ["sales.csv"]
    found, view = opened(panel)
    assert [step["rows"] for step in found["view"]["steps"]] == [7, 7, 6, 5, 4, 4, 3]
    assert not found["faulty"] and "detected" not in found["view"]["input"]
    window = panel.call("window", view=view, offset=1, limit=1)
    assert (window["total"], window["rows"]) == (3, [7])
    raw = panel.call("window", view=view | {"step": 0, "raw": True}, offset=4, limit=1)
    assert raw["cells"][0][4] == "N/A" and raw["marked"] == [[4]]
    assert [check["failing"] for check in found["checks"]["checks"]] == [1, 1, None]
    assert panel.call("statistics", column="amount", step=6, **view)["distinct"] == 3
    assert panel.call("locate", view=view, row=7) == 1
    assert panel.call("find", view=view, text="-3.25") == [0, "amount"]
    assert panel.call("detail", step=3, **view)["refused"][0]["row"] == 4


def test_the_rows_on_screen_come_with_the_timeline(panel: Front, workspace: Workspace) -> None:
    _, view = opened(panel)
    look = {"step": -1, "sort": [{"column": "amount"}], "filters": [], "failing": None}
    found = panel.call("open", scope="whole", look=look | {"offset": 1, "limit": 2})
    asked = panel.call("window", view=view | {"sort": look["sort"]}, offset=1, limit=2)
    assert found["rows"] == asked and asked["step"] == 6 and len(asked["cells"]) == 2
    draft = workspace.draft("sales")
    draft.replace_text(draft.text.replace("keep: last", "keep: first"))
    anew = panel.call("open", scope="whole", look=look | {"offset": 0, "limit": 9})
    moved = view | {"revision": anew["revision"], "sort": look["sort"]}
    assert anew["rows"] == panel.call("window", view=moved, offset=0, limit=9)
    assert opened(panel)[0]["rows"] is None


def test_rows_that_cannot_be_had_are_told_of_where_they_are_asked_for(panel: Front) -> None:
    _, view = opened(panel)
    look = {"sort": [{"column": "gone"}], "offset": 0, "limit": 9}
    found = panel.call("open", scope="whole", look=look)
    assert found["rows"] is None and len(found["view"]["steps"]) == 7
    wrong = panel.fail("window", view=view | {"sort": look["sort"]}, offset=0, limit=9)
    assert "unknown column" in wrong["message"]
    assert "called wrongly" in panel.fail("open", look=look | {"where": "1=1"})["message"]


def test_sorting_and_filters_are_checked(panel: Front) -> None:
    _, view = opened(panel)
    wanted = view | {"filters": [{"column": "amount", "operator": "less", "values": ["8"]}]}
    assert panel.call("window", view=wanted, offset=0, limit=9)["total"] == 2
    wrong = view | {"sort": [{"column": "id; DROP TABLE x"}]}
    assert "unknown column" in panel.fail("window", view=wrong, offset=0, limit=9)["message"]
    odd = view | {"filters": [{"column": "amount", "operator": "eval", "values": []}]}
    assert "called wrongly" in panel.fail("window", view=odd, offset=0, limit=9)["message"]
    assert "called wrongly" in panel.fail("window", view=view, offset="x", limit=9)["message"]


def test_it_follows_the_draft_and_keeps_the_last_good_one(
    panel: Front, workspace: Workspace
) -> None:
    before, _ = opened(panel)
    draft = workspace.draft("sales")
    draft.replace_text(draft.text.replace("keep: last", "keep: first"))
    panel.wait(lambda message: message.get("event") == "draft")
    after, _ = opened(panel)
    assert before["revision"] != after["revision"] and not after["faulty"]
    draft.replace_text(draft.text.replace("transforms:", "transfroms:"))
    kept, _ = opened(panel)
    assert kept["faulty"] and kept["revision"] == after["revision"]


def test_rows_of_an_older_revision_can_still_be_asked_for(
    panel: Front, workspace: Workspace
) -> None:
    _, view = opened(panel)
    draft = workspace.draft("sales")
    draft.replace_text(draft.text.replace("keep: last", "keep: first"))
    _, newer = opened(panel)
    first, second = (panel.call("window", view=each, offset=0, limit=1) for each in (view, newer))
    assert first["rows"] == [6] and second["rows"] == [2]
    assert "moved on" in panel.fail("window", view={"revision": "?"}, offset=0, limit=1)["message"]


def test_what_is_wrong_is_said_with_a_remedy(
    front: Callable[..., Front], road: Road, workspace: Workspace
) -> None:
    nothing = front(Preview)
    assert nothing.fail("open")["message"] == "no dataset is chosen"
    assert nothing.call("files")["files"] == []
    road.spec("broken", "source: {path: x.csv}\ntransforms: 3\n")
    error = front(Preview, "broken").fail("open")
    assert "faults" in error["message"] and "Rules panel" in error["remedy"]
    (road.settings.project / "inbox" / "sales.csv").unlink()
    missing = front(Preview, "sales").fail("open")
    assert "no file matches" in missing["message"]


def test_a_rule_that_is_looked_at_elsewhere_is_told(panel: Front, workspace: Workspace) -> None:
    workspace.emit("rule", dataset="sales", list="expectations", index=0, number=0)
    event, _ = panel.wait(lambda message: message.get("event") == "rule")
    assert event["data"]["number"] == 0


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What the panel wants to be done ahead; here it is done when the test says so."""
    found: list[Callable[[], None]] = []
    monkeypatch.setattr(preview, "submit", found.append)
    return found


def test_the_rows_of_a_changed_draft_are_begun_before_they_are_asked_for(
    panel: Front,
    workspace: Workspace,
    begun: list[Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft = workspace.draft("sales")
    last, first = draft.text, draft.text.replace("keep: last", "keep: first")
    draft.replace_text(first)
    assert not begun  # nobody has looked at anything yet
    opened(panel)
    kept = workspace.engine.kept
    before = set(kept)
    for text in (last, first, last):
        draft.replace_text(text)
    begun.pop(0)()
    assert set(kept) == before  # another change came after it
    begun.pop()()
    ahead = set(kept)
    assert ahead > before
    opened(panel)
    assert set(kept) == ahead  # nothing was left to compute

    monkeypatch.setattr(preview, "_QUICK", -1.0)
    opened(panel)
    begun.clear()
    draft.replace_text(first)
    assert not begun  # what takes long is not begun unasked


def test_a_draft_with_faults_is_not_begun_aloud(
    panel: Front, workspace: Workspace, begun: list[Callable[[], None]]
) -> None:
    opened(panel)
    draft = workspace.draft("sales")
    draft.replace_text(draft.text.replace("keep: last", "keep: [of"))
    draft.replace_text("dataset: sales\nsource: {path: gone/*.csv}\n")
    for work in begun:
        work()  # who asks is told
    assert panel.fail("open", scope="whole")["message"]

"""What every panel does: calls with progress and cancel, errors, events, language, dataset."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import Field

from tests.panels.conftest import Front
from workbench.errors import Problem, SpecError, WorkbenchError
from workbench.panels.panel import Call, Panel, answers
from workbench.panels.workspace import Workspace

Make = Callable[..., Front]


class Probe(Panel):
    """Answers calls of every kind."""

    name = "upload"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.go = threading.Event()
        self.begun = threading.Event()

    @answers("add")
    def add(self, call: Call, *, one: Annotated[int, Field(ge=0)], two: int = 2) -> int:
        return one + two

    @answers("turn")
    def turn(self, call: Call) -> tuple[int, list[bytes]]:
        return len(call.buffers), [bytes(reversed(bytes(each))) for each in call.buffers]

    @answers("slow")
    def slow(self, call: Call) -> str:
        self.begun.set()
        while not self.go.wait(0.01):
            call.stop_if_cancelled()
        return "done"

    @answers("typed", latest=True)
    def typed(self, call: Call, *, text: str) -> str:
        self.begun.set()
        while text == "old" and not call.cancelled:
            self.go.wait(0.01)
        call.stop_if_cancelled()
        return text

    @answers("count")
    def count(self, call: Call) -> int:
        for number in range(101):
            call.progress(number, 100, "counting")
        return 100

    @answers("refuse")
    def refuse(self, call: Call) -> None:
        raise WorkbenchError("it cannot be", where="a.yml:3", remedy="do something else")

    @answers("specs")
    def specs(self, call: Call) -> None:
        raise SpecError([Problem("a.yml", 3, 5, "one", "mend it"), Problem("a.yml", 9, 1, "two")])

    @answers("burst")
    def burst(self, call: Call) -> None:
        raise ValueError("the secret is 4711")

    @answers("unsayable")
    def unsayable(self, call: Call) -> None:
        raise WorkbenchError("no")


def test_a_call_is_answered_with_its_value(front: Make) -> None:
    probe = front(Probe)
    assert probe.call("add", one=1) == 3
    assert probe.call("add", one=1, two=5) == 6


def test_bytes_go_both_ways(front: Make) -> None:
    probe = front(Probe)
    id = probe.start("turn", [b"abc", b"xyz"])
    message, buffers = probe.wait(lambda message: message.get("answer") == id)
    assert message["value"] == 2
    assert buffers == [b"cba", b"zyx"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "one: Field required"),
        ({"one": "4711x"}, "one: Input should be a valid integer"),
        ({"one": -4711}, "one: Input should be greater than or equal to 0"),
        ({"one": 1, "three": 4711}, "three: Extra inputs are not permitted"),
        ({"one": 1, "call": 4711}, "call: Extra inputs are not permitted"),
    ],
)
def test_arguments_are_checked_and_values_stay_untold(
    front: Make, arguments: dict[str, Any], said: str
) -> None:
    error = front(Probe).fail("add", **arguments)
    assert said in error["message"]
    assert "4711" not in str(error)


def test_arguments_are_an_object(front: Make) -> None:
    probe = front(Probe)
    probe.panel._receive(None, {"call": "x", "name": "add", "arguments": [1]}, [])
    assert "valid dictionary" in probe.answer("x")["error"]["message"]


@pytest.mark.parametrize("name", ["nothing", "close", "send", "_receive"])
def test_only_marked_methods_can_be_called(front: Make, name: str) -> None:
    assert "knows no call" in front(Probe).fail(name)["message"]


@pytest.mark.parametrize("content", [None, [], "x", {}, {"cancel": "unknown"}, {"cancel": []}])
def test_messages_that_are_no_calls_do_nothing(front: Make, content: object) -> None:
    probe = front(Probe)
    probe.panel._receive(None, content, [])
    assert probe.call("add", one=1) == 3


def test_a_call_that_runs_can_be_cancelled(front: Make) -> None:
    probe = front(Probe)
    id = probe.start("slow")
    assert probe.panel.begun.wait(30)
    assert probe.call("add", one=1) == 3  # meanwhile others are answered
    probe.cancel(id)
    assert probe.answer(id)["error"]["cancelled"] is True


def test_a_call_that_is_let_be_ends_by_itself(front: Make) -> None:
    probe = front(Probe)
    id = probe.start("slow")
    probe.panel.go.set()
    assert probe.answer(id)["value"] == "done"


def test_the_newer_call_of_what_follows_typing_cancels_the_older(front: Make) -> None:
    probe = front(Probe)
    old = probe.start("typed", text="old")
    assert probe.panel.begun.wait(30)
    assert probe.call("typed", text="new") == "new"
    assert probe.answer(old)["error"]["cancelled"] is True


def test_progress_is_told_but_not_too_often(front: Make) -> None:
    probe = front(Probe)
    assert probe.call("count") == 100
    told = [content for content, _ in probe.messages if "progress" in content]
    assert told[-1]["done"] == told[-1]["total"] == 100
    assert told[-1]["text"] == "counting"
    assert len(told) < 50


def test_an_error_says_where_and_what_to_do(front: Make) -> None:
    error = front(Probe).fail("refuse")
    assert error["message"] == "it cannot be"
    assert (error["where"], error["remedy"]) == ("a.yml:3", "do something else")


def test_problems_of_specs_come_with_their_places(front: Make) -> None:
    error = front(Probe).fail("specs")
    assert [(each["line"], each["column"], each["remedy"]) for each in error["problems"]] == [
        (3, 5, "mend it"),
        (9, 1, None),
    ]


def test_an_unforeseen_error_keeps_its_values_to_the_log(
    front: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        error = front(Probe).fail("burst")
    assert "ValueError" in error["message"]
    assert "4711" not in str(error)
    assert "4711" in caplog.text


def test_events_are_pushed(front: Make) -> None:
    probe = front(Probe)
    probe.panel.tell("changed", rows=3)
    message, _ = probe.wait(lambda message: "event" in message)
    assert message == {"event": "changed", "data": {"rows": 3}}


def test_many_calls_at_once_are_all_answered(front: Make) -> None:
    probe = front(Probe)
    ids = [probe.start("add", one=number) for number in range(200)]
    assert [probe.answer(id)["value"] for id in ids] == [number + 2 for number in range(200)]


def test_closing_gives_up_what_runs(front: Make) -> None:
    probe = front(Probe)
    id = probe.start("slow")
    assert probe.panel.begun.wait(30)
    probe.panel.close()
    assert probe.answer(id)["error"]["cancelled"] is True


def test_texts_follow_the_language(front: Make) -> None:
    panel = front(Probe).panel
    assert panel.texts["shared.cancel"] == "Cancel"
    panel.language = "es"
    assert panel.texts["shared.cancel"] == "Cancelar"
    assert panel.texts["upload.title"] == "Subir"


def test_the_project_says_its_language(front: Make, workspace: Workspace) -> None:
    workspace.settings.specs.joinpath("portal.yml").write_text("language: es\n")
    assert front(Probe).panel.language == "es"
    assert front(Probe, language="en").panel.language == "en"
    workspace.settings.specs.joinpath("portal.yml").write_text("language: xx\n")
    assert front(Probe).panel.language == "en"


def test_panels_show_one_dataset_unless_told(front: Make, workspace: Workspace) -> None:
    one, two, own = front(Probe).panel, front(Probe).panel, front(Probe, "mine").panel
    one.dataset = "ventas"
    assert workspace.dataset == two.dataset == "ventas"
    assert own.dataset == "mine"
    own.dataset = "other"
    assert workspace.dataset == "ventas"
    two.close()
    workspace.dataset = "later"
    assert (one.dataset, two.dataset) == ("later", "ventas")

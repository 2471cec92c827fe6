"""Panels without a browser: their messages go to a list, calls are made as the front makes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from workbench.config import Settings
from workbench.panels.panel import Panel
from workbench.panels.workspace import Workspace
from workbench.publish import assets

P = TypeVar("P", bound=Panel)


@pytest.fixture(scope="module", autouse=True)
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Jupyter's runtime folder, not that of whoever runs the tests: panels make doors in it."""
    folder = tmp_path_factory.mktemp("runtime")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
        yield folder


class Front:
    """Stands where the browser does: sends to a panel, and keeps what it is sent."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        self._came = threading.Condition()
        self._calls = 0
        panel.send = self._take

    def _take(self, content: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        with self._came:
            self.messages.append((content, [bytes(each) for each in buffers]))
            self._came.notify_all()

    def start(self, name: str, buffers: Sequence[bytes] = (), /, **arguments: Any) -> str:
        """Call without waiting; returns the id of the call."""
        self._calls += 1
        id = f"test-{self._calls}"
        content = {"call": id, "name": name, "arguments": arguments}
        self.panel._receive(None, content, [memoryview(each) for each in buffers])
        return id

    def cancel(self, id: str) -> None:
        """Give a call up."""
        self.panel._receive(None, {"cancel": id}, [])

    def wait(
        self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60
    ) -> tuple[dict[str, Any], list[bytes]]:
        """The first message that is wanted, and its buffers."""
        with self._came:
            found: list[tuple[dict[str, Any], list[bytes]]] = []

            def there() -> bool:
                found[:] = [each for each in self.messages if wanted(each[0])]
                return bool(found)

            assert self._came.wait_for(there, seconds), f"nothing like it in {self.messages}"
            return found[0]

    def answer(self, id: str) -> dict[str, Any]:
        """The answer to a call, with ``value`` or ``error``."""
        return self.wait(lambda message: message.get("answer") == id)[0]

    def call(self, name: str, buffers: Sequence[bytes] = (), /, **arguments: Any) -> Any:
        """The value that a call is answered with; an error fails the test."""
        answer = self.answer(self.start(name, buffers, **arguments))
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def fail(self, name: str, buffers: Sequence[bytes] = (), /, **arguments: Any) -> dict[str, Any]:
        """The error that a call is answered with."""
        answer = self.answer(self.start(name, buffers, **arguments))
        assert "error" in answer, answer
        error: dict[str, Any] = answer["error"]
        return error


@pytest.fixture
def workspace(settings: Settings) -> Workspace:
    """A workspace of an empty project."""
    return Workspace(settings)


@pytest.fixture
def bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Panels work without what npm builds: their scripts are not looked at here."""
    bundle = assets.PanelBundle("export default {}", "")
    monkeypatch.setattr(assets, "panel", lambda name: bundle)


@pytest.fixture
def front(workspace: Workspace, bundles: None) -> Iterator[Callable[..., Front]]:
    """``front(Upload, …)`` makes a panel on the empty project, and a front for it."""
    made: list[Panel] = []

    def make(cls: type[P], *arguments: Any, **options: Any) -> Front:
        options.setdefault("workspace", workspace)
        panel = cls(*arguments, **options)
        made.append(panel)
        return Front(panel)

    yield make
    for panel in made:
        panel.close()

"""A real JupyterLab in a real Chromium: panels as people open them, in a cell of a notebook."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.browser.conftest import Watch, opened
from tests.browser.lab.acting import restart_kernel, run_all, settle, violations_in, wear
from tests.conftest import MISSING, REPOSITORY
from workbench.errors import WorkbenchError
from workbench.publish import assets

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

__all__ = ["restart_kernel", "run_all", "settle", "violations_in", "wear"]

#: Nothing that asks the network, and nothing that pops up over a panel.
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
#: How long things may take while both cores are busy (seconds).
_PATIENCE = 60


@dataclass
class Lab:
    """A running JupyterLab whose root is the project folder."""

    url: str
    project: Path
    home: Path
    log: Path
    runtime: Path
    process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=count)

    def write_notebook(self, code: str) -> str:
        """A new notebook with one cell; its path below the project."""
        name = f"page-{next(self._numbers)}.ipynb"
        cell = {
            "cell_type": "code",
            "id": "only",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": code,
        }
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        book = {
            "cells": [cell],
            "metadata": {"kernelspec": kernel},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.project / name).write_text(json.dumps(book), encoding="utf-8")
        return name

    def ask(self, path: str, method: str = "GET") -> Any:
        """Something of the server's API."""
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def end_kernels(self) -> None:
        """End every kernel, so that none outlives its test."""
        for session in self.ask("/api/sessions"):
            self.ask(f"/api/sessions/{session['id']}", "DELETE")


def start_lab(folder: Path) -> Lab:
    """Start JupyterLab on loopback, without a token, with folders of its own below ``folder``."""
    project, home = folder / "project", folder / "state"
    for each in ("specs/datasets", "specs/connections", "inbox"):
        (project / each).mkdir(parents=True, exist_ok=True)
    private = {
        name: folder / name.lower()
        for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    }
    for each in (home, *private.values()):
        each.mkdir(parents=True, exist_ok=True)
    settings = folder / "settings"
    for plugin, values in OVERRIDES.items():
        package, name = plugin.split(":")
        path = settings / package / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    # paths of sockets are short
    runtime = Path(tempfile.mkdtemp(prefix="wb-lab-"))
    environ = {
        **os.environ,
        **{name: str(path) for name, path in private.items()},
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "WORKBENCH_PROJECT": str(project),
        "WORKBENCH_HOME": str(home),
        "PYTHONPATH": str(REPOSITORY),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "lab.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
                *(
                    "--IdentityProvider.token=",
                    "--ServerApp.password=",
                    f"--notebook-dir={project}",
                ),
                *("--ServerApp.disable_check_xsrf=True", "--expose-app-in-browser"),
                "--ServerApp.jpserver_extensions=workbench.panels.server=True",
                "--LabApp.news_url=",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            env=environ,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    lab = Lab(f"http://127.0.0.1:{port}", project, home, log, runtime, process)
    _wait_until_up(lab)
    return lab


def _wait_until_up(lab: Lab) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if lab.process.poll() is not None:
            break
        try:
            lab.ask("/api")
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    stop_lab(lab)
    pytest.fail(f"JupyterLab did not start:\n{lab.log.read_text(errors='replace')[-4000:]}")


def stop_lab(lab: Lab) -> None:
    """End the server and its kernels."""
    if lab.process.poll() is None:
        with suppress(OSError):  # then it ends with the group
            lab.end_kernels()
        os.killpg(lab.process.pid, signal.SIGTERM)
        try:
            lab.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(lab.process.pid, signal.SIGKILL)
            lab.process.wait()
    shutil.rmtree(lab.runtime, ignore_errors=True)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a project folder of its own, once for the tests of a file."""
    try:
        assets.panel("upload")
    except WorkbenchError:
        pytest.skip(f"{MISSING}the panels' bundles (make install)")
    found = start_lab(tmp_path_factory.mktemp("lab"))
    yield found
    stop_lab(found)


class LabWatch(Watch):
    """Errors of a page and requests elsewhere are faults; warnings of JupyterLab are not."""

    def _console(self, message: Any) -> None:
        text = message.text
        if message.type == "error" and ("[anywidget]" in text or "wb-panel" in text):
            self.faults.append(f"error: {text}")

    def _response(self, response: Any) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")

    def _failed(self, request: Any) -> None:
        """What JupyterLab asks while a page closes fails without harm."""


OpenPanel = Callable[..., "tuple[Page, Locator]"]


@pytest.fixture
def open_panel(chromium: Browser, lab: Lab) -> Iterator[OpenPanel]:
    """``open_panel(code, theme=…, **options of the context)`` → page, and the panel on it.

    The code stands in the one cell of a fresh notebook and is run; its last value is the panel.
    Any fault on the page fails the test.
    """
    from playwright.sync_api import expect

    expect.set_options(timeout=_PATIENCE * 1000)
    watch = LabWatch(lambda url: url.startswith((lab.url, "data:", "blob:")))
    contexts = []

    def go(
        code: str,
        *,
        theme: Literal["light", "dark"] = "light",
        panel: str = ".wb-panel",
        **options: Any,
    ) -> tuple[Page, Locator]:
        manager = opened(chromium, watch, **options)
        contexts.append(manager)
        page = manager.__enter__().new_page()
        page.set_default_timeout(_PATIENCE * 1000)
        page.goto(f"{lab.url}/doc/tree/{lab.write_notebook(code)}")
        run_all(page)
        wear(page, theme)
        found = page.locator(panel).first
        found.wait_for()
        settle(page)
        return page, found

    yield go
    for manager in contexts:
        manager.__exit__(None, None, None)
    expect.set_options(timeout=5_000)
    lab.end_kernels()
    assert watch.faults == []

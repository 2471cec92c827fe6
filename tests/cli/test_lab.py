"""``workbench lab``: JupyterLab opens on the control room, workers run beside it, all ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from workbench.config import Settings
from workbench.records.store import open_records
from workbench.records.workers import list_workers

PATIENCE = 90


def wait(what: str, holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            pytest.fail(f"{what} did not come about")
        time.sleep(0.1)


def workers(settings: Settings) -> int:
    records = open_records(settings)
    try:
        return len(list_workers(records, kind="worker"))
    finally:
        records.close()


def answers(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.geturl())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def refused(url: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(url, timeout=PATIENCE)
    return refusal.value.code


@pytest.mark.timeout(300)
def test_the_control_room_runs_with_workers_and_ends_with_them(tmp_path: Path) -> None:
    project = tmp_path / "mine"
    project.mkdir()
    settings = Settings(project=project, home=tmp_path / "home", environ={})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    private = {name: str(tmp_path / name.lower()) for name in ("HOME", "JUPYTER_CONFIG_DIR")}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "workbench.cli", "lab", "--no-browser", "--ip=127.0.0.1"),
            *(f"--port={port}", "--IdentityProvider.token="),
        ],
        cwd=project,
        env={**os.environ, **private, **settings.environ(), "WORKBENCH_WORKERS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}/"
        wait("JupyterLab", lambda: answers(url))
        assert answers(url) == f"{url}lab/tree/workbench.ipynb"
        assert (project / "workbench.ipynb").is_file()  # a project without one got it
        # chunks of uploads can be put there, and nothing else be done
        assert refused(f"{url}workbench/uploads/{'0' * 20}/0") == 405
        assert refused(f"{url}workbench/uploads/elsewhere") == 404
        wait("a worker", lambda: workers(settings) == 1)
        below = psutil.Process(process.pid).children(recursive=True)
        assert len(below) >= 3
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    wait("the end of all", lambda: not any(each.is_running() for each in below))
    assert workers(settings) == 0

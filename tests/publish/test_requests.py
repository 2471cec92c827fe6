"""Runs that end have the portal published: once for many, and never at the cost of a run."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.publish.site import NotebookRoad
from workbench.config import Settings
from workbench.engine import publishing
from workbench.engine.publishing import PortalPublisher
from workbench.errors import ConfigError, RecordsError
from workbench.publish.site import places, requests
from workbench.publish.site.requests import request_file, serve_requests


@dataclass(frozen=True)
class Done:
    """What a publication did, as far as it matters here."""

    unbuilt: int = 0


def test_a_request_is_served_and_taken_away(settings: Settings, built: None) -> None:
    request_file(settings).parent.mkdir(parents=True)
    request_file(settings).touch()
    assert serve_requests(settings) == 1
    assert not request_file(settings).exists()
    assert (places.site_folder(settings) / "index.html").is_file()
    assert serve_requests(settings) == 0


def test_requests_that_come_meanwhile_are_served_once_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 0

    def publish(given: Settings) -> Done:
        nonlocal times
        times += 1
        if times == 1:
            for _ in range(5):
                request_file(settings).touch()
        return Done()

    monkeypatch.setattr(requests, "publish", publish)
    request_file(settings).parent.mkdir(parents=True)
    request_file(settings).touch()
    assert serve_requests(settings) == 2


def builds(monkeypatch: pytest.MonkeyPatch, code: str) -> list[int]:
    """Have a process with this code build Data Docs; the ids of those that were started."""
    started: list[int] = []

    def start(given: Settings) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", code])
        started.append(process.pid)
        return process

    monkeypatch.setattr(requests, "start_building", start)
    return started


def test_a_request_does_not_wait_for_data_docs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request_file(settings)
    asked.parent.mkdir(parents=True)
    asked.touch()
    done = settings.path("done")
    started = builds(
        monkeypatch,
        "import pathlib, sys, time\n"
        f"pathlib.Path(r'{asked}').touch()\n"  # a run ends while they are built
        f"while not pathlib.Path(r'{done}').exists(): time.sleep(0.01)\n",
    )
    times = 0

    def publish(given: Settings) -> Done:
        nonlocal times
        times += 1
        if times == 2:  # and is published before they are
            done.touch()
        return Done(unbuilt=int(times == 1))

    monkeypatch.setattr(requests, "publish", publish)
    assert serve_requests(settings) == 3
    assert len(started) == 1


def test_data_docs_that_cannot_be_built_are_not_tried_for_ever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request_file(settings)
    asked.parent.mkdir(parents=True)
    for code, times in (("raise SystemExit(1)", 1), ("pass", 2)):
        asked.touch()
        started = builds(monkeypatch, code)
        monkeypatch.setattr(requests, "publish", lambda given: Done(unbuilt=1))
        assert serve_requests(settings) == times
        assert len(started) == 1


def test_where_another_is_at_it_nothing_is_done(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "publish", lambda given: pytest.fail("published twice"))
    asked = request_file(settings)
    asked.parent.mkdir(parents=True)
    asked.touch()
    with (asked.parent / ".serving").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert serve_requests(settings) == 0
    assert asked.exists()


def test_an_error_is_told_and_hurts_nobody(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(given: Settings) -> None:
        raise RecordsError("the records are away")

    monkeypatch.setattr(requests, "publish", fail)
    request_file(settings).parent.mkdir(parents=True)
    request_file(settings).touch()
    assert serve_requests(settings) == 1
    assert "the records are away" in caplog.text


def wait_for(path: Path) -> None:
    end = time.monotonic() + 90
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not come"
        time.sleep(0.05)


def test_the_engine_and_the_portal_mean_the_same_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "COMMAND", (sys.executable, "-c", "pass"))
    publisher = PortalPublisher(settings)
    publisher()
    assert request_file(settings).is_file()
    assert publisher._process is not None
    publisher._process.wait(60)


def test_many_runs_start_one_process(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    started = settings.path("started")
    started.mkdir()
    code = f"import os, time; open(r'{started}/' + str(os.getpid()), 'w').close(); time.sleep(60)"
    monkeypatch.setattr(publishing, "COMMAND", (sys.executable, "-c", code))
    publisher = PortalPublisher(settings)
    for _ in range(20):
        publisher()
    process = publisher._process
    assert process is not None
    wait_for(started / str(process.pid))
    assert len(list(started.iterdir())) == 1
    process.kill()
    process.wait(60)


def test_off_is_off(settings: Settings) -> None:
    off = Settings(settings.project, settings.home, {"WORKBENCH_PUBLISH": "off"})
    PortalPublisher(off)()
    assert not request_file(off).exists()
    assert off.environ()["WORKBENCH_PUBLISH"] == "off"
    assert "WORKBENCH_PUBLISH" not in settings.environ()
    with pytest.raises(ConfigError, match="WORKBENCH_PUBLISH"):
        Settings(settings.project, settings.home, {"WORKBENCH_PUBLISH": "perhaps"})


def test_a_home_that_cannot_be_written_hurts_no_run(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    PortalPublisher(Settings(tmp_path, tmp_path / "home", {}))()


def test_a_run_on_the_command_line_publishes(settings: Settings) -> None:
    road = NotebookRoad(settings)
    road.spec("shops", "title: Shops\nsource: {path: inbox/shops.csv}\n")
    road.file("shops.csv", "shop\nNorth\nSouth\n")
    from workbench.publish import assets

    try:
        assets.front()
    except assets.BundleMissing:
        pytest.skip("missing: the portal's bundle (make install builds it with Node)")
    environ = {k: v for k, v in os.environ.items() if k != "WORKBENCH_PUBLISH"}
    done = subprocess.run(
        [sys.executable, "-m", "workbench.cli", "run", "shops"],
        env={**environ, **settings.environ(), "WORKBENCH_RENDERER": "embedded"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = places.site_folder(settings) / "datasets" / "shops.html"
    wait_for(page)
    wait_for(places.project_folder(settings) / ".published.json")
    with (places.project_folder(settings) / ".serving").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # until it has ended, so that its folder can go

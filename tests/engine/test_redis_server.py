"""The embedded Redis: private, short paths, clear errors."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.engine import redis_server
from workbench.errors import EngineError, QueueUnavailable


@pytest.fixture
def short(tmp_path: Path) -> Settings:
    return Settings(tmp_path, environ={})


def test_it_starts_once_and_stops(short: Settings) -> None:
    started = []
    threads = [
        threading.Thread(target=lambda: started.append(redis_server.start(short))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [process] = [process for process in started if process]
    assert redis_server.is_up(short)
    redis_server.stop(short)
    assert process.wait(10) == 0
    assert not redis_server.is_up(short)


def test_only_the_owner_may_reach_it(short: Settings) -> None:
    process = redis_server.start(short)
    assert process
    socket = redis_server.socket_path(short)
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert redis_server.connect(short).config_get("port") == {"port": "0"}
    redis_server.stop(short)
    process.wait(10)


def test_a_long_home_gets_a_short_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / ("long" * 20) / ("longer" * 20)
    settings = Settings(tmp_path, home=home, environ={})
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    socket = redis_server.socket_path(settings)
    assert len(os.fsencode(socket)) <= 100
    process = redis_server.start(settings)
    assert process
    assert redis_server.is_up(settings)
    redis_server.stop(settings)
    process.wait(10)
    socket.parent.rmdir()


def test_the_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path, home=tmp_path / ("long" * 40), environ={})
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(redis_server, "_LONGEST_SOCKET", 150)
    target = tmp_path / "elsewhere"
    target.mkdir()
    redis_server.socket_path(settings).parent.symlink_to(target)
    with pytest.raises(EngineError, match="somebody else"):
        redis_server.start(settings)


def test_a_server_that_cannot_start_tells_why(short: Settings) -> None:
    short.path("redis", "appendonly.aof").mkdir(parents=True)
    with pytest.raises(EngineError, match="did not start") as caught:
        redis_server.start(short)
    assert "redis.log" in str(caught.value)


def test_without_a_binary_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(redis_server.shutil, "which", lambda _: None)
    with pytest.raises(EngineError, match="REDIS_URL"):
        redis_server.binary()


def test_redis_url_is_used_and_named(tmp_path: Path) -> None:
    settings = Settings(tmp_path, environ={"REDIS_URL": "redis://:secret@127.0.0.1:1/0"})
    with pytest.raises(QueueUnavailable) as caught:
        redis_server.connect(settings)
    assert caught.value.where == "REDIS_URL"
    assert "secret" not in str(caught.value)

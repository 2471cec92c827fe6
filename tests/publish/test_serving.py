"""The portal is served on this machine only, and nothing but the site."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.publish.site import NotebookRoad
from workbench.config import Settings
from workbench.errors import ConfigError
from workbench.publish import serving
from workbench.publish.serving import serve, server


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    site = tmp_path / "site"
    (site / "es").mkdir(parents=True)
    (site / "index.html").write_text("home")
    (site / ".published.json").write_text("state")
    (tmp_path / "secret.txt").write_text("secret")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")
    with server(site, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_pages_are_served(address: str) -> None:
    assert get(f"{address}/index.html") == (200, "home")
    assert get(f"{address}/") == (200, "home")


@pytest.mark.parametrize(
    "path",
    ["/.published.json", "/../secret.txt", "/%2e%2e/secret.txt", "/link.txt", "/es/", "/none.html"],
)
def test_nothing_else_is(address: str, path: str) -> None:
    assert get(address + path) == (404, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "", "no-such-host.invalid"])
def test_other_machines_are_not_served(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="this machine only"):
        server(tmp_path, host, 0)


def test_a_port_in_use_is_named(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        server(tmp_path, "127.0.0.1", int(address.rpartition(":")[2]))


def test_what_happens_is_published_while_it_is_watched(
    settings: Settings, built: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LOOK", 0.1)
    road = NotebookRoad(settings)
    road.spec("shops", "title: Shops\nsource: {path: inbox/shops.csv}\n")
    road.file("shops.csv", "shop\nNorth\nSouth\n")
    told: list[str] = []
    again, stop = threading.Event(), threading.Event()

    def tell(line: str) -> None:
        told.append(line)
        if "made again" in line:
            again.set()

    thread = threading.Thread(
        target=serve,
        args=(settings,),
        kwargs={
            "audience": None, "host": "127.0.0.1", "port": 0, "watch": True, "tell": tell,
            "stop": stop,
        },
    )  # fmt: skip
    thread.start()
    try:
        run = road.run("shops")
        assert again.wait(60), told
        address = told[0].split(" at ")[1].split("/index.html")[0]
        for _ in range(600):
            status, _ = get(f"{address}/runs/{run.id}.html")
            if status == 200:
                break
            stop.wait(0.1)
        assert status == 200
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()

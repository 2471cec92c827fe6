"""Chunks by HTTP, in a real Jupyter server: what it takes, and what it refuses."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from workbench.config import Settings
from workbench.panels.doors import Doors
from workbench.steps.receiving.chunks import CHUNK
from workbench.steps.receiving.uploads import Upload, Uploads

TOKEN = "only-for-this-test"
PATIENCE = 60
DATA = random.Random(3).randbytes(CHUNK + 1000)
CHUNKS = [DATA[:CHUNK], DATA[CHUNK:]]


@dataclass
class Answer:
    status: int
    body: Any
    cookies: dict[str, str]


@dataclass
class Server:
    """A Jupyter server below ``/some/base/``."""

    port: int

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/some/base/{path}", body, named)
        return self.answer(connection)

    def answer(self, connection: http.client.HTTPConnection) -> Answer:
        got = connection.getresponse()
        text = got.read()
        pairs = [each.split(";")[0].split("=", 1) for each in got.headers.get_all("Set-Cookie", [])]
        connection.close()
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        return Answer(got.status, body, {name: value for name, value in pairs})


@pytest.fixture(scope="module")
def server(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    private = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
                *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
                *("--ServerApp.base_url=/some/base/", f"--IdentityProvider.token={TOKEN}"),
                "--ServerApp.jpserver_extensions=workbench.panels.server=True",
            ],
            cwd=folder,
            env={
                **os.environ,
                **{name: str(folder / name.lower()) for name in private},
                "PYTHONPATH": str(REPOSITORY),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    found = Server(port)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                found.ask("GET", "api")
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    pytest.fail((folder / "log").read_text(errors="replace")[-4000:])
                time.sleep(0.1)
        yield found
    finally:
        process.terminate()
        process.wait(PATIENCE)


@dataclass
class Sender:
    """Somebody with an upload that has begun, and the door for it."""

    server: Server
    uploads: Uploads
    upload: str
    door: str

    def put(self, index: int = 0, data: bytes | None = None, **changed: str | None) -> Answer:
        """Send a chunk. ``changed`` are other headers; ``None`` leaves one out."""
        right = CHUNKS[index] if index < len(CHUNKS) else b""
        headers = {
            "Authorization": f"token {TOKEN}",
            "X_Workbench_Door": self.door,
            "X_Workbench_SHA256": hashlib.sha256(right).hexdigest(),
        }
        headers = {name: value for name, value in {**headers, **changed}.items() if value}
        path = f"workbench/uploads/{self.upload}/{index}"
        return self.server.ask("PUT", path, right if data is None else data, **headers)

    @property
    def now(self) -> Upload:
        return self.uploads.get(self.upload)


@pytest.fixture
def sender(server: Server, tmp_path: Path) -> Iterator[Sender]:
    settings = Settings(project=tmp_path / "project", home=tmp_path / "state", environ={})
    uploads, doors = Uploads(settings), Doors()
    upload = uploads.begin("a.csv", len(DATA)).id
    yield Sender(server, uploads, upload, doors.to(settings))
    doors.close()


def test_chunks_are_taken_and_an_upload_of_the_kernel_goes_on(sender: Sender) -> None:
    answer = sender.put(1)
    assert (answer.status, answer.body) == (200, {"received": 1000})
    assert sender.now.missing == (0,)
    assert sender.put(1).body == {"received": 1000}  # twice is no error
    # the other comes through the kernel
    first = CHUNKS[0]
    sender.uploads.take(sender.upload, 0, first, hashlib.sha256(first).hexdigest())
    assert sender.uploads.finish(sender.upload).sha256 == hashlib.sha256(DATA).hexdigest()
    assert sender.put(1).body == {"received": len(DATA)}


def test_a_damaged_chunk_is_told_and_may_be_sent_again(sender: Sender) -> None:
    damaged = bytes([CHUNKS[0][0] ^ 1]) + CHUNKS[0][1:]
    answer = sender.put(0, damaged)
    assert answer.status == 409
    assert answer.body["error"]["type"] == "ChunkDamaged"
    assert answer.body["error"]["where"] == "a.csv"
    assert sender.put(0, CHUNKS[0][:-1]).body["error"]["type"] == "ChunkDamaged"
    assert sender.now.received == 0
    assert sender.put(0).body == {"received": CHUNK}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Authorization": None}, 403),
        ({"Authorization": "token another"}, 403),
        ({"X_Workbench_Door": None}, 404),
        ({"X_Workbench_Door": "x" * 43}, 404),
        ({"X_Workbench_Door": "../../../../../../etc/passwd"}, 404),
        ({"X_Workbench_SHA256": None}, 400),
        ({"X_Workbench_SHA256": "0" * 63 + "\u00e9"}, 400),
    ],
)
def test_who_has_no_right_to_it_is_refused(
    sender: Sender, changed: dict[str, str | None], status: int
) -> None:
    # a small chunk: the server does not wait for the body of who is refused
    assert sender.put(1, **changed).status == status
    assert sender.now.received == 0
    assert sender.put(1).status == 200


@pytest.mark.parametrize(
    "upload", ["..%2f..%2fuploads", "../uploads", "0" * 19, "0" * 21, "G" * 20]
)
def test_what_is_no_upload_is_not_found(sender: Sender, upload: str) -> None:
    sender.upload, real = upload, sender.upload
    assert sender.put().status == 404
    sender.upload = "0" * 20  # the name of one, but there is none
    assert sender.put().status == 404
    sender.upload = real
    assert sender.put().status == 200


def test_a_door_is_no_way_to_another_project(sender: Sender, tmp_path: Path) -> None:
    other = Settings(project=tmp_path / "other", home=tmp_path / "other-state", environ={})
    doors = Doors()
    try:
        assert sender.put(X_Workbench_Door=doors.to(other)).status == 404
    finally:
        doors.close()
    assert sender.put(X_Workbench_Door=doors.to(other)).status == 404
    doors.close()
    assert sender.put().status == 200


def test_a_chunk_that_the_file_has_not_is_refused(sender: Sender) -> None:
    answer = sender.put(7)
    assert (answer.status, answer.body["error"]["message"]) == (409, "the file has no chunk 7")
    sender.upload += "/0"
    assert sender.put(0).status == 404


@pytest.mark.parametrize(
    ("length", "status"), [({"Content-Length": str(CHUNK + 1)}, 413), ({}, 411)]
)
def test_more_than_a_chunk_is_refused_before_it_comes(
    sender: Sender, length: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sender.server.port, timeout=PATIENCE)
    connection.putrequest("PUT", f"/some/base/workbench/uploads/{sender.upload}/0")
    chunked = {} if length else {"Transfer-Encoding": "chunked"}
    for name, value in {"Authorization": f"token {TOKEN}", **length, **chunked}.items():
        connection.putheader(name, value)
    connection.endheaders()  # and not a byte of the body
    assert sender.server.answer(connection).status == status


def test_a_page_that_is_logged_in_by_a_cookie_proves_that_it_is_ours(sender: Sender) -> None:
    cookies = sender.server.ask("GET", f"login?token={TOKEN}").cookies
    cookies |= sender.server.ask("GET", "login").cookies
    assert "_xsrf" in cookies
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    known: dict[str, str | None] = {"Authorization": None, "Cookie": sent}
    assert sender.put(1, **known).status == 403
    assert sender.put(1, **known, X_XSRFToken="x" + cookies["_xsrf"]).status == 403
    assert sender.now.received == 0
    assert sender.put(1, **known, X_XSRFToken=cookies["_xsrf"]).status == 200


def test_the_server_loads_nothing_heavy_for_it() -> None:
    heavy = {"anywidget", "duckdb", "ibis", "ipywidgets", "pandas", "polars", "pydantic", "pyarrow"}
    code = "import sys, workbench.panels.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "workbench.panels.doors" in loaded
    assert not loaded & heavy

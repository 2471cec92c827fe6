"""Addresses: what they serve arrives whole or not at all, and they lead nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from workbench.errors import Cancelled, SourceMissing, SourceUnreadable, WorkbenchError
from workbench.steps.receiving.fetching import fetch
from workbench.steps.receiving.uploads import UploadError, Uploads

BODY = b"a;b\n" + b"1;2\n" * 500_000


class Answers(BaseHTTPRequestHandler):
    """One address for each way to answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/moved":
            return self._say(302, location="/ventas%202025.csv")
        if path.startswith("/to/"):
            return self._say(302, location=path.removeprefix("/to/"))
        if path == "/round":
            return self._say(302, location="/round")
        if path == "/missing":
            return self._say(404)
        if path == "/cut":
            return self._say(200, BODY[:1000], length=len(BODY))
        if path == "/endless":
            return self._say(200, BODY, length=None)
        if path == "/named":
            return self._say(200, BODY, disposition='attachment; filename="../x y.csv"')
        if path == "/empty":
            return self._say(200)
        return self._say(200, BODY)

    def _say(
        self,
        status: int,
        body: bytes = b"",
        *,
        location: str = "",
        length: int | None = -1,
        disposition: str = "",
    ) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        if disposition:
            self.send_header("Content-Disposition", disposition)
        if length is not None:
            self.send_header("Content-Length", str(len(body) if length == -1 else length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    served = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/ventas%202025.csv", "ventas 2025.csv"),
        ("/moved", "ventas 2025.csv"),
        ("/named", "../x y.csv"),  # only shown: names of files are made elsewhere
        ("/", "download"),
        ("/endless", "endless"),
    ],
)
def test_what_an_address_serves_arrives(
    uploads: Uploads, server: str, path: str, name: str
) -> None:
    told: list[tuple[int, int | None]] = []
    upload = fetch(uploads, server + path, progress=lambda *each: told.append(each))
    assert upload.complete and upload.name == name
    assert uploads.content(upload.id).read_bytes() == BODY
    assert told[-1][0] == len(BODY)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:text/plain,x",
        "/etc/passwd",
        "http://",
        "http://127.0.0.1:port/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
        "http://user:4711@127.0.0.1/x",
        "",
    ],
)
def test_what_is_no_web_address_is_refused(uploads: Uploads, url: str) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        fetch(uploads, url)
    assert "4711" not in str(caught.value)
    assert uploads.all() == []


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/plain,x"])
def test_a_web_address_does_not_lead_elsewhere(uploads: Uploads, server: str, to: str) -> None:
    with pytest.raises((SourceMissing, SourceUnreadable), match=r"only http|not allowed"):
        fetch(uploads, f"{server}/to/{to}")
    assert fetch(uploads, f"{server}/to/{server}/x").complete  # and to another one it does
    assert len(uploads.all()) == 1


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("/missing", SourceMissing, "404"),
        ("/round", SourceMissing, "redirect"),
        ("/cut", SourceUnreadable, "it ended after 1,000 of"),
        ("/empty", UploadError, "nothing in it"),
    ],
)
def test_what_does_not_come_whole_leaves_nothing(
    uploads: Uploads, server: str, path: str, error: type[WorkbenchError], said: str
) -> None:
    with pytest.raises(error, match=said):
        fetch(uploads, server + path)
    assert uploads.all() == []
    assert list(uploads.folder.iterdir() if uploads.folder.exists() else []) == []


@pytest.mark.parametrize("path", ["/x", "/endless"])
def test_more_than_may_be_fetched_is_refused(uploads: Uploads, server: str, path: str) -> None:
    assert fetch(uploads, server + path, most=len(BODY)).complete
    with pytest.raises(WorkbenchError, match="more than"):
        fetch(uploads, server + path, most=len(BODY) - 1)
    assert len(uploads.all()) == 1


def test_fetching_can_be_stopped(uploads: Uploads, server: str) -> None:
    def stop() -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        fetch(uploads, f"{server}/x", stop=stop)
    assert uploads.all() == []


def test_a_server_that_is_not_there(uploads: Uploads) -> None:
    with pytest.raises(SourceMissing, match="cannot be reached") as caught:
        fetch(uploads, "http://127.0.0.1:9/x?token=4711")
    assert "4711" not in str(caught.value)

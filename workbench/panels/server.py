"""An extension of the Jupyter server that takes the chunks of uploads by HTTP.

A page sends a file's bytes by HTTP at a fraction of what the channel to its kernel costs, and
the kernel has its hands free meanwhile. Everything else about an upload is asked of the kernel;
where this extension is not, chunks go through the kernel too.

``PUT <base_url>workbench/uploads/<upload>/<index>`` with the chunk as body, its SHA-256 in
``X-Workbench-SHA256`` and the secret of a door (see ``doors``) in ``X-Workbench-Door``, answers
``{"received": bytes}``, or ``{"error": {type, message, where, remedy, …}}`` with status 409. It is
404 where there is no such door or upload. Login and XSRF are those of every API of the server.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from workbench.errors import WorkbenchError
from workbench.panels import doors
from workbench.steps.receiving.chunks import CHUNK
from workbench.steps.receiving.uploads import UploadGone, Uploads

_SHA256 = re.compile(r"[0-9a-f]{64}")


@web.stream_request_body
class ChunkHandler(APIHandler):
    """Takes one chunk. Its body is not read before it is clear who sends it and how large it is."""

    auth_resource = "contents"

    async def prepare(self, **options: Any) -> None:
        """Refuse strangers and what is no chunk, before the body comes."""
        await super().prepare()
        self._body = bytearray()
        if self.request.method != "PUT":
            return  # answered by those who know what else may be asked
        length = self.request.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise web.HTTPError(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > CHUNK:
            raise web.HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def data_received(self, chunk: bytes) -> None:
        """Keep what comes of the body, and never more than a chunk."""
        self._body += chunk[: CHUNK - len(self._body)]

    @web.authenticated
    @authorized
    async def put(self, upload: str, index: str) -> None:
        """Keep the chunk; the disk's work is done beside the server's loop."""
        sha256 = self.request.headers.get("X-Workbench-SHA256", "")
        if not _SHA256.fullmatch(sha256):
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "a chunk comes with its SHA-256")
        door = self.request.headers.get("X-Workbench-Door", "")
        work = asyncio.get_running_loop().run_in_executor(
            None, _take, door, upload, int(index), self._body, sha256
        )
        try:
            received = await work
        except UploadGone as error:
            raise web.HTTPError(HTTPStatus.NOT_FOUND, error.message) from None
        except WorkbenchError as error:
            self.set_status(HTTPStatus.CONFLICT)
            self.finish({"error": error.to_record()})
        else:
            self.finish({"received": received})


def _take(door: str, upload: str, index: int, data: bytearray, sha256: str) -> int:
    settings = doors.find(door)
    if settings is None:
        raise UploadGone("there is no such door")
    return Uploads(settings).take(upload, index, memoryview(data), sha256).received


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Named so by Jupyter: where its extensions are."""
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Named so by Jupyter: add the handler to a server."""
    address = url_path_join(app.base_url, r"/workbench/uploads/([0-9a-f]{20})/([0-9]{1,6})")
    app.web_app.add_handlers(".*$", [(address, ChunkHandler)])

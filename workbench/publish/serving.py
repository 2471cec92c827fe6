"""Serves the portal to browsers on this machine, and publishes it anew while it does."""

from __future__ import annotations

import functools
import ipaddress
import socket
import threading
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from workbench.config import Settings
from workbench.errors import ConfigError, WorkbenchError
from workbench.publish.site.build import publish
from workbench.publish.site.places import site_folder

#: Seconds between looks at whether something happened.
LOOK = 2.0


class _Handler(SimpleHTTPRequestHandler):
    """Files of the site; nothing above it, nothing hidden, no listings of folders."""

    def do_GET(self) -> None:
        if self._is_hidden():
            self.send_error(404)
            return
        super().do_GET()

    def do_HEAD(self) -> None:
        if self._is_hidden():
            self.send_error(404)
            return
        super().do_HEAD()

    def _is_hidden(self) -> bool:
        path = Path(self.translate_path(self.path))
        root = Path(self.directory).resolve()
        inside = path.resolve().is_relative_to(root)
        return not inside or any(part.startswith(".") for part in path.parts[len(root.parts) :])

    def list_directory(self, path: object) -> None:
        self.send_error(404)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not told."""


def server(folder: Path, host: str, port: int) -> ThreadingHTTPServer:
    """A server of a folder on an address of this machine only; port 0 takes a free one."""
    try:
        loopback = ipaddress.ip_address(socket.gethostbyname(host)).is_loopback
    except OSError:
        loopback = False
    if not loopback:
        raise ConfigError(
            f"the portal is served on this machine only, and {host!r} is not an address of it",
            where="--host",
            remedy="copy the site to a web server: workbench publish --to FOLDER",
        )
    handler = functools.partial(_Handler, directory=str(folder))
    try:
        return ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        raise ConfigError(
            f"port {port} cannot be used: {error.strerror}",
            where="--port",
            remedy="give another one, or 0 for any that is free",
        ) from error


def serve(
    settings: Settings,
    *,
    audience: str | None,
    host: str,
    port: int,
    watch: bool,
    tell: Callable[[str], None],
    stop: threading.Event | None = None,
) -> None:
    """Publish, then serve until Ctrl-C (or ``stop``); with ``watch`` publish what happens."""
    stop = stop or threading.Event()
    done = publish(settings, audience=audience)
    with server(site_folder(settings, audience), host, port) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        address = f"http://{host}:{running.server_address[1]}/index.html"
        tell(f"{done.pages} pages at {address} (Ctrl-C ends)")
        try:
            while not stop.wait(LOOK if watch else 3600):
                if watch:
                    _again(settings, audience, tell)
        except KeyboardInterrupt:
            tell("ended")
        finally:
            running.shutdown()


def _again(settings: Settings, audience: str | None, tell: Callable[[str], None]) -> None:
    try:
        done = publish(settings, audience=audience)
    except WorkbenchError as error:  # a spec under way: the pages stay as they are
        tell(f"not published: {error}")
        return
    if done.rendered:
        tell(f"{done.rendered} pages made again")

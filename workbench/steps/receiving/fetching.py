"""Content from a web address: only http and https, also after redirects; capped; complete or not
at all."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from workbench.errors import SourceMissing, SourceUnreadable
from workbench.steps.receiving.uploads import MOST_BYTES, Upload, Uploads

#: Seconds without a byte after which a server counts as gone.
_PATIENCE = 30.0
_BLOCK = 1 << 20
_REDIRECTS = 5


def fetch(
    uploads: Uploads,
    url: str,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    stop: Callable[[], None] | None = None,
    most: int = MOST_BYTES,
) -> Upload:
    """Fetch what is at an address into the uploads.

    ``stop`` may raise to end it. Raises ``SourceMissing`` if it cannot be reached and
    ``SourceUnreadable`` for what is refused, too large or cut short; nothing of it stays then.
    """
    shown = _checked(url)
    with _opened(url, shown) as answer:
        stated = answer.headers.get("Content-Length", "")
        size = int(stated) if stated.isdigit() else None
        if size is not None and size > most:
            raise _refused(f"it has {size / 1e6:,.0f} MB, and not more than {most / 1e6:,.0f} MB "
                           "are fetched", shown)  # fmt: skip

        def blocks() -> Iterator[bytes]:
            done = 0
            while block := answer.read(_BLOCK):
                if stop:
                    stop()
                done += len(block)
                if progress:
                    progress(done, size)
                yield block
            if size is not None and done != size:
                raise _refused(f"it ended after {done:,} of {size:,} bytes", shown)

        name = _name(answer.headers, answer.geturl())
        try:
            return uploads.adopt(name, blocks(), most)
        except (HTTPException, TimeoutError, ConnectionError) as error:
            raise _refused(f"the server stopped sending ({type(error).__name__})", shown) from error


def _checked(url: str) -> str:
    """The address without what may be secret in it; refuses what is no web address."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _refused(f"this is no address: {error}", "address") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\x00-\x1f]", url):
        raise _refused(
            "only http:// and https:// addresses are fetched",
            f"{parts.scheme}:" if parts.scheme else "address",
        )
    if parts.username or parts.password:
        raise _refused("the address holds a user or a password, which would be kept", host)
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = _REDIRECTS

    def redirect_request(
        self, req: Any, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        """Follow to web addresses only, and never from a protected one to an open one."""
        shown = _checked(newurl)
        if req.type == "https" and not newurl.lower().startswith("https:"):
            raise _refused("it leads from a protected address to an open one", shown)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _opened(url: str, shown: str) -> Iterator[Any]:
    # made by hand: the opener of the library would also open files and ftp
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(  # noqa: S310 (checked above)
        url.strip(), headers={"Accept-Encoding": "identity", "User-Agent": "data-workbench"}
    )
    try:
        answer = opener.open(request, timeout=_PATIENCE)
    except urllib.error.HTTPError as error:
        raise SourceMissing(
            f"the server answers {error.code}: {error.reason}",
            where=shown,
            remedy="check the address, and whether one must sign in there",
        ) from None
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise SourceMissing(
            f"it cannot be reached: {reason}",
            where=shown,
            remedy="check the address, and whether this machine may go there",
        ) from None
    with answer:
        yield answer


def _name(headers: Message, url: str) -> str:
    """What the server calls the content, else the end of its address."""
    given = headers.get_filename() or ""
    return given or unquote(urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1]) or "download"


def _refused(why: str, where: str) -> SourceUnreadable:
    return SourceUnreadable(
        why, where=where, remedy="download it yourself and choose the file from disk"
    )

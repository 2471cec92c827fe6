"""Sends a site to a bucket of S3 or of a store that speaks like it.

Credentials, region and endpoint come from where the tools of AWS look for them
(``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, …), never from the command line. An object of our own
lists what was sent with its hash, so that unchanged files are neither read nor sent again.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import ConfigError, WorkbenchError
from workbench.publish.sending import Sent
from workbench.publish.sending.folder import order
from workbench.publish.site.state import walk

_LIST = ".workbench-site.json"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
}


class StoreFailed(WorkbenchError):
    """The store could not be written."""


def send(site: Path, where: str) -> Sent:
    """Make the objects below a prefix those of the site. Other objects there are not touched."""
    import pyarrow.fs as fs

    parts = urlsplit(where)
    if not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigError(
            f"{where!r} is not the address of a bucket", where="--to", remedy="s3://BUCKET/PREFIX"
        )
    base = "/".join(part for part in (parts.netloc, parts.path.strip("/")) if part)
    try:
        store = fs.S3FileSystem(**_options())
        before = _listed(store, f"{base}/{_LIST}")
        now: dict[str, str] = {}
        written = 0
        for name in sorted(walk(site), key=order):
            data = (site / name).read_bytes()
            now[name] = hashlib.sha256(data).hexdigest()
            if before.get(name) == now[name]:
                continue
            kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
            metadata = {"Content-Type": kind or "application/octet-stream"}
            with store.open_output_stream(f"{base}/{name}", metadata=metadata) as stream:
                stream.write(data)
            written += 1
        gone = sorted(set(before) - set(now))
        for name in gone:
            store.delete_file(f"{base}/{name}")
        with store.open_output_stream(f"{base}/{_LIST}") as stream:
            stream.write(json.dumps(now, sort_keys=True).encode())
    except OSError as error:
        raise StoreFailed(
            f"the store refused: {str(error).splitlines()[0][:300]}",
            where=f"s3://{base}",
            remedy="check the bucket, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, "
            "for stores other than AWS, AWS_ENDPOINT_URL",
        ) from error
    return Sent(where=f"s3://{base}", written=written, removed=len(gone), kept=len(now) - written)


def _options() -> dict[str, Any]:
    """Endpoint and region; the store's library finds credentials by itself."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    options: dict[str, Any] = {"request_timeout": 60, "connect_timeout": 10}
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region or endpoint:
        options["region"] = region or "us-east-1"
    if endpoint:
        parts = urlsplit(endpoint)
        options["scheme"] = parts.scheme or "https"
        options["endpoint_override"] = parts.netloc or endpoint
    return options


def _listed(store: Any, path: str) -> dict[str, str]:
    """What was sent before; nothing if that is not known."""
    try:
        with store.open_input_stream(path) as stream:
            found = json.loads(stream.read())
    except FileNotFoundError:
        return {}
    except ValueError:
        return {}
    return {str(name): str(hash_) for name, hash_ in found.items()}

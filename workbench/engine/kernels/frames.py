"""Messages over a stream socket: four bytes of length (big-endian), then JSON in UTF-8."""

from __future__ import annotations

import base64
import json
import math
import re
import socket
import struct
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

Message = dict[str, Any]

#: A longer message is refused.
MAX_BYTES = 64 * 1024 * 1024

_HEAD = struct.Struct("!I")
_SURROGATES = re.compile("[\ud800-\udfff]")


class BadFrame(Exception):
    """The bytes are no message; the other side is broken."""


def encode(message: Message) -> bytes:
    """A message as bytes. What JSON cannot say (bytes, NaN, lone surrogates) is made sayable."""
    try:
        text = json.dumps(message, default=_plain, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError):
        text = json.dumps(_clean(message), ensure_ascii=False, allow_nan=False)
    try:
        body = text.encode()
    except UnicodeEncodeError:
        body = _SURROGATES.sub("\ufffd", text).encode()
    return _HEAD.pack(len(body)) + body


class Decoder:
    """Collects bytes and yields the messages that are complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Add bytes; returns the messages completed by them."""
        self._buffer += data
        messages: list[Message] = []
        start = 0
        while len(self._buffer) - start >= _HEAD.size:
            (size,) = _HEAD.unpack_from(self._buffer, start)
            if size > MAX_BYTES:
                raise BadFrame(f"a message of {size} bytes")
            end = start + _HEAD.size + size
            if len(self._buffer) < end:
                break
            messages.append(json.loads(self._buffer[start + _HEAD.size : end]))
            start = end
        del self._buffer[:start]
        return messages


def receive(sock: socket.socket) -> Message | None:
    """Wait for one message on a blocking socket; ``None`` when the other side has closed."""
    head = _exactly(sock, _HEAD.size)
    if head is None:
        return None
    (size,) = _HEAD.unpack(head)
    if size > MAX_BYTES:
        raise BadFrame(f"a message of {size} bytes")
    body = _exactly(sock, size)
    if body is None:
        return None
    message: Message = json.loads(body)
    return message


def _exactly(sock: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = sock.recv(min(size - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _plain(value: object) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Iterable):
        return list(value)
    return repr(value)


def _clean(value: object) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return _clean(_plain(value))

"""Previews in Redis: found by content and spec, bounded in size and time, never needed.

Whatever goes wrong with Redis, or with what it holds, counts as "not there": a preview without it
is only slower. Keys carry the version of the workbench, since another one may compute otherwise.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from workbench import __version__

_PREFIX = f"workbench:preview:{__version__}:"
_INDEX, _SIZES = f"{_PREFIX}index", f"{_PREFIX}sizes"


class Cache:
    """Results under keys made of hashes. ``client`` is a Redis client, or ``None``: no cache.

    ``most`` bytes are kept in all and ``largest`` of one value; what was used longest ago goes
    first. Each value stays ``seconds`` after it was written.
    """

    def __init__(
        self,
        client: Any = None,
        *,
        most: int = 256 << 20,
        largest: int = 48 << 20,
        seconds: int = 86_400,
    ) -> None:
        self.client = client
        self.most = most
        self.largest = largest
        self.seconds = seconds

    def get(self, key: str) -> bytes | None:
        """The bytes under ``key``; ``None`` where there are none, or no Redis."""
        if self.client is None:
            return None
        with suppress(*_passing()):
            found = self.client.get(_PREFIX + key)
            if isinstance(found, bytes):
                self.client.zadd(_INDEX, {key: time.time()}, xx=True)
                return found
        return None

    def put(self, key: str, value: bytes) -> None:
        """Keep ``value``, unless it is too large; make room for it."""
        if self.client is None or len(value) > self.largest:
            return
        with suppress(*_passing()):
            pipe = self.client.pipeline()
            pipe.set(_PREFIX + key, value, ex=self.seconds)
            pipe.zadd(_INDEX, {key: time.time()})
            pipe.hset(_SIZES, key, len(value))
            pipe.expire(_INDEX, self.seconds)
            pipe.expire(_SIZES, self.seconds)
            pipe.execute()
            self._make_room()

    def get_json(self, key: str) -> Any:
        """The JSON under ``key``, or ``None``."""
        found = self.get(key)
        if found is None:
            return None
        with suppress(ValueError):
            return json.loads(found)
        return None

    def put_json(self, key: str, value: Any) -> None:
        """Keep a value as JSON."""
        self.put(key, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    def _make_room(self) -> None:
        sizes: Mapping[bytes, bytes] = self.client.hgetall(_SIZES)
        total = sum(int(size) for size in sizes.values())
        if total <= self.most:
            return
        for key in self.client.zrange(_INDEX, 0, -1):
            self.client.delete(_PREFIX.encode() + key)
            self.client.zrem(_INDEX, key)
            self.client.hdel(_SIZES, key)
            total -= int(sizes.get(key, 0))
            if total <= self.most:
                return


def _passing() -> tuple[type[BaseException], ...]:
    """Faults of Redis, all of which mean: not there."""
    import redis

    return (redis.RedisError, OSError, ValueError)


def digest(*parts: Any) -> str:
    """A hash of plain values, the same in every process."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=_typed)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _typed(value: Any) -> list[str]:
    """A value that JSON does not know: a date is not the text that writes it."""
    return [type(value).__name__, str(value)]

"""Events of runs on a Redis stream, for whoever watches. Best effort: SQL has the truth."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from workbench.config import Settings
from workbench.engine import redis_server
from workbench.errors import QueueUnavailable
from workbench.model.value import Value

if TYPE_CHECKING:
    from redis import Redis

STREAM = "workbench:events"
#: About how many events the stream keeps.
KEPT = 10_000
#: Seconds for which a Redis that did not answer is not asked again.
_REST = 5.0


class Event(Value):
    """Something that happened: ``kind`` is ``run``, ``step``, ``progress`` or ``waiting``."""

    kind: str
    run_id: str
    step_id: str | None = None
    status: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict)
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


Notify = Callable[[Event], None]


class Publisher:
    """Writes events to the stream; while Redis is away they are dropped."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Redis | None = None
        self._rest_until = 0.0

    def __call__(self, event: Event) -> None:
        import redis

        if time.monotonic() < self._rest_until:
            return
        try:
            if self._client is None:
                self._client = redis_server.connect(self._settings)
            fields: dict[Any, Any] = {"event": event.model_dump_json()}
            self._client.xadd(STREAM, fields, maxlen=KEPT, approximate=True)
        except (QueueUnavailable, redis.RedisError):
            self._rest_until = time.monotonic() + _REST


def subscribe(
    settings: Settings, *, after: str = "$", timeout: float | None = None
) -> Iterator[tuple[str, Event]]:
    """Events as (id, event), from ``after`` on: an id, ``$`` for new ones, ``0`` for all kept.

    Ends when nothing came for ``timeout`` seconds. Raises ``QueueUnavailable``.
    """
    import redis

    client = redis_server.connect(settings)
    block = 0 if timeout is None else max(1, int(timeout * 1000))
    try:
        while True:
            answer: Any = client.xread({STREAM: after}, count=500, block=block)
            streams = answer.items() if isinstance(answer, dict) else answer
            entries = [entry for _, found in streams or () for entry in found]
            if not entries and timeout is not None:
                return
            for number, fields in entries:
                after = number.decode()
                yield after, Event.model_validate(json.loads(fields[b"event"]))
    except redis.RedisError as error:
        raise redis_server.unavailable(settings, error) from error
    finally:
        client.close()

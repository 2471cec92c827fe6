"""Publishing on request: a run that ends asks for it, and one process does it for all.

A request is a file. Whoever publishes takes it away first and looks again when done, so that any
number of runs that end meanwhile are published once. Nothing waits for it, and if it fails, the
next request or the next ``workbench publish`` makes up for it.
"""

from __future__ import annotations

import fcntl
import logging
from pathlib import Path

from workbench.config import Settings
from workbench.errors import WorkbenchError
from workbench.publish.site.build import publish

logger = logging.getLogger(__name__)


def request_file(settings: Settings) -> Path:
    """The file that asks for publishing; the engine makes it by this name."""
    return settings.path("portal", ".requested")


def serve_requests(settings: Settings) -> int:
    """Publish as long as it is asked for; how often. Does nothing where another one is at it."""
    asked = request_file(settings)
    asked.parent.mkdir(parents=True, exist_ok=True)
    times = 0
    while asked.exists():
        with (asked.parent / ".serving").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return times
            while asked.exists():
                asked.unlink(missing_ok=True)
                times += 1
                try:
                    publish(settings)
                except WorkbenchError as error:
                    logger.warning("the portal was not published: %s", error)
                    return times
        # a request that came while the lock was given back is served by the next round
    return times

"""Publishing on request: a run that ends asks for it, and one process does it for all.

A request is a file. Whoever publishes takes it away first and looks again when done, so that any
number of runs that end meanwhile are published once. Nothing waits for it, and if it fails, the
next request or the next ``workbench publish`` makes up for it.
"""

from __future__ import annotations

import fcntl
import logging
import subprocess
import time
from pathlib import Path

from workbench.config import Settings
from workbench.errors import WorkbenchError
from workbench.publish.site.build import publish
from workbench.publish.site.data_docs import start_building

#: Seconds between looks at whether Data Docs are built.
_LOOK = 0.1

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
            try:
                times += _serve(settings, asked)
            except WorkbenchError as error:
                logger.warning("the portal was not published: %s", error)
                return times + 1
        # a request that came while the lock was given back is served by the next round
    return times


def _serve(settings: Settings, asked: Path) -> int:
    """Publish until nothing is asked for and all Data Docs are built and linked; how often.

    They are built by a process beside this one: a request that comes meanwhile does not wait.
    """
    times = 0
    builder: subprocess.Popen[bytes] | None = None
    is_due = False
    while True:
        if asked.exists():
            asked.unlink(missing_ok=True)
            times += 1
            is_due = bool(publish(settings).unbuilt)
        elif builder is not None:
            if builder.poll() is None:
                time.sleep(_LOOK)
                continue
            if builder.returncode == 0:
                times += 1
                publish(settings)
            builder = None
        elif is_due:
            is_due = False  # what cannot be built is not tried again before the next request
            builder = start_building(settings)
        else:
            return times

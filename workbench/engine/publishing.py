"""Has the portal published when runs end: by a process of its own, which is started by name.

The engine does not know how publishing works. A file asks for it; whoever publishes takes the
file away first, so that any number of runs that end meanwhile are published once. Nothing here
can fail or delay a run.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys

from workbench.config import Settings

#: What publishes as long as it is asked for.
COMMAND = (sys.executable, "-m", "workbench.cli", "publish", "--if-requested")

logger = logging.getLogger(__name__)


class PortalPublisher:
    """Starts publishing for these settings; does nothing where ``WORKBENCH_PUBLISH`` is off."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End publishing that is under way; the next run that ends makes up for it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)

    def __call__(self) -> None:
        """Ask for publishing, and start a process that does it unless ours is at it already."""
        if not self._settings.publish:
            return
        try:
            asked = self._settings.path("portal", ".requested")
            asked.parent.mkdir(parents=True, exist_ok=True)
            asked.touch()
            if self._process is not None and self._process.poll() is None:
                return  # it looks again before it ends, and the next request starts another
            log = self._settings.path("logs", "portal.log")
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    COMMAND,
                    env={**os.environ, **self._settings.environ()},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError as error:
            logger.warning("the portal is not published: %s", error)

"""A place where a notebook stands still until it may go on."""

from __future__ import annotations

from pathlib import Path

from tests.engine.acting import until


class Gate:
    """Holds a notebook up until it is opened; ``waits`` for one to stand before it."""

    def __init__(self, folder: Path) -> None:
        self._closed = folder / "gate"
        self._here = folder / "at-gate"
        self.code = (
            "import os, pathlib, time\n"
            f"if pathlib.Path({str(self._closed)!r}).exists():\n"
            f"    pathlib.Path({str(self._here)!r}).write_text(str(os.getpid()))\n"
            f"while pathlib.Path({str(self._closed)!r}).exists():\n"
            "    time.sleep(0.02)\n"
        )

    def close(self) -> None:
        self._here.unlink(missing_ok=True)
        self._closed.touch()

    def open(self) -> None:
        self._closed.unlink(missing_ok=True)

    def wait(self) -> int:
        """Wait for a notebook to stand here; its process id."""
        until(lambda: self._here.exists() and self._here.read_text(), 100)
        return int(self._here.read_text())

"""Writes an executed notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat

from workbench import durable
from workbench.scrubbing import Scrubber


def save(notebook: nbformat.NotebookNode, target: Path, scrubber: Scrubber) -> None:
    """Take the secrets out of ``notebook`` and put it in the place of ``target`` as a whole.

    Raises ``StorageFull`` if there is no room; what stood at ``target`` is then untouched.
    """
    text: str = nbformat.v4.writes(scrubber.value(notebook))
    durable.write(target, text.encode("utf-8", "replace"))

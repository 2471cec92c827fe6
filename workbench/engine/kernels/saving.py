"""Writes a notebook so that a reader sees the whole old or the whole new file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import nbformat

from workbench.engine.kernels.scrubbing import Scrubber
from workbench.errors import as_storage_error


def save(
    notebook: nbformat.NotebookNode, target: Path, scrubber: Scrubber, *, is_final: bool
) -> None:
    """Scrub ``notebook`` and write it to ``target``; only the final state is synced to the disk.

    Raises ``StorageFull`` if there is no room; what stood at ``target`` is then untouched.
    """
    text = nbformat.v4.writes(scrubber.value(notebook))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replace(target, text.encode("utf-8", "replace"), is_synced=is_final)
    except OSError as error:
        full = as_storage_error(error, where=str(target))
        if full:
            raise full from error
        raise


def replace(target: Path, data: bytes, *, is_synced: bool = True) -> None:
    """Put ``data`` in the place of ``target``: write aside, sync, rename, sync the folder."""
    descriptor, aside = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            if is_synced:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(aside, 0o644)
        os.replace(aside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise
    if is_synced:
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

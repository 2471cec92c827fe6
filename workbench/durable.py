"""Files that survive a crash: written aside, flushed to the disk, then renamed into place.

A reader sees the whole old file or the whole new one, and after a power cut what was renamed is
there. A full disk is a ``StorageFull`` that names the file; nothing half-written stays behind.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from workbench.errors import as_storage_error


@contextmanager
def writing(path: Path, *, mode: int | None = None) -> Iterator[BinaryIO]:
    """A binary file that becomes ``path`` when the block ends well, and vanishes when it fails.

    Missing folders are made. ``mode`` sets permissions before the file appears.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f".{path.name[:80]}.{uuid.uuid4().hex}.part"
    try:
        with full_disk_named(path):
            with aside.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                aside.chmod(mode)
            aside.replace(path)
            sync(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def write(path: Path, data: bytes | str) -> None:
    """Replace the content of ``path`` as a whole. Text is written as UTF-8."""
    with writing(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def link(path: Path, target: str) -> None:
    """Make ``path`` a symbolic link to ``target``, replacing an older link in one step."""
    aside = path.parent / f".{path.name}.{uuid.uuid4().hex}.part"
    try:
        with full_disk_named(path):
            aside.symlink_to(target)
            aside.replace(path)
            sync(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_folder(path: Path) -> None:
    """Remove a folder that no reader knows of any more; what is already gone is no error."""
    with suppress(FileNotFoundError):
        shutil.rmtree(path)


@contextmanager
def full_disk_named(path: Path) -> Iterator[None]:
    """Turn "no space left" within the block, however it is wrapped, into ``StorageFull``."""
    try:
        yield
    except Exception as error:
        full = as_storage_error(error, where=str(path))
        if full is None or full is error:
            raise
        raise full from error

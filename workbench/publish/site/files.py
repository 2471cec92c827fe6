"""Files of a site: replaced as a whole, written only if they differ, removed when they are gone.

They are not flushed to the disk one by one: a site can be made again at any time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from workbench.durable import full_disk_named


def replace_file(path: Path, content: str | bytes) -> None:
    """Write aside, then rename: a reader sees the whole old file or the whole new one."""
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    aside = f"{path}.{os.getpid()}.part"
    with full_disk_named(path):
        try:
            try:
                handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            with open(handle, "wb") as file:
                file.write(data)
            os.replace(aside, path)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise


def write_if_changed(path: Path, content: str | bytes) -> bool:
    """Replace a file unless it has this content already; whether it was written."""
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    except OSError:
        pass
    replace_file(path, data)
    return True


def copy_if_changed(source: Path, path: Path) -> bool:
    """Copy a file unless one of its size is there that is not older; whether it was copied."""
    given = source.stat()
    try:
        there = path.stat()
        if there.st_size == given.st_size and there.st_mtime_ns >= given.st_mtime_ns:
            return False
    except OSError:
        path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    with full_disk_named(path):
        try:
            shutil.copyfile(source, aside)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    return True


def remove_others(folder: Path, found: Collection[str], kept: Collection[str]) -> list[str]:
    """Remove files that are not to be kept, and folders that are empty then; what was removed."""
    gone = sorted(set(found) - set(kept))
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    for parent in sorted({(folder / name).parent for name in gone}, reverse=True):
        while parent != folder and parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent
    return gone

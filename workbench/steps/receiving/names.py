"""Names that are made here: whatever a file was called elsewhere, it stays below our folders."""

from __future__ import annotations

import re
import secrets
import unicodedata
from pathlib import Path, PurePosixPath

from workbench.errors import WorkbenchError

_ID = re.compile(r"[0-9a-f]{20}")
_OTHER = re.compile(r"[^\w.+-]+")
_LONGEST = 120


def new_id() -> str:
    """The name of an upload's folder; nobody can guess that of another."""
    return secrets.token_hex(10)


def checked_id(text: str) -> str:
    """``text`` if it has the form of an upload's name, so that it is no path to elsewhere."""
    if not _ID.fullmatch(text):
        raise WorkbenchError("this is not the name of an upload", remedy="choose the file again")
    return text


def file_name(given: str, *, default: str = "file") -> str:
    """A plain name for a file that was called ``given``: no folders, no odd signs, not hidden.

    Letters of every language stay, since patterns of specs look at names.
    """
    text = unicodedata.normalize("NFC", given.replace("\\", "/"))
    text = PurePosixPath(text).name.encode("utf-8", "ignore").decode()
    text = _OTHER.sub("_", text).strip("._-+ ")
    stem, dot, suffix = text.rpartition(".")
    if not dot:
        stem, suffix = text, ""
    suffix = suffix[:16]
    room = _LONGEST - len(suffix.encode()) - 1
    stem = stem.encode()[:room].decode("utf-8", "ignore").strip("._-+ ") or default
    return f"{stem}.{suffix}" if suffix else stem


def free_path(folder: Path, name: str) -> Path:
    """A path in ``folder`` that nothing has: the name, else with ``_2``, ``_3``, … in it."""
    path = folder / name
    number = 1
    while path.exists() or path.is_symlink():
        number += 1
        path = folder / f"{Path(name).stem}_{number}{Path(name).suffix}"
    return path

"""Source ``files``: CSV and Excel files that match a path, and values in their names.

Paths are relative to the project folder and may hold ``*``, ``?``, ``[…]`` and ``**``. Everything
about a file's form that the spec leaves out is detected and the detection is recorded.
"""

from __future__ import annotations

import difflib
import fnmatch
import glob
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from workbench.config import Settings
from workbench.errors import SourceMissing, SourceUnreadable
from workbench.model.dataset import Column
from workbench.sources.parsing.options import ReadOptions

if TYPE_CHECKING:
    from workbench.sources.parsing.finding import Parsed

_MAGIC = re.compile(r"[*?\[]")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 1 << 18
#: A larger file is refused before anything of it is kept: it is read as a whole.
MOST_BYTES = 4 << 30


class Options(ReadOptions):
    """Which files, and how they are read. Only ``path`` is needed."""

    type: Literal["files"] = Field(default="files", description="files in a folder")
    path: tuple[str, ...] = Field(
        min_length=1, description="a path or pattern, or several, relative to the project folder"
    )

    @field_validator("path", mode="before", json_schema_input_type=str | tuple[str, ...])
    @classmethod
    def _paths(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("path")
    @classmethod
    def _not_blank(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not path.strip() or "\x00" in path for path in value):
            raise ValueError("a path is blank; give a file, or a pattern such as inbox/*.csv")
        return value


@dataclass(frozen=True)
class Received:
    """A file that was received: where it is, and the name by which it is known."""

    path: Path
    name: str


def find(options: Options, settings: Settings) -> list[Received]:
    """The files that match, each once, sorted by name.

    A name is the path below the part of the pattern that has no wildcard. Raises
    ``SourceMissing`` naming a pattern that matches nothing, and the nearest files.
    """
    found: dict[Path, str] = {}
    for pattern in options.path:
        base, whole = _base(pattern, settings)
        matches = [Path(match) for match in glob.glob(whole, recursive=True)]
        files = sorted(path for path in matches if path.is_file() and not _is_aside(path))
        if not files:
            raise _missing(pattern, whole, base, settings)
        for path in files:
            _check(path)
            found.setdefault(path, path.relative_to(base).as_posix())
    twice = {name for name, count in Counter(found.values()).items() if count > 1}
    received = [
        Received(path, _long_name(path, settings) if name in twice else name)
        for path, name in found.items()
    ]
    return sorted(received, key=lambda one: one.name)


def _check(path: Path) -> None:
    """Refuse what cannot be kept or read whatever it holds."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise SourceUnreadable(
            f"the file has {size / 1e9:,.1f} GB, and more than {MOST_BYTES / 1e9:.1f} GB cannot "
            "be read at once",
            where=str(path),
            remedy="have it delivered in parts",
        )
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise SourceUnreadable(
            f"the file's name is not UTF-8 text: {os.fsencode(path.name)!r}",
            where=ascii(str(path.parent))[1:-1],
            remedy="rename the file",
        ) from None


def read(path: Path, name: str, options: ReadOptions) -> Parsed:
    """The file at ``path``, known as ``name``, as a table; everything in it is accounted for.

    Raises ``SourceEmpty``, ``SourceUnreadable``, ``HeaderMissing`` or ``SourceError`` with the
    place in the file and the remedy.
    """
    from workbench.sources.parsing import delimited, excel
    from workbench.sources.parsing.assemble import finish

    raw = _bytes(path, name)
    values = options.values_of(name)
    if is_workbook(raw, options):
        return excel.read(raw, name, options, values)
    _refuse_cells(options, name)
    body = delimited.read(raw, name, options)
    del raw
    return finish(body, name, options, values)


def place_for(options: Options, settings: Settings, name: str) -> Path:
    """Where a file called ``name`` belongs so that ``find`` finds it; it may not be there yet.

    The name is fitted into the pattern where it does not match it: ``export.csv`` becomes
    ``ventas_export.csv`` for ``inbox/ventas_*.csv``. The first pattern that takes the name as it
    is wins, else the first.
    """
    fitted: list[Path] = []
    for pattern in options.path:
        base, _ = _base(pattern, settings)
        last = Path(os.path.normpath(pattern)).name
        if not _MAGIC.search(last):
            here = base / last
        elif fnmatch.fnmatchcase(name, last):
            return base / name
        else:
            stem, suffix = os.path.splitext(name)
            first, star, rest = last.partition("*")
            here = base / (f"{first}{stem}{rest.replace('*', '')}" if star else name)
            if last.endswith("*"):
                here = here.with_name(here.name + suffix)
        fitted.append(here)
    return fitted[0]


def takes(options: Options, settings: Settings, path: Path) -> bool:
    """Whether a file that is there is one of those that ``find`` finds."""
    return not _is_aside(path) and any(
        path == Path(match)
        for pattern in options.path
        for match in glob.iglob(_base(pattern, settings)[1], recursive=True)
    )


def observe(options: Options, settings: Settings) -> tuple[Column, ...]:
    """The columns of the newest matching file, from its head only."""
    from workbench.sources.parsing.head import read_head
    from workbench.sources.parsing.headers import columns_of
    from workbench.sources.parsing.text import decode

    newest = max(find(options, settings), key=lambda one: (one.path.stat().st_mtime, one.name))
    head = _bytes(newest.path, newest.name, _HEAD)
    values: dict[str, Any] = options.values_of(newest.name)
    if is_workbook(head, options):
        from workbench.sources.parsing import excel  # what it needs is slow to import

        body, sheet = excel.head(_bytes(newest.path, newest.name), newest.name, options)
        columns = columns_of(body.originals, body.positions)
        values |= sheet
    else:
        partial = len(head) == _HEAD
        text = decode(head, options.encoding, name=newest.name, partial=partial)
        found = read_head(text.data, newest.name, options)
        width = found.width
        if found.unnamed is not None and not any(
            any(cell.strip() for cell in row[found.unnamed :]) for row in found.sample
        ):
            width = found.unnamed
        columns = columns_of(found.originals[:width])
    return (*columns, *(Column(name=value) for value in values))


def is_workbook(raw: bytes, options: ReadOptions) -> bool:
    """Whether the bytes are a workbook, by what they are and not by the file's name."""
    if options.format == "auto":
        return raw.startswith((_ZIP, _OLE))
    return options.format == "excel"


def _refuse_cells(options: ReadOptions, name: str) -> None:
    for option in ("sheet", "range", "columns"):
        if getattr(options, option) is not None:
            raise SourceUnreadable(
                f"`{option}` is for workbooks, and this file is text",
                where=name,
                remedy=f"leave `{option}` out of the spec, or ask for the workbook",
            )


def _bytes(path: Path, name: str, size: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(size)
    except FileNotFoundError:
        raise SourceMissing(
            f"there is no file {path}", where=name, remedy="deliver it, or mend `path`"
        ) from None
    except (PermissionError, IsADirectoryError) as error:
        raise SourceMissing(
            f"the file cannot be opened: {error.strerror}",
            where=name,
            remedy="give this user the right to read it",
        ) from None


def _base(pattern: str, settings: Settings) -> tuple[Path, str]:
    """The folder before the first wildcard, and the whole pattern as an absolute path."""
    whole = os.path.normpath(settings.project / os.path.expanduser(pattern))
    root = Path(glob.escape(str(settings.project)))
    if not os.path.isabs(os.path.expanduser(pattern)):
        whole = os.path.normpath(root / pattern)
    parts = Path(os.path.normpath(settings.project / os.path.expanduser(pattern))).parts
    fixed: list[str] = []
    depth = len(settings.project.parts)
    for index, part in enumerate(parts[:-1]):
        if _MAGIC.search(part) and (index >= depth or os.path.isabs(pattern)):
            break
        fixed.append(part)
    return Path(*fixed), whole


def _is_aside(path: Path) -> bool:
    """Lock files of office programs and hidden files are no deliveries."""
    return path.name.startswith((".", "~$"))


def _long_name(path: Path, settings: Settings) -> str:
    return Path(os.path.relpath(path, settings.project)).as_posix()


def _missing(pattern: str, whole: str, base: Path, settings: Settings) -> SourceMissing:
    folder = _long_name(base, settings)
    if not base.is_dir():
        return SourceMissing(
            f"there is no folder {folder!r}",
            where=pattern,
            remedy="create it and deliver the files there, or mend `path` in the spec",
        )
    files = sorted(path.name for path in base.iterdir() if path.is_file() and not _is_aside(path))
    wanted = Path(whole).name
    near = difflib.get_close_matches(wanted, files, n=3, cutoff=0.4) or files[:3]
    seen = f"in {folder!r} there are {', '.join(near)}" if near else f"{folder!r} is empty"
    return SourceMissing(
        f"no file matches {pattern!r}; {seen}",
        where=folder,
        remedy="deliver the file, or mend `path` in the spec",
    )

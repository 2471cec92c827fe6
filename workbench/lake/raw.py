"""RAW: the bytes as received, kept by content.

``raw/<aa>/<sha256>`` is a file named after its own hash: the same bytes are kept once, whatever
they were called, and what is read is proven to be what was received.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workbench.config import Settings
from workbench.durable import writing
from workbench.errors import LakeError, SourceMissing, SourceUnreadable

_CHUNK = 1 << 20


@dataclass(frozen=True)
class RawFile:
    """A file as received: its ``name``, the ``dataset`` it came for, and its content."""

    name: str
    dataset: str
    sha256: str
    size: int
    path: Path


class RawStore:
    """The store of received files below ``<home>/raw``."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.path("raw")

    def path(self, sha256: str) -> Path:
        """Where the content with this hash is, or would be."""
        return self.folder / sha256[:2] / sha256

    def store(self, path: Path | str, name: str, dataset: str) -> RawFile:
        """Keep the bytes of ``path``; storing them again changes nothing.

        Raises ``SourceMissing``, ``SourceUnreadable`` (also when the file grows while it is
        copied) and ``StorageFull``.
        """
        source = Path(path)
        sha256, size = hash_stable(source)
        kept = self.path(sha256)
        if not self._intact(kept, sha256, size):
            with source.open("rb") as received, writing(kept, mode=0o444) as file:
                digest = _copy(received, file)
                if digest != sha256:
                    raise _changing(source)
        return RawFile(name=name, dataset=dataset, sha256=sha256, size=size, path=kept)

    def verify(self, sha256: str) -> Path:
        """The path of this content, after proving that it is undamaged. Raises ``LakeError``."""
        kept = self.path(sha256)
        if not kept.is_file():
            raise LakeError(
                "a received file is gone from RAW",
                where=str(kept),
                remedy="restore it from a backup, or deliver the file again",
            )
        with kept.open("rb") as file:
            if _copy(file, None) != sha256:
                raise LakeError(
                    "a received file in RAW is damaged: its bytes are not those received",
                    where=str(kept),
                    remedy="restore it from a backup, or deliver the file again, which mends it",
                )
        return kept

    @contextmanager
    def open(self, sha256: str) -> Iterator[BinaryIO]:
        """The bytes as received, verified before they are handed out."""
        with self.verify(sha256).open("rb") as file:
            yield file

    @staticmethod
    def _intact(kept: Path, sha256: str, size: int) -> bool:
        if not kept.is_file() or kept.stat().st_size != size:
            return False
        with kept.open("rb") as file:
            return _copy(file, None) == sha256


def hash_stable(source: Path) -> tuple[str, int]:
    """Hash and size of a file that does not change while it is read."""
    try:
        before = source.stat()
        with source.open("rb") as received:
            sha256 = _copy(received, None)
        after = source.stat()
    except FileNotFoundError:
        raise SourceMissing(
            "there is no such file", where=str(source), remedy="check the path in the spec"
        ) from None
    except OSError as error:
        raise SourceUnreadable(
            f"the file cannot be read: {error.strerror}",
            where=str(source),
            remedy="check that it is a file, and its permissions",
        ) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise _changing(source)
    return sha256, after.st_size


def _copy(source: BinaryIO, target: BinaryIO | None) -> str:
    """Read ``source`` to its end in chunks, writing them to ``target``; the SHA-256 of it all."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest()


def _changing(source: Path) -> SourceUnreadable:
    return SourceUnreadable(
        "the file is still being written",
        where=str(source),
        remedy="deliver files under another name and rename them when they are complete",
    )

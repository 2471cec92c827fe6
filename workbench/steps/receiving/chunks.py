"""A file that comes in chunks: each at its place, with the SHA-256 that it was sent with.

``content.part`` holds the chunks; ``chunks`` their hashes, 32 bytes each, zeros for a chunk that
is not there. A chunk is written before its hash, and whatever was not closed properly is proven by
the hashes: a chunk whose bytes are not those of its hash counts as missing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from workbench import durable

#: Bytes of every chunk but the last.
CHUNK = 4 << 20
#: Written bytes reach the disk at least this often.
_SYNC = 64 << 20
_HASH = 32
_NONE = bytes(_HASH)


class ChunkedFile:
    """The chunks of a file of ``size`` bytes in ``folder``."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        self.count = -(-size // CHUNK)
        self._part = folder / "content.part"
        self._whole = folder / "content"
        self._hashes = folder / "chunks"

    def make(self) -> None:
        """Begin without any chunk."""
        self._part.touch()
        self._hashes.write_bytes(_NONE * self.count)

    def length(self, index: int) -> int:
        """Bytes of a chunk."""
        return min(CHUNK, self.size - index * CHUNK)

    def hashes(self) -> list[bytes]:
        """The hash of every chunk, ``b""`` for one that is not there."""
        raw = self._hashes.read_bytes()
        every = (raw[index * _HASH : (index + 1) * _HASH] for index in range(self.count))
        return [b"" if one == _NONE or len(one) < _HASH else one for one in every]

    def put(self, index: int, data: bytes | memoryview, digest: bytes) -> None:
        """Keep a chunk. When this returns, the death of the process does not undo it."""
        with self._part.open("r+b", buffering=0) as part:
            part.seek(index * CHUNK)
            rest = memoryview(data)
            while rest:  # an unbuffered write may stop early
                rest = rest[part.write(rest) :]
            if index % (_SYNC // CHUNK) == 0:
                os.fdatasync(part.fileno())
        self._note(index, digest)

    def forget(self, index: int) -> None:
        """Let a chunk count as missing."""
        self._note(index, _NONE)

    def proven(self) -> Iterator[tuple[int, bytes | None]]:
        """Every chunk that should be there: its index and bytes, ``None`` if they are damaged."""
        with self._held().open("rb") as part:
            for index, digest in enumerate(self.hashes()):
                if not digest:
                    continue
                part.seek(index * CHUNK)
                data = part.read(self.length(index))
                intact = hashlib.sha256(data).digest() == digest
                yield index, data if intact else None

    def close(self) -> None:
        """Make the chunks one file, which is on the disk when this returns."""
        held = self._held()
        durable.sync(held)
        held.replace(self._whole)
        durable.sync(self._whole.parent)

    def _held(self) -> Path:
        """The chunks: whoever died when all was proven has renamed them already."""
        return self._part if self._part.exists() else self._whole

    def _note(self, index: int, digest: bytes) -> None:
        with self._hashes.open("r+b", buffering=0) as hashes:
            hashes.seek(index * _HASH)
            hashes.write(digest)

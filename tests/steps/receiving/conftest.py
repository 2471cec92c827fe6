"""Files to be sent, and their chunks."""

from __future__ import annotations

import hashlib
import random

import pytest

from workbench.config import Settings
from workbench.steps.receiving.chunks import CHUNK
from workbench.steps.receiving.uploads import Upload, Uploads


class Sent:
    """A file whose chunks can be sent one by one."""

    def __init__(self, size: int, seed: int = 1) -> None:
        self.data = random.Random(seed).randbytes(size)
        self.chunks = [self.data[at : at + CHUNK] for at in range(0, size, CHUNK)]
        self.hashes = [hashlib.sha256(chunk).hexdigest() for chunk in self.chunks]
        self.sha256 = hashlib.sha256(self.data).hexdigest()

    def send(self, uploads: Uploads, upload: Upload, *indexes: int) -> Upload:
        """Send chunks, all if none is named."""
        for index in indexes or range(len(self.chunks)):
            upload = uploads.take(upload.id, index, self.chunks[index], self.hashes[index])
        return upload


@pytest.fixture(scope="session")
def sent() -> Sent:
    """A file of three chunks, the last of them short."""
    return Sent(2 * CHUNK + 12_345)


@pytest.fixture
def uploads(settings: Settings) -> Uploads:
    """The uploads of an empty project."""
    return Uploads(settings)

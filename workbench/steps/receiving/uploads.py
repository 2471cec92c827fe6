"""Content that is sent to the workbench: checked, kept, and continued where it stopped.

An upload is a folder ``<home>/uploads/<id>`` with a name made here::

    upload.json   the name it had, its size, when it began; sha256 once it is complete
    content.part  what has come; renamed to content when all of it is there and proven
    chunks        the hashes of its chunks

Chunks may come twice and in any order. Nothing that was acknowledged is lost when the process
dies, and nothing that a power cut damaged is believed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from workbench import durable
from workbench.config import Settings
from workbench.errors import StorageFull, WorkbenchError
from workbench.steps.receiving.chunks import CHUNK, ChunkedFile
from workbench.steps.receiving.names import checked_id, new_id

#: What one upload may have.
MOST_BYTES = 2 << 30
#: Left free for whoever else needs the disk.
_MARGIN = 64 << 20

Progress = Callable[[int, int], None]


class UploadError(WorkbenchError):
    """What was sent cannot be taken."""


class ChunkDamaged(UploadError):
    """A chunk is not what its hash says: it was damaged on the way, and may be sent again."""

    transient: ClassVar[bool] = True


class UploadGone(UploadError):
    """There is no such upload any more."""


@dataclass(frozen=True)
class Upload:
    """An upload as it is now. ``missing`` are the chunks that have not come yet."""

    id: str
    name: str
    size: int
    received: int
    missing: tuple[int, ...]
    began: datetime
    sha256: str | None = None

    @property
    def complete(self) -> bool:
        """Whether all of it is there and proven."""
        return self.sha256 is not None


class Uploads:
    """The uploads of a project. Every method may be called from any thread and process."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.path("uploads")
        self._keep = timedelta(days=settings.keep.leftovers)

    def begin(self, name: str, size: int) -> Upload:
        """Make room for a file that will come. Raises ``UploadError`` or ``StorageFull``."""
        if not name.strip():
            raise UploadError("the file has no name", remedy="give it one and choose it again")
        if size <= 0:
            raise UploadError("the file is empty (0 bytes)", where=name, remedy="ask for it again")
        if size > MOST_BYTES:
            raise _too_large(name, size)
        self.remove_old()
        self.folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.folder).free
        if free < size + _MARGIN:
            raise StorageFull(
                f"{size / 1e6:,.0f} MB do not fit: {free / 1e6:,.0f} MB are free",
                where=name,
                remedy="free some space where the workbench keeps its state, then try again",
            )
        id = new_id()
        with durable.full_disk_named(Path(name)):
            (self.folder / id).mkdir()
            ChunkedFile(self.folder / id, size).make()
            self._write(id, name, size, datetime.now(UTC))
        return self.get(id)

    def get(self, id: str) -> Upload:
        """An upload as it is on the disk. Raises ``UploadGone``."""
        try:
            about = json.loads(self._path(id, "upload.json").read_text("utf-8"))
            name, size = str(about["name"]), int(about["size"])
            began, sha256 = datetime.fromisoformat(about["began"]), about.get("sha256")
            if sha256:
                return Upload(id, name, size, size, (), began, str(sha256))
            chunks = ChunkedFile(self.folder / id, size)
            missing = tuple(index for index, one in enumerate(chunks.hashes()) if not one)
        except FileNotFoundError:
            raise _gone() from None
        lacking = sum(chunks.length(index) for index in missing)
        return Upload(id, name, size, size - lacking, missing, began)

    def all(self) -> list[Upload]:
        """All uploads, the newest first."""
        found = []
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            try:
                found.append(self.get(folder.name))
            except (WorkbenchError, OSError, ValueError, KeyError):
                continue  # being made or removed just now, or none of ours
        return sorted(found, key=lambda one: one.began, reverse=True)

    def take(self, id: str, index: int, data: bytes | memoryview, sha256: str) -> Upload:
        """Keep one chunk; it may come again, and in any order.

        Raises ``ChunkDamaged``, ``UploadError``, ``UploadGone`` or ``StorageFull``; the upload is
        then as it was before.
        """
        digest = hashlib.sha256(data).digest()
        with self._locked(id) as (upload, chunks):
            if upload.complete:
                return upload
            if not 0 <= index < chunks.count:
                raise UploadError(f"the file has no chunk {index}", where=upload.name)
            if len(data) != chunks.length(index) or digest.hex() != sha256:
                raise ChunkDamaged(
                    f"chunk {index} was damaged on its way",
                    where=upload.name,
                    remedy="it is sent again; if it comes damaged every time, look at the network",
                )
            if index in upload.missing:
                with durable.full_disk_named(Path(upload.name)):
                    chunks.put(index, data, digest)
            elif chunks.hashes()[index] != digest:
                raise UploadError(
                    "the file is not the one that this upload began with",
                    where=upload.name,
                    remedy="it was changed meanwhile: remove the upload and begin again",
                )
            return self.get(id)

    def prove(self, id: str, progress: Progress | None = None) -> tuple[Upload, list[str]]:
        """Prove what is there by its hashes, after who knows what; damaged chunks are missing.

        Returns the upload and the hash of every chunk (``""`` for a missing one), by which whoever
        has the file sees that it is the same.
        """
        with self._locked(id) as (upload, chunks):
            if upload.complete:
                return upload, []
            for index, data in chunks.proven():
                if data is None:
                    chunks.forget(index)
                if progress:
                    progress(min(upload.size, (index + 1) * CHUNK), upload.size)
            return self.get(id), [digest.hex() for digest in chunks.hashes()]

    def finish(self, id: str, progress: Progress | None = None) -> Upload:
        """Prove the whole file, read back from the disk, and keep it as one.

        Raises ``UploadError`` if chunks are missing or damaged: ``get`` then says which.
        """
        with self._locked(id) as (upload, chunks):
            if upload.complete:
                return upload
            if upload.missing:
                raise UploadError(
                    f"{len(upload.missing)} of {chunks.count} chunks have not come",
                    where=upload.name,
                    remedy="send them again",
                )
            whole = hashlib.sha256()
            # the hash of the whole is made while the next chunk is read and proven
            with ThreadPoolExecutor(1) as beside:
                hashing: Future[None] = beside.submit(whole.update, b"")
                for index, data in chunks.proven():
                    hashing.result()
                    if data is None:
                        chunks.forget(index)
                        raise UploadError(
                            f"chunk {index} is not on the disk as it came",
                            where=upload.name,
                            remedy="send it again; if that comes back, look at the disk",
                        )
                    hashing = beside.submit(whole.update, data)
                    if progress:
                        progress(min(upload.size, (index + 1) * CHUNK), upload.size)
            with durable.full_disk_named(Path(upload.name)):
                chunks.close()
                self._write(id, upload.name, upload.size, upload.began, whole.hexdigest())
            return self.get(id)

    def adopt(self, name: str, blocks: Iterable[bytes], most: int = MOST_BYTES) -> Upload:
        """A complete upload of content that comes as blocks from this machine.

        It appears when all of it is on the disk; on an error nothing stays. Raises ``UploadError``
        for more than ``most`` bytes or for none.
        """
        self.remove_old()
        id = new_id()
        size, whole = 0, hashlib.sha256()
        try:
            with durable.full_disk_named(Path(name)):
                with durable.writing(self._path(id, "content")) as file:
                    for block in blocks:
                        size += len(block)
                        if size > most:
                            raise _too_large(name, size, most)
                        whole.update(block)
                        file.write(block)
                    if not size:
                        raise UploadError("there is nothing in it (0 bytes)", where=name)
                self._write(id, name, size, datetime.now(UTC), whole.hexdigest())
        except BaseException:
            durable.remove_folder(self.folder / id)
            raise
        return self.get(id)

    def content(self, id: str) -> Path:
        """Where the content of a complete upload is. Raises ``UploadError``."""
        upload = self.get(id)
        if not upload.complete:
            raise UploadError("not all of the file has come", where=upload.name)
        return self._path(id, "content")

    def remove(self, id: str) -> None:
        """Forget an upload and what came of it; a second time is no error."""
        durable.remove_folder(self.folder / checked_id(id))

    def remove_old(self) -> None:
        """Forget uploads that nobody touched for as long as leftovers are kept."""
        oldest = time.time() - self._keep.total_seconds()
        for upload in self.all():
            path = self._path(upload.id, "content" if upload.complete else "chunks")
            if path.exists() and path.stat().st_mtime < oldest:
                self.remove(upload.id)

    @contextmanager
    def _locked(self, id: str) -> Iterator[tuple[Upload, ChunkedFile]]:
        """The upload, while nobody else changes it; ``UploadGone`` if it is removed meanwhile."""
        self.get(id)
        try:
            with self._path(id, "upload.json").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                upload = self.get(id)  # what it is now: it may have changed, or gone, meanwhile
                yield upload, ChunkedFile(self.folder / id, upload.size)
        except FileNotFoundError:
            raise _gone() from None

    def _write(
        self, id: str, name: str, size: int, began: datetime, sha256: str | None = None
    ) -> None:
        about: dict[str, Any] = {"name": name, "size": size, "began": began.isoformat()}
        if sha256:
            about["sha256"] = sha256
        durable.write(self._path(id, "upload.json"), json.dumps(about, ensure_ascii=False))

    def _path(self, id: str, name: str) -> Path:
        return self.folder / checked_id(id) / name


def _gone() -> UploadGone:
    return UploadGone("this upload is not there any more", remedy="choose the file again")


def _too_large(name: str, size: int, most: int = MOST_BYTES) -> UploadError:
    return UploadError(
        f"it has {'more than ' if size > most else ''}{min(size, most) / 1e6:,.0f} MB, and not "
        "more may be sent",
        where=name,
        remedy="put it into a folder of the server and choose it there",
    )

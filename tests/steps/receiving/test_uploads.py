"""Chunks that get lost, double, come out of order or damaged; a full disk; a death in between.

Each fault is made, and beside it stands what happens without it.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.faults.test_disk_full import disk
from tests.steps.receiving.conftest import Sent
from workbench.config import Settings
from workbench.errors import StorageFull, WorkbenchError
from workbench.steps.receiving import chunks as chunked
from workbench.steps.receiving.chunks import CHUNK, ChunkedFile
from workbench.steps.receiving.uploads import (
    MOST_BYTES,
    ChunkDamaged,
    UploadError,
    UploadGone,
    Uploads,
)


def test_a_file_arrives_as_it_was_sent(uploads: Uploads, sent: Sent) -> None:
    upload = uploads.begin("ventas.csv", len(sent.data))
    assert (upload.received, upload.missing, upload.complete) == (0, (0, 1, 2), False)
    upload = sent.send(uploads, upload)
    assert (upload.received, upload.missing) == (len(sent.data), ())
    told: list[tuple[int, int]] = []
    done = uploads.finish(upload.id, lambda *each: told.append(each))
    assert done.sha256 == sent.sha256
    assert uploads.content(done.id).read_bytes() == sent.data
    assert told[-1] == (len(sent.data), len(sent.data))
    assert [one.id for one in uploads.all()] == [done.id]


def test_chunks_in_any_order(uploads: Uploads, sent: Sent) -> None:
    upload = uploads.begin("a.csv", len(sent.data))
    assert sent.send(uploads, upload, 2, 0).missing == (1,)
    assert uploads.finish(sent.send(uploads, upload, 1).id).sha256 == sent.sha256


def test_a_chunk_that_comes_twice_counts_once(uploads: Uploads, sent: Sent) -> None:
    upload = uploads.begin("a.csv", len(sent.data))
    assert sent.send(uploads, upload, 0, 0, 0).received == CHUNK
    assert uploads.finish(sent.send(uploads, upload, 1, 2, 1).id).sha256 == sent.sha256


def test_a_lost_chunk_is_missed_at_the_end(uploads: Uploads, sent: Sent) -> None:
    upload = sent.send(uploads, uploads.begin("a.csv", len(sent.data)), 0, 2)
    with pytest.raises(UploadError, match="1 of 3 chunks have not come"):
        uploads.finish(upload.id)
    assert uploads.get(upload.id).missing == (1,)
    with pytest.raises(UploadError, match="not all of the file has come"):
        uploads.content(upload.id)
    assert uploads.finish(sent.send(uploads, upload, 1).id).complete


@pytest.mark.parametrize("damage", ["flipped", "short", "long", "another"])
def test_a_damaged_chunk_is_refused_and_can_be_sent_again(
    uploads: Uploads, sent: Sent, damage: str
) -> None:
    upload = sent.send(uploads, uploads.begin("a.csv", len(sent.data)), 0)
    good = sent.chunks[1]
    bad = {
        "flipped": bytes([good[0] ^ 1]) + good[1:],
        "short": good[:-1],
        "long": good + b"x",
        "another": sent.chunks[0],
    }[damage]
    with pytest.raises(ChunkDamaged) as caught:
        uploads.take(upload.id, 1, bad, sent.hashes[1])
    assert caught.value.transient
    assert uploads.get(upload.id).missing == (1, 2)
    assert uploads.finish(sent.send(uploads, upload, 1, 2).id).sha256 == sent.sha256


def test_a_short_chunk_with_its_own_hash_is_refused_too(uploads: Uploads, sent: Sent) -> None:
    upload = uploads.begin("a.csv", len(sent.data))
    short = sent.chunks[0][:-1]
    with pytest.raises(ChunkDamaged):
        uploads.take(upload.id, 0, short, hashlib.sha256(short).hexdigest())


def test_another_file_does_not_go_on_with_the_upload_of_one(uploads: Uploads, sent: Sent) -> None:
    upload = sent.send(uploads, uploads.begin("a.csv", len(sent.data)), 0)
    with pytest.raises(UploadError, match="not the one that this upload began with"):
        Sent(len(sent.data), seed=2).send(uploads, upload, 0)
    _, hashes = uploads.prove(upload.id)
    assert hashes == [sent.hashes[0], "", ""]


@pytest.mark.parametrize("index", [-1, 3, 10**9])
def test_a_chunk_beyond_the_file_is_refused(uploads: Uploads, sent: Sent, index: int) -> None:
    upload = uploads.begin("a.csv", len(sent.data))
    with pytest.raises(UploadError, match="has no chunk"):
        uploads.take(upload.id, index, sent.chunks[0], sent.hashes[0])


KILLED = """
import hashlib, os, sys
from workbench.config import Settings
from workbench.steps.receiving.chunks import ChunkedFile, CHUNK
from workbench.steps.receiving.uploads import Uploads
data = open(sys.argv[1], "rb").read()
uploads = Uploads(Settings(project=sys.argv[2], home=sys.argv[3], environ={}))
upload = uploads.begin("a.csv", len(data))
print(upload.id, flush=True)
def send(index):
    chunk = data[index * CHUNK:(index + 1) * CHUNK]
    uploads.take(upload.id, index, chunk, hashlib.sha256(chunk).hexdigest())
send(0)
if sys.argv[4] == "noted":  # it dies when the second chunk is written and its hash is not
    ChunkedFile._note = lambda *each: os.kill(os.getpid(), 9)
    send(1)
elif sys.argv[4] == "renamed":  # it dies when all is proven and that is not written down
    send(1), send(2)
    Uploads._write = lambda *each: os.kill(os.getpid(), 9)
    uploads.finish(upload.id)
print("alive")
"""


@pytest.mark.parametrize(
    ("dies", "missing"), [("never", (1, 2)), ("noted", (1, 2)), ("renamed", ())]
)
def test_an_upload_goes_on_after_its_process_was_killed(
    uploads: Uploads, settings: Settings, sent: Sent, tmp_path: Path, dies: str, missing: object
) -> None:
    source = tmp_path / "source"
    source.write_bytes(sent.data)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, source, settings.project, settings.home, dies],
        capture_output=True,
        text=True,
        check=False,
    )
    id = done.stdout.split()[0]
    assert done.returncode == (0 if dies == "never" else -signal.SIGKILL), done.stderr
    upload, hashes = uploads.prove(id)
    assert upload.missing == missing
    assert hashes == [sent.hashes[i] if i not in upload.missing else "" for i in range(3)]
    for index in upload.missing:
        upload = sent.send(uploads, upload, index)
    assert uploads.finish(id).sha256 == sent.sha256
    assert uploads.content(id).read_bytes() == sent.data


def test_what_a_power_cut_damaged_is_not_believed(uploads: Uploads, sent: Sent) -> None:
    upload = sent.send(uploads, uploads.begin("a.csv", len(sent.data)), 0, 1)
    assert uploads.prove(upload.id)[0].missing == (2,)  # without damage
    part = uploads.folder / upload.id / "content.part"
    with part.open("r+b") as file:  # the hash reached the disk and the page did not
        file.seek(CHUNK + 5)
        file.write(b"\0" * 4096)
    assert uploads.prove(upload.id)[0].missing == (1, 2)
    assert uploads.finish(sent.send(uploads, upload, 1, 2).id).sha256 == sent.sha256


def test_damage_on_the_disk_is_seen_at_the_end(uploads: Uploads, sent: Sent) -> None:
    upload = sent.send(uploads, uploads.begin("a.csv", len(sent.data)))
    part = uploads.folder / upload.id / "content.part"
    os.truncate(part, len(sent.data) - 1)
    with pytest.raises(UploadError, match="chunk 2 is not on the disk as it came"):
        uploads.finish(upload.id)
    assert uploads.finish(sent.send(uploads, upload, 2).id).sha256 == sent.sha256


def test_a_full_disk_is_told_and_the_upload_goes_on_when_there_is_space(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Sent(6 * CHUNK)
    monkeypatch.setattr("workbench.steps.receiving.uploads._MARGIN", -(1 << 40))
    with disk(tmp_path / "disk") as small:
        uploads = Uploads(Settings(project=settings.project, home=small, environ={}))
        ballast = small / "ballast"
        ballast.write_bytes(bytes(10 << 20))
        upload = uploads.begin("a.csv", len(file.data))
        with pytest.raises(StorageFull) as caught:
            file.send(uploads, upload)
        assert caught.value.remedy
        come = uploads.get(upload.id)
        assert 0 < come.received < come.size
        ballast.unlink()
        assert uploads.prove(upload.id)[0].missing == come.missing
        # 24 MB do not fit on a disk of 24 MB with anything else: it is told before it begins
        monkeypatch.undo()
        with pytest.raises(StorageFull, match="do not fit"):
            uploads.begin("b.csv", len(file.data))
        for index in come.missing[:-1]:
            file.send(uploads, upload, index)
        assert uploads.get(upload.id).missing == come.missing[-1:]


def test_a_disk_that_fills_while_content_is_adopted_leaves_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    with disk(tmp_path / "disk") as small:
        uploads = Uploads(Settings(project=settings.project, home=small, environ={}))
        with pytest.raises(StorageFull):
            uploads.adopt("a.csv", (bytes(CHUNK) for _ in range(10)))
        assert list(uploads.folder.iterdir()) == []
        assert uploads.adopt("a.csv", (bytes(CHUNK) for _ in range(2))).complete


def test_threads_send_at_once(uploads: Uploads) -> None:
    file = Sent(8 * CHUNK + 1)
    upload = uploads.begin("a.csv", len(file.data))
    threads = [
        threading.Thread(target=file.send, args=(uploads, upload, index))
        for index in (*range(9), 3, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert uploads.finish(upload.id).sha256 == file.sha256


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("a.csv", 0, "is empty"),
        ("a.csv", -5, "is empty"),
        ("a.csv", MOST_BYTES + 1, "not more may be sent"),
        (" ", 5, "has no name"),
    ],
)
def test_what_cannot_be_taken_is_refused_at_once(
    uploads: Uploads, name: str, size: int, said: str
) -> None:
    with pytest.raises(UploadError, match=said):
        uploads.begin(name, size)
    assert uploads.all() == []


@pytest.mark.parametrize("id", ["", "..", "../../etc", "a" * 20 + "/x", "ABCDEF" * 4, "g" * 20])
def test_a_name_of_an_upload_is_no_path(uploads: Uploads, id: str) -> None:
    uploads.begin("a.csv", 5)
    for call in (uploads.get, uploads.content, uploads.remove, uploads.finish):
        with pytest.raises(WorkbenchError, match="not the name of an upload"):
            call(id)


def test_an_upload_that_was_removed_is_gone(uploads: Uploads, sent: Sent) -> None:
    upload = uploads.begin("a.csv", len(sent.data))
    uploads.remove(upload.id)
    uploads.remove(upload.id)
    with pytest.raises(UploadGone):
        sent.send(uploads, upload, 0)
    assert uploads.all() == []


def test_an_upload_that_is_removed_while_a_chunk_comes_is_gone(
    uploads: Uploads, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = sent.send(uploads, uploads.begin("a.csv", len(sent.data)), 0)
    kept = ChunkedFile.put

    def removed_before(self: ChunkedFile, index: int, data: bytes, digest: bytes) -> None:
        uploads.remove(upload.id)
        kept(self, index, data, digest)

    monkeypatch.setattr(ChunkedFile, "put", removed_before)
    with pytest.raises(UploadGone):
        sent.send(uploads, upload, 1)
    assert list(uploads.folder.iterdir()) == []


def test_old_uploads_go_and_new_ones_stay(uploads: Uploads, sent: Sent) -> None:
    old = uploads.begin("old.csv", len(sent.data))
    finished = uploads.adopt("done.csv", [b"abc"])
    recent = uploads.begin("new.csv", len(sent.data))
    for id, name in ((old.id, "chunks"), (finished.id, "content")):
        os.utime(uploads.folder / id / name, (1, 1))
    uploads.remove_old()
    assert [one.id for one in uploads.all()] == [recent.id]


def test_the_disk_is_asked_to_keep_what_came(
    uploads: Uploads, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = chunked.durable.sync
    monkeypatch.setattr(
        chunked.durable, "sync", lambda path: (synced.append(Path(path).name), real(path))
    )
    upload = sent.send(uploads, uploads.begin("a.csv", len(sent.data)))
    synced.clear()
    uploads.finish(upload.id)
    assert synced[0] == "content.part"  # before it gets its name
    assert upload.id in synced[1]


def test_hashes_of_a_chunked_file_that_was_cut_count_as_missing(tmp_path: Path) -> None:
    file = ChunkedFile(tmp_path, 3 * CHUNK)
    file.make()
    os.truncate(tmp_path / "chunks", 40)
    assert file.hashes() == [b"", b"", b""]

"""Removes what nobody needs any more, by age: ``workbench clean``, and the scheduler every hour.

What was received, what readers see, and what a retry within the time kept needs is never touched.
Anything may be interrupted at any time and done again.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from workbench.config import Settings
from workbench.durable import remove_folder
from workbench.errors import Busy, LakeError
from workbench.model.status import Status
from workbench.model.value import Value
from workbench.records import batches, retention
from workbench.records.store import Records

#: Files that a killed process left half-written are removed after this many seconds.
HALF_WRITTEN = 86_400.0
#: Staged data of runs that succeeded is removed after this many seconds.
_DONE = 60.0
#: Files of a layer that no version names may be about to be named, for this many hours.
_LEAST_HOURS = 1.0
#: A log longer than this is cut down to its last part, in bytes.
_LOG, _LOG_KEPT = 16 << 20, 1 << 20
_SPILL = "spill"

logger = logging.getLogger(__name__)


class Cleaned(Value):
    """How much was removed (or would be): things of each kind, and bytes of files."""

    runs: int = 0
    slots: int = 0
    workers: int = 0
    notebooks: int = 0
    staged: int = 0
    layer_files: int = 0
    half_written: int = 0
    logs: int = 0
    bytes: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to remove."""
        return not any(self.model_dump().values())


def clean(records: Records, settings: Settings, *, dry_run: bool = False) -> Cleaned:
    """Remove what is older than ``settings.keep`` says; with ``dry_run`` only count it.

    Raises ``Busy`` while another process cleans the same home.
    """
    with _alone(settings):
        return _Cleaning(records, settings, dry_run).run()


class _Cleaning:
    def __init__(self, records: Records, settings: Settings, dry_run: bool) -> None:
        self.records = records
        self.settings = settings
        self.dry_run = dry_run
        self.now = records.now()
        self.bytes = 0

    def run(self) -> Cleaned:
        keep = self.settings.keep
        # folders first: while the record of a run is there, one knows what became of it
        staged = self._folders("staging", self._staging_is_old)
        notebooks = self._folders("runs", self._notebooks_are_old)
        files = self._layers()
        parts = self._half_written()
        logs = self._logs()
        runs = retention.forgettable_runs(self.records, self._before(keep.runs))
        workers = retention.old_workers(self.records, self._before(keep.leftovers))
        slots = retention.old_slots(self.records, self._before(keep.runs))
        if not self.dry_run:
            retention.forget_runs(self.records, runs)
            retention.forget_workers(self.records, workers)
            retention.forget_slots(self.records, self._before(keep.runs))
        return Cleaned(
            runs=len(runs),
            slots=slots,
            workers=len(workers),
            notebooks=notebooks,
            staged=staged,
            layer_files=files,
            half_written=parts,
            logs=logs,
            bytes=self.bytes,
        )

    def _before(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def _staging_is_old(self, status: Status, ended: datetime) -> bool:
        if status == Status.SUCCESS:
            return ended < self.now - timedelta(seconds=_DONE)
        return ended < self._before(self.settings.keep.leftovers)

    def _notebooks_are_old(self, status: Status, ended: datetime) -> bool:
        return ended < self._before(self.settings.keep.notebooks)

    def _folders(self, name: str, is_old: Callable[[Status, datetime], bool]) -> int:
        """Remove the folders of runs; those of runs that nobody knows go by their own age."""
        parent = self.settings.path(name)
        found = [path for path in _entries(parent) if path.is_dir() and path.name != _SPILL]
        ended = retention.ended_runs(self.records)
        moving = retention.open_runs(self.records) if found else set()
        count = 0
        for folder in found:
            run_id = folder.name
            if run_id in moving:
                continue
            status, at = ended.get(run_id, (Status.FAILED, None))
            if at is None:
                at = datetime.fromtimestamp(folder.stat().st_mtime, self.now.tzinfo)
            if not is_old(status, at):
                continue
            if not self.dry_run and retention.is_open(self.records, run_id):
                continue  # retried just now
            count += 1
            if name == "runs" and not self.dry_run:
                retention.forget_notebooks(self.records, run_id)
            self._remove(folder)
        return count

    def _layers(self) -> int:
        """Remove the files of versions that were replaced long ago, and orphans."""
        from workbench.lake.layers import DeltaLayer

        lake = self.settings.path("lake")
        busy = retention.datasets_at_work(self.records)
        since = self._before(self.settings.keep.versions)
        hours = max(_LEAST_HOURS, self.settings.keep.versions * 24)
        count = 0
        for folder in _entries(lake):
            dataset = folder.name
            if dataset in busy:
                continue  # next time: what it writes just now is in no version yet
            for layer in ("bronze", "silver", "gold"):
                if not (folder / layer / "_delta_log").is_dir():
                    continue
                if layer == "bronze":
                    known = batches.list_batches(self.records, dataset)
                    needed = [known[-1].bronze_version] if known else []
                else:
                    needed = retention.versions_in_use(self.records, dataset, layer, since)
                table = DeltaLayer(self.settings, dataset, layer)
                try:
                    sizes = {path.name: path.stat().st_size for path in _entries(table.folder)}
                    gone = table.vacuum(hours, needed, dry_run=self.dry_run)
                except (LakeError, OSError) as error:
                    logger.warning("%s: %s", table.name, error)
                    continue
                # files that went long ago are named again as long as the log remembers them
                there = [sizes[name] for path in gone if (name := Path(path).name) in sizes]
                self.bytes += sum(there)
                count += len(there)
        return count

    def _half_written(self) -> int:
        """Remove what processes that were killed left: files written aside, and spilled rows."""
        limit = time.time() - HALF_WRITTEN
        home = self.settings.home
        count = 0
        places = [home / name for name in ("raw", "runs", "lake", "docs", "redis", "staging")]
        for path in (
            *(path for place in places for path in _walk(place) if _is_aside(path)),
            *_walk(home / "staging" / _SPILL),
        ):
            with suppress(FileNotFoundError):
                if path.lstat().st_mtime < limit:
                    count += 1
                    self._remove(path)
        return count

    def _logs(self) -> int:
        """Cut long logs down; whoever writes appends, and goes on at the new end."""
        count = 0
        for path in _entries(self.settings.path("logs")):
            size = path.stat().st_size
            if size <= _LOG:
                continue
            count += 1
            self.bytes += size - _LOG_KEPT
            if not self.dry_run:
                with path.open("r+b") as file:
                    file.seek(-_LOG_KEPT, os.SEEK_END)
                    tail = file.read()
                    file.truncate(0)
                with path.open("ab") as file:
                    file.write(tail)
        return count

    def _remove(self, path: Path) -> None:
        """Remove a file or folder unless this is a rehearsal."""
        is_folder = path.is_dir() and not path.is_symlink()
        self.bytes += sum(each.lstat().st_size for each in (_walk(path) if is_folder else [path]))
        if self.dry_run:
            return
        if is_folder:
            remove_folder(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with settings.path("clean.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                "another process is cleaning this home",
                where=str(settings.home),
                remedy="try again when it has finished",
            ) from None
        yield


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _walk(folder: Path) -> Iterator[Path]:
    """The files below a folder; links are not followed."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def _is_aside(path: Path) -> bool:
    """Whether a file was to be renamed when it is complete: by us, or by the writer of Delta."""
    return (path.name[0], path.suffix) in ((".", ".part"), ("_", ".tmp"))

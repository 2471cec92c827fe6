"""What the panels of a kernel share: the project, its records, drafts, and the dataset on show."""

from __future__ import annotations

import atexit
import gc
import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.config import Settings
from workbench.errors import ConfigError, NotFound, Problem, SpecError, WorkbenchError
from workbench.panels.draft import Draft
from workbench.spec.loader import Project, ProjectReader, Reading
from workbench.spec.models import IDENTIFIER
from workbench.spec.problems import did_you_mean, listed
from workbench.spec.reading import Draft as Partial

if TYPE_CHECKING:
    from workbench.records.store import Records
    from workbench.steps.preview import Engine

__all__ = ["Draft", "Workspace"]

_log = logging.getLogger(__name__)


class Workspace:
    """The project that panels work on. ``Workspace.current()`` is the one of this kernel.

    Panels tell each other what happens by events: ``dataset`` (another is on show), ``draft``
    (a draft changed or was saved), ``received`` (files came), ``runs`` (runs were asked for).
    """

    _current: ClassVar[Workspace | None] = None

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.problems: tuple[Problem, ...] = ()
        self._dataset = ""
        self._drafts: dict[Path, Draft] = {}
        self._files: dict[str, str] = {}
        self._listeners: dict[str, list[Callable[..., object]]] = {}
        self._lock = threading.RLock()
        self._reader = ProjectReader(self.settings)
        self._examiner = ProjectReader(self.settings)
        self._project: Project | None = None
        self._records: Records | None = None
        self._engine: Engine | None = None

    @classmethod
    def current(cls) -> Workspace:
        """The workspace of this kernel."""
        if cls._current is None:
            cls._current = cls()
        return cls._current

    def close(self) -> None:
        """Let go of records and previews; drafts that are not saved are gone."""
        with self._lock:
            records, engine = self._records, self._engine
            self._records = self._engine = None
        if records is not None:
            records.close()
        if engine is not None:
            engine.close()
        atexit.unregister(self.close)

    def project(self) -> Project:
        """The specs as they are saved; while they hold faults, as they were before.

        ``problems`` are the faults. Raises ``SpecError`` where there never was a good state.
        """
        with self._lock:
            reading = self._read()
            self.problems = reading.problems
            self._project = reading.project or self._project
            if self._project is None:
                raise SpecError(reading.problems)
            return self._project

    def datasets(self) -> tuple[str, ...]:
        """The names of all datasets, those whose specs hold faults too."""
        with self._lock:
            self._read()
            return tuple(sorted(self._files))

    def records(self) -> Records:
        """The records, shared by all threads and closed when the kernel ends."""
        from workbench.records.store import open_records

        with self._lock:
            if self._records is None:
                self._records = open_records(self.settings)
                atexit.register(self.close)
            return self._records

    @property
    def engine(self) -> Engine:
        """Where previews are computed; they are kept in Redis where one runs."""
        from workbench.steps.preview import Engine

        with self._lock:
            if self._engine is None:
                made: Engine = Engine(
                    self.settings, redis=_redis(self.settings), records=self._some_records
                )
                self._engine = made
                # what was imported stays: to look whether it is still needed takes 0.1 s, in which
                # somebody waits for a preview
                if not gc.get_freeze_count():
                    gc.freeze()
                atexit.register(self.close)
            return self._engine

    @property
    def dataset(self) -> str:
        """The dataset on show, ``""`` for none; setting it emits ``dataset``."""
        return self._dataset

    @dataset.setter
    def dataset(self, name: str) -> None:
        if name != self._dataset:
            self._dataset = name
            self.emit("dataset", dataset=name)

    def open(self, dataset: str) -> Draft:
        """Show a dataset in all panels; returns its draft."""
        draft = self.draft(dataset)
        self.dataset = dataset
        return draft

    def draft(self, dataset: str) -> Draft:
        """The unsaved spec of a dataset, the same for all panels. Raises ``NotFound``."""
        with self._lock:
            self._read()
            file = self._files.get(dataset)
            if file is None:
                raise NotFound(
                    f"there is no dataset {dataset!r}{did_you_mean(dataset, self._files)}",
                    remedy=f"{listed('known', self._files, dataset)}; new ones are files in "
                    "specs/datasets/",
                )
            path = self.settings.project / file
            draft = self._drafts.get(path)
            if draft is None:
                draft = self._drafts[path] = Draft(path, file, self._examine, self._tell)
        draft.refresh()
        return draft

    def drafts(self) -> dict[str, Draft]:
        """The drafts that were opened so far, by dataset."""
        with self._lock:
            names = {file: name for name, file in self._files.items()}
            return {names.get(each.file, each.path.stem): each for each in self._drafts.values()}

    def new(self, dataset: str, text: str) -> Draft:
        """A draft of a dataset that has no file yet; saving it makes ``specs/datasets/NAME.yml``.

        Raises ``ConfigError`` if there is such a dataset or file, or the name is none.
        """
        if not re.fullmatch(IDENTIFIER, dataset):
            raise ConfigError(
                f"{dataset!r} is not a usable name",
                remedy="use at most 63 lower-case letters a-z, digits and _, a letter first",
            )
        path = self.settings.specs / "datasets" / f"{dataset}.yml"
        with self._lock:
            self._read()
            if dataset in self._files or path.exists():
                raise ConfigError(
                    f"there is a dataset {dataset!r} already",
                    where=self._files.get(dataset, path.name),
                    remedy="choose another name, or open that one and edit it",
                )
            file = path.relative_to(self.settings.project).as_posix()
            self._files[dataset] = file
            draft = self._drafts[path] = Draft(path, file, self._examine, self._tell, text=text)
        self._tell(draft)
        return draft

    def discard(self, draft: Draft) -> None:
        """Forget what is not saved of a draft."""
        with self._lock:
            self._drafts.pop(draft.path, None)
        self._tell(draft)

    def on(self, event: str, callback: Callable[..., object]) -> Callable[[], None]:
        """Call ``callback(**data)`` at each event of a name; returns what ends that."""
        with self._lock:
            self._listeners.setdefault(event, []).append(callback)

        def off() -> None:
            with self._lock:
                if callback in self._listeners[event]:
                    self._listeners[event].remove(callback)

        return off

    def emit(self, event: str, **data: Any) -> None:
        """Tell everybody who listens; who fails at it keeps nobody else from hearing it."""
        with self._lock:
            listeners = list(self._listeners.get(event, ()))
        for callback in listeners:
            try:
                callback(**data)
            except Exception:
                _log.exception("a panel could not follow the event %r", event)

    def _read(self) -> Reading:
        """The specs as saved; notes which file holds which dataset."""
        reading = self._reader.read()
        files = {partial.name: file for file, partial in reading.drafts.items() if partial.name}
        taken = set(files.values())
        for path in self._reader.files():
            file = path.relative_to(self.settings.project).as_posix()
            if file not in taken:  # broken: known by the name that it had, else by its file's
                known = next((name for name, of in self._files.items() if of == file), path.stem)
                files.setdefault(known, file)
        for path, draft in self._drafts.items():
            if not path.exists() and draft.dirty:
                files.setdefault(path.stem, draft.file)
        self._files = files
        return reading

    def _examine(self, text: str, file: str) -> tuple[tuple[Problem, ...], Partial | None]:
        """What the loader says of an unsaved text, among the other specs of the project."""
        with self._lock:
            reading = self._examiner.read({file: text.removeprefix("\ufeff")})
        return reading.of(file), reading.drafts.get(file)

    def _tell(self, draft: Draft) -> None:
        names = [name for name, file in self._files.items() if file == draft.file]
        self.emit("draft", dataset=names[0] if names else draft.path.stem)

    def _some_records(self) -> Records | None:
        try:
            return self.records()
        except WorkbenchError:
            return None


def _redis(settings: Settings) -> Any:
    """A client of the project's Redis if one runs; previews do without, only slower."""
    from workbench.engine import redis_server

    try:
        return redis_server.connect(settings)
    except WorkbenchError:
        return None

"""What the panels of a kernel share: the project, its records, and the dataset on show."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar

from workbench.config import Settings
from workbench.records.store import Records, open_records
from workbench.spec.loader import Project, load_project


class Workspace:
    """The project that panels work on. ``Workspace.current()`` is the one of this kernel."""

    _current: ClassVar[Workspace | None] = None

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._dataset = ""
        self._listeners: dict[str, list[Callable[..., None]]] = {}
        self._here = threading.local()

    @classmethod
    def current(cls) -> Workspace:
        """The workspace of this kernel."""
        if cls._current is None:
            cls._current = cls()
        return cls._current

    def project(self) -> Project:
        """The specs as they are now."""
        return load_project(self.settings)

    def datasets(self) -> tuple[str, ...]:
        """The names of all datasets."""
        return tuple(sorted(self.project().datasets))

    def records(self) -> Records:
        """The records; each thread has its own."""
        found: Records | None = getattr(self._here, "records", None)
        if found is None:
            found = self._here.records = open_records(self.settings)
        return found

    @property
    def dataset(self) -> str:
        """The dataset on show, ``""`` for none; setting it emits ``dataset``."""
        return self._dataset

    @dataset.setter
    def dataset(self, name: str) -> None:
        if name != self._dataset:
            self._dataset = name
            self.emit("dataset", dataset=name)

    def on(self, event: str, callback: Callable[..., None]) -> Callable[[], None]:
        """Call ``callback(**data)`` at each event of a name; returns what ends that."""
        self._listeners.setdefault(event, []).append(callback)

        def off() -> None:
            if callback in self._listeners[event]:
                self._listeners[event].remove(callback)

        return off

    def emit(self, event: str, **data: Any) -> None:
        """Tell everybody who listens."""
        for callback in list(self._listeners.get(event, ())):
            callback(**data)

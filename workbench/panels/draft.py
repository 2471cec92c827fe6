"""A spec that is being edited and not saved yet."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from workbench import durable
from workbench.errors import Problem, SpecConflict, SpecError
from workbench.spec.editing import Edit, apply
from workbench.spec.models import DatasetSpec
from workbench.spec.reading import Draft as Partial
from workbench.spec.yaml_faults import not_utf8

_MOST_UNDO = 500


class Draft:
    """An unsaved spec of a dataset: its ``text``, what the loader says of it, undo and redo.

    ``base`` is the text of the file as it was opened (or saved last), ``base_hash`` the SHA-256 of
    its bytes (empty: there was no file). ``spec`` is the valid spec of the text or ``None``;
    ``last_good`` the last that was valid. ``read`` gives a text's problems, partial draft and spec.
    Whoever changes it is safe on any thread; ``changed`` is called after each change.
    """

    def __init__(
        self,
        path: Path,
        file: str,
        read: Callable[[str, str], tuple[tuple[Problem, ...], Partial | None]],
        changed: Callable[[Draft], None] = lambda _: None,
        *,
        text: str | None = None,
    ) -> None:
        self.path = path
        self.file = file
        self.problems: tuple[Problem, ...] = ()
        self.partial: Partial | None = None
        self.spec: DatasetSpec | None = None
        self.last_good: DatasetSpec | None = None
        self._read = read
        self._changed = changed
        self._lock = threading.RLock()
        self._undo: list[str] = []
        self._redo: list[str] = []
        self._joining = False
        self.base = self.base_hash = ""
        if text is None:
            self._base(_bytes(path))
        self.text = self.base if text is None else text
        self._examine()

    @property
    def dirty(self) -> bool:
        """Whether there is something to save."""
        return self.text != self.base or not self.base_hash

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return bool(self._redo)

    @property
    def changed_lines(self) -> tuple[int, ...]:
        """The lines of the text, from 1, that the saved file does not have."""
        matcher = SequenceMatcher(
            a=self.base.splitlines(), b=self.text.splitlines(), autojunk=False
        )
        return tuple(
            line + 1
            for kind, _, _, start, end in matcher.get_opcodes() if kind != "equal"
            for line in range(start, end)
        )  # fmt: skip

    @property
    def outdated(self) -> bool:
        """Whether the file on disk is another than the one that was opened."""
        return _hash(_bytes(self.path)) != self.base_hash

    def replace_text(self, text: str, *, joins: bool = False) -> None:
        """Another text as a whole; ``joins`` makes one step for undo with a joining one before."""
        with self._lock:
            if text != self.text:
                self._step(text, joins=joins)

    def apply(self, *edits: Edit, joins: bool = False) -> None:
        """Edits in order, as one step for undo; ``joins`` as for ``replace_text``.

        Raises ``SpecError`` if the text is no YAML, ``EditRefused``; then nothing is changed.
        """
        with self._lock:
            text = apply(self.text, *edits, file=self.file)
            if text != self.text:
                self._step(text, joins=joins)

    def undo(self) -> bool:
        """One step back; false if there is none."""
        return self._back(self._undo, self._redo)

    def redo(self) -> bool:
        """One undone step again; false if there is none."""
        return self._back(self._redo, self._undo)

    def save(self, *, overwrite: bool = False, faulty: bool = False) -> None:
        """Write the file, whole or not at all.

        Raises ``SpecConflict`` if the file is another than the one that was opened, unless
        ``overwrite``; ``SpecError`` if the spec has problems, which would keep every dataset of
        the project from running, unless ``faulty``.
        """
        with self._lock:
            self._examine()
            if self.problems and not faulty:
                raise SpecError(self.problems)
            with _alone(self.path.parent):
                found = _bytes(self.path)
                mine = self.text.encode()
                if _hash(found) != self.base_hash and found != mine and not overwrite:
                    theirs = None if found is None else found.decode("utf-8", "replace")
                    raise SpecConflict(self.file, mine=self.text, theirs=theirs, base=self.base)
                if found != mine:
                    path = self.path.resolve()
                    mode = None
                    with suppress(OSError):
                        mode = path.stat().st_mode & 0o777
                    with durable.writing(path, mode=mode) as file:
                        file.write(mine)
            self._base(mine)
            self._changed(self)

    def reload(self) -> None:
        """Take what is on disk; what was here can be had back by undo."""
        with self._lock:
            found = _bytes(self.path)
            self._base(found)
            if self.text != self.base:
                self._step(self.base)
            else:
                self._examine()
                self._changed(self)

    def rebase(self) -> None:
        """Keep the text, but as edits of what is on disk now: the next save takes its place."""
        with self._lock:
            self._base(_bytes(self.path))
            self._changed(self)

    def refresh(self) -> None:
        """Follow the file and the other specs, if nothing here would be lost by it."""
        with self._lock:
            if not self.dirty and self.outdated:
                self._base(_bytes(self.path))
                self.text = self.base
                self._undo.clear()
                self._redo.clear()
                self._examine()
                self._changed(self)
            else:
                self._examine()

    def state(self) -> dict[str, Any]:
        """What panels show of it, as plain values."""
        with self._lock:
            return {
                "file": self.file,
                "text": self.text,
                "dirty": self.dirty,
                "outdated": self.outdated,
                "can_undo": self.can_undo,
                "can_redo": self.can_redo,
                "changed_lines": list(self.changed_lines),
                "problems": [
                    {"file": each.file, "line": each.line, "column": each.column,
                     "message": each.message, "remedy": each.remedy}
                    for each in self.problems
                ],
            }  # fmt: skip

    def _base(self, found: bytes | None) -> None:
        """The file as it is now. Raises ``SpecError`` if it is no text."""
        if found is not None:
            try:
                self.base = found.decode()
            except UnicodeDecodeError as error:
                raise SpecError([not_utf8(found, error, self.file)]) from None
        else:
            self.base = ""
        self.base_hash = _hash(found)

    def _step(self, text: str, *, joins: bool = False) -> None:
        if not (joins and self._joining and self._undo):
            self._undo.append(self.text)
            del self._undo[:-_MOST_UNDO]
        self._joining = joins
        self._redo.clear()
        self.text = text
        self._examine()
        self._changed(self)

    def _back(self, taken: list[str], given: list[str]) -> bool:
        with self._lock:
            if not taken:
                return False
            given.append(self.text)
            self.text = taken.pop()
            self._joining = False
            self._examine()
            self._changed(self)
            return True

    def _examine(self) -> None:
        self.problems, self.partial = self._read(self.text, self.file)
        whole = self.partial is not None and not self.partial.broken and not self.problems
        self.spec = self.partial.spec if self.partial and whole else None
        self.last_good = self.spec or self.last_good


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _hash(found: bytes | None) -> str:
    return "" if found is None else hashlib.sha256(found).hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process looks at and replaces specs of this folder meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: the check alone has to do
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

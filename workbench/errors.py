"""Every error that the workbench raises on purpose.

An error says three things: what is wrong (``message``), where (``where``: a file with line and
column, a sheet and cell, a dataset and column) and what to do about it (``remedy``). Errors whose
cause may pass by itself are ``transient``; only these are retried. ``exit_code`` is what a shell
sees.

Drawn as a tree::

    WorkbenchError
    ├── ConfigError           settings, home, project folder
    ├── SpecError             one or more problems in the YAML specs
    ├── SpecConflict          a spec changed on disk while somebody edited it
    ├── EditRefused           an edit of a spec that would change something else
    ├── ExpressionError       an expression in a spec
    ├── SourceError           what was received
    │   ├── SourceMissing     no such file
    │   ├── SourceUnreadable  encoding, archive, workbook, dialect
    │   ├── SourceEmpty       nothing in it
    │   ├── HeaderMissing     the header is not where the spec says
    │   └── SchemaChanged     a column vanished, or came and the policy refuses it
    ├── TransformError        a transform cannot be done
    │   └── CastFailed        values that do not read as their type, where the spec says stop
    ├── ChecksFailed          an expectation with severity "stop" failed
    ├── LakeError             layers and versions
    │   └── VersionConflict   another run took the version first       (transient)
    ├── DestinationError      a target refuses
    │   ├── TargetUnavailable the target is down                       (transient)
    │   ├── KeyViolation      null or duplicate keys in the candidate
    │   └── FenceRefused      a newer holder took this target over
    ├── RecordsError          the store of runs
    │   ├── NotFound          no such run, step, dataset
    │   └── RowsSettled       refused rows that somebody else has dealt with meanwhile
    ├── EngineError           queue, workers, kernels
    │   ├── QueueUnavailable  Redis is down                            (transient)
    │   ├── NotebookFailed    a cell raised
    │   ├── NotebookTimeout   a cell or notebook took too long
    │   ├── OutOfMemory       a notebook needed more memory than there is for it
    │   ├── KernelDied        the process that ran the notebook is gone (transient)
    │   ├── Busy              another run holds the dataset or target  (transient)
    │   └── Cancelled         somebody asked for it
    └── StorageFull           no space left on the device
"""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class WorkbenchError(Exception):
    """Base of all errors raised on purpose.

    Parameters: ``message`` says what is wrong, ``where`` names the place, ``remedy`` says what
    to do. All are plain text; whoever shows them escapes them.
    """

    transient: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __init__(
        self, message: str, *, where: str | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  → {self.remedy}" if self.remedy else text

    def __reduce__(self) -> Any:
        return (_rebuild, (type(self), self.__dict__.copy()))

    def to_record(self) -> dict[str, Any]:
        """The error as plain values for the records: type, message, where, remedy, transient."""
        return {
            "type": type(self).__name__,
            "message": self.message,
            "where": self.where,
            "remedy": self.remedy,
            "transient": self.transient,
        }


def _rebuild(cls: type[WorkbenchError], state: dict[str, Any]) -> WorkbenchError:
    error = cls.__new__(cls)
    Exception.__init__(error, state.get("message", ""))
    error.__dict__.update(state)
    return error


class ConfigError(WorkbenchError):
    """A setting, the home folder or the project folder is wrong."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a spec file. ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int
    message: str
    remedy: str | None = None

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{text}\n  → {self.remedy}" if self.remedy else text


class SpecError(WorkbenchError):
    """One or more problems in the specs; ``problems`` lists all of them."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the specs")

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    def to_record(self) -> dict[str, Any]:
        return super().to_record() | {"message": str(self)}


class SpecConflict(WorkbenchError):
    """A spec changed on disk since it was opened; nothing was written.

    ``mine`` is the text that was to be saved, ``theirs`` the text on disk (``None``: the file is
    gone), ``base`` the text that both began with.
    """

    def __init__(self, file: str, *, mine: str, theirs: str | None, base: str) -> None:
        happened = "was changed" if theirs is not None else "was removed"
        super().__init__(
            f"the spec {happened} on disk since it was opened; nothing was saved",
            where=file,
            remedy="compare the two: take what is on disk, keep yours, or merge them by hand",
        )
        self.mine = mine
        self.theirs = theirs
        self.base = base


class EditRefused(WorkbenchError):
    """An edit of a spec leads nowhere, or cannot be written without changing something else."""

    exit_code = 2


class ExpressionError(WorkbenchError):
    """An expression cannot be read. ``line`` and ``column`` count from 1 within the expression."""

    exit_code = 2

    def __init__(
        self, message: str, *, line: int = 1, column: int = 1, remedy: str | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.line = line
        self.column = column


class SourceError(WorkbenchError):
    """What was received cannot be used."""


class SourceMissing(SourceError):
    """There is no such file."""


class SourceUnreadable(SourceError):
    """The file cannot be decoded, opened or parsed."""


class SourceEmpty(SourceError):
    """The file holds no data."""


class HeaderMissing(SourceError):
    """The header is not where the spec says it is."""


class SchemaChanged(SourceError):
    """A column vanished, or a new one came and the schema policy refuses it."""


class TransformError(WorkbenchError):
    """A transform cannot be applied to the table it is given."""


class CastFailed(TransformError):
    """Values do not read as their type, and the spec says that this stops the run."""


class ChecksFailed(WorkbenchError):
    """An expectation whose severity is ``stop`` failed; nothing was published."""

    exit_code = 3


class LakeError(WorkbenchError):
    """A layer or a version cannot be read or written."""


class VersionConflict(LakeError):
    """Another run published this dataset version first."""

    transient = True


class DestinationError(WorkbenchError):
    """A target refuses the load."""


class TargetUnavailable(DestinationError):
    """The target cannot be reached just now."""

    transient = True


class TargetMoved(DestinationError):
    """A table, or what is to be loaded, changed between a plan and its load."""


class KeyViolation(DestinationError):
    """Null or duplicate keys: loading them would lose or double rows."""


class FenceRefused(DestinationError):
    """A newer holder took this dataset or target over; this attempt must not publish."""


class RecordsError(WorkbenchError):
    """The store of runs cannot do what is asked."""


class NotFound(RecordsError):
    """There is no such run, step, dataset or worker."""

    exit_code = 2


class RowsSettled(RecordsError):
    """Refused rows that are no longer open: somebody else has mended or dismissed them."""


class EngineError(WorkbenchError):
    """Queue, workers or kernels."""


class QueueUnavailable(EngineError):
    """Redis cannot be reached."""

    transient = True


class NotebookFailed(EngineError):
    """A cell raised; the notebook is kept up to the failing cell."""


class NotebookTimeout(EngineError):
    """A cell or the notebook took longer than it may."""


class OutOfMemory(EngineError):
    """A notebook needed more memory than its limit, or than the machine has."""


class KernelDied(EngineError):
    """The process that ran the notebook ended without a result."""

    transient = True


class Busy(EngineError):
    """Another run holds the dataset or the target."""

    transient = True
    exit_code = 4


class Cancelled(EngineError):
    """Somebody asked for the run to stop."""

    exit_code = 130


class StorageFull(WorkbenchError):
    """No space is left on the device."""

    transient = True


def is_transient(error: BaseException) -> bool:
    """Whether a retry may help: the error says so, or it is a passing fault of the network."""
    if isinstance(error, WorkbenchError):
        return error.transient
    return isinstance(error, ConnectionError | TimeoutError)


def as_storage_error(error: BaseException, *, where: str) -> StorageFull | None:
    """``StorageFull`` if ``error`` means that the disk is full, else ``None``.

    Engines wrap ENOSPC in errors of their own, so the text is looked at too. Where ``where`` is no
    place on a disk, a file that the text names tells which disk it is.
    """
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    text = str(error).lower()
    named = re.search(r"""["'](/[^"']+)["']""", str(error))
    if named and "/" not in where:
        where = f"{where}, file {named[1]}"
    if full or "no space left on device" in text or "disk is full" in text or "disk full" in text:
        return StorageFull(
            "no space is left on the device",
            where=where,
            remedy="free some space, then retry the run; what was published is untouched",
        )
    return None

"""The facts that pages are made of. Frozen; times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

FINAL = frozenset({"SUCCESS", "FAILED", "CANCELLED", "SKIPPED"})


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run, without its steps. ``error`` is an error record (type, message, where, remedy)."""

    id: str
    workflow: str
    status: str
    trigger: str
    by: str
    slot: datetime | None
    created: datetime
    started: datetime | None
    finished: datetime | None
    params: Mapping[str, Any]
    error: Mapping[str, Any] | None

    @property
    def seconds(self) -> float | None:
        """Wall time, ``None`` while it is not known."""
        if self.started is None or self.finished is None:
            return None
        return (self.finished - self.started).total_seconds()

    @property
    def latest(self) -> datetime:
        """When something last happened to it."""
        return self.finished or self.started or self.created


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step of a run, without what it did."""

    run_id: str
    step_id: str
    position: int
    dataset: str
    verb: str
    status: str
    attempt: int
    started: datetime | None
    finished: datetime | None
    notebook: str | None = None

    @property
    def seconds(self) -> float | None:
        """Wall time of the last attempt, ``None`` while it is not known."""
        if self.started is None or self.finished is None:
            return None
        return max(0.0, (self.finished - self.started).total_seconds())


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A published column: what it is called, is and means; ``masked`` values are never shown."""

    name: str
    type: str
    nullable: bool = True
    description: str = ""
    original: str | None = None
    term: str | None = None
    masked: bool = False
    in_sample: bool = True
    key: bool = False


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """A target as the spec names it."""

    name: str
    strategy: str


@dataclass(frozen=True, slots=True)
class SpecFacts:
    """What the portal needs to know of a spec."""

    hash: str
    cron: str | None = None
    timezone: str = "UTC"
    key: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    unmasked: tuple[str, ...] = ()
    not_in_sample: tuple[str, ...] = ()
    terms: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[TargetFacts, ...] = ()
    described: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """A version that readers saw or see."""

    dataset: str
    layer: str
    version: int
    run_id: str
    rows: int | None
    published: datetime
    uri: str = ""


@dataclass(frozen=True, slots=True)
class LoadFacts:
    """A load of a target; ``ledger`` has the terms of a load ledger."""

    target: str
    version: int
    run_id: str
    strategy: str
    ledger: Mapping[str, Any]
    loaded: datetime


@dataclass(frozen=True, slots=True)
class CheckCounts:
    """How the checks of one step of one run came out."""

    held: int = 0
    failed: int = 0
    warned: int = 0
    errored: int = 0

    @property
    def total(self) -> int:
        """All checks."""
        return self.held + self.failed + self.warned + self.errored

    @property
    def status(self) -> Literal["errored", "failed", "warned", "passed", "none"]:
        """The worst that happened: passed, warned, failed, errored, or none."""
        if self.errored:
            return "errored"
        if self.failed:
            return "failed"
        if self.warned:
            return "warned"
        return "passed" if self.held else "none"


@dataclass(frozen=True, slots=True)
class EdgeFacts:
    """An edge of the lineage; ``raw:FILE``, ``NAME.bronze``, ``NAME`` and ``target:NAME``."""

    source: str
    target: str
    source_column: str | None
    target_column: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """A dataset of the catalog with what is published of it."""

    name: str
    title: str
    description: str
    owner: str
    tags: tuple[str, ...]
    layer: str
    spec_path: str
    active: bool
    updated: datetime
    spec: SpecFacts
    columns: tuple[ColumnFacts, ...]
    published: VersionFacts | None
    open_rows: int = 0

    @property
    def label(self) -> str:
        """Its title, else its name."""
        return self.title or self.name

    def column(self, name: str) -> ColumnFacts | None:
        """The column with this name."""
        return next((each for each in self.columns if each.name == name), None)

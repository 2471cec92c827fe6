"""Words for what happened; they are in every table and never change."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Status of a run or a step."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"

    @property
    def is_final(self) -> bool:
        """Whether nothing further will happen by itself."""
        return self in (Status.SUCCESS, Status.FAILED, Status.CANCELLED, Status.SKIPPED)


class Trigger(StrEnum):
    """Who or what started a run."""

    SCHEDULED = "SCHEDULED"
    MANUAL = "MANUAL"
    API = "API"
    EVENT = "EVENT"
    BACKFILL = "BACKFILL"

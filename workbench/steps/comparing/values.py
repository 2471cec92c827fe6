"""Two runs of a dataset side by side, as values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from workbench.model.status import Status
from workbench.model.value import Value
from workbench.steps.comparing.rows import RowDifferences


class Side(Value):
    """One of the two runs, as far as the dataset is concerned.

    ``version`` is what readers saw of the dataset once the run had ended; ``own`` is false where
    the run published nothing and this is an earlier run's.
    """

    run_id: str
    status: Status
    created_at: datetime
    seconds: float | None = None
    version: int | None = None
    layer: str | None = None
    own: bool = False
    rows: int | None = None
    spec_hash: str = ""


class StepPair(Value):
    """A step in both runs: how it ended, and its seconds."""

    step_id: str
    verb: str
    status: tuple[Status | None, Status | None]
    seconds: tuple[float | None, float | None]


class LedgerPair(Value):
    """The terms of a ledger in both runs; ``None`` where a run has no such ledger."""

    verb: str
    kind: str
    name: str
    terms: dict[str, tuple[int | None, int | None]]


class CheckPair(Value):
    """An expectation in both runs: whether it held, and how many rows failed."""

    expectation: str
    kwargs: dict[str, Any]
    success: tuple[bool | None, bool | None]
    unexpected: tuple[int | None, int | None]
    error: tuple[str | None, str | None]
    severity: tuple[str | None, str | None]


class ColumnPair(Value):
    """A column that is not the same in both versions; a type is ``None`` where it is missing."""

    name: str
    types: tuple[str | None, str | None]


class Comparison(Value):
    """Two runs of a dataset side by side; ``left`` is the one named first.

    ``data`` says how the two published versions differ; it is ``None`` with ``no_data`` saying
    why where there is nothing to compare. ``same_spec``: both ran the same text of the spec.
    """

    dataset: str
    left: Side
    right: Side
    same_spec: bool
    steps: tuple[StepPair, ...]
    ledgers: tuple[LedgerPair, ...]
    checks: tuple[CheckPair, ...]
    columns: tuple[ColumnPair, ...] = ()
    data: RowDifferences | None = None
    no_data: str | None = None
    others: tuple[str, ...] = Field(default=(), description="datasets that both runs have, too")

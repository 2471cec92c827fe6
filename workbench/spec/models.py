"""Models of a dataset spec and a connection spec.

The parts that an extension owns (source options, transform options, connection options) are
validated by the model that stands beside the implementation; the registry finds it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from workbench.model.plan import Retry
from workbench.model.result import Severity
from workbench.model.value import Options

Strategy = Literal["append", "truncate_insert", "delete_insert", "upsert"]
Update = Literal["merge", "append", "replace"]


class ColumnSpec(Options):
    """What a column means: ``description``, and its ``type`` where the spec states it."""

    description: str = ""
    type: str | None = None
    term: str | None = None


class TransformUse(BaseModel):
    """One transform of a spec: its registered ``name`` and validated ``options``."""

    name: str
    options: Options
    enabled: bool = True


class ExpectationUse(Options):
    """One expectation: Great Expectations' name and arguments, and what a failure means."""

    name: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = "stop"


class TargetSpec(Options):
    """Where a dataset is loaded: a connection, a table and a strategy.

    ``key``, ``compare`` default to the dataset's; ``on`` is what ``delete_insert`` deletes by.
    """

    connection: str = "warehouse"
    table: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    strategy: Strategy = "upsert"
    on: tuple[str, ...] = ()
    provenance: bool = False


class ScheduleSpec(Options):
    """When a dataset runs by itself: five-field ``cron`` in ``timezone``."""

    cron: str
    timezone: str = "UTC"
    catch_up: Literal["none", "latest", "all"] = "latest"


class DatasetSpec(BaseModel):
    """One dataset: what it is, where it comes from, what is done to it, where it goes."""

    model_config = {"frozen": True, "extra": "forbid", "arbitrary_types_allowed": True}

    dataset: str
    title: str = ""
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    source: Any
    transforms: tuple[TransformUse, ...] = ()
    key: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    update: Update | None = None
    columns: dict[str, ColumnSpec] = Field(default_factory=dict)
    expectations: tuple[ExpectationUse, ...] = ()
    targets: tuple[TargetSpec, ...] = ()
    schedule: ScheduleSpec | None = None
    schema_policy: Literal["add", "refuse"] = "add"
    retry: Retry = Retry()
    timeout: float = 3600.0

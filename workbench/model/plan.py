"""The plan: what will happen, and nothing else decides it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workbench.model.dataset import Column
from workbench.model.value import Value

Verb = Literal["ingest", "transform", "validate", "materialize"]


class Retry(Value):
    """How often (``count``), after how many seconds (``delay``), times what (``backoff``)."""

    count: int = Field(default=2, ge=0, le=20, description="how often a passing fault is retried")
    delay: float = Field(
        default=5.0, ge=0, le=3600, description="seconds to wait before the first retry"
    )
    backoff: float = Field(
        default=2.0, ge=1, le=10, description="what each further wait is multiplied by"
    )

    def wait(self, attempt: int) -> float:
        """Seconds to wait after failed attempt number ``attempt`` (from 1)."""
        return self.delay * self.backoff ** max(0, attempt - 1)


class PlannedTransform(Value):
    """A transform, in words, and the columns after it."""

    name: str
    summary: str
    columns: tuple[Column, ...]


class PlannedTarget(Value):
    """A target: where, how, and what would be created or altered there (``changes``)."""

    name: str
    connection: str
    type: str
    table: str
    strategy: str
    key: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


class PlanStep(Value):
    """One notebook to be run. ``id`` is unique in the plan; ``needs`` names ids of other steps."""

    id: str
    dataset: str
    verb: Verb
    needs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    transforms: tuple[PlannedTransform, ...] = ()
    checks: tuple[str, ...] = ()
    target: PlannedTarget | None = None
    notes: tuple[str, ...] = ()
    retry: Retry = Retry()
    timeout: float = 3600.0


class Plan(Value):
    """The steps of one run, in an order in which they can be done.

    ``datasets`` are those asked for; upstream datasets are among the steps. ``specs`` maps each
    dataset to the hash of its spec, so that a run can tell whether the spec moved under it;
    ``version`` is that of the workbench that planned.
    """

    workflow: str
    datasets: tuple[str, ...]
    steps: tuple[PlanStep, ...]
    specs: dict[str, str] = Field(default_factory=dict)
    params: dict[str, Any] = Field(default_factory=dict)
    version: str = ""

    def step(self, step_id: str) -> PlanStep:
        """The step with this id; ``KeyError`` if there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

"""What a step did: the only thing a notebook hands back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field

from workbench.model.dataset import DatasetRef
from workbench.model.ledger import LoadLedger, ParseLedger, TransformLedger
from workbench.model.lineage import LineageEdge
from workbench.model.value import Value

Severity = Literal["stop", "quarantine", "warn"]


class CheckResult(Value):
    """One expectation evaluated over one table.

    ``result`` has the fields of a Great Expectations result (``element_count``,
    ``unexpected_count``, ``unexpected_percent``, ``partial_unexpected_list``, ``observed_value``).
    ``error`` is set when the check itself could not be evaluated; ``success`` is then false.
    """

    expectation: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = "stop"
    success: bool
    result: dict[str, Any] = Field(default_factory=dict)
    engine: Literal["compiled", "gx"] = "compiled"
    error: str | None = None
    seconds: float = 0.0


class ColumnProfile(Value):
    """Basic profile of a column; ``minimum`` and ``maximum`` are texts, ``top`` most frequent."""

    column: str
    type: str
    rows: int
    nulls: int
    distinct: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    mean: float | None = None
    top: tuple[tuple[str, int], ...] = ()
    histogram: tuple[tuple[float, float, int], ...] = ()


class QuarantineBatch(Value):
    """Rows that a step refused, kept at ``uri``; ``reasons`` counts rows by reason."""

    dataset: str
    uri: str
    rows: int
    reasons: dict[str, int] = Field(default_factory=dict)


class StepResult(Value):
    """What a step read, wrote, counted, checked and found out about lineage.

    ``skipped`` says in words why there was nothing to do. ``metrics`` are numbers (seconds,
    bytes); ``detected`` is what was detected about files, by file name. ``handover`` is what the
    next step of the same dataset and run needs to know.
    """

    verb: str
    dataset: str
    inputs: tuple[DatasetRef, ...] = ()
    outputs: tuple[DatasetRef, ...] = ()
    ledgers: tuple[ParseLedger | TransformLedger | LoadLedger, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    profiles: tuple[ColumnProfile, ...] = ()
    lineage: tuple[LineageEdge, ...] = ()
    quarantine: tuple[QuarantineBatch, ...] = ()
    metrics: dict[str, float] = Field(default_factory=dict)
    detected: dict[str, Any] = Field(default_factory=dict)
    handover: dict[str, Any] = Field(default_factory=dict)
    skipped: str | None = None
    warnings: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise ``LedgerImbalance`` unless every ledger equation holds."""
        for ledger in self.ledgers:
            ledger.check()


def without_secrets(result: StepResult, scrub: Callable[[Any], Any]) -> StepResult:
    """``result`` with ``scrub`` applied to all words and samples that came from outside.

    What the road itself needs (references, the handover, kinds) stays as it is.
    """

    def scrubbed(value: Value, *names: str) -> Any:
        plain = value.model_dump(mode="json", include=set(names))
        return type(value).model_validate({**value.model_dump(), **scrub(plain)})

    return result.model_copy(
        update={
            "ledgers": tuple(scrubbed(each, "name", "notes") for each in result.ledgers),
            "checks": tuple(scrubbed(each, "kwargs", "result", "error") for each in result.checks),
            "profiles": tuple(
                scrubbed(each, "minimum", "maximum", "top") for each in result.profiles
            ),
            "quarantine": tuple(scrubbed(each, "reasons") for each in result.quarantine),
            "lineage": tuple(scrubbed(each, "source", "target") for each in result.lineage),
            "detected": scrub(result.detected),
            "skipped": scrub(result.skipped),
            "warnings": tuple(scrub(list(result.warnings))),
        }
    )

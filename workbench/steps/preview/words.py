"""What a transform did, in English sentences: for the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.steps.preview.model import CheckView, StepView

_SHOWN = 6


def told(step: StepView) -> tuple[str, ...]:
    """What happened to rows and columns at one step; nothing where all stayed as it was."""
    if step.fault is not None:
        remedy = f" → {step.fault.remedy}" if step.fault.remedy else ""
        return (f"cannot be done: {step.fault.message}{remedy}",)
    if not step.enabled:
        return ("switched off",)
    return (*_rows(step), *_columns(step))


def _rows(step: StepView) -> Iterator[str]:
    ledger = step.ledger
    if ledger is None:
        return
    if ledger.expanded:
        yield f"{ledger.expanded:,} rows more by expansion"
    if ledger.filtered:
        yield f"{_rows_of(ledger.filtered)} filtered out"
    if ledger.deduplicated:
        yield f"{_rows_of(ledger.deduplicated)} dropped as duplicates"
    if ledger.collapsed:
        yield f"{_rows_of(ledger.collapsed)} gathered into groups"
    if ledger.quarantined:
        yield f"{_rows_of(ledger.quarantined)} quarantined"
        for reason, rows in step.reasons[:3]:
            yield f"  {rows:,} × {reason}"


def _columns(step: StepView) -> Iterator[str]:
    changes = step.changes
    if changes.added:
        yield f"added {_listed(changes.added)}"
    if changes.removed:
        yield f"removed {_listed(changes.removed)}"
    if changes.renamed:
        yield "renamed " + _listed([f"{each.before} to {each.after}" for each in changes.renamed])
    retyped = {each.name for each in changes.retyped}
    if retyped:
        yield "retyped " + _listed(
            [f"{each.name} from {each.before} to {each.after}" for each in changes.retyped]
        )
    values = [name for name in changes.changed if name not in retyped]
    if values:
        yield f"values computed anew in {_listed(values)}"


def check_told(check: CheckView) -> str:
    """A check in one line: how many rows fail, or that it holds."""
    if check.error:
        return f"cannot be evaluated: {check.error}"
    if check.success is None:
        return "not evaluated here: it needs Great Expectations"
    if check.failing:
        return f"{_rows_of(check.failing)} of {check.looked or 0:,} fail: {check.words}"
    return "holds" if check.success else f"fails: {check.observed or check.words}"


def _rows_of(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

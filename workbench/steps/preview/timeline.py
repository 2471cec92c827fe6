"""The timeline of a preview: rows and columns after each transform, and what it did."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import WorkbenchError
from workbench.plan.build import check_key, describe
from workbench.registry import find
from workbench.spec.models import TransformUse
from workbench.steps.preview.changes import Thought, trace
from workbench.steps.preview.model import ColumnChanges, Fault, PreviewView, StepView
from workbench.steps.preview.walking import Walk, fault_of


def timeline(walk: Walk) -> PreviewView:
    """Everything about a preview but its cells; computes the final rows, or up to a fault."""
    walk.finish()
    thoughts = walk.thoughts()
    received = walk.received
    columns = received.stage.columns
    steps = [
        StepView(
            number=0, key=walk.keys[0], name="received", rows=received.rows, columns=columns
        )
    ]  # fmt: skip
    for number, use in enumerate(walk.transforms, start=1):
        steps.append(_step(walk, number, use, thoughts, steps[-1].rows))
    return PreviewView(
        dataset=walk.spec.dataset,
        key=walk.keys[-1],
        scope=walk.input.scope,
        input=walk.input,
        steps=tuple(steps),
        columns=describe(thoughts[-1].columns, walk.spec),
        lineage=trace(thoughts, received.stage.meant.get_name(), walk.spec.dataset),
        fault=None if walk.stop else _key_fault(walk, thoughts[-1]),
    )


def _step(
    walk: Walk, number: int, use: TransformUse, thoughts: Sequence[Thought], before: int | None
) -> StepView:
    thought = thoughts[number] if number < len(thoughts) else None
    told = walk.engine.told.get(walk.keys[number]) if use.enabled else None
    stop = walk.stop
    reached = stop is None or number < stop.number
    rows = told.ledger.rows_out if told else before if not use.enabled else None
    return StepView(
        number=number,
        key=walk.keys[number],
        name=use.name,
        summary=find("transforms", use.name).summary(use.options),
        enabled=use.enabled,
        rows=rows if reached else None,
        columns=thought.columns if thought else (),
        changes=thought.changes if thought else ColumnChanges(),
        origins=thought.origins if thought else (),
        ledger=told.ledger if told and reached else None,
        reasons=told.reasons if told and reached else (),
        fault=stop.fault if stop and stop.number == number else None,
    )


def _key_fault(walk: Walk, last: Thought) -> Fault | None:
    """Why a run would refuse the final columns, if it would."""
    try:
        check_key(last.columns, walk.spec)
    except WorkbenchError as error:
        return fault_of(error)
    return None

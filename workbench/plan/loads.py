"""A plan cut down to its loads: what is published goes to targets, and nothing else happens."""

from __future__ import annotations

from collections.abc import Collection

from workbench.model.plan import Plan


def only_loads(plan: Plan, dataset: str, targets: Collection[str]) -> Plan:
    """The plan with only the steps that load these targets of a dataset.

    They need no other step then: what they load is published already.
    """
    steps = tuple(
        step.model_copy(update={"needs": ()})
        for step in plan.steps
        if step.verb == "materialize"
        and step.dataset == dataset
        and step.target is not None
        and step.target.name in targets
    )
    return plan.model_copy(
        update={
            "datasets": (dataset,),
            "steps": steps,
            "specs": {dataset: plan.specs[dataset]},
        }
    )

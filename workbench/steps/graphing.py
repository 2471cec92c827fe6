"""The graph's live state: what the records say of its nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from workbench.model.status import Status
from workbench.model.value import Value
from workbench.plan.build import target_name
from workbench.plan.graph import dataset_id
from workbench.records.loads import last_load
from workbench.records.overview import RunRow, StepRow, latest_run_of_each
from workbench.records.quarantine import count_rows
from workbench.records.store import Records
from workbench.records.versions import published_version
from workbench.spec.loader import Project

#: What a node shows if its steps are in several states: the first of these.
_FIRST = (
    Status.FAILED,
    Status.RUNNING,
    Status.QUEUED,
    Status.PENDING,
    Status.CANCELLED,
    Status.SKIPPED,
    Status.SUCCESS,
)


class NodeState(Value):
    """What the last run did, and what is there. ``met`` of the ``needs`` in that run are done.

    ``done`` of ``steps`` have succeeded. ``seconds`` is what the steps took so far.
    """

    status: Status | None = None
    run_id: str | None = None
    step_id: str | None = None
    met: int = 0
    needs: int = 0
    done: int = 0
    steps: int = 0
    attempt: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    waiting_for: str | None = None
    error: str | None = None
    version: int | None = None
    rows: int | None = None
    published_at: datetime | None = None
    quarantined: int = 0


def graph_states(project: Project, records: Records) -> dict[str, NodeState]:
    """The state of every dataset, step and target of the graph, by the id of its node."""
    latest = latest_run_of_each(records, project.datasets)
    refused = count_rows(records)
    states: dict[str, NodeState] = {}
    for name, spec in project.datasets.items():
        run = latest.get(name)
        steps = [step for step in run.steps if step.dataset == name] if run else []
        if run is not None:
            states |= {f"step:{step.step_id}": _step_state(run, step) for step in steps}
        version = published_version(records, name)
        own = [step for step in steps if step.verb != "materialize"]
        states[dataset_id(name)] = _summed(project, name, run, own).model_copy(
            update={
                "version": version.ref.version if version else None,
                "rows": version.ref.rows if version else None,
                "published_at": version.published_at if version else None,
                "quarantined": refused.get(name, 0),
            }
        )
        for target in spec.targets:
            full = target_name(spec, target)
            load = last_load(records, full, name)
            step = next((s for s in steps if s.step_id == f"{name}.materialize.{full}"), None)
            state = _step_state(run, step) if run and step else NodeState()
            states[f"target:{full}"] = state.model_copy(
                update={
                    "version": load.version if load else None,
                    "rows": load.ledger.after if load else None,
                    "published_at": load.loaded_at if load else None,
                }
            )
    return states


def _step_state(run: RunRow, step: StepRow) -> NodeState:
    return NodeState(
        status=step.status,
        run_id=run.id,
        step_id=step.step_id,
        met=step.met,
        needs=step.needs,
        done=int(step.status == Status.SUCCESS),
        steps=1,
        attempt=step.attempt,
        started_at=step.started_at,
        finished_at=step.finished_at,
        waiting_for=step.waiting_for,
        error=step.error,
    )


def _summed(
    project: Project, dataset: str, run: RunRow | None, steps: Sequence[StepRow]
) -> NodeState:
    """The state of a dataset in its last run; its needs are the datasets that it is made from."""
    if run is None or not steps:
        return NodeState()
    met, needs = _needs(project, dataset, run)
    worst = next(s for s in _FIRST if any(step.status == s for step in steps))
    begun = [step.started_at for step in steps if step.started_at]
    ended = [step.finished_at for step in steps if step.finished_at]
    return NodeState(
        status=_moving(steps) or worst,
        run_id=run.id,
        step_id=next((step.step_id for step in steps if step.status == worst), None),
        met=met,
        needs=needs,
        done=sum(step.status == Status.SUCCESS for step in steps),
        steps=len(steps),
        attempt=max(step.attempt for step in steps),
        started_at=min(begun, default=None),
        finished_at=max(ended, default=None) if worst.is_final else None,
        waiting_for=next((step.waiting_for for step in steps if step.waiting_for), None),
        error=next((step.error for step in steps if step.error), None),
    )


def _moving(steps: Sequence[StepRow]) -> Status | None:
    """A dataset of which a step is done while another is yet to begin is running."""
    open_steps = [step for step in steps if not step.status.is_final]
    if any(step.status == Status.FAILED for step in steps) or not open_steps:
        return None
    begun = any(step.status in (Status.SUCCESS, Status.RUNNING) for step in steps)
    return Status.RUNNING if begun else None


def _needs(project: Project, dataset: str, run: RunRow) -> tuple[int, int]:
    by_dataset: Mapping[str, Iterable[StepRow]] = {
        other: [step for step in run.steps if step.dataset == other and step.verb == "validate"]
        for other in project.direct_upstreams(dataset)
    }
    there = [list(steps) for steps in by_dataset.values() if steps]
    done = [steps for steps in there if all(step.status == Status.SUCCESS for step in steps)]
    return len(done), len(there)

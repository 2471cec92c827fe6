"""The bundled sample: what a step notebook works on when it is opened by hand.

The sample project is copied into a folder that goes away with the process, and the verbs before
the one that was asked for are done there in silence.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

import sqlalchemy as sa

from workbench.config import Settings
from workbench.errors import ConfigError, RecordsError
from workbench.model.plan import Plan, Verb
from workbench.model.status import Status
from workbench.records import attempts
from workbench.records.leases import acquire
from workbench.records.runs import create_run
from workbench.records.schema import step_runs
from workbench.records.store import Records, open_records
from workbench.spec.loader import load_project
from workbench.steps.context import StepContext
from workbench.steps.planning import make_plan

#: The dataset of the sample project that notebooks show.
DATASET = "presupuesto_ejecucion"

_VERBS: tuple[Verb, ...] = ("ingest", "transform", "validate", "materialize")


def sample_project() -> Path:
    """The folder of the bundled sample project, which holds ``specs/``."""
    package = Path(__file__).parents[1]
    for folder in (package / "_sample", package.parent):
        if (folder / "specs" / "datasets" / f"{DATASET}.yml").is_file():
            return folder
    raise ConfigError(
        "the bundled sample is not there",
        where=str(package),
        remedy="install the package anew, or open the notebook with the ids of a run",
    )


def open_sample(verb: Verb) -> StepContext:
    """A context for ``verb`` over the sample, with the verbs before it done."""
    from workbench import steps

    folder = Path(tempfile.mkdtemp(prefix="workbench-sample-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(sample_project() / "specs", folder / "project" / "specs")
    settings = Settings(project=folder / "project", home=folder / "home", environ={})
    records = open_records(settings)
    project = load_project(settings)
    plan = make_plan(settings, project, records, [DATASET], upstream=False)
    run = create_run(records, plan)
    if run is None:
        raise RecordsError("the run of the sample was not recorded")
    for each in _VERBS[: _VERBS.index(verb)]:
        context = _begin(settings, records, plan, run.id, each)
        context.save(getattr(steps, each)(context))
    return _begin(settings, records, plan, run.id, verb)


def _begin(
    settings: Settings, records: Records, plan: Plan, run_id: str, verb: Verb
) -> StepContext:
    """Claim the step as a worker would, without a queue."""
    step = next(step for step in plan.steps if step.verb == verb)
    here = (step_runs.c.run_id == run_id, step_runs.c.step_id == step.id)
    with records.begin() as connection:
        row = connection.execute(sa.select(step_runs).where(*here)).one()
        names = [name for name in (row.lease, row.target_lease) if name]
        acquire(connection, run_id, names, records.now(connection))
        connection.execute(sa.update(step_runs).where(*here).values(status=Status.QUEUED))
    claimed = attempts.claim_step(records, run_id, step.id, "by hand")
    if claimed is None:
        raise RecordsError("the step of the sample could not be begun", where=step.id)
    project = load_project(settings)
    return StepContext(settings, records, project, run_id, step.id, claimed.attempt, verb)

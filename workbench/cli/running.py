"""``plan``, ``run`` and ``retry``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from workbench import errors
from workbench.cli.complete import dataset_names
from workbench.cli.options import AS_JSON, parse_params
from workbench.config import Settings
from workbench.errors import Cancelled, ConfigError, RecordsError, WorkbenchError

if TYPE_CHECKING:
    from workbench.engine.events import Event, Notify
    from workbench.engine.kernels import Zygote
    from workbench.model.plan import Plan
    from workbench.model.run import Run
    from workbench.records.store import Records
    from workbench.spec.loader import Project


@click.command()
@click.argument("datasets", nargs=-1, required=True, shell_complete=dataset_names)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A run parameter.")
@click.option("--only", is_flag=True, help="Leave upstream datasets out.")
@AS_JSON
def plan(datasets: tuple[str, ...], params: tuple[str, ...], only: bool, as_json: bool) -> None:
    """Show what a run of DATASETS would do; touches nothing."""
    from workbench.cli.text import plan_text
    from workbench.records.store import open_records
    from workbench.spec.loader import load_project
    from workbench.steps.planning import make_plan

    settings = Settings()
    project = load_project(settings)
    records = open_records(settings)
    planned = make_plan(
        settings,
        project,
        records,
        datasets,
        params=parse_params(params),
        upstream=not only,
        strict=True,
    )
    click.echo(planned.model_dump_json(indent=2) if as_json else plan_text(planned))


@click.command()
@click.argument("datasets", nargs=-1, shell_complete=dataset_names)
@click.option("--all", "everything", is_flag=True, help="Every dataset of the project.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A run parameter.")
@click.option("--only", is_flag=True, help="Leave upstream datasets out.")
@click.option("--full", is_flag=True, help="Replay everything from bronze.")
@click.option("--queue", "queued", is_flag=True, help="Have workers do it (see `workbench up`).")
@click.option("--downstream", is_flag=True, help="Also run what is made from DATASETS.")
@click.option(
    "--no-wait",
    is_flag=True,
    help="Print the run's id and return: workers do it, or else a process in the background.",
)
@click.option("--priority", type=int, default=0, show_default=True, help="Higher goes first.")
@AS_JSON
def run(
    datasets: tuple[str, ...],
    everything: bool,
    params: tuple[str, ...],
    only: bool,
    full: bool,
    queued: bool,
    downstream: bool,
    no_wait: bool,
    priority: int,
    as_json: bool,
) -> None:
    """Run DATASETS, upstream datasets first, and show what came of it."""
    if not datasets and not everything:
        raise click.UsageError("name at least one dataset, or give --all")
    start(
        Settings(),
        None if everything else datasets,
        params={**parse_params(params), **({"_full": True} if full else {})},
        upstream=not only,
        downstream=downstream,
        queued=queued,
        wait=not no_wait,
        priority=priority,
        as_json=as_json,
    )


def start(
    settings: Settings,
    datasets: Sequence[str] | None,
    *,
    params: Mapping[str, Any],
    upstream: bool = True,
    downstream: bool = False,
    queued: bool = False,
    wait: bool = True,
    priority: int = 0,
    as_json: bool = False,
    make: Callable[[Project, Records], Plan] | None = None,
) -> None:
    """Plan and run ``datasets`` (``None``: all), here or by workers, and show what came of it.

    Parameters whose names begin with ``_`` are the workbench's own. ``make`` plans otherwise.
    """
    from workbench.engine.kernels import Zygote

    kernel = Zygote(preload="light") if wait and not queued else None
    try:
        if kernel is not None:
            kernel.start()  # it gets ready while the run is planned
        from workbench.records.store import open_records
        from workbench.spec.loader import load_project
        from workbench.steps.planning import make_plan, sync_catalog

        project = load_project(settings)
        records = open_records(settings)
        sync_catalog(records, project)
        planned = (
            make(project, records)
            if make is not None
            else make_plan(
                settings,
                project,
                records,
                _chosen(project, datasets, downstream),
                params=params,
                upstream=upstream,
                workflow="all" if datasets is None else None,
            )
        )
        if not wait and not queued:
            _leave(settings, records, planned, priority, as_json)
        elif kernel is None:
            _queue(settings, records, planned, priority, wait=wait, as_json=as_json)
        else:
            _conclude(_walk(settings, records, project, planned, kernel, as_json), as_json)
    finally:
        if kernel is not None:
            kernel.close()


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--queue", "queued", is_flag=True, help="Have workers do it.")
@AS_JSON
def retry(run_id: str, queued: bool, as_json: bool) -> None:
    """Do again what failed in RUN; what succeeded stays."""
    from workbench.records.runs import get_run, retry_run
    from workbench.records.store import open_records

    settings = Settings()
    records = open_records(settings)
    found = get_run(records, run_id)
    if queued:
        _advance(settings, records, retry_run(records, found.id))
        _follow(settings, records, found.id, as_json)
        return
    from workbench.engine.kernels import Zygote
    from workbench.spec.loader import load_project

    project = load_project(settings)
    with Zygote(preload="light") as kernel:
        done = _walk(settings, records, project, found.id, kernel, as_json)
    _conclude(done, as_json)


def _walk(
    settings: Settings,
    records: Records,
    project: Project,
    begin: Plan | str,
    kernel: Zygote,
    as_json: bool,
) -> Run:
    """Walk a new run of a plan, or a run again, in this process; Ctrl-C cancels it."""
    from workbench.engine.foreground import run_foreground
    from workbench.engine.notebooks import NotebookExecutor
    from workbench.engine.publishing import PortalPublisher

    begun: list[str] = []
    tell = _teller(records, as_json)

    def hear(event: Event) -> None:
        begun.append(event.run_id)
        tell(event)

    try:
        executor = NotebookExecutor(kernel, secrets=project.secrets)
        return run_foreground(records, begin, settings, executor, hear, secrets=project.secrets)
    except KeyboardInterrupt:
        if not begun:
            raise
        raise Cancelled(
            f"run {begun[0]} was cancelled; what was published stays",
            remedy=f"go on from where it was: workbench retry {begun[0]}",
        ) from None
    finally:
        if begun:
            PortalPublisher(settings)()


def _chosen(
    project: Project, datasets: Sequence[str] | None, downstream: bool
) -> Sequence[str]:
    if datasets is None:
        return tuple(project.datasets)
    return project.with_downstreams(datasets) if downstream else datasets


def _leave(
    settings: Settings, records: Records, planned: Plan, priority: int, as_json: bool
) -> None:
    """Have the run done by whoever is there, and return."""
    from workbench.engine.starting import start_run

    started = start_run(settings, records, planned, priority=priority)
    if started.waits:
        click.echo(f"run {started.run_id} is recorded and waits: {started.waits}", err=True)
    click.echo(json.dumps({"run": started.run_id}) if as_json else started.run_id)


def _queue(
    settings: Settings, records: Records, planned: Plan, priority: int, *, wait: bool, as_json: bool
) -> None:
    # imported before there is a run, which then waits for nothing but a worker
    import workbench.engine.orchestrator
    import workbench.engine.queue  # noqa: F401
    from workbench.records.runs import create_run

    created = create_run(records, planned, priority=priority, project=settings.project)
    if created is None:
        raise RecordsError("the run was not recorded")
    _advance(settings, records, created)
    if wait:
        _follow(settings, records, created.id, as_json)
    else:
        click.echo(json.dumps({"run": created.id}) if as_json else created.id)


def _advance(settings: Settings, records: Records, found: Run) -> None:
    """Hand a run to the workers; while Redis is away it waits in SQL."""
    from workbench.engine.orchestrator import advance
    from workbench.engine.queue import RedisJobs
    from workbench.errors import QueueUnavailable
    from workbench.records.workers import list_workers

    try:
        advance(records, found.id, RedisJobs(settings))
    except QueueUnavailable as error:
        click.echo(f"run {found.id} is recorded and waits: {error}", err=True)
    if not list_workers(records, kind="worker"):
        click.echo("no worker is running; start some with `workbench up`", err=True)


def _follow(settings: Settings, records: Records, run_id: str, as_json: bool) -> None:
    """Show progress until the run ends. Ctrl-C leaves the run to the workers."""
    from workbench.cli.text import step_line
    from workbench.model.status import Status
    from workbench.records.runs import get_run, run_status

    told: dict[str, tuple[Status, str | None]] = {}
    try:
        while True:
            final = run_status(records, run_id).is_final
            current = get_run(records, run_id)
            for step in current.steps:
                state = (step.status, step.waiting_for)
                quiet = step.status in (Status.PENDING, Status.QUEUED) and not step.waiting_for
                if not as_json and not quiet and told.get(step.step_id) != state:
                    click.echo(step_line(step))
                told[step.step_id] = state
            if final:
                break
            time.sleep(0.05)
    except KeyboardInterrupt:
        click.echo(
            f"\nrun {run_id} goes on; watch it: workbench show {run_id}, "
            f"stop it: workbench cancel {run_id}",
            err=True,
        )
        sys.exit(130)
    _conclude(current, as_json)


def _teller(records: Records, as_json: bool) -> Notify:
    """What a foreground run calls with its events: one line a step."""
    from workbench.cli.text import step_line
    from workbench.records.runs import get_step

    def tell(event: Event) -> None:
        if as_json:
            return
        if event.kind == "step" and event.step_id is not None:
            click.echo(step_line(get_step(records, event.run_id, event.step_id)))
        elif event.kind == "waiting":
            click.echo(f"waits for run {event.detail.get('for')}, which holds the dataset")

    return tell


def _conclude(done: Run, as_json: bool) -> None:
    """Print the summary and leave with the code that scripts can use."""
    from workbench.cli.text import run_text
    from workbench.model.status import Status

    if as_json:
        click.echo(done.model_dump_json(indent=2))
    else:
        click.echo("")
        click.echo(run_text(done, brief=True))
    if done.status == Status.SUCCESS:
        return
    if done.status == Status.CANCELLED:
        sys.exit(130)
    kind = getattr(errors, str((done.error or {}).get("type")), WorkbenchError)
    is_ours = isinstance(kind, type) and issubclass(kind, WorkbenchError)
    sys.exit(kind.exit_code if is_ours and kind is not ConfigError else 1)

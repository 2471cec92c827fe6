"""``load``: what is published goes to its targets, after a look at what that would change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from workbench.cli.complete import dataset_names
from workbench.cli.options import AS_JSON
from workbench.cli.text import ledger_words, plain
from workbench.config import Settings
from workbench.errors import NotFound, TargetMoved

if TYPE_CHECKING:
    from workbench.model.plan import Plan
    from workbench.records.store import Records
    from workbench.spec.loader import Project
    from workbench.steps.load_plan import LoadPlan, PlannedLoad


@click.command()
@click.argument("dataset", shell_complete=dataset_names)
@click.option("--confirm", metavar="FINGERPRINT", help="Load, if nothing has moved since the plan.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    help="Only this target, also if it holds the version; default: all that lack it.",
)
@click.option("--yes", is_flag=True, help="Load, whatever the plan says now.")
@click.option("--queue", "queued", is_flag=True, help="Have workers do it (see `workbench up`).")
@click.option("--no-wait", is_flag=True, help="Print the run's id and return.")
@AS_JSON
def load(
    dataset: str,
    confirm: str | None,
    targets: tuple[str, ...],
    yes: bool,
    queued: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Show what loading DATASET as it is published would change in its targets; with --confirm
    or --yes do it."""
    from workbench.cli.running import start

    if confirm is None and not yes:
        _show(dataset, as_json)
        return

    def make(project: Project, records: Records) -> Plan:
        from workbench.registry import unknown
        from workbench.steps.load_plan import plan_loads, plan_run

        settings = Settings()
        found = plan_loads(settings, project, records, project.dataset(dataset))
        if confirm is not None and confirm != found.fingerprint:
            raise TargetMoved(
                "something has moved since this plan was made",
                where=f"dataset {dataset}",
                remedy=f"look at it again: workbench load {dataset}",
            )
        for name in targets:
            if name not in {each.target for each in found.loads}:
                known = tuple(each.target for each in found.loads)
                raise NotFound(unknown("target", name, known), where=f"dataset {dataset}")
        return plan_run(settings, project, records, found, targets or None)

    start(
        Settings(),
        [dataset],
        params={},
        queued=queued,
        wait=not no_wait,
        as_json=as_json,
        make=make,
    )


def _show(dataset: str, as_json: bool) -> None:
    from workbench.records.store import open_records
    from workbench.spec.loader import load_project
    from workbench.steps.load_plan import plan_loads

    settings = Settings()
    project = load_project(settings)
    found = plan_loads(settings, project, open_records(settings), project.dataset(dataset))
    if as_json:
        shown = found.model_dump(mode="json") | {"fingerprint": found.fingerprint}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(found)))


def _lines(plan: LoadPlan) -> Iterator[str]:
    rows = "" if plan.rows is None else f", {plan.rows} rows"
    title = f"Loads of {plan.dataset}, version {plan.version}{rows}"
    yield click.style(title, bold=True)
    if plan.rebuild:
        words = "what makes it has changed: a run makes it anew first, and then loads that"
        yield click.style(f"note    {words}", fg="yellow")
    if not plan.loads:
        yield "the spec names no targets"
    for load in plan.loads:
        yield ""
        key = f", key {', '.join(load.key)}" if load.key else ""
        yield click.style(f"{load.target} ({load.type}, {load.strategy}{key})", bold=True)
        yield from (f"   {line}" for line in _target_lines(load, plan.version))
    if plan.ready():
        yield ""
        yield f"do it: workbench load {plan.dataset} --confirm {plan.fingerprint}"


def _target_lines(load: PlannedLoad, version: int) -> Iterator[str]:
    if load.location:
        yield f"where   {plain(load.location, 120)}"
    held = "nothing that the workbench loaded" if load.holds is None else f"version {load.holds}"
    yield f"holds   {held}" + (", which is this one" if load.done else f", {load.before} rows")
    if load.drifted:
        words = f"somebody has changed its rows; load it again: --target {load.target}"
        yield click.style(f"differs {words}", fg="yellow")
    for said, colour in ((load.refusal, "red"), (load.unavailable, "yellow")):
        if said:
            word = "refused" if said == load.refusal else "unknown"
            yield click.style(f"{word} {plain(said, 200)}", fg=colour)
            if load.remedy:
                yield f"remedy  {plain(load.remedy, 200)}"
    for change in load.changes:
        yield f"change  {plain(change, 200)}"
    for statement in load.statements:
        yield f"sql     {plain(statement, 200)}"
    if load.ledger is not None:
        yield f"rows    {ledger_words(load.ledger)}"
        if load.kept is not None:
            yield f"kept    {load.kept} of the deleted rows come again as they were"

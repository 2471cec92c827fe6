"""``runs``, ``show``, ``status`` and ``datasets``: what the records say; and ``cancel``."""

from __future__ import annotations

import json
from typing import Any

import click

from workbench.cli.complete import dataset_names
from workbench.cli.options import AS_JSON
from workbench.config import Settings

STATUSES = ("PENDING", "QUEUED", "RUNNING", "SUCCESS", "FAILED", "CANCELLED")


@click.command()
@click.option("--status", type=click.Choice(STATUSES, case_sensitive=False), multiple=True)
@click.option("--dataset", shell_complete=dataset_names, help="Only runs with this dataset.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@AS_JSON
def runs(status: tuple[str, ...], dataset: str | None, limit: int, as_json: bool) -> None:
    """List runs, newest first."""
    from workbench.cli.text import seconds, status_word, table
    from workbench.model.status import Status
    from workbench.records.runs import list_runs
    from workbench.records.store import open_records

    found = list_runs(
        open_records(Settings()),
        status=[Status(word.upper()) for word in status],
        dataset=dataset,
        limit=limit,
    )
    if as_json:
        click.echo(
            json.dumps([r.model_dump(mode="json", exclude={"plan", "steps"}) for r in found])
        )
        return
    if not found:
        click.echo("no runs yet; start one with `workbench run DATASET`")
        return
    rows = [
        (
            r.id,
            click.unstyle(status_word(r.status)),
            r.workflow,
            r.trigger.value,
            r.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            seconds(r.started_at, r.finished_at),
        )
        for r in found
    ]
    click.echo(table(("run", "status", "workflow", "trigger", "created", "took"), rows))


@click.command()
@click.argument("run_id", metavar="RUN")
@AS_JSON
def show(run_id: str, as_json: bool) -> None:
    """Show RUN (its id, or the start of it): steps, ledger, checks, targets, timings."""
    from workbench.cli.text import run_text
    from workbench.records.attempts import list_attempts
    from workbench.records.runs import get_run
    from workbench.records.store import open_records

    records = open_records(Settings())
    found = get_run(records, run_id)
    if as_json:
        content = found.model_dump(mode="json")
        content["attempts"] = list_attempts(records, found.id)
        click.echo(json.dumps(content, default=str, indent=2))
    else:
        click.echo(run_text(found))


@click.command()
@AS_JSON
def status(as_json: bool) -> None:
    """Show workers, the queue, and runs by status."""
    from workbench.cli.text import table
    from workbench.engine.supervisor import status as read_status
    from workbench.records.store import open_records

    settings = Settings()
    found = read_status(settings, open_records(settings))
    if as_json:
        click.echo(found.model_dump_json(indent=2))
        return
    click.echo(f"records  {found.records}")
    click.echo(f"redis    {found.redis}")
    click.echo(f"queues   {', '.join(f'{k} {v}' for k, v in found.queues.items()) or '-'}")
    click.echo(f"runs     {', '.join(f'{k} {v}' for k, v in found.runs.items()) or 'none yet'}")
    if found.workers:
        click.echo("")
        click.echo(
            table(
                ("id", "kind", "host", "pid", "heartbeat", "does"),
                [
                    (w.id, w.kind, w.host, w.pid, w.heartbeat_at.strftime("%H:%M:%S"), w.step_id)
                    for w in found.workers
                ],
            )
        )
    else:
        click.echo("no workers; start some with `workbench up`")


@click.command()
@AS_JSON
def datasets(as_json: bool) -> None:
    """List datasets and what is published of them."""
    from workbench.cli.text import table
    from workbench.records.quarantine import count_rows
    from workbench.records.store import open_records
    from workbench.records.versions import published_version
    from workbench.spec.loader import load_project

    settings = Settings()
    project = load_project(settings)
    records = open_records(settings)
    waiting = count_rows(records)
    found: list[dict[str, Any]] = []
    for name, spec in project.datasets.items():
        version = published_version(records, name)
        found.append(
            {
                "dataset": name,
                "layer": spec.layer,
                "rows": version.ref.rows if version else None,
                "version": version.ref.version if version else None,
                "published": version.published_at.isoformat(timespec="seconds")
                if version
                else None,
                "quarantined": waiting.get(name, 0),
                "title": spec.title,
            }
        )
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif found:
        click.echo(table(tuple(found[0]), [tuple(each.values()) for each in found]))
    else:
        click.echo("no datasets yet; `workbench detect FILE` prints a spec to start from")


@click.command()
@click.argument("run_id", metavar="RUN")
def cancel(run_id: str) -> None:
    """Stop RUN: what runs is ended within seconds, what is published stays."""
    from workbench.engine.starting import stop_run
    from workbench.records.runs import get_run
    from workbench.records.store import open_records

    settings = Settings()
    records = open_records(settings)
    found = get_run(records, run_id)
    status = stop_run(settings, records, found.id)
    click.echo(f"run {found.id}: {status.value if status.is_final else 'cancel requested'}")

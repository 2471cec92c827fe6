"""``query``, ``quarantine`` and ``docs``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from workbench.cli.complete import dataset_names
from workbench.cli.options import AS_JSON
from workbench.config import Settings


@click.command()
@click.argument("sql")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Rows shown.")
@AS_JSON
def query(sql: str, limit: int, as_json: bool) -> None:
    """Ask the published tables a question: workbench query "SELECT …". Read-only."""
    from workbench.cli.text import table
    from workbench.steps.reading import query as ask

    answer = ask(sql)
    names = answer.columns
    if as_json:
        rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        click.echo(json.dumps(rows, default=str, ensure_ascii=False))
        return
    shown = answer.fetchmany(limit + 1)
    click.echo(table(names, shown[:limit]))
    if len(shown) > limit:
        click.echo(f"… the first {limit} rows; see more with --limit")


@click.command()
@click.argument("dataset", shell_complete=dataset_names)
@click.option("--run", "run_id", help="Only rows refused by this run.")
@click.option(
    "--export", type=click.Path(dir_okay=False, path_type=Path), help="Write them as CSV to mend."
)
@click.option(
    "--resubmit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Send a mended CSV back: its rows are ingested and published.",
)
@click.option("--dismiss", is_flag=True, help="Close the open rows without sending them again.")
@click.option("--queue", "queued", is_flag=True, help="With --resubmit: have workers do it.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@AS_JSON
def quarantine(
    dataset: str,
    run_id: str | None,
    export: Path | None,
    resubmit: Path | None,
    dismiss: bool,
    queued: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List the rows of DATASET that were refused, with their reasons; export and resubmit them."""
    from workbench.cli.text import table
    from workbench.records.quarantine import count_rows, list_rows
    from workbench.records.runs import get_run
    from workbench.records.store import open_records
    from workbench.spec.loader import load_project
    from workbench.steps import mending
    from workbench.steps.correcting import count_by_reason

    if sum((export is not None, resubmit is not None, dismiss)) > 1:
        raise click.UsageError("give one of --export, --resubmit and --dismiss")
    settings = Settings()
    project = load_project(settings)
    project.dataset(dataset)
    if resubmit is not None:
        from workbench.cli.running import start

        params = mending.accept_corrections(settings, dataset, resubmit)
        start(settings, [dataset], params=params, upstream=False, queued=queued, as_json=as_json)
        return
    records = open_records(settings)
    chosen = get_run(records, run_id).id if run_id else None
    if export is not None:
        lines = mending.export_rows(settings, records, dataset, export, run_id=chosen)
        click.echo(f"wrote {lines} rows to {export}; mend the cells after the column _reasons,")
        click.echo(f"then: workbench quarantine {dataset} --resubmit {export}")
        return
    if dismiss:
        closed = mending.dismiss_rows(records, dataset, run_id=chosen)
        click.echo(f"dismissed {closed} rows; they stay readable in the lake")
        return
    rows = list_rows(records, dataset, run_id=chosen, limit=limit)
    if as_json:
        click.echo(json.dumps([row.model_dump(mode="json") for row in rows], ensure_ascii=False))
        return
    total = count_rows(records, dataset, run_id=chosen).get(dataset, 0)
    if not total:
        click.echo(f"no open rows in the quarantine of {dataset}")
        return
    click.echo(
        table(
            ("file", "row", "step", "reasons", "run"),
            [(row.source, row.row, row.step, "; ".join(row.reasons), row.run_id) for row in rows],
            limit=100,
        )
    )
    if chosen is None:
        reasons = [(each.rows, "…".join(each.parts)) for each in count_by_reason(records, dataset)]
        click.echo("")
        click.echo(table(("rows", "reason"), reasons[:20], limit=100))
    click.echo(f"{len(rows)} of {total} open rows; mend them: --export FILE.csv")


@click.command()
@click.option("--beside", type=int, hidden=True)
@AS_JSON
def docs(beside: int | None, as_json: bool) -> None:
    """Build the Data Docs pages of runs that have none yet; the portal links them."""
    from workbench.publish.data_docs import publish_docs
    from workbench.records.store import open_records

    settings = Settings()
    if beside is not None:
        from workbench.engine.kernels.processes import die_with_parent, give_way

        give_way(19)
        if sys.platform == "linux":
            die_with_parent(beside)
    built = publish_docs(open_records(settings), settings.path("docs"))
    index = settings.path("docs", "index.html")
    if as_json:
        click.echo(json.dumps({"built": built, "index": str(index)}))
    else:
        click.echo(f"built {built} pages; open {index}")

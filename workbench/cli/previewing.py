"""``preview``: what a spec makes of a file, before anything is run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.complete import dataset_names
from workbench.cli.options import AS_JSON, parse_params
from workbench.config import Settings

if TYPE_CHECKING:
    from workbench.steps.preview.model import ChecksView, PreviewView, Window
    from workbench.steps.preview.preview import Preview


@click.command()
@click.argument("dataset", shell_complete=dataset_names)
@click.option("--file", help="The file to preview; default: the newest of the dataset.")
@click.option("--step", type=click.IntRange(0), help="Rows after this transform (0: as received).")
@click.option("--rows", type=click.IntRange(0, 1000), default=10, show_default=True)
@click.option("--whole", is_flag=True, help="All of the file, not only its head.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A run parameter.")
@AS_JSON
def preview(
    dataset: str,
    file: str | None,
    step: int | None,
    rows: int,
    whole: bool,
    params: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what the transforms of DATASET make of its newest file, step by step; runs nothing."""
    from workbench.engine.redis_server import connect_if_up
    from workbench.records.store import open_records
    from workbench.spec.loader import load_project
    from workbench.steps.preview import Engine, Preview
    from workbench.steps.preview.rows import LAST

    settings = Settings()
    spec = load_project(settings).dataset(dataset)
    records = open_records(settings)
    engine = Engine(settings, redis=connect_if_up(settings), records=lambda: records)
    try:
        shown = Preview(
            engine, spec, file=file, scope="whole" if whole else "sample",
            params=parse_params(params),
        )  # fmt: skip
        view = shown.view()
        stopped = next((each for each in view.steps if each.fault), None)
        checks = None if stopped else shown.checks()
        last = stopped.number - 1 if stopped and step is None else LAST
        window = shown.window(last if step is None else step, limit=rows) if rows else None
        if as_json:
            _as_json(view, checks, window)
        else:
            _as_text(shown, view, checks, window)
    finally:
        engine.close()
        records.close()


def _as_json(view: PreviewView, checks: ChecksView | None, window: Window | None) -> None:
    told: dict[str, Any] = {"preview": view.model_dump(mode="json")}
    told["checks"] = checks.model_dump(mode="json") if checks else None
    told["window"] = window.model_dump(mode="json") if window else None
    click.echo(json.dumps(told, ensure_ascii=False))


def _as_text(
    shown: Preview, view: PreviewView, checks: ChecksView | None, window: Window | None
) -> None:
    from workbench.cli.text import plain, table
    from workbench.steps.preview.words import check_told, told

    source = view.input
    of = f" of {source.whole_rows:,}" if source.whole_rows not in (None, source.rows) else ""
    scope = (
        "the whole file" if view.scope == "whole" else f"a sample, the first {source.rows:,}{of}"
    )
    click.echo(click.style(f"Preview of {view.dataset}", bold=True) + f": {plain(source.file)}")
    click.echo(f"{scope}{' rows' if view.scope == 'sample' else ''}")
    click.echo()
    click.echo(
        table(
            ("step", "transform", "rows", "columns", "what it does"),
            [
                (
                    each.number, each.name, each.rows, len(each.columns) or None,
                    plain(each.summary, 80),
                )
                for each in view.steps
            ],
            limit=80,
        )
    )  # fmt: skip
    for each in view.steps:
        for line in told(each):
            click.echo(f"  {each.number} {each.name}: {plain(line, 200)}")
    if view.fault:
        click.echo(click.style(f"a run would refuse this: {view.fault.message}", fg="red"))
    if checks and checks.checks:
        click.echo()
        for check in checks.checks:
            name = check.name.removeprefix("expect_")
            click.echo(f"  check {name} ({check.severity}): {plain(check_told(check), 160)}")
    if window is None:
        return
    click.echo()
    at = shown.spec.transforms[window.step - 1].name if window.step else "as received"
    click.echo(f"Rows after step {window.step} ({at}), {len(window.cells)} of {window.total:,}:")
    head = ("row", *(column.name for column in window.columns))
    cells = [(row, *each) for row, each in zip(window.rows, window.cells, strict=True)]
    click.echo(table(head, cells, limit=30))

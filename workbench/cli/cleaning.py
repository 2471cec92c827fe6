"""``clean``."""

from __future__ import annotations

import click

from workbench.cli.options import AS_JSON
from workbench.config import Settings

#: What was removed, in words, by the field that counts it.
_WORDS = {
    "runs": "records of runs",
    "slots": "slots of schedules",
    "workers": "records of processes that stopped",
    "notebooks": "folders of executed notebooks",
    "staged": "folders of staged data",
    "layer_files": "files of layers that no version in use needs",
    "half_written": "half-written files",
    "logs": "logs cut down",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@AS_JSON
def clean(dry_run: bool, as_json: bool) -> None:
    """Remove what nobody needs any more: old runs, notebooks, versions, staged data.

    WORKBENCH_KEEP_RUNS, _NOTEBOOKS, _VERSIONS and _LEFTOVERS say for how many days things are
    kept. What was received and what is published always stays. The scheduler does this hourly.
    """
    from workbench.engine.cleaning import clean as remove
    from workbench.records.store import open_records

    settings = Settings()
    done = remove(open_records(settings), settings, dry_run=dry_run)
    if as_json:
        click.echo(done.model_dump_json())
        return
    if done.is_empty:
        click.echo("nothing to remove")
        return
    for name, words in _WORDS.items():
        if count := getattr(done, name):
            click.echo(f"{count:>8,} {words}")
    verb = "would be removed" if dry_run else "removed"
    click.echo(f"{verb}; {done.bytes / 1e6:,.1f} MB of files")

"""``demo``: the example project through queue and workers, twice, with nothing left running."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from workbench.config import Settings
from workbench.errors import EngineError, WorkbenchError

#: Seconds for workers to be there.
_PATIENCE = 60.0
_WORKERS = 2


@click.command()
@click.option("--keep/--fresh", default=False, help="Go on with the last demo; default: anew.")
def demo(keep: bool) -> None:
    """Turn messy budget and sales files into trusted tables, then do it again with corrections.

    Works in a folder of its own below WORKBENCH_HOME and stops all that it started.
    """
    from workbench.publish.site.data_docs import start_building
    from workbench.steps.sample import sample_project

    began = time.perf_counter()
    folder = Settings().path("demo")
    project = folder / "project"
    if not keep and folder.exists():
        shutil.rmtree(folder)
    first = not project.exists()
    if first:
        corrections = shutil.ignore_patterns("corrections")
        shutil.copytree(sample_project() / "specs", project / "specs", ignore=corrections)
    # its workers live for seconds: what they would import ahead is never asked for
    environ = {"WORKBENCH_PRELOAD": "light"}
    settings = Settings(project=project, home=folder / "home", environ=environ)
    timings: dict[str, float] = {}
    with _engine(settings, timings):
        if first:
            click.secho("\n1. The first delivery", bold=True)
            _run(settings, "first delivery", timings)
        click.secho("\n2. The same again, with corrected files", bold=True)
        shutil.copytree(
            sample_project() / "specs" / "data" / "corrections",
            project / "specs" / "data",
            dirs_exist_ok=True,
        )
        _run(settings, "second delivery", timings)
        data_docs = start_building(settings)
    click.secho("\n3. What there is now", bold=True)
    _show_tables(settings)
    click.secho("\n4. The portal", bold=True)
    data_docs.wait()
    home = _publish(settings, timings)
    timings["in all"] = time.perf_counter() - began
    click.secho("\nTime", bold=True)
    for name, seconds in timings.items():
        click.echo(f"  {name:<16} {seconds:6.2f} s")
    click.secho("\nWhere to look", bold=True)
    shown = f"WORKBENCH_PROJECT={_near(project)} WORKBENCH_HOME={_near(settings.home)}"
    if home is not None:
        click.echo(f"  portal            {home.as_uri()}")
    click.echo(f"  specs             {_near(project / 'specs' / 'datasets')}")
    click.echo(f"  executed notebooks {_near(settings.path('runs'))}")
    click.echo(f"  warehouse         {_near(settings.path('warehouse.duckdb'))}")
    click.echo(f"  export {shown}")
    click.echo("  workbench runs; workbench quarantine ventas; workbench query 'FROM ventas'")


def _publish(settings: Settings, timings: dict[str, float]) -> Path | None:
    """Publish what the workers have not yet; the home page, if it could be made."""
    from workbench.publish.site.build import publish

    try:
        done = publish(settings)
    except WorkbenchError as error:  # the tables are what counts
        click.echo(f"not published: {error}", err=True)
        return None
    timings["portal"] = done.seconds
    click.echo(f"{done.pages} pages say what happened, in English and Spanish")
    return done.home


@contextmanager
def _engine(settings: Settings, timings: dict[str, float]) -> Iterator[None]:
    """``workbench up`` for the time of the block."""
    from workbench.records.store import open_records
    from workbench.records.workers import list_workers

    began = time.perf_counter()
    log = settings.path("logs", "up.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.cli", "up", "--workers", str(_WORKERS)],
            env={**_environ(), **settings.environ()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        records = open_records(settings)
        while len(list_workers(records, kind="worker")) < _WORKERS:
            if process.poll() is not None or time.perf_counter() - began > _PATIENCE:
                raise EngineError(
                    "the workers did not start", where=str(log), remedy="read the log"
                )
            time.sleep(0.02)
        timings["start"] = time.perf_counter() - began
        click.echo(f"Redis and {_WORKERS} workers are up ({timings['start']:.2f} s)")
        yield
    finally:
        stopping = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait(60)
        timings["stop"] = time.perf_counter() - stopping


def _environ() -> dict[str, str]:
    """The environment without settings that point elsewhere: the demo uses embedded services."""
    import os

    return {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}


def _run(settings: Settings, name: str, timings: dict[str, float]) -> None:
    from workbench.cli.running import start

    began = time.perf_counter()
    start(settings, None, params={}, queued=True)
    timings[name] = time.perf_counter() - began


def _show_tables(settings: Settings) -> None:
    import duckdb

    from workbench.cli.text import table
    from workbench.records.quarantine import count_rows
    from workbench.records.store import open_records
    from workbench.steps.reading import connect

    refused = count_rows(open_records(settings))
    with connect(settings=settings) as connection:
        names = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
        rows = []
        for name in names:
            count = connection.table(name).count("*").fetchone()
            rows.append((name, count[0] if count else 0, refused.get(name, 0)))
        click.echo(table(("dataset", "rows", "in quarantine"), rows))
        click.echo("")
        sample = connection.sql("FROM ventas_por_region ORDER BY ALL LIMIT 6")
        click.echo(table(sample.columns, sample.fetchall()))
    with duckdb.connect(str(settings.path("warehouse.duckdb")), read_only=True) as warehouse:
        loaded = [
            name
            for (name,) in warehouse.execute("SHOW TABLES").fetchall()
            if not name.startswith("_")
        ]
    click.echo(f"\ntables in the warehouse: {', '.join(loaded)}")


def _near(path: Path) -> str:
    """The path as one would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)

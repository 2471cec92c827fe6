"""``lab``: the control room, in JupyterLab, with workers beside it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from workbench.config import Settings
from workbench.errors import ConfigError

#: Seconds that workers get to stop what they are doing.
_GRACE = 30.0
_NOTEBOOK = "workbench.ipynb"


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.option("--workers/--no-workers", default=True, help="Start workers too, if none runs.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def lab(workers: bool, arguments: tuple[str, ...]) -> None:
    """Open the control room in JupyterLab; ARGUMENTS go to `jupyter lab`.

    Its root is the project's folder. Workers and the scheduler run as long as it does.
    """
    settings = Settings()
    if not settings.specs.is_dir():
        settings.specs.joinpath("datasets").mkdir(parents=True)
    shown = _notebook(settings).relative_to(settings.project).as_posix()
    command = [
        *(sys.executable, "-m", "jupyterlab", f"--notebook-dir={settings.project}"),
        f"--LabApp.default_url=/lab/tree/{shown}",
        # enabled where the package is installed, but not where it is only on the path
        "--ServerApp.jpserver_extensions=workbench.panels.server=True",
        # Jupyter refuses root unless told
        *(["--allow-root"] if os.geteuid() == 0 else []),
        *arguments,
    ]
    with _workers(settings) if workers else _nothing():
        raise SystemExit(_run(command, settings))


def _notebook(settings: Settings) -> Path:
    """The project's control room notebook; a project without one gets a copy of ours."""
    for own in (settings.project / "notebooks" / _NOTEBOOK, settings.project / _NOTEBOOK):
        if own.is_file():
            return own
    shipped = settings.notebooks / _NOTEBOOK
    if not shipped.is_file():
        raise ConfigError(
            "the notebook of the control room cannot be found",
            where=str(shipped),
            remedy="install the package anew, or run `from workbench.panels import ControlRoom; "
            "ControlRoom()` in a notebook of your own",
        )
    shutil.copyfile(shipped, settings.project / _NOTEBOOK)
    return settings.project / _NOTEBOOK


@contextmanager
def _workers(settings: Settings) -> Iterator[None]:
    """Workers and the scheduler, unless somebody has started some; what they say goes to a log."""
    from workbench.records.store import open_records
    from workbench.records.workers import list_workers

    records = open_records(settings)
    try:
        running = len(list_workers(records, kind="worker"))
    finally:
        records.close()
    if running:
        click.echo(f"{running} workers run already")
        yield
        return
    log = settings.path("lab-workers.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.cli", "up"],
            env={**os.environ, **settings.environ()},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for JupyterLab, which asks before it ends
        )
    click.echo(f"workers are started beside it (log: {log})")
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _run(command: list[str], settings: Settings) -> int:
    """Run JupyterLab to its end; signals reach it, and it is waited for."""
    process = subprocess.Popen(command, env={**os.environ, **settings.environ()})
    old = {
        number: signal.signal(number, lambda got, _: process.send_signal(got))
        for number in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the terminal gave it to JupyterLab too
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)

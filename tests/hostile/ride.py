"""Takes a case along the whole road, in the process that is measured.

Called in a child of a zygote, as the cells of a notebook are: what the steps display comes out as
outputs of a notebook, and the last line that is printed tells what came of it.
"""

from __future__ import annotations

import contextlib
import csv
import json
import sys
from pathlib import Path
from typing import Any

import click
import duckdb

from tests.hostile.case import Sandbox
from tests.hostile.cases import CASES
from tests.steps.road import Road
from workbench.cli.text import run_text
from workbench.config import Settings
from workbench.errors import NotFound, WorkbenchError
from workbench.lake.layers import DeltaLayer
from workbench.model.run import Run
from workbench.publish.data_docs import publish_docs
from workbench.records.versions import published_version
from workbench.steps import display, mending

#: Before the JSON that tells the outcome.
MARK = "outcome: "


def ride(name: str, root: str) -> None:
    """Do a case and print what came of it."""
    case, sandbox = CASES[name], Sandbox(Path(root))
    sandbox.prepare(case)
    settings = Settings(project=sandbox.project, home=sandbox.home, environ={})
    outcome: dict[str, Any] = {"error": None, "rows": None, "columns": None, "refused": 0}
    run: Run | None = None
    try:
        road = Road(settings)
        run = road.run("d", **case.params)
        outcome["error"] = run.error
        _look(road, run, outcome)
    except WorkbenchError as error:
        outcome["error"] = error.to_record()
        outcome["text"] = str(error)
    if run is not None:
        outcome["text"] = click.unstyle(run_text(run))
    outcome["peak"] = _peak()
    sys.stdout.write("\n" + MARK + json.dumps(outcome, default=str) + "\n")


def _look(road: Road, run: Run, outcome: dict[str, Any]) -> None:
    """Show, export and publish all that people would see; read what is there."""
    settings = road.settings
    for step in run.steps:
        if step.result is not None:
            display.show(step.result)
    publish_docs(road.records, settings.path("docs"))
    version = published_version(road.records, "d")
    if version is not None:
        with duckdb.connect() as connection:
            scan = DeltaLayer(settings, "d", version.ref.layer).scan(version.ref.version)
            found = connection.execute(
                f"SELECT * EXCLUDE (_source, _row, _run) FROM ({scan}) ORDER BY _source, _row"
            )
            outcome["columns"] = [column[0] for column in found.description]
            rows = found.fetchmany(200)
            outcome["rows"] = [[None if v is None else str(v) for v in row] for row in rows]
            outcome["count"] = version.ref.rows
    target = settings.path("warehouse.duckdb")
    if target.exists():
        with duckdb.connect(str(target), read_only=True) as connection:
            tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            if ("d",) in tables:
                counted = connection.execute("SELECT count(*) FROM d").fetchone()
                outcome["loaded"] = counted[0] if counted else None
    path = settings.home / "export.csv"
    with contextlib.suppress(NotFound):
        outcome["refused"] = mending.export_rows(settings, road.records, "d", path)
        with path.open(newline="", encoding="utf-8-sig") as file:
            outcome["export"] = list(csv.reader(file))


def _peak() -> int:
    """The most memory that this process ever had, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the system does not tell")

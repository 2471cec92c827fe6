"""The Runs panel's kernel side: real runs on small files, told live, compared and mended."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.acting import until
from tests.panels.conftest import Front
from tests.steps.road import Road
from workbench.config import Settings
from workbench.engine import redis_server
from workbench.engine.supervisor import WORKER
from workbench.errors import EngineError
from workbench.panels.live import stop_watching
from workbench.panels.runs import Runs
from workbench.panels.workspace import Workspace
from workbench.records.workers import list_workers

SPEC = """
source: {path: "inbox/sales.csv"}
transforms:
  - type_cast: {columns: {amount: integer}, on_error: quarantine}
key: [id]
"""


@pytest.fixture
def road(settings: Settings) -> Road:
    found = Road(settings)
    found.spec("sales", SPEC)
    found.spec("report", "source: {dataset: sales}\n")
    found.file("sales.csv", "id,amount\n1,10\n2,two\n")
    return found


@pytest.fixture
def panel(
    front: Callable[..., Front], workspace: Workspace, road: Road
) -> Iterator[Front]:
    yield front(Runs)
    stop_watching(workspace)


def ended(panel: Front, run: str) -> dict[str, Any]:
    """The run once it has ended, looked at whenever something is told to have changed."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        [found] = panel.call("runs", ids=[run])["runs"]
        if found["finished_at"]:
            return dict(found)
        time.sleep(0.2)
    raise AssertionError("the run did not end")


def test_a_run_is_started_watched_and_looked_into(
    panel: Front, road: Road, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planned = panel.call("planned", dataset="sales", around="downstream")
    assert planned == {"datasets": ["sales", "report"], "workers": 0}
    started = panel.call("start", dataset="sales", around="both")
    assert started["by"] == "background"
    run = started["run_id"]
    panel.wait(lambda m: m.get("event") == "runs" and run in m["data"]["runs"])
    found = ended(panel, run)
    assert found["status"] == "SUCCESS", panel.call("run", run=run)
    assert [step["dataset"] for step in found["steps"]] == ["sales"] * 3 + ["report"] * 2
    whole = panel.call("run", run=run)
    refused = whole["steps"]["sales.validate"]["refused"]
    assert sum(refused.values()) == 1
    assert len(whole["attempts"]) == 5
    log = panel.call("log", run=run, step="sales.ingest")
    assert log["notebook"] and log["done"] == log["cells"] > 0
    assert panel.call("runs")["quarantined"] == {"sales": 1}
    # its notebook is opened as a copy, below the folder that JupyterLab shows
    here = road.settings.project / "notebooks"
    here.mkdir()
    monkeypatch.chdir(here)
    asked = {"run": run, "step": "sales.ingest"}
    path = panel.call("open_notebook", **asked, root=str(road.settings.project))["path"]
    assert path == f"notebooks/executed/sales.ingest.{run}.ipynb"
    copied = json.loads((road.settings.project / path).read_text())
    assert copied["cells"]
    refusal = panel.fail("open_notebook", **asked, root=str(tmp_path / "elsewhere"))
    assert "cannot be opened from here" in refusal["message"]
    # and what is mended goes through a run of its own
    [line] = panel.call("lines", dataset="sales")["rows"]
    sent = [{"ids": line["ids"], "values": {"amount": "20"}}]
    again = panel.call("resubmit", dataset="sales", rows=sent)["run_id"]
    assert ended(panel, again)["correction"] and ended(panel, again)["status"] == "SUCCESS"
    assert road.query("SELECT amount FROM sales ORDER BY id") == [(10,), (20,)]
    conflict = panel.fail("resubmit", dataset="sales", rows=sent)
    assert conflict["type"] == "RowsSettled" and again in conflict["message"]
    compared = panel.call("compare", left=run, right=again)
    assert compared["data"]["added"] == 1 and compared["dataset"] == "sales"
    page = panel.call("different_rows", left=run, right=again, dataset="sales", kind="added")
    assert page["rows"][0]["right"] == ["2", "20"]


def test_workers_do_it_and_each_cell_that_begins_is_told(
    front: Callable[..., Front], workspace: Workspace, road: Road
) -> None:
    try:
        redis_server.binary()
    except EngineError as error:
        pytest.skip(f"missing: redis-server ({error.remedy})")
    redis = redis_server.start(road.settings)
    environ = {**os.environ, **road.settings.environ()}
    worker = subprocess.Popen(WORKER, env=environ, stderr=subprocess.DEVNULL)
    try:
        until(lambda: list_workers(road.records, kind="worker"), 60)
        panel = front(Runs)
        panel.wait(lambda m: m.get("event") == "runs" and m["data"]["live"])
        started = panel.call("start", dataset="sales", around="only")
        assert started["by"] == "workers" and started["waits"] is None
        run = started["run_id"]
        panel.wait(lambda m: any(name.startswith(run) for name in _cells(m)))
        assert ended(panel, run)["status"] == "SUCCESS"
        assert panel.call("runs")["live"] and panel.call("runs")["workers"] == 1
    finally:
        stop_watching(workspace)
        worker.terminate()
        worker.wait(30)
        redis_server.stop(road.settings)
        if redis is not None:
            redis.wait(10)


def _cells(message: dict[str, Any]) -> dict[str, list[int]]:
    data = message["data"] if message.get("event") == "runs" else {}
    return dict(data.get("cells", {}))


def test_a_failed_run_is_retried_and_a_waiting_one_cancelled(panel: Front, road: Road) -> None:
    road.file("sales.csv", "id\n1\n")
    run = road.run("sales")
    assert run.status == "FAILED"
    [found] = panel.call("runs", status=["FAILED"])["runs"]
    assert found["error"] and found["steps"][0]["error"]
    assert "remedy" in panel.call("run", run=run.id)["error"]
    assert "FAILED already" in panel.fail("cancel", run=run.id)["message"]
    road.file("sales.csv", "id,amount\n1,10\n")
    assert panel.call("retry", run=run.id)["run_id"] == run.id
    assert ended(panel, run.id)["status"] == "SUCCESS"
    assert "only failed and cancelled" in panel.fail("retry", run=run.id)["message"]


def test_rows_are_shown_by_reason_dismissed_and_opened_again(panel: Front, road: Road) -> None:
    road.run("sales")
    panel.wait(lambda m: m.get("event") == "runs" and m["data"]["quarantine"])
    found = panel.call("quarantine", dataset="sales")
    assert found["datasets"] == {"sales": 1} and found["states"]["open"] == 1
    [reason] = found["reasons"]
    page = panel.call("lines", dataset="sales", reason=reason["parts"])
    [line] = page["rows"]
    assert line["values"] == {"id": "2", "amount": "two"}
    assert panel.call("dismiss", dataset="sales", ids=line["ids"]) == {"rows": 1}
    assert panel.call("dismiss", dataset="sales", ids=line["ids"]) == {"rows": 0}
    assert panel.call("lines", dataset="sales")["total"] == 0
    assert panel.call("lines", dataset="sales", status="dismissed")["total"] == 1
    assert panel.call("reopen", dataset="sales", ids=line["ids"]) == {"rows": 1}
    assert panel.call("lines", dataset="sales")["total"] == 1


def test_pages_of_runs_follow_each_other(panel: Front, road: Road) -> None:
    made = [road.run("sales").id for _ in range(3)]
    first = panel.call("runs", limit=2)
    assert first["more"] and [run["id"] for run in first["runs"]] == made[:0:-1]
    last = first["runs"][-1]
    rest = panel.call("runs", limit=2, before=[last["created_at"], last["id"]])
    assert not rest["more"] and [run["id"] for run in rest["runs"]] == made[:1]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("run", {"run": "' OR 1=1 --"}),
        ("start", {"dataset": ""}),
        ("start", {"dataset": "../sales"}),
        ("lines", {"dataset": "sales", "limit": 10**9}),
        ("compare", {"left": "0123456789ab", "right": "nothing"}),
        ("different_rows", {"left": "0" * 12, "right": "0" * 12, "dataset": "x", "kind": "all"}),
        ("resubmit", {"dataset": "sales", "rows": []}),
        ("resubmit", {"dataset": "sales", "rows": [{"ids": ["x"], "values": {"amount": 1.5}}]}),
    ],
)
def test_what_the_front_may_not_ask_is_refused(
    panel: Front, name: str, arguments: dict[str, Any]
) -> None:
    assert panel.fail(name, **arguments)["message"]

"""Promise 10: secrets of connections are in nothing that is kept or said, whatever goes wrong."""

from __future__ import annotations

import base64
import logging
import random
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.faults.canary import CANARY, TELL, draw, found_in
from tests.faults.project import GOOD, SALES, Project, Shell, is_clear
from tests.faults.trials import Trials
from tests.steps.road import Road
from workbench.config import Settings
from workbench.engine.execution import Outcome
from workbench.engine.foreground import run_foreground
from workbench.engine.kernels import Zygote
from workbench.model.status import Status
from workbench.records.runs import list_runs
from workbench.scrubbing import Scrubber, ScrubbingFormatter
from workbench.spec.loader import load_project
from workbench.steps.planning import make_plan

pytestmark = pytest.mark.timeout(3600)

TEAM = "connection: team\ntype: postgres\nconnect_timeout: 2\n"


@pytest.fixture
def secret(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose target wants a password, and where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("TEAM_PASSWORD", CANARY)
    url = f"postgresql://ana:{quote(CANARY, safe='')}@127.0.0.1:{port}/sales"
    monkeypatch.setenv("TEAM_URL", url)
    parts = f"host: 127.0.0.1\nport: {port}\ndatabase: sales\nuser: ana\n"
    connections = project.settings.specs / "connections"
    (connections / "team.yml").write_text(TEAM + parts + "password: ${env:TEAM_PASSWORD}\n")
    project.road.spec("sales", SALES.replace("warehouse", "team").replace("count: 2", "count: 0"))
    project.road.file("a.csv", GOOD)
    return project


@pytest.mark.parametrize("way", ["parts", "url"])
def test_a_target_that_is_down_tells_no_secret(way: str, secret: Project, notebooks: Shell) -> None:
    if way == "url":
        path = secret.settings.specs / "connections" / "team.yml"
        path.write_text(TEAM + "url: ${env:TEAM_URL}\n")
    said = notebooks("run", "sales")
    assert said.code == 1 and "PostgreSQL cannot be reached" in said.text
    assert notebooks("plan", "sales").code == 0
    assert notebooks("show", notebooks.last().id, "--json").code == 0
    assert found_in(secret.settings.home, said.text) == []


def test_a_notebook_that_shows_a_secret_keeps_none(secret: Project, notebooks: Shell) -> None:
    secret.notebook("ingest", before=TELL)
    said = notebooks("run", "sales")
    assert notebooks.last().steps[0].status == Status.SUCCESS, said.text
    shown = secret.settings.path("runs", notebooks.last().id, "sales.ingest.ipynb").read_text()
    assert "the password is" in shown, "only the secret is taken out"
    assert found_in(secret.settings.home, said.text) == []


def test_the_password_within_a_url_is_a_secret_too(secret: Project, notebooks: Shell) -> None:
    path = secret.settings.specs / "connections" / "team.yml"
    path.write_text(TEAM + "url: ${env:TEAM_URL}\n")
    secret.notebook("ingest", before=TELL + "print(os.environ['TEAM_URL'])")
    said = notebooks("run", "sales")
    assert notebooks.last().steps[0].status == Status.SUCCESS, said.text
    assert found_in(secret.settings.home, said.text) == []


def test_an_error_that_holds_a_secret_is_told_without_it(secret: Project, notebooks: Shell) -> None:
    secret.notebook("ingest", before=TELL + "raise RuntimeError(f'cannot log in with {told}')")
    said = notebooks("run", "sales")
    assert said.code == 1
    assert "RuntimeError: cannot log in with" in said.text
    for command in (("show", notebooks.last().id), ("show", notebooks.last().id, "--json")):
        assert found_in(secret.settings.home, said.text + notebooks(*command).text) == []


def test_an_error_of_the_workbench_that_holds_a_secret_is_told_without_it(
    secret: Project, notebooks: Shell
) -> None:
    secret.notebook(
        "ingest",
        before=TELL + "from workbench.errors import DestinationError\n"
        "error = DestinationError(f'no: {told}', where=told, remedy=told)\n"
        "context.note_failure(error)\nraise error",
    )
    said = notebooks("run", "sales")
    assert said.code == 1 and "no: " in said.text
    assert found_in(secret.settings.home, said.text) == []


RESULT = """
from workbench.model.ledger import ParseLedger
from workbench.model.lineage import LineageEdge
from workbench.model.result import CheckResult, ColumnProfile, QuarantineBatch
result = result.model_copy(update={
    "warnings": (f"beware of {told}",),
    "skipped": f"because of {told}",
    "detected": {"a.csv": {"header": [told, {told: 1}]}},
    "ledgers": (ParseLedger(name=told, records=0, notes={told: 2}),),
    "checks": (CheckResult(expectation="e", success=True, error=told, kwargs={"value": told},
                           result={"partial_unexpected_list": [told]}),),
    "profiles": (ColumnProfile(column="id", type="text", rows=1, nulls=0, minimum=told,
                               maximum=told, top=((told, 1),)),),
    "quarantine": (QuarantineBatch(dataset="sales", uri="here", rows=1, reasons={told: 1}),),
    "lineage": (LineageEdge(source=f"raw:{told}", target="sales"),),
})
"""


def test_what_a_result_says_is_recorded_without_it(secret: Project, notebooks: Shell) -> None:
    secret.notebook("ingest", before=TELL, after=RESULT)
    said = notebooks("run", "sales")
    step = notebooks.last().steps[0]
    assert step.status == Status.SUCCESS, said.text
    assert step.result is not None and step.result.warnings == ("beware of •••",)
    assert step.result.quarantine[0].uri == "here"
    assert notebooks("show", notebooks.last().id, "--json").code == 0
    assert found_in(secret.settings.home, said.text) == []


@pytest.mark.parametrize("form", ["plain", "quoted", "base64"])
def test_a_parameter_that_holds_it_is_refused(form: str, secret: Project, shell: Shell) -> None:
    secret.road.spec("sales", SALES + "params:\n  who: {type: text, default: nobody}\n")
    value = {
        "plain": CANARY,
        "quoted": quote(CANARY, safe=""),
        "base64": base64.b64encode(CANARY.encode()).decode(),
    }[form]
    for command in ("run", "plan"):
        said = shell(command, "sales", "--param", f"who=x{value}x")
        is_clear(said, "'who' holds a secret of a connection", code=2)
        assert found_in(secret.settings.home, said.text) == []
    assert list_runs(secret.road.records) == ()
    assert shell("plan", "sales", "--param", "who=ana").code == 0


def test_any_secret_in_records_of_any_kind(
    trials: Trials,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
    kernel: Zygote,
) -> None:
    """Drawn secrets, told by notebooks that succeed, fail and die; SQLite and PostgreSQL."""

    def trial(seed: int, place: Path) -> None:
        canary = draw(random.Random(seed))
        database = postgres_url if seed % 2 else ""
        folder = place / "project"
        for name in ("specs/datasets", "specs/connections", "inbox"):
            (folder / name).mkdir(parents=True)
        environ = {"DATABASE_URL": database} if database else {}
        settings = Settings(project=folder, home=place / "home", environ=environ)
        road = Road(settings)
        project = Project(settings, road)
        with monkeypatch.context() as patch:
            shell = Shell(road, patch, capsys, kernel)
            patch.setenv("TEAM_PASSWORD", canary)
            if not database:
                patch.delenv("DATABASE_URL", raising=False)
            (settings.specs / "connections" / "team.yml").write_text(
                TEAM + "host: 127.0.0.1\nport: 1\ndatabase: sales\nuser: ana\n"
                "password: ${env:TEAM_PASSWORD}\n"
            )
            road.spec("sales", SALES.replace("warehouse", "team").replace("count: 2", "count: 0"))
            road.file("a.csv", GOOD)
            said = ""
            for more, after in (
                ("print(dict(os.environ))", RESULT),
                ("raise RuntimeError({told: [told]})", ""),
                ("1 / len(told and [])", ""),
            ):
                project.notebook("ingest", before=TELL + more, after=after)
                said += shell("run", "sales").text
                said += shell("show", shell.last().id, "--json").text
            assert "DivisionByZero" in said or "ZeroDivisionError" in said
            assert "RuntimeError" in said
            assert found_in(settings.home, said, canary=canary, database=database) == []
            trials.count(canaries=1)
        road.records.close()

    trials.run(trial, small=2, full=40)


def test_a_log_tells_no_secret(secret: Project, caplog: pytest.LogCaptureFixture) -> None:
    """Tracebacks and messages; and the record of what could not even be executed."""
    secrets = load_project(secret.settings).secrets
    formatter = ScrubbingFormatter(secrets)

    def broken(*_: Any, **__: Any) -> Outcome:
        raise RuntimeError(f"cannot log in with {CANARY}")

    with caplog.at_level(logging.INFO):
        project = load_project(secret.settings)
        plan = make_plan(secret.settings, project, secret.road.records, ("sales",))
        run = run_foreground(secret.road.records, plan, secret.settings, broken, secrets=secrets)
    assert run.status == Status.FAILED
    assert run.error is not None and "cannot log in with •••" in run.error["message"]
    assert CANARY in "".join(record.exc_text or "" for record in caplog.records), "the control"
    lines = "\n".join(formatter.format(record) for record in caplog.records)
    assert "RuntimeError: cannot log in with •••" in lines
    assert found_in(secret.settings.home, lines) == []


def test_the_search_finds_what_is_told(
    secret: Project, notebooks: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the scrubbing each form is found."""
    monkeypatch.setattr(Scrubber, "__init__", lambda self, secrets: setattr(self, "_pattern", None))
    secret.notebook("ingest", before=TELL + "raise RuntimeError(f'cannot log in with {told}')")
    said = notebooks("run", "sales")
    found = found_in(secret.settings.home, said.text)
    assert any("ipynb" in place for place in found)
    assert any("records" in place for place in found)
    assert any("what was said" in place for place in found)
    for form in ("quoted", "base64", "as JSON"):
        assert any(form in place for place in found), form
    assert base64.b64encode(("ana:" + CANARY).encode()).decode() in "".join(
        path.read_text() for path in secret.settings.path("runs").rglob("*.ipynb")
    )

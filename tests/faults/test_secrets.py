"""Secrets of connections are in nothing that is kept or said, whatever goes wrong."""

from __future__ import annotations

import base64
import socket
from urllib.parse import quote

import pytest

from tests.faults.canary import CANARY, TELL, found_in
from tests.faults.project import GOOD, SALES, Project, Shell
from workbench.model.status import Status
from workbench.scrubbing import Scrubber

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

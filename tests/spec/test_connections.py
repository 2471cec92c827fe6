"""Connections: secrets by reference, resolved at use, shown nowhere."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.errors import ConfigError, SpecError
from workbench.spec.connections import Connection
from workbench.spec.loader import load_project

SECRET = "c4n4ry-¡s3cret!"


def connection(settings: Settings, text: str, name: str = "reports") -> Connection:
    (settings.specs / "connections" / "reports.yml").write_text(
        f"connection: {name}\n{text}", encoding="utf-8"
    )
    return load_project(settings).connection(name)


POSTGRES = """type: postgres
host: db.example.org
database: reports
user: loader
password: ${env:REPORTS_PASSWORD}
"""


def test_a_secret_is_resolved_only_at_use(settings: Settings) -> None:
    read = connection(settings, POSTGRES)
    environ = {"REPORTS_PASSWORD": SECRET}
    assert read.resolve(settings, environ).password == SECRET
    assert read.secrets(environ) == (SECRET,)
    assert read.options["password"] == "${env:REPORTS_PASSWORD}"
    shown = [repr(read), str(read), str(read.options), repr(pickle.loads(pickle.dumps(read)))]
    shown += [json.dumps(read.options), repr(read.references()), repr(load_project(settings))]
    shown.append(repr(read.resolve(settings, environ)))
    assert not any(SECRET in text for text in shown)


def test_options_that_are_resolved_do_not_show_secrets_in_errors(settings: Settings) -> None:
    read = connection(settings, POSTGRES + "port: ${env:PORT}\n")
    environ = {"REPORTS_PASSWORD": SECRET, "PORT": SECRET}
    with pytest.raises(ConfigError, match="'port' is not valid once") as caught:
        read.resolve(settings, environ)
    error = caught.value
    assert SECRET not in str(error) + repr(error) + json.dumps(error.to_record())
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert error.where == "specs/connections/reports.yml"
    assert read.resolve(settings, environ | {"PORT": "5433"}).port == 5433


def test_a_missing_variable_is_named_with_file_line_and_remedy(settings: Settings) -> None:
    read = connection(settings, POSTGRES)
    with pytest.raises(ConfigError) as caught:
        read.resolve(settings, {})
    assert caught.value.message == "the environment variable REPORTS_PASSWORD is not set"
    assert caught.value.where == "specs/connections/reports.yml:6"
    assert "REPORTS_PASSWORD=" in str(caught.value.remedy)
    assert read.secrets({}) == ()  # scrubbing goes on without it


def test_a_secret_within_a_text_and_from_a_file(settings: Settings) -> None:
    (settings.project / "secrets").mkdir()
    (settings.project / "secrets" / "pw").write_text(SECRET + "\n", encoding="utf-8")
    read = connection(
        settings,
        "type: postgres\nurl: postgresql://${env:WHO}:${file:secrets/pw}@db/reports\n",
    )
    resolved = read.resolve(settings, {"WHO": "me"})
    assert resolved.url == f"postgresql://me:{SECRET}@db/reports"
    assert SECRET not in repr(resolved)
    assert set(read.secrets({"WHO": "me"})) == {"me", SECRET}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe\xff", "it is not UTF-8 text"),
        (b"x" * 70_000, "is larger than 65,536 characters"),
    ],
)
def test_a_secret_file_that_cannot_be_used(
    settings: Settings, content: bytes | None, message: str
) -> None:
    if content is not None:
        (settings.project / "pw").write_bytes(content)
    read = connection(settings, POSTGRES.replace("${env:REPORTS_PASSWORD}", "${file:pw}"))
    with pytest.raises(ConfigError, match=message) as caught:
        read.resolve(settings, {})
    assert caught.value.where == "specs/connections/reports.yml:6"
    assert caught.value.remedy


@pytest.mark.parametrize(
    "line",
    [
        f'password: "{SECRET}"',
        f'password: "prefix-{SECRET}-${{env:REST}}"',
        "password: 471147114711",
        "password: 4711.4711",
        "password: [471147114711]",
        f"url: postgresql://me:{SECRET}@db/x",
        f"host: POSTGRES://me:{SECRET}@db/x",
        f'api_key: "{SECRET}"',
        f'secret_token: "{SECRET}"',
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(settings: Settings, line: str) -> None:
    with pytest.raises(SpecError) as caught:
        connection(settings, f"type: postgres\ndatabase: reports\n{line}\n")
    assert "holds a secret, and specs hold no secrets" in str(caught.value)
    assert "${env:" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "4711" not in str(caught.value)
    told = [each for each in caught.value.problems if "holds a secret" in each.message]
    assert [(each.line, each.column) for each in told] == [(4, line.index(":") + 3)]


@pytest.mark.parametrize("text", ["${ENV:X}", "${env:", "${}", "${param:x}", "$${vault:a}"])
def test_what_only_looks_like_a_reference_is_refused(settings: Settings, text: str) -> None:
    with pytest.raises(SpecError, match="is not a reference to a secret"):
        connection(settings, f"type: postgres\ndatabase: '{text}'\n")


def test_a_reference_may_stand_for_any_value(settings: Settings) -> None:
    read = connection(settings, "type: duckdb\npath: x.duckdb\nwait: ${env:WAIT}\n")
    assert read.resolve(settings, {"WAIT": "2.5"}).wait == 2.5


def test_paths_are_within_the_project(settings: Settings, tmp_path: Path) -> None:
    read = connection(settings, "type: duckdb\npath: data/x.duckdb\n")
    assert read.resolve(settings, {}).path == str(settings.project / "data/x.duckdb")
    read = connection(settings, f"type: duckdb\npath: {tmp_path}/x.duckdb\n")
    assert read.resolve(settings, {}).path == f"{tmp_path}/x.duckdb"


def test_the_warehouse_is_there_and_may_be_replaced(settings: Settings) -> None:
    builtin = load_project(settings).connection("warehouse")
    assert builtin.resolve(settings, {}).path == str(settings.path("warehouse.duckdb"))
    own = connection(settings, "type: duckdb\npath: own.duckdb\n", name="warehouse")
    assert own.resolve(settings, {}).path == str(settings.project / "own.duckdb")

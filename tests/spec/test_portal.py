"""``portal.yml`` and ``glossary.yml``: optional, strict, and checked with the other specs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.specs import validate
from workbench.config import Settings
from workbench.errors import SpecError
from workbench.spec.portal import load_glossary, load_portal

SPECS = Path(__file__).resolve().parents[2] / "specs"


def test_both_may_be_missing(settings: Settings) -> None:
    assert load_portal(settings).title == "Data Workbench"
    assert load_glossary(settings).terms == {}


def test_those_of_the_example_are_read() -> None:
    settings = Settings(project=SPECS.parent, environ={})
    portal = load_portal(settings)
    assert portal.audiences["sales"].tags == ("ventas",)
    assert [tool.kind for tool in portal.tools] == ["jupyter"]
    assert load_glossary(settings).terms["venta"].name == "Sale"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("portal.yml", "titel: x", "did you mean 'title'"),
        ("portal.yml", "runs: many", "runs"),
        ("portal.yml", "audiences: {Sales Team: {}}", "not a usable name"),
        ("portal.yml", "tools: [{title: t, url: 'ftp://x'}]", "is not a web address"),
        ("portal.yml", "tools: [{title: t, url: 'https://a:b@c'}]", "user or a password"),
        ("glossary.yml", "terms: {a: {definition: x}}", "'name' is missing"),
        ("glossary.yml", "terms: [", "glossary.yml"),
    ],
)
def test_faults_are_named_with_file_and_line(
    settings: Settings, name: str, text: str, said: str
) -> None:
    (settings.specs / name).write_text(text, encoding="utf-8")
    load = load_portal if name == "portal.yml" else load_glossary
    with pytest.raises(SpecError) as caught:
        load(settings)
    assert said in str(caught.value)
    assert f"specs/{name}:" in str(caught.value)


def test_validate_reports_them_with_the_rest(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_PROJECT", str(settings.project))
    monkeypatch.setenv("WORKBENCH_HOME", str(settings.home))
    (settings.specs / "portal.yml").write_text("titel: x\n")
    (settings.specs / "glossary.yml").write_text("terms: {a: {nam: b}}\n")
    (settings.specs / "datasets" / "a.yml").write_text("dataset: a\n")
    done = CliRunner().invoke(validate, ["--json"])
    files = {problem["file"] for problem in json.loads(done.output)}
    assert files == {"specs/portal.yml", "specs/glossary.yml", "specs/datasets/a.yml"}
    assert done.exit_code == 2
    for name in ("portal.yml", "glossary.yml", "datasets/a.yml"):
        (settings.specs / name).unlink()
    assert CliRunner().invoke(validate, ["--json"]).output.strip() == "[]"

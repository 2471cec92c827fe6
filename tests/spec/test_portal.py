"""``portal.yml`` and ``glossary.yml``: optional, strict, and checked with the other specs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.specs import validate
from workbench.config import Settings
from workbench.errors import SpecError
from workbench.spec.portal import Glossary, check_terms, load_glossary, load_portal

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


TERMS = "terms:\n  venta: {name: Sale}\n  precio: {name: Price}\n"
COLUMNS = """
dataset: a
source: {path: a.csv}
columns:
  monto: {term: venta}
  unit:
    description: Price of a unit
    term: %s
"""


def write(settings: Settings, name: str, text: str) -> None:
    path = settings.specs / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_column_may_stand_for_a_term_of_the_glossary(settings: Settings) -> None:
    write(settings, "glossary.yml", TERMS)
    write(settings, "datasets/a.yml", COLUMNS % "precio")
    assert check_terms(settings, load_glossary(settings)) == []


def test_a_term_that_the_glossary_has_not_is_told_where_it_stands(settings: Settings) -> None:
    write(settings, "glossary.yml", TERMS)
    write(settings, "datasets/a.yml", COLUMNS % "presio")
    (problem,) = check_terms(settings, load_glossary(settings))
    assert (problem.file, problem.line, problem.column) == ("specs/datasets/a.yml", 8, 11)
    assert problem.message == "specs/glossary.yml has no term 'presio'; did you mean 'precio'?"
    assert problem.remedy == "terms: precio, venta"
    lost = check_terms(settings, Glossary())
    assert [each.line for each in lost] == [5, 8]
    assert "did you mean" not in lost[0].message


def test_faults_of_other_kinds_do_not_hide_terms_that_are_missing(settings: Settings) -> None:
    write(settings, "datasets/a.yml", COLUMNS % "presio" + "nothing: such\n")
    write(settings, "datasets/b.yml", "columns: [")
    write(settings, "datasets/c.yml", "columns: {a: 1, b: {term: [x]}}")
    done = CliRunner().invoke(validate, ["--json"], env=dict(settings.environ()))
    for said in ("unknown key 'nothing'", "no term 'venta'", "no term 'presio'", "b.yml"):
        assert said in done.output

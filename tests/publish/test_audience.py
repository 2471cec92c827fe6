"""An audience sees what it may see: what is hidden is searched in every file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.publish.conftest import Portal
from tests.publish.links import broken
from tests.publish.site import bundle
from workbench.errors import ConfigError
from workbench.publish.collect.audience import Guard
from workbench.publish.site import build
from workbench.spec.portal import Audience, PortalSpec

#: Words that only the hidden dataset or the hidden column have.
HIDDEN = ("presupuesto_ejecucion", "Budget execution", "subtitulo", "credito", "Crédito")


@pytest.fixture(scope="module")
def sales(portal: Portal) -> Path:
    """The site of the audience ``sales``: the datasets with the tag, without a column."""
    with bundle():
        done = build.publish(portal.settings, audience="sales", renderer="embedded")
    return Path(done.site)


def files(folder: Path) -> list[Path]:
    """Everything that readers of the audience could get."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name not in ("plotly.min.js", "portal.js", "portal.css")
        and not path.name.startswith(".")  # the state, which nobody is sent
    ]


def mentions(folder: Path) -> list[str]:
    """Files that mention what is hidden; the docs speak of the example in general."""
    word = re.compile("|".join(map(re.escape, HIDDEN)), re.IGNORECASE)
    return [
        f"{path.relative_to(folder)}: {match[0]}"
        for path in files(folder)
        if "docs" not in path.relative_to(folder).parts
        and (match := word.search(path.read_text("utf-8", errors="replace")))
    ]


def test_what_is_hidden_is_nowhere(sales: Path) -> None:
    assert mentions(sales.parent) == []
    assert broken(sales) == []


def test_everyone_else_sees_it(portal: Portal) -> None:
    assert mentions(portal.site.parent)


def test_the_audience_sees_the_rest(sales: Path, portal: Portal) -> None:
    names = {path.stem for path in (sales / "datasets").glob("*.html")}
    assert names == {"index", "ventas", "clientes", "productos", "ventas_por_region"}
    page = (sales / "datasets" / "clientes.html").read_text("utf-8")
    assert "column-nombre" in page
    assert "wb-lineage" in page
    runs = {path.stem for path in (sales / "runs").glob("*.html")}
    assert runs < {path.stem for path in (portal.site / "runs").glob("*.html")}
    for name in ("search-en.js", "lineage.js"):
        assert "ventas" in (sales / "assets" / name).read_text("utf-8")
    assert not (sales / "notebooks").exists()
    assert 'id="spec"' not in page


def test_runs_of_hidden_datasets_alone_are_left_out(sales: Path, portal: Portal) -> None:
    failed = next(
        path
        for path in (portal.site / "runs").glob("*.html")
        if path.stem != "index" and "branches" in path.read_text("utf-8")
    )
    assert not (sales / "runs" / failed.name).exists()


def test_samples_can_be_kept_back(portal: Portal, tmp_path: Path) -> None:
    from workbench.config import Settings

    project = tmp_path / "project"
    (project / "specs").mkdir(parents=True)
    (project / "specs" / "portal.yml").write_text(
        "audiences: {outside: {datasets: [ventas], samples: false}}"
    )
    settings = Settings(project=project, home=portal.settings.home, environ={})
    with bundle():
        done = build.publish(settings, audience="outside", renderer="embedded")
    page = (Path(done.site) / "datasets" / "ventas.html").read_text("utf-8")
    assert "No rows can be shown" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("audiences: {sales: {datasets: [ventos]}}", "did you mean 'ventas'"),
        ("audiences: {sales: {hide_columns: [ventas.nothing]}}", "which no dataset has"),
        ("audiences: {other: {}}", "unknown audience 'sales'"),
    ],
)
def test_a_name_that_matches_nothing_is_an_error(
    portal: Portal, tmp_path: Path, text: str, said: str
) -> None:
    from workbench.config import Settings

    project = tmp_path / "project"
    (project / "specs").mkdir(parents=True)
    (project / "specs" / "portal.yml").write_text(text)
    settings = Settings(project=project, home=portal.settings.home, environ={})
    with bundle(), pytest.raises(ConfigError, match=re.escape(said)):
        build.publish(settings, audience="sales", renderer="embedded")


def test_the_guard_looks_into_everything() -> None:
    guard = Guard(frozenset({"secret"}))
    assert not guard.allows({"a": ["x", {"b": "the Secret is"}]})
    assert guard.allows({"a": ["x", {"b": "secretary"}]})
    assert guard.text("a secret", "gone") == "gone"
    assert Guard().allows("secret")


def test_models_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="datasets_"):
        Audience.model_validate({"datasets_": ["a"]})
    with pytest.raises(ValueError, match="password"):
        PortalSpec.model_validate({"tools": [{"title": "t", "url": "https://a:b@c.org"}]})
    with pytest.raises(ValueError, match="web address"):
        PortalSpec.model_validate({"tools": [{"title": "t", "url": "javascript:alert(1)"}]})

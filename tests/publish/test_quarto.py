"""Quarto renders the same project without warnings, and to the same pages.

Quarto cannot be had from package registries alone, so that these tests are skipped where it is
not installed; nothing is missing then, since the embedded renderer serves.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.publish.conftest import Portal
from tests.publish.links import Page, broken, read
from workbench.config import Settings
from workbench.publish.site import build, places, quarto


@pytest.fixture(scope="session")
def command() -> Path:
    """The command ``quarto``."""
    found = quarto.find()
    if found is None:
        pytest.skip("optional: quarto is not installed (PATH or QUARTO_PATH)")
    return found


def some(project: Path) -> list[Path]:
    """Pages of every type, in both languages."""
    found = [project / "index.qmd", project / "es" / "index.qmd"]
    for kind in ("datasets", "runs", "checks", "notebooks", "docs"):
        pages = sorted((project / kind).glob("*.qmd"))
        found += [page for page in pages if page.stem in ("index", "spec-reference")][:2]
        found += [page for page in pages if page.stem != "index"][-2:]
    found += [project / kind / "index.qmd" for kind in ("lineage", "glossary", "tools")]
    found += sorted((project / "es" / "datasets").glob("*.qmd"))[:2]
    return list(dict.fromkeys(found))


def same(theirs: Page, ours: Page) -> list[str]:
    """In what two renderings of a page differ."""

    def tables(page: Page) -> list[str]:
        return [tag for tag in page.tags if tag in ("table", "thead", "tr", "td", "th", "svg")]

    def letters(page: Page) -> str:
        return "".join(page.text.split())

    pairs = {
        "title": (theirs.title.strip(), ours.title.strip()),
        "language": (theirs.lang, ours.lang),
        "links": (theirs.links, ours.links),
        "tables": (tables(theirs), tables(ours)),
        "anchors": (set(theirs.anchors) - {"title-block-header"}, set(ours.anchors)),
        "text": (letters(theirs), letters(ours)),
        "main headings": (theirs.tags.count("h1"), ours.tags.count("h1")),
    }
    return [what for what, (a, b) in pairs.items() if a != b]


@pytest.mark.timeout(600)
def test_both_renderers_agree(portal: Portal, command: Path, tmp_path: Path) -> None:
    project = portal.site.parent
    chosen = some(project)
    for page in chosen:
        target = tmp_path / page.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, target)
    for name in ("_quarto.yml", "_template.html"):
        shutil.copyfile(project / name, tmp_path / name)
    done = subprocess.run(
        [command, "render"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "WARN" not in said
    rendered = {path.relative_to(tmp_path / "_site") for path in tmp_path.rglob("_site/**/*.html")}
    assert rendered == {page.relative_to(project).with_suffix(".html") for page in chosen}
    for path in sorted(rendered):
        differences = same(read(tmp_path / "_site" / path), read(portal.site / path))
        assert differences == [], path


@pytest.mark.timeout(600)
def test_a_portal_is_published_with_quarto(settings: Settings, built: None, command: Path) -> None:
    own = settings.project / "portal"
    shipped = places.template(settings)
    shutil.copytree(shipped, own, ignore=shutil.ignore_patterns("*.md"))
    (own / "docs").mkdir(exist_ok=True)
    (own / "docs" / "house.md").write_text("# The house\n\n## Rooms\n\nwords\n")
    done = build.publish(settings, renderer="quarto")
    site = places.site_folder(settings)
    assert (done.renderer, done.warnings) == ("quarto", ())
    assert done.rendered == done.pages == len(list(site.rglob("*.html")))
    assert broken(site) == []
    again = build.publish(settings, renderer="quarto")
    assert (again.rendered, again.changed) == (0, False)


def test_without_quarto_it_says_so(
    settings: Settings, built: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    with pytest.raises(quarto.QuartoMissing, match="Quarto cannot be found"):
        build.publish(settings, renderer="quarto")
    assert build.publish(settings, renderer="auto").renderer == "embedded"


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """A command that fails as Quarto does."""
    path = tmp_path / "quarto"
    path.write_text("#!/bin/sh\necho 'ERROR: no such filter' >&2\nexit 1\n")
    path.chmod(0o755)
    return path


def test_what_quarto_says_is_told(
    settings: Settings, built: None, failing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUARTO_PATH", str(failing))
    with pytest.raises(quarto.QuartoFailed, match="no such filter"):
        build.publish(settings, renderer="quarto")
    monkeypatch.delenv("QUARTO_PATH")
    done = build.publish(settings, renderer="embedded")
    assert done.rendered == done.pages


def test_a_difference_would_be_noticed() -> None:
    ours = Page("<html lang=en><title>T</title><body><h1>a</h1><a href=b>c</a></body></html>")
    theirs = Page("<html lang=es><title>U</title><body><table></table><p id=x>d</p></body></html>")
    assert len(same(theirs, ours)) == 7
    assert same(ours, ours) == []

"""The site as a whole: links, languages, safety, and the docs within it."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from tests.publish.conftest import Portal
from tests.publish.links import Page, broken, foreign, read
from tests.publish.site import NotebookRoad
from workbench.config import Settings
from workbench.publish.constructs import Unsupported
from workbench.publish.messages import LANGUAGES, catalogue
from workbench.publish.site import build, places, state
from workbench.publish.site.shell import NAVIGATION


def test_every_link_leads_somewhere(portal: Portal) -> None:
    assert broken(portal.site) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = '<a href="b.html">b</a><a href="#no">c</a><a href="/x">d</a><p id="a"></p><p id="a"></p>'
    (tmp_path / "a.html").write_text(page)
    assert len(broken(tmp_path)) == 4


def test_every_page_type_is_there_in_both_languages(portal: Portal) -> None:
    paths = {path.relative_to(portal.site).as_posix() for path in portal.pages()}
    english = {path for path in paths if not path.startswith("es/")}
    assert {f"es/{path}" for path in english} == paths - english
    for _, path in NAVIGATION:
        assert f"{path}.html" in english
    kinds = {
        match[1]
        for path in portal.pages()
        if (match := re.search(r'<body class="wb-page wb-page--(\w+)">', path.read_text("utf-8")))
    }
    assert kinds == {
        "home", "datasets", "dataset", "runs", "run", "checks", "notebook", "lineage", "glossary",
        "tools", "docs",
    }  # fmt: skip


def test_pages_load_nothing_from_elsewhere_and_run_nothing(portal: Portal) -> None:
    for path in portal.pages():
        page = read(path)
        assert foreign(page) == [], path
        html = path.read_text("utf-8")
        assert "default-src 'none'" in html, path
        assert page.tags.count("h1") == 1, path
        assert page.tags.count("main") == 1, path


@pytest.mark.parametrize(
    "html",
    [
        '<script>alert("x")</script>',
        '<img src="https://example.org/x.png">',
        '<p onclick="x()">',
        '<p style="color:red">',
        '<a href="javascript:x()">',
        "<iframe></iframe>",
    ],
)
def test_what_would_load_or_run_is_noticed(html: str) -> None:
    assert foreign(Page(html))


def test_headings_go_down_one_level_at_a_time(portal: Portal) -> None:
    for path in portal.pages():
        levels = [int(tag[1]) for tag in read(path).tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1, path
        assert all(b <= a + 1 for a, b in pairwise(levels)), (path, levels)


def test_the_switch_of_language_keeps_the_page(portal: Portal) -> None:
    for path in portal.pages():
        page = read(path)
        lang = "es" if path.relative_to(portal.site).parts[0] == "es" else "en"
        assert page.lang == lang
        links = re.findall(r'<a href="([^"]*)" lang="(\w+)" hreflang', path.read_text("utf-8"))
        assert [code for _, code in links] == list(LANGUAGES)
        for href, code in links:
            target = (path.parent / href).resolve()
            assert read(target).lang == code
            assert target.name == path.name


def english_words(portal: Portal, page: str) -> list[str]:
    """English texts of the catalogue that a Spanish page shows."""
    # what a notebook says is data
    html = portal.read(page).partition('<div class="wb-notebook">')[0]
    shown = Page(html).text
    spanish = set(catalogue("es").values())
    return [
        said
        for key, said in catalogue("en").items()
        if len(said.split()) > 3 and "{" not in said and said not in spanish and said in shown
    ]


def test_spanish_pages_are_in_spanish(portal: Portal) -> None:
    for path in portal.pages():
        name = path.relative_to(portal.site).as_posix()
        if name.startswith("es/") and 'lang="en">' not in path.read_text("utf-8").split("<main")[1]:
            assert english_words(portal, name) == [], name
    assert "Qué hay" not in portal.read("index.html")
    assert "Lo que requiere atención" in portal.read("es/index.html")


def test_an_untranslated_text_is_noticed(portal: Portal) -> None:
    assert english_words(portal, "index.html")


def test_an_empty_project_has_a_portal(settings: Settings, built: None) -> None:
    done = build.publish(settings, renderer="embedded")
    assert "No datasets yet" in done.home.read_text()
    assert broken(places.site_folder(settings)) == []


def test_specs_with_errors_do_not_keep_the_portal_back(road: NotebookRoad) -> None:
    road.spec("shops", "title: [")
    done = build.publish(road.settings, renderer="embedded")
    assert done.warnings
    assert (places.site_folder(road.settings) / "datasets/shops.html").is_file()


def test_the_state_is_small_and_knows_every_page(road: NotebookRoad) -> None:
    done = build.publish(road.settings, renderer="embedded")
    kept = state.load(places.project_folder(road.settings))
    site = places.site_folder(road.settings)
    assert {f"{path}.html" for path in kept.paths} == {
        path.relative_to(site).as_posix() for path in site.rglob("*.html")
    }
    assert done.pages == len(kept.paths)


def test_the_docs_name_every_setting_of_the_portal(portal: Portal) -> None:
    from workbench.spec.portal import Audience, PortalSpec, Term, Tool

    text = (places.template(portal.settings) / "docs" / "portal.md").read_text("utf-8")
    for model in (PortalSpec, Audience, Tool, Term):
        for name in model.model_fields:
            assert re.search(rf"\b{name}\b", text), f"{model.__name__}.{name}"


def test_docs_of_the_project_come_in_both_languages(road: NotebookRoad) -> None:
    shipped = places.template(road.settings)
    own = road.settings.project / "portal"
    shutil.copytree(shipped, own, ignore=shutil.ignore_patterns("*.md"))
    (own / "docs" / "es").mkdir(parents=True, exist_ok=True)
    (own / "docs" / "house.md").write_text(
        "# The house\n\n## Rooms\n\nSee [this](other.md#here).\n"
    )
    (own / "docs" / "other.md").write_text("# Other\n\n## Here\n\nwords\n")
    (own / "docs" / "es" / "house.md").write_text(
        "# La casa\n\n## Salas\n\nVer [otro](other.md).\n"
    )
    build.publish(road.settings, renderer="embedded")
    site = places.site_folder(road.settings)
    assert broken(site) == []
    assert 'href="other.html#here"' in (site / "docs/house.html").read_text()
    assert "La casa" in (site / "es/docs/house.html").read_text()
    assert "solo en inglés" in (site / "es/docs/other.html").read_text()
    assert "solo en inglés" not in (site / "es/docs/house.html").read_text()


def test_a_doc_with_an_unknown_construct_is_refused_by_name(road: NotebookRoad) -> None:
    own = road.settings.project / "portal"
    shutil.copytree(places.template(road.settings), own)
    (own / "docs" / "odd.md").write_text("# Odd\n\n{{< video x >}}\n")
    with pytest.raises(Unsupported, match="a shortcode") as caught:
        build.publish(road.settings, renderer="embedded")
    assert "docs/odd" in str(caught.value)


def outline(text: str) -> list[str]:
    """The form of a text: headings by level, code blocks as they are, rows of tables."""
    code = re.findall(r"```.*?```", text, re.DOTALL)
    bare = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line for line in bare.splitlines() if line.startswith(("#", "|"))]
    return [*code, *(line.split(" ")[0] if line[0] == "#" else "|" for line in lines)]


def test_translated_docs_say_as_much_as_the_originals(portal: Portal) -> None:
    folder = places.template(portal.settings) / "docs"
    translated = sorted((folder / "es").glob("*.md"))
    assert translated
    for path in translated:
        original = (folder / path.name).read_text("utf-8")
        assert outline(path.read_text("utf-8")) == outline(original), path.name
    assert outline("# a\n\n## b") != outline("# a")

"""The same bytes again after everything was deleted; only what has changed is made again."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.publish.conftest import SPEC
from tests.publish.links import broken
from tests.publish.site import NotebookRoad
from workbench.publish import embedded
from workbench.publish.pages import notebook
from workbench.publish.site import build, places
from workbench.publish.site.unchanged import unchanged


def digest(folder: Path) -> dict[str, str]:
    """A hash of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def stamps(folder: Path) -> dict[str, int]:
    """When every file below a folder was written."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_the_same_site_again_after_it_was_deleted(road: NotebookRoad) -> None:
    first = build.publish(road.settings, renderer="embedded")
    before = digest(places.project_folder(road.settings))
    shutil.rmtree(places.project_folder(road.settings))
    again = build.publish(road.settings, renderer="embedded")
    assert again.rendered == first.rendered > 10
    assert digest(places.project_folder(road.settings)) == before


def test_nothing_is_written_when_nothing_has_changed(road: NotebookRoad) -> None:
    build.publish(road.settings, renderer="embedded")
    folder = places.project_folder(road.settings)
    before = stamps(folder)
    again = build.publish(road.settings, renderer="embedded")
    assert (again.rendered, again.removed, again.changed) == (0, 0, False)
    assert stamps(folder) == before


def test_a_run_renders_what_it_changes_and_no_more(road: NotebookRoad) -> None:
    road.spec("others", SPEC.replace("shops", "others").replace("Shops", "Others"))
    road.file("others.csv", "shop,sales\nEast,3\n")
    other = road.run("others")
    build.publish(road.settings, renderer="embedded")
    folder = places.site_folder(road.settings)
    before = stamps(folder)
    road.file("shops.csv", "shop,sales\nNorth,5\nSouth,2\n")
    run = road.run("shops")
    done = build.publish(road.settings, renderer="embedded")
    after = stamps(folder)
    written = {name for name in after if before.get(name) != after[name]}
    assert {f"runs/{run.id}.html", "datasets/shops.html", "index.html"} <= written
    assert not {f"runs/{other.id}.html", "datasets/others.html", "docs/concepts.html"} & written
    assert done.rendered == len([name for name in written if name.endswith(".html")])
    assert run.id in (folder / "datasets/shops.html").read_text()
    assert run.id in (folder / "assets/search-en.js").read_text()


def test_what_is_gone_from_the_records_is_removed(road: NotebookRoad) -> None:
    road.settings.specs.joinpath("portal.yml").write_text("runs: 2\n")
    first = build.publish(road.settings, renderer="embedded")
    folder = places.site_folder(road.settings)
    (run,) = folder.glob("runs/*[0-9a-f].html")
    for sales in (7, 8):
        road.file("shops.csv", f"shop,sales\nNorth,{sales}\n")
        road.run("shops")
    done = build.publish(road.settings, renderer="embedded")
    assert first.removed == 0
    assert done.removed > 0
    assert not run.exists()
    assert not list(folder.glob(f"notebooks/{run.stem}*"))
    assert broken(folder) == []


@pytest.mark.parametrize("page", ["index.html", "datasets/shops.html", "es/docs/concepts.html"])
def test_a_page_that_was_lost_comes_back(road: NotebookRoad, page: str) -> None:
    build.publish(road.settings, renderer="embedded")
    path = places.site_folder(road.settings) / page
    before = path.read_bytes()
    path.unlink()
    assert build.publish(road.settings, renderer="embedded").rendered >= 1
    assert path.read_bytes() == before


def test_files_that_are_not_ours_are_removed_from_the_site(road: NotebookRoad) -> None:
    build.publish(road.settings, renderer="embedded")
    stray = places.site_folder(road.settings) / "old" / "page.html"
    stray.parent.mkdir()
    stray.write_text("old")
    assert build.publish(road.settings, renderer="embedded").removed == 1
    assert not stray.parent.exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"form": 1}', '{"form": 99}'])
def test_a_damaged_state_is_made_anew(road: NotebookRoad, damage: str) -> None:
    build.publish(road.settings, renderer="embedded")
    folder = places.project_folder(road.settings)
    before = digest(folder)
    (folder / ".published.json").write_text(damage)
    build.publish(road.settings, renderer="embedded")
    assert digest(folder) == before
    assert json.loads((folder / ".published.json").read_text())["form"] == 1


def test_full_makes_every_page_again(road: NotebookRoad) -> None:
    first = build.publish(road.settings, renderer="embedded")
    again = build.publish(road.settings, renderer="embedded", full=True)
    assert again.rendered == first.rendered


def test_a_new_template_makes_every_page_again(road: NotebookRoad) -> None:
    first = build.publish(road.settings, renderer="embedded")
    own = road.settings.project / "portal"
    shutil.copytree(places.template(road.settings), own)
    template = own / "_template.html"
    template.write_text(template.read_text().replace("<body ", "<body data-new "))
    done = build.publish(road.settings, renderer="embedded")
    assert done.rendered == first.rendered
    site = places.site_folder(road.settings)
    assert all("data-new" in path.read_text("utf-8") for path in site.rglob("*.html"))


def test_the_quick_look_agrees_with_the_long_one(road: NotebookRoad) -> None:
    settings = road.settings
    assert unchanged(settings, None, "embedded") is None
    build.publish(settings, renderer="embedded")
    found = unchanged(settings, None, "embedded")
    assert found is not None
    assert (found.site, found.renderer) == (places.site_folder(settings), "embedded")
    assert unchanged(settings, "sales", "embedded") is None
    page = found.site / "index.html"
    content = page.read_bytes()
    page.unlink()
    assert unchanged(settings, None, "embedded") is None
    page.write_bytes(content)
    assert unchanged(settings, None, "embedded") is not None
    road.run("shops")
    assert unchanged(settings, None, "embedded") is None
    build.publish(settings, renderer="embedded")
    assert unchanged(settings, None, "embedded") is not None
    (settings.specs / "portal.yml").write_text("title: Other\n")
    assert unchanged(settings, None, "embedded") is None


def test_step_by_step_it_becomes_what_it_is_at_once(road: NotebookRoad) -> None:
    gold = "title: All\nowner: Sales office\nsource: {dataset: shops}\n"
    road.spec("everything", gold)
    others = SPEC.replace("shops", "others")
    road.spec("others", others)
    road.file("others.csv", "shop,sales\nEast,3\n")
    for datasets in (("others",), ("everything",), ("shops",), ("others", "everything")):
        road.file("shops.csv", f"shop,sales\nNorth,{len(datasets)}\nSouth,2\nBay,x\n")
        road.run(*datasets)
        build.publish(road.settings, renderer="embedded")
    folder = places.project_folder(road.settings)
    before = digest(folder)
    shutil.rmtree(folder)
    build.publish(road.settings, renderer="embedded")
    after = digest(folder)
    assert [name for name in after if before.get(name) != after[name]] == []
    assert before == after


def test_datasets_with_files_of_the_same_name_are_no_neighbours(road: NotebookRoad) -> None:
    road.spec("others", SPEC.replace("inbox/shops.csv", "inbox/more/shops.csv"))
    road.file("more/shops.csv", "shop,sales\nEast,3\n")
    road.run("others")
    build.publish(road.settings, renderer="embedded")
    page = places.site_folder(road.settings) / "datasets" / "others.html"
    before = page.stat().st_mtime_ns
    road.file("shops.csv", "shop,sales\nNorth,9\n")
    road.run("shops")
    build.publish(road.settings, renderer="embedded")
    assert page.stat().st_mtime_ns == before
    assert "shops" not in page.read_text("utf-8").split('id="lineage"')[1].split('id="runs"')[
        0
    ].replace("shops.csv", "")


@pytest.mark.parametrize("damage", ["", "[]", '{"program": 1}', '{"program": "x", "pieces": {}}'])
def test_words_that_are_remembered_wrongly_are_made_anew(road: NotebookRoad, damage: str) -> None:
    build.publish(road.settings, renderer="embedded")
    folder = places.project_folder(road.settings)
    before = digest(folder)
    (folder / ".words.json").write_text(damage)
    build.publish(road.settings, renderer="embedded", full=True)
    assert digest(folder) == before
    assert "pieces" in json.loads((folder / ".words.json").read_text("utf-8"))


def test_after_a_run_no_words_are_parsed(
    road: NotebookRoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.publish(road.settings, renderer="embedded")
    road.file("shops.csv", "shop,sales\nNorth,11\n")
    road.run("shops")
    build.publish(road.settings, renderer="embedded")  # a second spec version, a trend: new words
    road.file("shops.csv", "shop,sales\nNorth,12\n")
    run = road.run("shops")

    def fail() -> None:
        raise AssertionError("Markdown was parsed")

    monkeypatch.setattr(embedded, "_parser", fail)
    monkeypatch.setattr(notebook, "_parser", fail)
    build.publish(road.settings, renderer="embedded")
    assert (places.site_folder(road.settings) / "runs" / f"{run.id}.html").is_file()

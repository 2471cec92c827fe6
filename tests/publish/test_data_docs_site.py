"""Data Docs in the portal: linked where they are built, and only what readers may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.publish.conftest import SPEC
from tests.publish.links import broken, read
from tests.publish.site import NotebookRoad
from workbench.publish.data_docs import publish_docs
from workbench.publish.site import build, places
from workbench.publish.site.published import Published
from workbench.publish.site.requests import request_file, serve_requests
from workbench.publish.site.unchanged import unchanged
from workbench.records.runs import list_runs

WAGES = """
title: Wages
source: {path: inbox/wages.csv}
transforms:
  - type_cast: {columns: {pay: integer}}
expectations:
  - expect_column_values_to_be_between: {column: pay, min_value: 0, severity: warn}
"""


def publish(road: NotebookRoad, audience: str | None = None) -> tuple[Published, Path]:
    done = build.publish(road.settings, audience=audience, renderer="embedded")
    return done, Path(done.site)


def make(road: NotebookRoad) -> int:
    return publish_docs(road.records, road.settings.path("docs"))


def linking(site: Path) -> set[str]:
    """The pages, outside of the Data Docs, that link them."""
    return {
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if path.relative_to(site).parts[0] != "data-docs"
        and any("data-docs/" in link for link in read(path).links)
    }


def test_pages_link_data_docs_as_soon_as_they_are_built(road: NotebookRoad) -> None:
    (run,) = (each.id for each in list_runs(road.records))
    done, site = publish(road)
    assert done.unbuilt == 1
    assert linking(site) == set()
    assert not (site / "data-docs").exists()

    assert make(road) == 1
    assert unchanged(road.settings, None, "embedded") is None
    done, site = publish(road)
    assert done.unbuilt == 0
    about = {f"runs/{run}.html", "datasets/shops.html", f"checks/{run}-shops.html"}
    about |= {"checks/index.html"}
    assert linking(site) == about | {f"es/{page}" for page in about}
    assert broken(site) == []
    page = read(site / "data-docs" / "shops" / f"{run}.html")
    assert "values must be greater than or equal to 0" in page.text
    assert "../checks/index.html" in read(site / "data-docs" / "index.html").links

    assert publish(road)[0].changed is False
    assert unchanged(road.settings, None, "embedded") is not None


def test_a_link_to_a_page_that_is_not_there_is_found(road: NotebookRoad) -> None:
    make(road)
    site = publish(road)[1]
    (page,) = (site / "data-docs" / "shops").glob("*.html")
    page.unlink()
    assert broken(site)
    assert publish(road)[0].changed
    assert broken(site) == []


def test_a_run_more_copies_its_page_alone(road: NotebookRoad) -> None:
    make(road)
    site = publish(road)[1]
    (first,) = (site / "data-docs" / "shops").glob("*.html")
    before = first.stat().st_mtime_ns
    road.file("shops.csv", "shop,sales\nNorth,-5\n")
    run = road.run("shops")
    done, site = publish(road)
    assert done.unbuilt == 1
    assert f"runs/{run.id}.html" not in linking(site)
    assert make(road) == 1
    publish(road)
    assert f"runs/{run.id}.html" in linking(site)
    assert first.stat().st_mtime_ns == before
    assert broken(site) == []


def test_a_page_made_before_a_column_was_masked_is_taken_away(road: NotebookRoad) -> None:
    secret = "-987654"
    road.file("shops.csv", f"shop,sales\nNorth,{secret}\n")
    run = road.run("shops")
    make(road)
    site = publish(road)[1]
    page = site / "data-docs" / "shops" / f"{run.id}.html"
    assert secret in page.read_text()

    road.spec("shops", SPEC.replace("{description: Units sold}", "{mask: true}"))
    done, site = publish(road)
    assert not page.exists()
    assert done.unbuilt == 2
    assert broken(site) == []
    assert make(road) == 2
    publish(road)
    assert secret not in page.read_text()
    assert "values must be greater than or equal to 0" in read(page).text


def test_an_audience_gets_none_of_what_it_may_not_see(road: NotebookRoad) -> None:
    road.spec("wages", WAGES)
    road.file("wages.csv", "name,pay\nNorth,1\n")
    road.run("wages")
    road.settings.specs.joinpath("portal.yml").write_text(
        "audiences:\n"
        "  shops: {datasets: [shops]}\n"
        "  wages: {datasets: [wages], hide_columns: [pay]}\n"
    )
    assert make(road) == 2
    everyone = publish(road)[1]
    assert {path.name for path in (everyone / "data-docs").iterdir()} == {
        "index.html", "shops", "wages",
    }  # fmt: skip

    shops = publish(road, "shops")[1]
    assert (shops / "data-docs" / "shops").is_dir()
    text = "".join(path.read_text() for path in (shops / "data-docs").rglob("*.html"))
    assert "shops" in text
    assert "wages" not in text
    assert broken(shops) == []

    # its only check is about the column that it may not see
    wages = publish(road, "wages")[1]
    assert not (wages / "data-docs").exists()
    assert linking(wages) == set()


def test_what_cannot_be_read_is_built_again(road: NotebookRoad) -> None:
    make(road)
    road.settings.path(*places.DATA_DOCS).write_text("{")
    assert publish(road)[0].unbuilt == 1
    assert make(road) == 1
    assert publish(road)[0].unbuilt == 0


def test_a_run_that_ends_has_them_built_and_linked(
    road: NotebookRoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_file(road.settings).parent.mkdir(parents=True, exist_ok=True)
    request_file(road.settings).touch()
    monkeypatch.setenv("WORKBENCH_RENDERER", "embedded")
    assert serve_requests(road.settings) == 2
    site = places.site_folder(road.settings)
    assert "datasets/shops.html" in linking(site)
    assert broken(site) == []

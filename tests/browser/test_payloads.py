"""A project whose every text tries to become code: published, opened, and searched in Chromium."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.browser.conftest import Open
from tests.browser.test_pages import settled
from tests.publish.site import NotebookRoad
from workbench.config import Settings
from workbench.publish.site import build

SCRIPT = "<script>window.__pwned=1</script>"
IMAGE = "<img src=x onerror=window.__pwned=1>"
ENDING = "</script></textarea></title><svg onload=window.__pwned=1>"
LINK = "[x](javascript:window.__pwned=1) `}}` {{< include /etc/passwd >}}"
TURNED = "\u202egnp.elif\u202c 🙂👩‍👩‍👧"
ALL = [SCRIPT, IMAGE, ENDING, LINK, TURNED]


def as_yaml(spec: dict[str, object]) -> str:
    """Keys with JSON values; hidden characters as escapes, as specs want them."""
    text = "\n".join(f"{key}: {json.dumps(spec[key], ensure_ascii=False)}" for key in spec)
    return re.sub(r"[\u200b-\u200f\u202a-\u202e]", lambda each: f"\\u{ord(each[0]):04x}", text)


def hostile_site(folder: Path) -> Path:
    """Titles, owners, tags, descriptions, terms, headers, values, file names and errors."""
    project = folder / "project"
    for name in ("specs/datasets", "specs/connections", "inbox"):
        (project / name).mkdir(parents=True)
    road = NotebookRoad(Settings(project=project, home=folder / "home", environ={}))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["key", SCRIPT, IMAGE, "amount"])
    for number, value in enumerate(ALL):
        writer.writerow([number, value, value, value if number == 1 else number])
    road.file("hostile <img src=x onerror=alert(1)>.csv", text.getvalue())
    spec: dict[str, object] = {
        "title": SCRIPT,
        "description": f"{IMAGE} {LINK}",
        "owner": TURNED,
        "tags": [ENDING, SCRIPT],
        "source": {"path": "inbox/*.csv", "format": "csv"},
        "transforms": [
            {"type_cast": {"columns": {"amount": "integer"}, "on_error": "quarantine"}},
        ],
        "columns": {"key": {"description": SCRIPT}, "amount": {"description": IMAGE}},
    }
    road.spec("hostile", as_yaml(spec))
    stopping = {"type_cast": {"columns": {"amount": "integer"}, "on_error": "stop"}}
    road.spec("refused", as_yaml({**spec, "transforms": [stopping]}))
    (project / "specs" / "glossary.yml").write_text(
        json.dumps({"terms": {"t": {"name": SCRIPT, "definition": IMAGE, "synonyms": [ENDING]}}})
    )
    road.run("hostile")
    road.run("refused")
    site = build.publish(road.settings, renderer="embedded").site
    road.records.close()
    return Path(site)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_site(tmp_path_factory.mktemp("hostile"))


def test_no_text_becomes_code_on_any_page(site: Path, visit: Open) -> None:
    """Any dialog, error, request or word on the console fails the test, too."""
    pages = sorted(path for path in site.rglob("*.html") if "es" not in path.parts)
    kinds = {path.relative_to(site).parts[0] for path in pages}
    assert {"datasets", "runs", "notebooks", "lineage", "glossary", "index.html"} <= kinds
    page = visit(pages[0])
    shown = ""
    for path in pages:
        if "docs" in path.parts:
            continue
        page.goto(path.as_uri())
        settled(page)
        assert page.evaluate("window.__pwned") is None, path.name
        assert page.locator("main img[src='x'], main [onload], main [onerror]").count() == 0
        shown += page.locator("body").text_content() or ""
    for text in (SCRIPT, IMAGE, ENDING):
        assert text in shown
    page.goto((site / "index.html").as_uri())
    page.wait_for_selector(".wb-search-open")
    for text in ("script", "onerror", "onload"):
        page.keyboard.press("/")
        page.locator(".wb-search__input").fill(text)
        page.locator(".wb-search__result").first.wait_for()
        page.keyboard.press("Escape")
        page.locator(".wb-search").wait_for(state="hidden")
    assert page.evaluate("window.__pwned") is None

"""Names and values with HTML, scripts, bidi marks or emoji in them stay text everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.publish.links import Page, broken, foreign, read
from tests.publish.site import NotebookRoad
from workbench.config import Settings
from workbench.publish.site import build

HTML = "<img src=x onerror=alert(1)>"
SCRIPT = "</script><script>alert(2)</script>"
BIDI = "\u202egnp.exe\u2066"
EMOJI = "\U0001f469\u200d\U0001f4bb"
MARKDOWN = "`x` ```{=html} [a](javascript:alert(3)) {{< x >}} ::: $x$"
PAYLOAD = f"{HTML}{SCRIPT}{BIDI}{EMOJI}{MARKDOWN}"
#: What is searched for on the pages, unbroken.
FOUND = (HTML, SCRIPT, BIDI, EMOJI, "[a](javascript:alert(3))")


def spec() -> str:
    """A spec whose every text is a payload."""
    said = json.dumps(PAYLOAD.replace("\u202e", "").replace("\u2066", ""), ensure_ascii=False)
    return f"""
title: {said}
description: {said}
owner: {said}
tags: [{said}]
source: {{path: inbox/odd.csv, header: 1, delimiter: ",", encoding: utf-8}}
transforms:
  - type_cast: {{columns: {{number: integer}}, on_error: quarantine}}
key: [word]
columns:
  word: {{description: {said}, term: odd}}
expectations:
  - expect_column_values_to_be_in_set: {{column: word, value_set: [{said}], severity: warn}}
  - expect_column_values_to_match_regex: {{column: word, regex: "^z", severity: quarantine}}
"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a project that is full of payloads."""
    from tests.publish.site import bundle

    folder = tmp_path_factory.mktemp("odd")
    (folder / "project" / "specs" / "datasets").mkdir(parents=True)
    settings = Settings(project=folder / "project", home=folder / "home", environ={})
    term = {"odd": {"name": PAYLOAD, "definition": PAYLOAD, "synonyms": [PAYLOAD]}}
    plain = (
        json.dumps({"terms": term}, ensure_ascii=True).replace("\\u202e", "").replace("\\u2066", "")
    )
    settings.specs.joinpath("glossary.yml").write_text(
        plain.replace("\\ud83d\\udc69\\u200d\\ud83d\\udcbb", EMOJI)
    )
    tool = {"title": HTML, "url": 'https://example.org/?a=<b>&c="d"', "description": MARKDOWN}
    text = json.dumps({"title": HTML + MARKDOWN, "description": SCRIPT, "tools": [tool]})
    settings.specs.joinpath("portal.yml").write_text(text)
    road = NotebookRoad(settings)
    road.spec("odd", spec())
    cell = '"' + PAYLOAD.replace('"', '""') + '"'
    road.file("odd.csv", f'word,number,"{HTML}"\n{cell},1,{cell}\nz{EMOJI},"{HTML}",x\nzebra,2,y\n')
    run = road.run("odd")
    assert run.status == "SUCCESS", run.error
    with bundle():
        return Path(build.publish(settings, renderer="embedded").site)


def test_payloads_run_nothing(odd: Path) -> None:
    assert broken(odd) == []
    for path in odd.rglob("*.html"):
        page = read(path)
        assert foreign(page) == [], path
        assert not [value for tag, name, value in page.attributes if tag == "img" and value == "x"]
        known = {script.get("src", "").rpartition("/")[2] for script in page.scripts}
        assert known <= {"theme.js", "portal.js", "messages-en.js", "messages-es.js", ""}, path


def test_payloads_are_shown(odd: Path) -> None:
    text = "\n".join(read(path).text for path in odd.rglob("*.html"))
    for payload in FOUND:
        assert payload in text, payload


def test_payloads_are_data_in_scripts_and_files(odd: Path) -> None:
    for path in [*odd.glob("assets/search-*.js"), *odd.glob("assets/lineage.js")]:
        text = path.read_text("utf-8")
        assert "</script" not in text
        assert text.startswith("window.PORTAL_")
        json.loads(text.partition("=")[2].rstrip().removesuffix(";"))
    for name in ("lineage.jsonld", "openlineage.json"):
        json.loads((odd / "data" / name).read_text("utf-8"))


def test_names_keep_their_own_direction(odd: Path) -> None:
    """A bidi mark that is not closed stands within <bdi> or isolates, so it ends there."""
    for path in odd.rglob("*.html"):
        html = path.read_text("utf-8")
        for part in html.split("\u202e")[:-1]:
            inside = part.rfind("<bdi>") > part.rfind("</bdi>")
            isolated = part.rfind("\u2068") > part.rfind("\u2069")
            attribute = part.rfind('="') > part.rfind(">")
            block = part.rfind("<pre") > part.rfind("</pre>") or part.rfind("<title>") > part.rfind(
                "</title>"
            )
            assert inside or isolated or attribute or block, (path, part[-80:])


def test_a_payload_would_be_noticed() -> None:
    assert foreign(Page(f"<p>{PAYLOAD}</p>"))

"""Marked code says what the code says, and tells its parts apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.publish.links import Page
from workbench.publish.highlight import highlighted

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "language", "marked"),
    [
        ("import x  # why", "python", ['keyword">import', 'comment"># why']),
        ("a = f'b{1}' + 0x1F", "python", ["string\">f'b{1}'", 'number">0x1F']),
        ('"""doc\nstring"""', "python", ['string">&quot;&quot;&quot;doc\nstring']),
        ("x = 'open", "python", ["string\">'open"]),
        ("a: 1 # b\nc-d: 'e'", "yaml", ['key">a<', 'number">1', 'comment"># b', 'key">c-d<']),
        ("- {type: date, on: true}", "yaml", ['punct">-<', 'key">type<', 'keyword">true']),
        ("url: http://x#y", "yaml", ['key">url<']),
        ("run --all  # x", "sh", ['key">--all', 'comment"># x']),
    ],
)
def test_parts_are_marked(text: str, language: str, marked: list[str]) -> None:
    html = highlighted(text, language)
    for each in marked:
        assert each in html
    assert Page(html).text == text


def test_no_text_is_lost_whatever_it_is() -> None:
    for path in [*REPOSITORY.glob("workbench/spec/*.py"), *REPOSITORY.glob("specs/datasets/*.yml")]:
        text = path.read_text("utf-8").rstrip("\n")
        for language in ("python", "yaml", "sh", "sql"):
            page = Page(highlighted(text, language))
            assert page.text == text
            assert set(page.tags) <= {"span"}


def test_markup_in_code_stays_text() -> None:
    for language in ("python", "yaml", "sh", "text"):
        assert "<b>" not in highlighted("<b> '<b>' # <b>", language)

"""Patterns of specs: as Python reads them, and in time that never explodes."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.model import regex

PATTERNS = [
    r"^Fuente", r"(?i)^fuente:? ", r"\w+", r"^\w+$", r"\d{4}-\d{2}", r"\s", r"[\w-]+\.csv",
    r"[^\d]", r"[^\w]x", r"\W", r"\S+$", r"a|b", r"(a|b)+c", r"\.", r"[]x]", r"[^]x]", r"\\",
    r"x*?y", r"[a-ñ]", r"\(\)", r"[(]\w", r"^$", r"(?:ab)+", r"\x41", r"ñ{2}", r"[\]]",
]  # fmt: skip
TEXTS = [
    "", "Fuente: X", "fuente x", "año_2024-03.csv", "Ñuble", "a", "b", "abc", "a b", "a\u00a0b", 
    "٣", "]", "\\", "x", "xxy", "()", "(ñ", "A", "ññ", "-", "_", "\tx", "2024-12",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_means_what_it_means_in_python(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert regex.check(pattern) == pattern
    found = regex.matching(pattern, TEXTS)
    assert dict(zip(TEXTS, found, strict=True)) == {
        text: bool(re.search(pattern, text)) for text in TEXTS
    }
    # and by the engine that never explodes
    with monkeypatch.context() as patch:
        patch.setattr(regex, "_SHORT", -1)
        assert regex.matching(pattern, TEXTS) == found
    for text in TEXTS:
        assert regex.fits(pattern, text) == bool(re.fullmatch(pattern, text)), text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"ejecucion_(?P<year>\d{4})-(?P<month>\d{2})", "ejecucion_2024-03.csv"),
        (r"(\w+)_(\d+)", "región_7"),
        (r"(?P<a>x)(y)(?P<b>z)?", "xyz"),
        (r"(?P<a>x)(y)(?P<b>z)?", "xy"),
        (r"(?:x)(y)[(]", "xy("),
        (r"\((\d)\)", "(4)"),
        (r"no groups", "no groups"),
        (r"(\d)", "none"),
    ],
)
@pytest.mark.parametrize("short", [300, -1], ids=["Python", "RE2"])
def test_groups_are_those_of_python(
    pattern: str, text: str, short: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regex, "_SHORT", short)
    match = re.search(pattern, text)
    assert regex.groups(pattern, text) == (list(match.groups()) if match else None)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(?=x)", "look-around"), (r"(?!x)", "look-around"), (r"(?<=x)y", "look-around"),
        (r"(?<!x)y", "look-around"), (r"(a)\1", "look-around"), (r"(?P<a>x)(?P=a)", "look-around"),
        (r"(?>x)", "look-around"), (r"x++y", "look-around"), (r"(x", "not a regular expression"),
        (r"x{99999999999}", "not a regular expression"), (r"[", "not a regular expression"),
    ],
)  # fmt: skip
def test_what_may_take_for_ever_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        regex.check(pattern)


def test_what_only_the_engine_refuses_is_told() -> None:
    long = "x" * 400
    for use in (lambda: regex.matching("x{2000}", [long]), lambda: regex.groups("(x{2000})", long)):
        with pytest.raises(ValueError, match="cannot be used"):
            use()


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+$", r"(.*a){12}x", r"\w*\w*\w*\w*!x"])
def test_no_pattern_explodes(pattern: str) -> None:
    text = "a" * 5_000 + "!"
    began = time.monotonic()
    assert regex.matching(pattern, [text]) == [False]
    assert regex.groups(f"(?P<x>{pattern})", text) is None
    assert time.monotonic() - began < 20  # Python would take longer than the sun shines


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=r"ab\wd()[]^$.|*+?{}1,-ñ ", max_size=12), st.text("abñ1 -", max_size=8))
def test_whatever_is_accepted_means_the_same(pattern: str, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regex, "_SHORT", -1)
        try:
            regex.check(pattern)
            found = regex.matching(pattern, [text])[0]
        except ValueError:
            return
    assert found == bool(re.search(pattern, text))

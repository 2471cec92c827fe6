"""Sentences that the workbench says in English wherever it runs, in the languages of the panels.

``es.json`` holds them by their English words. ``{name}`` stands for what differs from one time to
the next, and is taken over as it is. What is not known stays as it was said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from workbench.publish.messages import Language

_FIELD = re.compile(r"\{(\w+)\}")
#: Between sentences that were put together.
_JOINED = "; "


@lru_cache
def sentences(lang: Language) -> Mapping[str, str]:
    """The sentences that are known in a language, by their English words."""
    path = Path(__file__).parent / f"{lang}.json"
    found: dict[str, str] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def translated(sentence: str, lang: Language) -> str:
    """A sentence, or several joined by semicolons, in a language."""
    if not sentences(lang):
        return sentence
    return _one(sentence, lang) or _JOINED.join(
        _one(part, lang) or part for part in sentence.split(_JOINED)
    )


@lru_cache
def _patterns(lang: Language) -> list[tuple[re.Pattern[str], str]]:
    """Sentences with fields, those with more words of their own first."""
    known = [each for each in sentences(lang).items() if _FIELD.search(each[0])]
    known.sort(key=lambda each: -len(_FIELD.sub("", each[0])))
    return [(re.compile(_pattern(english), re.DOTALL), other) for english, other in known]


def _pattern(english: str) -> str:
    parts = _FIELD.split(english)
    return "".join(
        f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )


def _one(sentence: str, lang: Language) -> str | None:
    exact = sentences(lang).get(sentence)
    if exact is not None:
        return exact
    for pattern, other in _patterns(lang):
        if match := pattern.fullmatch(sentence):
            return _FIELD.sub(lambda field: match[field[1]], other)
    return None

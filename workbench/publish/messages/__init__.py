"""Every text that people read in the portal and in the panels, in each language, by key.

A folder for each language holds a file for the portal, one for what panels share and one for each
panel: ``en/portal.json``, ``en/shared.json``, ``en/upload.json``, … Each is one flat object, with
the same keys in every language. ``{name}`` in a text is filled in; a key that depends on a number
has the forms ``key.one`` and ``key.other``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

Language = Literal["en", "es"]

LANGUAGES: tuple[Language, ...] = get_args(Language)
#: What a language calls itself.
NAMES: Mapping[Language, str] = {"en": "English", "es": "Español"}


@lru_cache
def catalogue(lang: Language, part: str = "portal") -> Mapping[str, str]:
    """All texts of a part in a language, by key."""
    path = Path(__file__).parent / lang / f"{part}.json"
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def panel_texts(panel: str, lang: Language) -> dict[str, str]:
    """The texts of a panel and those that all panels share, by ``<part>.<key>``."""
    return {
        f"{part}.{key}": said
        for part in ("shared", panel)
        for key, said in catalogue(lang, part).items()
    }


@lru_cache
def schema_words(lang: Language) -> Mapping[str, str]:
    """What the JSON Schema says of rules and their options, by its English words."""
    path = Path(__file__).parent / "schema" / f"{lang}.json"
    found: dict[str, str] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def worded(schema: Any, lang: Language) -> Any:
    """A JSON Schema with its descriptions in a language, as far as they are known in it."""
    words = schema_words(lang)
    if isinstance(schema, dict):
        return {
            key: words.get(each, each) if key == "description" and isinstance(each, str)
            else worded(each, lang)
            for key, each in schema.items()
        }  # fmt: skip
    return [worded(each, lang) for each in schema] if isinstance(schema, list) else schema


def text(key: str, lang: Language, **values: Any) -> str:
    """A text of the portal, its values filled in; ``KeyError`` for a key that is not there."""
    found = catalogue(lang)[key]
    return found.format(**values) if values else found


def counted(key: str, count: float, lang: Language, **values: Any) -> str:
    """The form of a text that fits a number, which fills in ``{n}`` as the language writes it."""
    from workbench.publish.messages.formats import number

    form = "one" if count == 1 else "other"
    return text(f"{key}.{form}", lang, n=number(count, lang), **values)


def known(key: str, lang: Language) -> str | None:
    """The text of a key, ``None`` if there is none: for words that may come from elsewhere."""
    return catalogue(lang).get(key)

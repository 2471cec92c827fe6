"""Texts: complete in every language, used, and numbers and times as each language writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.publish import messages
from workbench.publish.messages import (
    LANGUAGES,
    Language,
    catalogue,
    counted,
    formats,
    panel_texts,
    schema_words,
    text,
    worded,
)
from workbench.publish.messages.sentences import sentences, translated
from workbench.sources.parsing.looking import described, look
from workbench.sources.parsing.options import ReadOptions
from workbench.spec.schema import json_schema

PACKAGE = Path(messages.__file__).parents[1]
PANELS = PACKAGE.parent / "panels"
SCRIPTS = PACKAGE.parent / "front" / "src" / "panels"
PARTS = sorted(path.stem for path in Path(messages.__file__).parent.glob("en/*.json"))
_FIELDS = re.compile(r"\{(\w+)\}")
#: Keys that are put together from a word of the records.
FAMILIES = (
    *("edge.", "expect.", "health.", "kind.", "layer.", "ledger.", "severity.", "status."),
    *("term.", "trigger.", "verb.", "tools.", "checks.lead", "lineage.lead", "glossary.lead"),
    *("docs.lead", "nav."),
)
#: The word "other" itself, not the plural of something.
WORDS = ("tools.other", "kind.other", "column.other", "spec.other", "checks.other")


@pytest.mark.parametrize("part", PARTS)
def test_every_key_is_there_in_every_language(part: str) -> None:
    keys = [set(catalogue(lang, part)) for lang in LANGUAGES]
    assert all(each == keys[0] for each in keys)
    assert part != "portal" or len(keys[0]) > 300


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_every_part(lang: Language) -> None:
    folder = Path(messages.__file__).parent / lang
    assert sorted(path.stem for path in folder.glob("*.json")) == PARTS
    assert {"portal", "shared", "upload"} <= set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_every_text_says_something_and_has_the_same_fields(part: str) -> None:
    for key, said in catalogue("en", part).items():
        for lang in LANGUAGES:
            other = catalogue(lang, part)[key]
            assert other.strip() == other != "", (key, lang)
            assert set(_FIELDS.findall(other)) == set(_FIELDS.findall(said)), (key, lang)


@pytest.mark.parametrize("part", PARTS)
def test_forms_that_depend_on_a_number_come_together(part: str) -> None:
    keys = set(catalogue("en", part))
    for key in keys:
        stem, _, form = key.rpartition(".")
        if form in ("one", "other") and key not in WORDS:
            assert {f"{stem}.one", f"{stem}.other"} <= keys


def used() -> set[str]:
    """Keys that the code names."""
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.parent.glob("front/src/**/*.ts")]
    found: set[str] = set()
    for path in sources:
        source = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"[\"']([a-z_]+(?:\.[a-z_]+)*)[\"']", source))
    return found


def test_every_text_is_used() -> None:
    names = used()
    unused = [
        key
        for key in catalogue("en")
        if key not in names
        and key.removesuffix(".one").removesuffix(".other") not in names
        and not key.startswith(FAMILIES)
    ]
    assert unused == []


def panel_sources(part: str, *, own_only: bool = False) -> str:
    """The code of a panel and, as others may say its words too, of all that follows it."""
    own = [*(SCRIPTS / part).rglob("*.ts"), *(SCRIPTS / part).rglob("*.tsx")]
    own += PANELS.glob(f"{part}*.py")
    every = [*SCRIPTS.rglob("*.ts"), *SCRIPTS.rglob("*.tsx"), *PANELS.rglob("*.py")]
    found = own if own_only else [*own, *(path for path in every if path not in own)]
    texts = [path.read_text("utf-8") for path in found if not path.name.endswith(".test.ts")]
    return "\n".join(texts)


def said(part: str, source: str) -> tuple[set[str], set[str]]:
    """Keys of a part that code names, and stems that it completes (``"upload.state." + …``)."""
    whole = set(re.findall(rf"[\"'`]{part}\.([\w.]*\w)[\"'`]", source))
    stems = set(re.findall(rf"[\"'`]{part}\.([\w.]*)(?:\$?\{{|[\"'`]\s*\+)", source))
    return whole, stems


def unsaid(part: str, keys: set[str], source: str, own: str = "") -> set[str]:
    """Keys that no code says; its ``own`` code may put them together from quoted words."""
    whole, stems = said(part, source)
    words = set(re.findall(r"[\"'`]([\w.]+)[\"'`]", own))
    bare = {key: key.removesuffix(".one").removesuffix(".other") for key in keys}
    return {
        key
        for key, stem in bare.items()
        if not {key, stem} & (whole | words)
        and not any(key.startswith(each) for each in stems if each)
        and not words.issuperset(stem.split("."))
    } - {"title"}


@pytest.mark.parametrize("part", [part for part in PARTS if part != "portal"])
def test_texts_of_panels_are_said_and_there(part: str) -> None:
    keys, source = set(catalogue("en", part)), panel_sources(part)
    if part != "shared":  # a small stock of words for all
        assert unsaid(part, keys, source, panel_sources(part, own_only=True)) == set()
    known = keys | {key.removesuffix(".one").removesuffix(".other") for key in keys}
    assert said(part, source)[0] - known == set()


def test_a_text_of_a_panel_that_nobody_says_is_noticed() -> None:
    source = 'text("upload.drop"); text(`upload.state.${state}`); count("upload.rows", 2)'
    keys = {"drop", "state.done", "rows.one", "rows.other", "title"}
    assert unsaid("upload", keys, source) == set()
    assert unsaid("upload", keys | {"old"}, source) == {"old"}
    assert said("upload", 'text("upload.droop")')[0] - keys == {"droop"}


def test_a_panel_gets_its_own_texts_and_the_shared_ones() -> None:
    texts = panel_texts("upload", "es")
    assert texts["upload.title"] == "Subir"
    assert texts["shared.cancel"] == "Cancelar"
    assert not [key for key in texts if not key.startswith(("upload.", "shared."))]


def test_every_text_that_the_pages_name_is_there() -> None:
    keys = set(catalogue("en"))
    for path in (PACKAGE / "pages").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        for key in re.findall(r"\bw\.t\(\s*\"([\w.]+)\"", source):
            assert key in keys, (path.name, key)
        for key in re.findall(r"\bw\.count\(\s*\"([\w.]+)\"", source):
            assert f"{key}.one" in keys, (path.name, key)


def rule_words() -> set[str]:
    """What the JSON Schema says of transforms, expectations and their options."""
    found: set[str] = set()

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            if isinstance(schema.get("description"), str):
                found.add(schema["description"])
            if isinstance(schema.get("$ref"), str):
                walk(definitions.pop(schema["$ref"].rpartition("/")[2], None))
            for each in schema.values():
                walk(each)
        elif isinstance(schema, list):
            for each in schema:
                walk(each)

    whole = json_schema("dataset")
    definitions = dict(whole["$defs"])
    walk([whole["properties"]["transforms"], whole["properties"]["expectations"]])
    return found


def test_what_forms_say_of_rules_is_known_in_every_language() -> None:
    assert schema_words("en") == {}, "English is what the schema says itself"
    words, known = rule_words(), schema_words("es")
    assert words - known.keys() == set()
    assert known.keys() - words == set(), "nobody says these any more"
    for english, spanish in known.items():
        assert set(re.findall(r"`[^`]+`", english)) == set(re.findall(r"`[^`]+`", spanish)), english
    told = worded({"properties": {"x": {"description": "a column name", "type": "string"}}}, "es")
    assert told == {
        "properties": {"x": {"description": "el nombre de una columna", "type": "string"}}
    }
    assert worded([{"description": "not known"}], "es") == [{"description": "not known"}]


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("no.such.key", "en")


def test_texts_are_filled_in() -> None:
    assert counted("more", 1, "en") == "and 1 more"
    assert counted("more", 12345, "es") == "y 12.345 más"


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (0, "0", "0"),
        (1234, "1,234", "1234"),
        (1234567, "1,234,567", "1.234.567"),
        (-12345, "-12,345", "-12.345"),
        (1234.5, "1,234.5", "1234,5"),
        (0.12345, "0.123", "0,123"),
        (0.00001, "1e-05", "1e-05"),
        (2.0, "2", "2"),
        (-0.0001, "-0.0001", "-0,0001"),
        (float("nan"), "nan", "nan"),
        (1e20, "1e+20", "1e+20"),
    ],
)
def test_numbers(value: float, english: str, spanish: str) -> None:
    assert formats.number(value, "en") == english
    assert formats.number(value, "es") == spanish


def test_shares_never_look_like_none_or_all() -> None:
    assert formats.percent(0, "en") == "0\u202f%"
    assert formats.percent(0.0001, "en") == "< 0.1\u202f%"
    assert formats.percent(0.99999, "es") == "> 99,9\u202f%"
    assert formats.percent(1, "es") == "100\u202f%"


def test_times_are_shown_in_utc() -> None:
    moment = datetime.fromisoformat("2024-01-31T23:30:00-03:00")
    assert formats.moment(moment, "en") == "1 Feb 2024, 02:30 UTC"
    assert formats.moment(moment.astimezone(UTC), "es") == "1 feb 2024, 02:30 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0123, "12 ms"), (3.21, "3.2 s"), (75, "1 min 15 s"), (7200, "2 h"), (200000, "2 d 7 h")],
)
def test_durations(seconds: float, words: str) -> None:
    assert formats.duration(seconds, "en").replace("\u202f", " ") == words


@pytest.mark.parametrize(("count", "words"), [(5, "5 B"), (1500, "1.5 kB"), (5e12, "5,000 GB")])
def test_sizes(count: float, words: str) -> None:
    assert formats.size(count, "en").replace("\u202f", " ") == words


def test_sentences_are_said_with_what_differs() -> None:
    assert translated("the file has no name", "es") == "el archivo no tiene nombre"
    assert translated("97% of the first lines have 14 fields", "es") == (
        "el 97% de las primeras líneas tiene 14 campos"
    )
    two = "not UTF-8, and no byte from 0x80 to 0x9f; something else"
    assert translated(two, "es") == "no es UTF-8 y no hay bytes de 0x80 a 0x9f; something else"
    assert translated("no sentence of ours", "es") == "no sentence of ours"
    assert translated("the file has no name", "en") == "the file has no name"
    # what comes from a file is taken over, and fills in nothing
    told = "a total: '{one} \\\\g<0>' where others have values"
    assert translated(told, "es") == "un total: '{one} \\\\g<0>' donde las otras tienen valores"


def test_sentences_have_the_same_fields() -> None:
    for lang in LANGUAGES:
        for english, other in sentences(lang).items():
            assert sorted(_FIELDS.findall(english)) == sorted(_FIELDS.findall(other)), english


SAMPLES = sorted((PACKAGE.parents[1] / "specs" / "data").rglob("*.*"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_what_was_detected_is_told_in_spanish(path: Path) -> None:
    told = described(look(path, path.name, ReadOptions()), path.name)
    reasons = [one["evidence"] for one in (*told["properties"].values(), *told["columns"])]
    for reason in (*reasons, *told["warnings"]):
        for part in reason.split("; "):
            assert translated(part, "es") != part, reason

"""YAML is read without surprises: safe, exact, bounded, with the place of everything."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.errors import Problem, SpecError
from workbench.spec import yaml_source
from workbench.spec.yaml_source import MAX_BYTES, MAX_DEPTH, MAX_VALUES, read_file, read_text


def fault(text: str) -> Problem:
    """The only problem of a text."""
    with pytest.raises(SpecError) as caught:
        read_text(text, "spec.yml")
    (problem,) = caught.value.problems
    assert problem.file == "spec.yml"
    assert problem.remedy
    return problem


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers of PyYAML: where libyaml is built in, and where it is not."""
    if not hasattr(yaml, request.param):
        pytest.skip(f"missing: libyaml in PyYAML ({request.param})")
    monkeypatch.setattr(yaml_source, "_LOADER", getattr(yaml, request.param))


NORWAY = """
norway: no
yes: y
switch: on
octal: 010
octal12: 0o10
hex: 0x1F
sexagesimal: 12:30:00
date: 2024-01-31
moment: 2024-01-31 08:00:00
thousands: 1_000
comma: 1,5
infinite: .inf
nothing: .nan
version: 1.5.2
quoted: "5"
"""


@pytest.mark.usefixtures("parser")
def test_what_yaml_1_1_makes_of_words_stays_the_text_that_was_written() -> None:
    data = read_text(NORWAY, "spec.yml").data
    assert data == {
        "norway": "no", "yes": "y", "switch": "on", "octal": "010", "octal12": "0o10",
        "hex": "0x1F", "sexagesimal": "12:30:00", "date": "2024-01-31",
        "moment": "2024-01-31 08:00:00", "thousands": "1_000", "comma": "1,5",
        "infinite": ".inf", "nothing": ".nan", "version": "1.5.2", "quoted": "5",
    }  # fmt: skip
    # PyYAML's own loader does make something else of them, so the text above is a fair trap
    assert yaml.safe_load(NORWAY)["norway"] is False
    assert yaml.safe_load(NORWAY)["octal"] == 8
    assert yaml.safe_load(NORWAY)["sexagesimal"] == 45_000


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("TRUE", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("0", 0), ("-17", -17), ("+5", 5), ("0.1", 0.1), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0),
        ("-", "-"), ("+", "+"), (".", "."), ("e5", "e5"), ("-.", "-."), ("+-1", "+-1"), ("=", "="),
        ("1 000", "1 000"), ("٣", "٣"), ("yes", "yes"), ("'null'", "null"), ("|\n  a\n", "a\n"),
        ("9223372036854775808", 9223372036854775808),
    ],
)  # fmt: skip
def test_scalars(text: str, value: Any) -> None:
    if text == "-":
        text = "'-'"
    data = read_text(f"a: {text}\n", "spec.yml").data["a"]
    assert data == value
    assert type(data) is type(value)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "place", "message", "remedy"),
    [
        ("a: &x 1\nb: *x\n", (1, 4), "anchors (&x)", "write values out"),
        ("a: *x\n", (1, 4), "aliases", "write the value out"),
        ("a: !!python/object/apply:os.system ['id']\n", (1, 4),
         "!!python/object/apply:os.system", "remove the tag"),
        ("a: !!str 3\n", (1, 4), "tags (!!str)", "quotes"),
        ("a: ! 3\n", (1, 4), "tags (!)", "quotes"),
        ("a:\n  <<: {b: 1}\n", (2, 3), "merge keys", "write the keys out"),
        ("a: 1\nb:\n  c: 1\n  'c': 2\n", (4, 3), "'c' is here twice (first on line 3)", "keep one"),
        ("a: {b: 1, b: 2}\n", (1, 11), "'b' is here twice", "keep one"),
        ("1: a\n", (1, 1), "the key '1' is not text", '"1"'),
        ("true: a\n", (1, 1), "the key 'true' is not text", '"true"'),
        ("? [a]\n: b\n", (1, 3), "a key is a list or a mapping", "keys are text"),
        ("a: 1\n---\nb: 2\n", (2, 1), "a second one begins here", "file of its own"),
        ("a: 0.12345678901234567890123\n", (1, 4), "more digits than can be kept", "quotes"),
        ("a: 1e400\n", (1, 4), "more digits than can be kept", "quotes"),
        ('a: "x\\0y"\n', (1, 4), "a NUL character", "remove"),
        ("a: b\0c\n", (1, 5), "a character that YAML does not allow", "control character"),
        ("b: x\na: \x07\n", (2, 4), "a character that YAML does not allow", "control character"),
        ("a: 1\n# x\u202e\n", (2, 4), "U+202E", '"\\u202e"'),
        ("a: \u2066b\n", (1, 4), "direction of text", "remove it"),
        ("a:\n\tb: 1\n", (2, 1), "a tab is used for indentation", "spaces"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, place: tuple[int, int], message: str, remedy: str) -> None:
    problem = fault(text)
    assert (problem.line, problem.column) == place
    assert message in problem.message
    assert remedy in str(problem.remedy)


@pytest.mark.parametrize(
    ("text", "place", "message", "remedy"),
    [
        ("a: b: c\n", (1, 5), "mapping values", "quotes round text that contains ': '"),
        ("a: @b\n", (1, 4), "cannot start any token", "@"),
        ("a: [1, 2\nb: 3\n", (2, 2), "',' or ']'", "close the bracket"),
        ("a: 1\nb: 'x\nc: 3\n", (2, 4), "does not end", "close the quote"),
        ("path: *.csv\n", (1, 8), "expected alphabetic", '"*.csv"'),
        ("a:\n   b: 1\n  c: 2\n", (3, 3), "did not find expected key", "indentation"),
    ],
)
def test_faults_of_writing_have_a_remedy(
    text: str, place: tuple[int, int], message: str, remedy: str
) -> None:
    if not hasattr(yaml, "CSafeLoader"):
        pytest.skip("missing: libyaml in PyYAML")
    problem = fault(text)
    assert (problem.line, problem.column) == place
    assert message in problem.message
    assert remedy in str(problem.remedy)


LAUGHS = "a: &a [x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9)
)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "a: " + "[" * 100_000,
        "{a: " * 50_000,
        "\n".join(" " * depth + "a:" for depth in range(MAX_DEPTH + 2)),
        "a: '" + "x" * MAX_BYTES + "'",
    ],
    ids=["laughs", "lists", "mappings", "indented", "long"],
)
def test_a_text_that_would_grow_or_nest_without_end_is_refused(text: str) -> None:
    begun = time.process_time()
    assert len(fault(text).message) < 200
    assert time.process_time() - begun < 5


def test_very_many_values_are_refused() -> None:
    assert "more than 50,000 values" in fault("a: [" + "1," * (MAX_VALUES + 10) + "]").message


def test_what_is_just_within_the_limits_is_read() -> None:
    depth = MAX_DEPTH - 1
    assert read_text("a: " + "[" * depth + "]" * depth, "spec.yml").data["a"] is not None
    values = MAX_VALUES // 2
    assert len(read_text("a: [" + "1," * values + "]", "spec.yml").data["a"]) == values


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "null", "---\n"])
def test_an_empty_text_is_nothing(text: str) -> None:
    assert read_text(text, "spec.yml").data is None


@pytest.mark.usefixtures("parser")
def test_places_of_keys_and_values() -> None:
    source = read_text("# ñ😀\na: ñ😀\nb:\n  - c: {d: 1}\n  -\ne:\n", "spec.yml")
    places = {keys: (place.key, place.value) for keys, place in source.places.items() if keys}
    assert places["a",] == ((2, 1), (2, 4))
    assert places["b", 0, "c", "d"] == ((4, 9), (4, 12))
    assert places["e",] == ((6, 1), (6, 1))  # an empty value is shown by its key
    assert source.problem(("b", 0, "c", "zzz", "y"), "m") == Problem("spec.yml", 4, 8, "m")
    assert source.problem(("e",), "m", at="key").line == 6
    assert source.problem(("nowhere",), "m").line == 2  # the mapping as a whole


@pytest.mark.parametrize(
    ("text", "line", "column", "place"),
    [
        ("a: x > 1\n", 1, 3, (1, 6)),
        ("a: 'x > 1'\n", 1, 3, (1, 7)),
        ("a: |\n  x >\n  1\n", 2, 1, (3, 3)),
        ("a: |\n\n    x\n", 2, 1, (3, 5)),
        ("a: >-\n  x >\n  1\n", 1, 5, (1, 4)),  # folded: where the text begins
        ("a: x\n  > 1\n", 1, 3, (1, 4)),  # over two lines: the same
    ],
)
def test_a_place_within_a_text_is_a_place_in_the_file(
    text: str, line: int, column: int, place: tuple[int, int]
) -> None:
    assert read_text(text, "spec.yml").within(("a",), line, column) == place


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_do_not_move_places(end: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_text(end.join(["a: 1", "b:", "  c: 1", "  c: 2", ""]), "spec.yml")
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (4, 3)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "spec.yml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xb1\n")
    assert read_file(path, "spec.yml").data == {"a": "ñ"}  # a byte order mark is no text

    path.write_bytes("a: 1\nb: ñandú é\n".encode("latin-1"))
    with pytest.raises(SpecError) as caught:
        read_file(path, "spec.yml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (2, 4)
    assert problem.remedy == "save the file in the encoding UTF-8"

    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(SpecError, match="larger than"):
        read_file(path, "spec.yml")

    with pytest.raises(SpecError, match="cannot be read: No such file"):
        read_file(tmp_path / "gone.yml", "gone.yml")
    with pytest.raises(SpecError, match="cannot be read: Is a directory"):
        read_file(tmp_path, "folder")

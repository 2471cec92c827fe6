"""An edit changes its own lines and nothing else, whatever the file looks like."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import REPOSITORY
from tests.spec.yaml_texts import texts, values
from workbench.errors import EditRefused, SpecError
from workbench.spec.editing import Edit, Insert, Move, Remove, RenameKey, Set, apply, edited, same
from workbench.spec.edits_view import View
from workbench.spec.yaml_source import Keys, read_file, read_text

SPECS = sorted(
    path for folder in ("specs", "tests/real", "tests/bench", "tests/soak", "tests/spec")
    for path in (REPOSITORY / folder).rglob("*.yml")
)  # fmt: skip


def lines(text: str) -> list[str]:
    return re.split("\r\n|\n", re.sub(r"\r?\n\Z", "", text))


def own_lines(view: View, edit: Edit) -> tuple[int, int] | None:
    """The first line of what an edit names and the line after it; ``None`` if it adds a block."""
    path, text = edit.path, view.text
    adds = isinstance(edit, Insert)
    while path not in view.source.places:
        path, adds = path[:-1], True
    place = view.place(path)
    if isinstance(edit, Move):
        begin = view.anchor(path) if path and not view.in_flow(path) else place.span[0]
        kids = view.children(path)
        last = place.span[1] if place.flow else view.tail(kids[-1]) - 1
        inside = view.line_start(begin or 0)
        return text.count("\n", 0, inside), text.count("\n", 0, last) + 1
    if adds and not place.flow and place.style == "":
        return None
    start = view.head(path) if path else 0
    return text.count("\n", 0, start), text.count("\n", 0, place.span[1]) + 1


def check(text: str, edit: Edit) -> str:
    """The text after the edit, which says what the edited data says and nothing else is changed."""
    data = read_text(text, "spec.yml").data
    new = apply(text, edit)
    assert same(read_text(new, "spec.yml").data, edited(data, edit))
    view = View(read_text(text, "spec.yml"))
    before, after = lines(text), lines(new)
    own = own_lines(view, edit)
    if own is None:
        # what comes first behind a dash gets a line of its own
        rest = iter([bare(line) for line in after])
        assert all(bare(line) in rest for line in before), new
    else:
        head, foot = before[: own[0]], before[own[1] :]
        if isinstance(edit, Remove) and len(view.children(edit.path[:-1])) == 1:
            head = head[: lines_of(view, edit.path[:-1])]  # the last one leaves [] or {} there
        assert [*after, ""][: len(head)] == head, new
        if isinstance(edit, Remove) and not view.opens_line(view.head(edit.path)):
            while foot and not foot[0].strip():
                foot.pop(0)  # blank lines between a dash and what moves up to it
            if foot and foot[0] not in after:
                moved = foot[0].lstrip(" -")
                foot[0] = next(line for line in after if line.lstrip(" -") == moved)
        assert not foot or after[-len(foot) :] == foot, new
    if isinstance(edit, Insert | Move | RenameKey):
        assert comments(new) == comments(text), new
    elif own is not None and isinstance(edit, Remove):
        kept = Counter(comments(text)) - Counter(comments("\n".join(before[slice(*own)])))
        assert not kept - Counter(comments(new)), new
    assert ("\r\n" in new) == ("\r\n" in text) or "\n" not in text.replace("\r\n", "")
    assert text.endswith("\n") == new.endswith("\n") or not text.endswith("\n")
    return new


def bare(line: str) -> str:
    """A line without dashes before it, and without ``-`` after ``|``.

    A block of text at the end of a file without a line break becomes one that says so.
    """
    return re.sub(r"([|>])-?", r"\1", line.lstrip(" -"))


def lines_of(view: View, path: Keys) -> int:
    """The number of lines above an entry."""
    return view.text.count("\n", 0, view.head(path)) if path else 0


def comments(text: str) -> list[str]:
    return sorted(re.findall(r"# (?:about|above|the end) \d+", text))


def some_edit(draw: st.DrawFn, text: str) -> Edit:
    source = read_text(text, "spec.yml")
    paths = [keys for keys in source.places if keys]
    path: Keys = draw(st.sampled_from(paths))
    value: Any = draw(values)
    here = source.data
    for key in path:
        here = here[key]
    choices: list[Edit] = [Set(path, value), Remove(path)]
    if isinstance(path[-1], str):
        choices.append(RenameKey(path, draw(st.sampled_from(["new", "no no", "ñ: x", "a'b"]))))
    if isinstance(here, list):
        choices.append(Insert(path, draw(st.integers(0, len(here))), value))
        if here:
            at = st.integers(0, len(here) - 1)
            choices += [Move(path, draw(at), draw(at))] * 3
            choices.append(Set(path, draw(st.permutations([*here, value]))))
    elif here is None:
        choices.append(Insert(path, 0, value))
    elif isinstance(here, dict):
        choices.append(Insert(path, draw(st.integers(0, len(here))), {"a new one": value}))
        choices.append(Set((*path, "another"), value))
        choices.append(Set((*path, "deeply", "nested"), value))
    return draw(st.sampled_from(choices))


@settings(max_examples=150, deadline=None)
@given(st.data(), texts())
def test_any_edit_of_any_text_changes_its_own_lines_only(data: st.DataObject, text: str) -> None:
    @st.composite
    def edits(draw: st.DrawFn) -> Edit:
        return some_edit(draw, text)

    edit = data.draw(edits())
    try:
        check(text, edit)
    except EditRefused:
        # a block that keeps the blank lines after it would keep those of a neighbour that went
        assert "|+" in text and isinstance(edit, Remove | Set | Move), edit


@pytest.mark.parametrize("path", SPECS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_value_of_every_spec_is_edited_in_its_own_lines(path: Path) -> None:
    try:
        source = read_file(path, path.name)
    except SpecError:
        pytest.skip("a spec that is broken on purpose, and no YAML")
    text = path.read_bytes().decode().removeprefix("\ufeff")
    if not isinstance(source.data, dict):
        return
    some = [keys for keys in source.places if keys]
    for keys in some[:: len(some) // 20 + 1]:
        here = source.data
        for key in keys:
            here = here[key]
        assert apply(text, Set(keys, here)) == text, "an edit that changes nothing changes nothing"
        check(text, Set(keys, "another: value"))
        check(text, Remove(keys))
        if isinstance(keys[-1], str):
            check(text, RenameKey(keys, "new name"))
        if isinstance(here, list):
            check(text, Insert(keys, 0, {"trim": {"columns": "all"}}))
            check(text, Insert(keys, len(here), {"trim": {"columns": "all"}}))
            for to in range(1, len(here)):
                check(text, Move(keys, 0, to))
                check(text, Move(keys, to, 0))


def test_rules_are_written_as_a_person_would_write_them() -> None:
    text = "dataset: d\ntransforms:\n  - trim\n"
    text = apply(
        text,
        Insert(
            ("transforms",), 1, {"melt": {"columns": {"pattern": "^m[0-9]$"}, "names_to": "m"}}
        ),
        Insert(
            ("transforms",), 2, {"type_cast": {"columns": {"a": {"type": "date"}}}}
        ),
        Set(("key",), ["a", "no"]),
        Set(("description",), "One line.\nAnd another: with a colon."),
    )
    assert (
        text
        == """\
dataset: d
transforms:
  - trim
  - melt: {columns: {pattern: "^m[0-9]$"}, names_to: m}
  - type_cast:
      columns: {a: {type: date}}
key: [a, "no"]
description: |-
  One line.
  And another: with a colon.
"""
    )


def test_a_rule_that_moves_takes_the_comment_above_it_along_and_blank_lines_stay() -> None:
    text = """\
transforms:
  # first of all
  - trim: {columns: all}  # every column

  # then the months
  - melt:
      columns: [a]
      # within

  - filter: {where: "a > 1"}
"""
    assert (
        apply(text, Move(("transforms",), 0, 2))
        == """\
transforms:
  # then the months
  - melt:
      columns: [a]
      # within

  - filter: {where: "a > 1"}

  # first of all
  - trim: {columns: all}  # every column
"""
    )


def test_a_value_keeps_the_quotes_and_the_kind_of_block_that_it_had() -> None:
    text = "a: 'x'\nb: \"x\"\nc: x\nd: >-  # why\n  some\n  text\ne: |\n  lines\n"
    for key in "abc":
        text = apply(text, Set((key,), "it is"))
    text = apply(text, Set(("d",), "other text"), Set(("e",), "more\nlines\n"))
    assert text == (
        "a: 'it is'\nb: \"it is\"\nc: it is\nd: >-  # why\n  other text\ne: |\n  more\n  lines\n"
    )


@pytest.mark.parametrize(
    "edit",
    [
        Remove(("nothing",)), Remove(("a", 3)), Move(("a",), 0, 2), Move(("b",), 0, 0),
        RenameKey(("a", 0), "x"), RenameKey(("a",), "b"), Insert(("a",), 9, 1),
        Set(("b", "c"), 1), Insert(("b",), 0, 1), Set(("a", 7), 1),
    ],
    ids=repr,
)  # fmt: skip
def test_an_edit_that_leads_nowhere_is_refused(edit: Edit) -> None:
    with pytest.raises(EditRefused):
        apply("a: [1, 2]\nb: x\n", edit)


@pytest.mark.parametrize("value", [float("nan"), "a\0b", "\ud800", object(), {"k": {1: 2}}])
def test_what_a_spec_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(EditRefused):
        apply("a: 1\n", Set(("a",), value))


def test_the_check_after_an_edit_sees_what_a_wrong_cut_would_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: a writer that forgets the quotes is caught, and nothing is changed."""
    monkeypatch.setattr("workbench.spec.edits_values.scalar", lambda value, *_, **__: str(value))
    with pytest.raises(EditRefused):
        apply("a: x\n", Set(("a",), "yes: no"))
    with pytest.raises(EditRefused):
        apply("a: x\n", Set(("a",), "true"))


def test_a_text_that_is_no_yaml_is_a_spec_error() -> None:
    with pytest.raises(SpecError):
        apply("a: [1\n", Set(("a",), 1))


def test_a_byte_order_mark_stays() -> None:
    assert apply("\ufeffa: 1\r\n", Set(("b",), 2)) == "\ufeffa: 1\r\nb: 2\r\n"

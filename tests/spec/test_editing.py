"""An edit changes its own lines and nothing else, whatever the file looks like."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import REPOSITORY
from tests.spec.yaml_texts import texts, values
from workbench.spec.editing import Edit, Insert, Move, Remove, RenameKey, Set, apply, edited, same
from workbench.spec.edits_view import View
from workbench.spec.yaml_source import Keys, read_text

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
        rest = iter([line.lstrip(" -") for line in after])
        assert all(line.lstrip(" -") in rest for line in before), new
    else:
        head, foot = before[: own[0]], before[own[1] :]
        if isinstance(edit, Remove) and len(view.children(edit.path[:-1])) == 1:
            head = head[: lines_of(view, edit.path[:-1])]  # the last one leaves [] or {} there
        assert [*after, ""][: len(head)] == head, new
        assert not foot or after[-len(foot) :] == foot, new
    if isinstance(edit, Insert | Move | RenameKey):
        assert comments(new) == comments(text), new
    elif own is not None and isinstance(edit, Remove):
        kept = Counter(comments(text)) - Counter(comments("\n".join(before[slice(*own)])))
        assert not kept - Counter(comments(new)), new
    assert ("\r\n" in new) == ("\r\n" in text) or "\n" not in text.replace("\r\n", "")
    assert text.endswith("\n") == new.endswith("\n") or not text.endswith("\n")
    return new


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

    check(text, data.draw(edits()))

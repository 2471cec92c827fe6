"""Edits of blocks: entries on lines of their own, held together by their indentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.spec.edits_view import Splice, View
from workbench.spec.edits_writing import entry, item
from workbench.spec.yaml_source import Keys


def insert(view: View, path: Keys, index: int, values: list[Any] | dict[str, Any]) -> list[Splice]:
    """Put entries before the one at ``index`` of the list or mapping at ``path``."""
    kids = view.children(path)
    column = view.column(view.head(kids[0]))
    if isinstance(values, Mapping):
        lines = [
            line for key, each in values.items() for line in entry(key, each, view.layout, column)
        ]  # fmt: skip
    else:
        gap = _gap(view, kids[0])
        lines = [line for each in values for line in item(each, view.layout, column, gap)]
    indent = " " * column
    if index == 0:
        at = view.lead(kids[0])
        if not view.opens_line(view.head(kids[0])):  # behind the dash of an outer list
            eol = view.layout.eol + indent
            return [Splice(at, at, eol.join(lines) + eol)]
    else:
        at = view.tail(kids[index - 1])
    return [view.lines_at(at, [indent + line if line else line for line in lines])]


def remove(view: View, path: Keys) -> list[Splice]:
    """Take an entry out with its lines; comments above it stay."""
    siblings = view.children(path[:-1])
    head, end = view.head(path), view.place(path).span[1]
    opens = view.opens_line(head)
    if len(siblings) == 1:
        empty = "[]" if isinstance(path[-1], int) else "{}"
        anchor = view.anchor(path[:-1]) if path[:-1] else None
        if not opens or anchor is None:
            return [Splice(head, end, empty)]
        lines = Splice(view.line_start(head), view.next_line(end), "")
        return [Splice(anchor, anchor, f" {empty}"), lines]
    if opens:
        return [Splice(view.line_start(head), view.next_line(end), "")]
    following = view.head(siblings[siblings.index(path) + 1])
    below = view.next_line(end)
    if any(True for _ in view.comment_lines(below, view.line_start(following))):
        blank = len(view.text[:head]) - len(view.text[:head].rstrip(" "))
        return [Splice(head - blank, view.line_end(end), "")]
    return [Splice(head, following, "")]


def move(view: View, path: Keys, from_: int, to: int) -> list[Splice]:
    """Carry an item of a list to another place, with the comments that belong to it.

    Blank lines and comments between items, which belong to none, stay where they are.
    """
    kids = view.children(path)
    column = view.column(view.head(kids[0]))
    indent = " " * column
    slots: list[tuple[int, int, str, str]] = []
    chunks: list[str] = []
    for each in kids:
        start, end = view.lead(each), view.tail(each)
        chunk = view.text[start:end]
        before = indent if view.opens_line(view.head(each)) else ""
        body = chunk.removesuffix("\n").removesuffix("\r")
        slots.append((start, end, before, chunk[len(body) :]))
        chunks.append(body.removeprefix(before))
    chunks.insert(to, chunks.pop(from_))
    return [
        Splice(start, end, before + chunk + ending)
        for (start, end, before, ending), chunk in zip(slots, chunks, strict=True)
    ]


def _gap(view: View, path: Keys) -> int:
    """The blanks between the dash of an item and its value."""
    head, start = view.head(path), view.place(path).span[0]
    between = view.text[head + 1 : start]
    return len(between) if between and not between.strip(" ") else 1

"""Edits within brackets: ``[a, b]`` and ``{a: 1}``, on one line or on several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.spec.edits_view import Splice, View
from workbench.spec.edits_writing import WIDTH, flow, pair
from workbench.spec.yaml_source import Keys


def insert(view: View, path: Keys, index: int, values: list[Any] | dict[str, Any]) -> list[Splice]:
    """Put entries before the one at ``index`` of the list or mapping at ``path``."""
    texts = (
        [pair(key, each) for key, each in values.items()]
        if isinstance(values, Mapping) else [flow(each) for each in values]
    )  # fmt: skip
    start, end = view.place(path).span
    if isinstance(values, Mapping) and view.text[start] != "{":  # a pair in a list: [a: 1]
        whole = view.source.data
        for key in path:
            whole = whole[key]
        return [Splice(start, end, flow({**whole, **values}))]
    kids = view.children(path)
    if not kids:
        inner = view.text[start + 1 : end - 1]
        if "#" in inner:
            return [Splice(end - 1, end - 1, ", ".join(texts))]
        return [Splice(start, end, view.text[start] + ", ".join(texts) + view.text[end - 1])]
    eol = view.layout.eol
    if index < len(kids):
        at = view.head(kids[index])
        between = ", "
        if view.opens_line(at):
            between = "," + eol + " " * view.column(at)
        return [Splice(at, at, "".join(text + between for text in texts))]
    return _append(view, kids, texts)


def _append(view: View, kids: list[Keys], texts: list[str]) -> list[Splice]:
    at = view.place(kids[-1]).span[1]
    head = view.head(kids[-1])
    comma = view.comma_after(at)
    after = at if comma is None else comma + 1
    eol = view.layout.eol
    indent = " " * view.column(view.head(kids[0]))
    comment = view.rest(after).lstrip().startswith("#")
    if comment or (view.opens_line(head) and len(kids) > 1):
        # entries have lines of their own
        below = eol + " " * view.column(head) if view.opens_line(head) else eol + indent
        place = view.line_end(after) if comment else after
        listed = ("," + below).join(texts) + ("," if comma is not None else "")
        splices = [Splice(place, place, below + listed)]
        if comma is None:
            joined = Splice(at, at, ",")
            if place == at:
                return [Splice(at, at, "," + below + listed)]
            splices.append(joined)
        return splices
    text, column = "", view.column(at)
    for each in texts:
        if column + len(each) + 3 > WIDTH:
            text += "," + eol + indent + each
            column = len(indent) + len(each)
        else:
            text += ", " + each
            column += 2 + len(each)
    return [Splice(at, at, text)]


def remove(view: View, path: Keys) -> list[Splice]:
    """Take an entry out, with its comma and, where it has lines of its own, with these."""
    kids = view.children(path[:-1])
    index = kids.index(path)
    head, end = view.head(path), view.place(path).span[1]
    start, close = view.place(path[:-1]).span
    if view.text[start] not in "{[":  # a pair in a list: [a: 1]
        return [Splice(start, close, "{}")]
    comma = view.comma_after(end)
    after = end if comma is None else comma + 1
    rest = view.rest(after).lstrip()
    if view.opens_line(head) and (not rest or rest[0] == "#"):
        return [Splice(view.line_start(head), view.next_line(after), "")]
    if index + 1 < len(kids):
        following = view.head(kids[index + 1])
        if not rest or rest[0] == "#":  # the next one has another line
            blank = len(view.text[:head]) - len(view.text[:head].rstrip(" "))
            return [Splice(head - blank, after, "")]
        if "#" not in view.text[after:following]:
            return [Splice(head, following, "")]
        return [Splice(head, after, "")]
    if index:
        before = view.place(kids[index - 1]).span[1]
        if "#" not in view.text[before:head]:
            return [Splice(before, end, "")]
        return [Splice(head, after, "")]
    if "#" not in view.text[start + 1 : close - 1]:
        return [Splice(start + 1, close - 1, "")]
    return [Splice(head, after, "")]


def move(view: View, path: Keys, from_: int, to: int) -> list[Splice]:
    """Carry an entry of a list to another place; commas, breaks and comments stay."""
    kids = view.children(path)
    spans = [(view.head(each), view.place(each).span[1]) for each in kids]
    texts = [view.text[start:end] for start, end in spans]
    texts.insert(to, texts.pop(from_))
    return [Splice(*span, text) for span, text in zip(spans, texts, strict=True)]

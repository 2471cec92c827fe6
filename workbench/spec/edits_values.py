"""A value in the place of another: in the style of what it replaces, where that can hold it."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.spec.edits_view import Splice, View
from workbench.spec.edits_writing import (
    block,
    entry,
    flow,
    indented,
    item,
    one_line,
    scalar,
    text_block,
)
from workbench.spec.yaml_source import Keys


def replace(view: View, path: Keys, value: object) -> list[Splice]:
    """Write ``value`` where the value of ``path`` is; comments after it stay."""
    if not path:
        return _root(view, value)
    place = view.place(path)
    start, end = place.span
    if view.in_flow(path):
        text = flow(value)
        if place.style == "quoted" and isinstance(value, str):
            text = scalar(value, view.text[start], flow=True)
        if start == end and isinstance(path[-1], str):  # {a, b: } have no values
            text = f" {text}" if view.text[start - 1] == ":" else f": {text}"
        return [Splice(start, end, text)]
    if place.style == "" and not place.flow:
        return _for_block(view, path, value)
    return _for_scalar(view, path, value)


def rename(view: View, path: Keys, key: str) -> list[Splice]:
    """Write ``key`` where the key of ``path`` is."""
    start, end = view.place(path).key_span
    quote = view.text[start] if view.text[start] in "'\"" else ""
    return [Splice(start, end, scalar(key, quote, flow=view.in_flow(path)))]


def _for_scalar(view: View, path: Keys, value: object) -> list[Splice]:
    """In place of a scalar, of nothing, or of brackets."""
    place = view.place(path)
    start, end = place.span
    written = view.text[start:end]
    column = view.column(view.head(path))
    quote = written[:1] if place.style == "quoted" else ""
    comment = ""
    if place.style in ("literal", "folded"):
        comment = view.rest(start).lstrip("|>+-0123456789").rstrip()
    blank = " " if start == end else ""
    if isinstance(value, str):
        lines = _text(value, place.style)
        if lines is None:
            return [Splice(start, end, blank + scalar(value, quote) + comment)]
        step = _inner(view, path)
        body = [" " * (column + step) + line if line else line for line in lines[1:]]
        if comment or place.style in ("literal", "folded"):
            eol = view.layout.eol
            return [Splice(start, end, eol.join([lines[0] + comment, *body]))]
        return [
            Splice(start, end, blank + lines[0]),
            view.lines_at(view.next_line(end), body),
        ]
    offset = view.column(start) if start != end else column + 2
    inline = one_line(value, offset)
    if inline is not None:
        return [Splice(start, end, blank + inline + comment)]
    anchor = view.anchor(path)
    below = view.line_end(end)
    if isinstance(path[-1], int):
        lines = block(value, view.layout, column + 2)
        body = [" " * (column + 2) + line if line else line for line in lines]
    else:
        step = view.layout.step if isinstance(value, Mapping) else view.layout.list_step
        lines = block(value, view.layout, column + step)
        body = [" " * (column + step) + line if line else line for line in lines]
    if isinstance(path[-1], int) and view.line_start(start) == view.line_start(view.head(path)):
        first, *rest = body
        splices = [Splice(start, end, blank + first.lstrip(" ") + comment)]
        return [*splices, view.lines_at(view.next_line(end), rest)] if rest else splices
    cut = start if anchor is None or view.text[anchor:start].strip() else anchor
    return [Splice(cut, end, comment), view.lines_at(view.next_line(below), body)]


def _for_block(view: View, path: Keys, value: object) -> list[Splice]:
    """In place of a block of lines."""
    first = view.head(view.children(path)[0])
    start, end = first, view.place(path).span[1]
    column = view.column(view.head(path))
    anchor = view.anchor(path)
    if not view.opens_line(first) or anchor is None:  # behind a dash
        inner = view.column(first)
        inline = None if isinstance(value, Mapping | list | tuple) else scalar(value)
        lines = [inline] if inline is not None else block(value, view.layout, inner)
        return [Splice(start, end, (view.layout.eol + " " * inner).join(lines))]
    lines_span = Splice(view.line_start(first), view.next_line(end), "")
    found = _text(value, "plain") if isinstance(value, str) else None
    if found is not None and view.next_line(anchor) == lines_span.start:
        step = _inner(view, path)
        lines = [" " * (column + step) + line if line else line for line in found[1:]]
        added = view.layout.eol.join([*lines, ""])
        return [
            Splice(anchor, anchor, f" {found[0]}"),
            Splice(lines_span.start, lines_span.end, added),
        ]
    inline = one_line(value, view.column(anchor) + 1)
    if isinstance(value, str):
        inline = scalar(value)  # lines of comments are in between
    if inline is not None:
        return [Splice(anchor, anchor, f" {inline}"), lines_span]
    if isinstance(path[-1], int):
        lines = indented(item(value, view.layout, column)[0:], column)
        lines[0] = lines[0].replace("-", " ", 1)
    else:
        lines = indented(entry("k", value, view.layout, column)[1:], column)
    text = view.layout.eol.join([*lines, ""])
    return [Splice(lines_span.start, lines_span.end, text)]


def _root(view: View, value: object) -> list[Splice]:
    lines = block(value, view.layout, 0)
    if view.source.data is None:
        start, end = view.place(()).span
        if start != end:
            return [Splice(start, end, view.layout.eol.join(lines))]
        return [view.lines_at(len(view.text), lines)]
    start, end = view.place(()).span
    return [Splice(start, end, view.layout.eol.join(lines))]


def _text(value: str, style: str) -> list[str] | None:
    """Lines for a text that is folded, literal or of several lines; else ``None``."""
    if style == "folded":
        return text_block(value, "folded") or text_block(value)
    if style == "quoted":
        return None
    return text_block(value)


def _inner(view: View, path: Keys) -> int:
    """How far a block of text is indented from its key."""
    place = view.place(path)
    if place.style in ("literal", "folded"):
        start = view.next_line(place.span[0])
        while start < place.span[1]:
            line = view.rest(start)
            if line.strip():
                inner = len(line) - len(line.lstrip(" ")) - view.column(view.head(path))
                return max(inner, 1)
            start = view.next_line(start)
    return view.layout.step

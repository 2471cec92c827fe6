"""Where the parts of a YAML text begin and end, for those who cut and paste in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from workbench.spec.edits_writing import Layout
from workbench.spec.yaml_source import Keys, Place, Source

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_COMMENT = re.compile(r"[ \t]*#")


@dataclass(frozen=True)
class Splice:
    """Text between two positions is replaced by another."""

    start: int
    end: int
    text: str


def splice(text: str, splices: list[Splice]) -> str:
    """The text with all splices done; they do not overlap."""
    for each in sorted(splices, key=lambda one: (one.start, one.end), reverse=True):
        text = text[: each.start] + each.text + text[each.end :]
    return text


class View:
    """A YAML file that was read, by its parts. Positions count from 0."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text

    @cached_property
    def _children(self) -> dict[Keys, list[Keys]]:
        children: dict[Keys, list[Keys]] = {}
        for keys in self.source.places:
            if keys:
                children.setdefault(keys[:-1], []).append(keys)
        return children

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    @cached_property
    def layout(self) -> Layout:
        """How this file breaks and indents its lines; where nothing tells, as we write."""
        found = _BREAK.search(self.text)
        eol = found[0] if found and found[0] in ("\n", "\r\n", "\r") else "\n"
        steps: list[int] = []
        list_steps: list[int] = []
        for keys, kids in self._children.items():
            if not keys or isinstance(keys[-1], int) or self.place(keys).flow:
                continue
            if self.in_flow(keys):
                continue
            inner = self.column(self.head(kids[0])) - self.column(self.head(keys))
            if isinstance(kids[0][-1], int):
                list_steps.append(inner)
            elif inner > 0:
                steps.append(inner)
        step = steps[0] if steps else 2
        return Layout(eol, step, list_steps[0] if list_steps else step)

    def place(self, path: Keys) -> Place:
        """The place of a value that is there."""
        return self.source.places[path]

    def children(self, path: Keys) -> list[Keys]:
        """The paths of what a list or mapping holds, in their order."""
        return self._children.get(path, [])

    def in_flow(self, path: Keys) -> bool:
        """Whether a value stands within brackets."""
        return any(self.place(path[:size]).flow for size in range(len(path)))

    def head(self, path: Keys) -> int:
        """Where an entry begins: at its key, or at the dash of an item of a block list."""
        if isinstance(path[-1], str):
            return self.place(path).key_span[0]
        if self.place(path[:-1]).flow:
            return self.place(path).span[0]
        before = (*path[:-1], path[-1] - 1)
        at = self.place(before).span[1] if path[-1] else self.place(path[:-1]).span[0]
        return self._find("-", at)

    def anchor(self, path: Keys) -> int | None:
        """The position after the colon or the dash of a value; ``None`` if it has no colon."""
        if isinstance(path[-1], int):
            return self.head(path) + 1
        at = self._find(":", self.place(path).key_span[1])
        start, end = self.place(path).span
        return at + 1 if 0 <= at < max(start, end) or self.text[at : at + 1] == ":" else None

    def _find(self, mark: str, at: int) -> int:
        """The position of ``mark`` from ``at`` on, beyond blanks, line breaks and comments."""
        while at < len(self.text) and self.text[at] != mark:
            if self.text[at] == "#":
                at = self.line_end(at)
            elif self.text[at].isspace():
                at += 1
            else:
                return -1
        return at if at < len(self.text) else -1

    def line_start(self, at: int) -> int:
        """Where the line of a position begins."""
        return self._starts[bisect_right(self._starts, at) - 1]

    def line_number(self, at: int) -> int:
        """The number of the line of a position, from 1."""
        return bisect_right(self._starts, at)

    def line_end(self, at: int) -> int:
        """Where the line of a position ends, before its break."""
        found = _BREAK.search(self.text, at)
        return found.start() if found else len(self.text)

    def next_line(self, at: int) -> int:
        """Where the line after that of a position begins; the end of the text if it is the last."""
        found = _BREAK.search(self.text, at)
        return found.end() if found else len(self.text)

    def column(self, at: int) -> int:
        """How many characters of its line are before a position."""
        return at - self.line_start(at)

    def opens_line(self, at: int) -> bool:
        """Whether nothing but blanks is before a position in its line."""
        return not self.text[self.line_start(at) : at].strip()

    def rest(self, at: int) -> str:
        """What follows a position in its line."""
        return self.text[at : self.line_end(at)]

    def comment_lines(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Start and column of the comments that have a line to themselves, between two lines."""
        at = start
        while at < end:
            if _COMMENT.match(self.text, at):
                yield at, len(self.rest(at)) - len(self.rest(at).lstrip())
            at = self.next_line(at)

    def lead(self, path: Keys) -> int:
        """Where an entry of a block begins with the comments directly above it."""
        head = self.head(path)
        if not self.opens_line(head):
            return head
        start = self.line_start(head)
        siblings = self.children(path[:-1])
        index = siblings.index(path)
        if index:
            floor = self.next_line(self.place(siblings[index - 1]).span[1])
        elif path[:-1]:
            floor = self.next_line(self.anchor(path[:-1]) or 0)
        else:
            floor = 0
        for at, column in reversed(list(self.comment_lines(floor, start))):
            if self.next_line(at) != start or column != self.column(head):
                break
            start = at
        return start

    def tail(self, path: Keys) -> int:
        """Where the line after an entry of a block begins, and after comments within it."""
        end = self.next_line(self.place(path).span[1])
        column = self.column(self.head(path))
        siblings = self.children(path[:-1])
        index = siblings.index(path)
        following = index + 1 < len(siblings)
        limit = self.line_start(self.head(siblings[index + 1])) if following else len(self.text)
        while end < limit and _COMMENT.match(self.text, end):
            line = self.rest(end)
            if len(line) - len(line.lstrip()) <= column:
                break
            end = self.next_line(end)
        return end

    def lines_at(self, at: int, lines: list[str]) -> Splice:
        """Whole lines put in where a line begins, or after the last line."""
        eol = self.layout.eol
        text = eol.join(lines)
        if at == len(self.text) and at and not _BREAK.match(self.text[-1]):
            return Splice(at, at, eol + text)
        return Splice(at, at, text + eol)

    def comma_after(self, at: int) -> int | None:
        """The position of the comma that follows an entry within brackets."""
        found = self._find(",", at)
        return None if found < 0 else found

"""YAML text to plain data, with the place of every key and value.

Specs are configuration, so only a safe and unsurprising part of YAML is read:

- anchors, aliases, tags and merge keys are refused, and so are duplicate keys and keys that are
  not text: what is written is what is meant, and a small file cannot become a big one;
- plain scalars follow the core schema of YAML 1.2: ``true``, ``false``, ``null`` and decimal
  numbers are values, everything else is text. ``yes``, ``on``, ``010``, ``1:30`` and
  ``2024-01-31`` stay the text that was written;
- size, depth and number of values are limited.

The parser is PyYAML's event stream (libyaml where it is built in), read without recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import Problem, SpecError
from workbench.spec.yaml_faults import fault, hidden_direction, not_utf8

MAX_BYTES = 1_000_000
MAX_DEPTH = 24
MAX_VALUES = 50_000

Keys = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]+|(?<=[0-9])\.)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a key and its value stand; all count from 1. List items have no key of their own.

    ``style`` is how a scalar is written: ``plain``, ``quoted``, ``literal``, ``folded``, or empty
    for lists and mappings. ``end_line`` is the line on which a scalar ends. ``span`` and
    ``key_span`` are the positions in the text, from 0, of value and key; blocks end with their
    last value, before the line break. ``flow`` tells ``[a]`` and ``{a: 1}`` from blocks.
    """

    key: tuple[int, int]
    value: tuple[int, int]
    style: str = ""
    end_line: int = 0
    span: tuple[int, int] = (0, 0)
    key_span: tuple[int, int] = (0, 0)
    flow: bool = False


@dataclass(frozen=True)
class Source:
    """A YAML file that was read: its plain ``data`` and the ``places`` by path of keys."""

    file: str
    text: str
    data: Any
    places: dict[Keys, Place]

    def problem(
        self, keys: Sequence[str | int], message: str, remedy: str | None = None, *,
        at: str = "value",
    ) -> Problem:  # fmt: skip
        """A problem at the value (or, with ``at="key"``, at the key) of the path ``keys``.

        A path that leads nowhere is answered by its longest part that leads somewhere.
        """
        path = tuple(keys)
        while path and path not in self.places:
            path = path[:-1]
        place = self.places.get(path, Place((1, 1), (1, 1)))
        line, column = place.key if at == "key" else place.value
        return Problem(self.file, line, column, message, remedy)

    def within(self, keys: Sequence[str | int], line: int, column: int) -> tuple[int, int]:
        """The place in the file of ``line`` and ``column`` of a text value.

        Exact for text on one line and for literal blocks; else the place where the text begins.
        """
        place = self.places.get(tuple(keys))
        if place is None:
            return 1, 1
        start_line, start_column = place.value
        if place.style == "literal":
            lines = self.text.splitlines()[start_line:]
            indent = next((len(each) - len(each.lstrip(" ")) for each in lines if each.strip()), 0)
            return start_line + line, indent + column
        if place.style in ("plain", "quoted") and line == 1 and place.end_line == start_line:
            return start_line, start_column + column - (1 if place.style == "plain" else 0)
        return start_line, start_column


@dataclass
class _Open:
    """A mapping or list whose end is not read yet."""

    keys: Keys
    value: dict[str, Any] | list[Any]
    key: str | None = None
    key_mark: tuple[int, int] = (1, 1)
    key_span: tuple[int, int] = (0, 0)
    end: int = 0
    first: dict[str, int] = field(default_factory=dict)


def read_file(path: Path, shown: str) -> Source:
    """Read a YAML file; ``shown`` is its name in messages. Raises ``SpecError``."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise SpecError(
            [Problem(shown, 1, 1, f"the file cannot be read: {error.strerror}",
                     "check that it exists and that you may read it")]
        ) from error  # fmt: skip
    if size > MAX_BYTES:
        raise SpecError([_too_big(shown)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError([not_utf8(raw, error, shown)]) from error
    return read_text(text, shown)


def read_text(text: str, file: str) -> Source:
    """Read YAML text; ``file`` is its name in messages. Raises ``SpecError`` at the first fault."""
    found = _too_big(file) if len(text) > MAX_BYTES else hidden_direction(text, file)
    if found:
        raise SpecError([found])
    reader = _Reader(text, file)
    try:
        reader.read(yaml.parse(text, Loader=_LOADER))
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise SpecError([fault(error, text, file)]) from None
    return Source(file, text, reader.data, reader.places)


class _Reader:
    """Builds data and places from the events of one document."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.data: Any = None
        self.places: dict[Keys, Place] = {(): Place((1, 1), (1, 1))}
        self._stack: list[_Open] = []
        self._documents = 0

    def read(self, events: Iterator[Any]) -> None:
        for event in events:
            if isinstance(event, yaml.AliasEvent):
                self._fail(event, "aliases (*name) are not read in specs",
                           "write the value out where it is needed")  # fmt: skip
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    self._fail(event, "a spec is one document, and a second one begins here",
                               "move it into a file of its own")  # fmt: skip
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close(event)

    def _node(self, event: Any) -> None:
        if event.anchor:
            self._fail(event, f"anchors (&{event.anchor}) are not read in specs",
                       "remove it; write values out where they are needed")  # fmt: skip
        if event.tag:
            self._fail(event, f"tags ({_tag(event.tag)}) are not read in specs",
                       "remove the tag; put quotes round what must be text")  # fmt: skip
        if len(self.places) > MAX_VALUES:
            self._fail(event, f"more than {MAX_VALUES:,} values", "make the spec smaller")
        parent = self._stack[-1] if self._stack else None
        if parent and isinstance(parent.value, dict) and parent.key is None:
            self._key(event, parent)
            return
        scalar = isinstance(event, yaml.ScalarEvent)
        value: Any
        if scalar:
            value = self._scalar(event)
        else:
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
        keys: Keys = ()
        mark = key_mark = _mark(event)
        key_span = (event.start_mark.index, event.start_mark.index)
        if parent is None:
            self.data = value
        elif isinstance(parent.value, dict):
            key, key_mark, key_span = parent.key or "", parent.key_mark, parent.key_span
            keys = (*parent.keys, key)
            parent.value[key] = value
            parent.key = None
        else:
            keys = (*parent.keys, len(parent.value))
            parent.value.append(value)
        style = _style(event) if scalar else ""
        if style == "plain" and event.value == "":
            mark = key_mark  # nothing is written: the key is the best place to show
        start, end = event.start_mark.index, event.end_mark.index
        if style in ("literal", "folded"):
            end = self._end_of_block(start, end, event.value)
        self.places[keys] = Place(
            key_mark, mark, style, event.end_mark.line + 1, (start, end), key_span,
            not scalar and bool(event.flow_style),
        )  # fmt: skip
        if scalar and parent:
            parent.end = end
        elif not scalar:
            if len(self._stack) >= MAX_DEPTH:
                self._fail(event, f"nested deeper than {MAX_DEPTH} levels", "flatten the spec")
            self._stack.append(_Open(keys, value))

    def _close(self, event: Any) -> None:
        """A list or mapping ends: in brackets where they close, else with its last value."""
        closed = self._stack.pop()
        place = self.places[closed.keys]
        end = event.end_mark.index if place.flow else closed.end
        self.places[closed.keys] = replace(place, span=(place.span[0], end))
        if self._stack:
            self._stack[-1].end = end

    def _end_of_block(self, start: int, end: int, value: str) -> int:
        """Where a block of text ends; it holds blank lines after it that it keeps (``|+``)."""
        written = self.text[start:end]
        if value.endswith("\n\n"):
            return start + len(written.removesuffix("\n").removesuffix("\r"))
        return start + len(written.rstrip("\r\n"))

    def _key(self, event: Any, parent: _Open) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self._fail(event, "a key is a list or a mapping",
                       "keys are text; put quotes round text with { or [")  # fmt: skip
        key: str = event.value
        if key == "<<" and event.implicit[0]:
            self._fail(event, "merge keys (<<) are not read in specs", "write the keys out")
        if event.implicit[0] and not isinstance(self._scalar(event), str):
            remedy = f'put quotes round it: "{key}"' if key else "write a name before the colon"
            self._fail(event, f"the key {key!r} is not text", remedy)
        if key in parent.first:
            self._fail(event, f"the key {key!r} is here twice (first on line {parent.first[key]})",
                       "keep one of them")  # fmt: skip
        parent.key, parent.key_mark = key, _mark(event)
        parent.key_span = (event.start_mark.index, event.end_mark.index)
        parent.first[key] = parent.key_mark[0]

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if "\0" in text:
            self._fail(event, "a NUL character, which no database can keep", "remove the \\0")
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if len(text) > 400 or text[0] not in "+-.0123456789":
            return text
        if _INTEGER.fullmatch(text):
            return int(text)
        if text.strip("+-.") and _FLOAT.fullmatch(text):
            value = float(text)
            if Decimal(repr(value)) != Decimal(text):
                self._fail(event, f"the number {text} has more digits than can be kept exactly",
                           f'put quotes round it: "{text}"')  # fmt: skip
            return value
        return text

    def _fail(self, event: Any, message: str, remedy: str) -> None:
        raise SpecError([Problem(self.file, *_mark(event), message, remedy)])


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _style(event: Any) -> str:
    return {"|": "literal", ">": "folded", "'": "quoted", '"': "quoted"}.get(event.style, "plain")


def _tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _too_big(file: str) -> Problem:
    return Problem(
        file, 1, 1, f"the file is larger than {MAX_BYTES:,} characters",
        "a spec is configuration; keep data in files of its own",
    )  # fmt: skip

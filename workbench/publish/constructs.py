"""The constructs of Quarto's Markdown that pages may use: what the embedded renderer renders.

This is the one place that lists them. A page that uses another one is refused, with its line, so
that Quarto and the embedded renderer never disagree about a page.

- front matter (YAML) with the keys of ``KEYS``
- headings ``#`` … ``######``, with an anchor ``{#name}`` or without
- paragraphs, emphasis, strong, inline code, links, images, line breaks, block quotes
- lists with bullets and numbers, pipe tables, horizontal rules
- code blocks with a fence of backticks and a language
- raw HTML blocks ```` ```{=html} ````, made by ``publish.markup`` and nothing else
- fenced divs ``::: {#name .class}``, nested
- comments ``<!-- … -->`` on lines of their own
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from workbench.errors import WorkbenchError

#: Keys of front matter.
KEYS = frozenset(
    {
        *("pagetitle", "lang", "wb-kind", "wb-layout", "wb-toc"),
        *("include-in-header", "include-before-body", "include-after-body"),
    }
)

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*(.*?)\s*$")
_DIV = re.compile(r"^:{3,}\s*(?:\{([^{}]*)\}|([\w-]+))?\s*:*$")
_ATTRIBUTE = re.compile(r"#(?P<id>[\w-]+)|\.(?P<name>[\w-]+)")
_LANGUAGE = re.compile(r"[\w+-]*")

#: What is refused outside of code, and what it is called.
_OTHERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\{\{<"), "a shortcode"),
    (re.compile(r"(?<!\\)\[\^[^\]]+\]"), "a footnote"),
    (re.compile(r"(?<![\\$])\$\$|(?<!\\)\$[^\s$][^$]*[^\s\\$]\$(?!\d)"), "mathematics"),
    (re.compile(r"(?<![\\\w])@(?:fig|tbl|sec|eq|lst)-"), "a cross reference"),
    (re.compile(r"(?<!\\)\[[^\]]*\]\{[^}]*\}"), "a span with attributes"),
    (re.compile(r"(?<![\\`])<(?:[a-zA-Z][\w-]*(?:\s[^<>]*)?/?|/[a-zA-Z][\w-]*)>"), "raw HTML"),
)
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)(?:\s+\{#([\w-]+)\})?\s*#*\s*$")


class Unsupported(WorkbenchError):
    """A page uses what the embedded renderer does not know."""


@dataclass(frozen=True)
class Block:
    """A part of a page: Markdown, raw HTML, or the start or end of a div."""

    kind: Literal["markdown", "html", "open", "close"]
    text: str
    line: int
    anchor: str = ""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parsed:
    """A page: its front matter and its blocks."""

    front: dict[str, Any]
    blocks: tuple[Block, ...]


def parse(text: str, name: str) -> Parsed:
    """The parts of a page; ``name`` is its file, for messages. Raises ``Unsupported``."""
    lines = text.split("\n")
    front, start = _front_matter(lines, name)
    return Parsed(front, tuple(_blocks(lines, start, name)))


def _front_matter(lines: list[str], name: str) -> tuple[dict[str, Any], int]:
    if lines[0].rstrip() != "---":
        return {}, 0
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    front = _json_lines(lines[1:end])
    if front is None:
        front = _yaml(lines[1:end], name)
    if not end or not isinstance(front, dict):
        raise Unsupported("its front matter does not end, or holds no keys", where=f"{name}:1")
    if unknown := sorted(set(map(str, front)) - KEYS):
        raise Unsupported(
            f"its front matter has {', '.join(unknown)}",
            where=f"{name}:1",
            remedy=f"keys that are known: {', '.join(sorted(KEYS))}",
        )
    return front, end + 1


def _json_lines(lines: list[str]) -> dict[str, Any] | None:
    """Front matter as our own pages have it, a JSON value a line; ``None`` if it is not so."""
    front = {}
    for line in lines:
        key, colon, value = line.partition(": ")
        if not colon or not value.startswith(('"', "[{")):
            return None
        try:
            front[key] = json.loads(value)
        except ValueError:
            return None
    return front


def _yaml(lines: list[str], name: str) -> Any:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load("\n".join(lines), Loader=loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise Unsupported(f"its front matter is not YAML: {error}", where=name) from error


def _blocks(lines: list[str], start: int, name: str) -> Iterator[Block]:
    pending: list[str] = []
    began = start
    depth = 0
    number = start
    while number < len(lines):
        line = lines[number]
        fence = _FENCE.match(line)
        div = None if fence else _DIV.match(line)
        if fence or div:
            raw = fence is not None and fence[2] == "{=html}"
            if raw or div:
                if any(pending):
                    yield Block("markdown", "\n".join(pending), began + 1)
                pending = []
            if fence:
                end = _end_of_fence(lines, number, fence[1], name)
                if raw:
                    yield Block("html", "\n".join(lines[number + 1 : end]), number + 1)
                else:
                    _check_language(fence[2], f"{name}:{number + 1}")
                    pending += lines[number : end + 1]
                number = end
            elif div:
                depth += 1 if div[1] or div[2] else -1
                if depth < 0:
                    raise Unsupported("a div ends that was not begun", where=f"{name}:{number + 1}")
                yield _div(div, number)
            if raw or div:
                began = number + 1
        else:
            _check_line(line, f"{name}:{number + 1}")
            pending.append(line)
        number += 1
    if depth:
        raise Unsupported("a div does not end", where=name, remedy="close it with :::")
    if any(pending):
        yield Block("markdown", "\n".join(pending), began + 1)


def _div(match: re.Match[str], number: int) -> Block:
    if not (match[1] or match[2]):
        return Block("close", "", number + 1)
    if match[2]:
        return Block("open", "", number + 1, "", (match[2],))
    found = list(_ATTRIBUTE.finditer(match[1]))
    anchor = next((each["id"] for each in found if each["id"]), "")
    classes = tuple(each["name"] for each in found if each["name"])
    return Block("open", "", number + 1, anchor, classes)


def _end_of_fence(lines: list[str], start: int, fence: str, name: str) -> int:
    for number in range(start + 1, len(lines)):
        line = lines[number].strip()
        if line.startswith(fence) and not line.strip(fence[0]):
            return number
    raise Unsupported("a code block does not end", where=f"{name}:{start + 1}")


def _check_language(info: str, where: str) -> None:
    if not _LANGUAGE.fullmatch(info):
        raise Unsupported(
            f"a code block with {info!r}",
            where=where,
            remedy="a code block names a language and nothing else, such as ```yaml",
        )


def _check_line(line: str, where: str) -> None:
    if not line or line.lstrip().startswith("<!--"):
        return
    bare = _CODE_SPAN.sub("", line) if "`" in line else line
    for pattern, what in _OTHERS:
        if pattern.search(bare):
            raise Unsupported(
                f"{what}, which the embedded renderer does not know: {line.strip()[:80]}",
                where=where,
                remedy="use the constructs that workbench/publish/constructs.py lists",
            )


def heading(line: str) -> tuple[int, str, str] | None:
    """Level, text and anchor (perhaps empty) of a heading; ``None`` if a line is none."""
    match = _HEADING.match(line)
    return (len(match[1]), match[2], match[3] or "") if match else None

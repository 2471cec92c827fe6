"""Words as Markdown, and pages as the ``.qmd`` files that Quarto and the embedded renderer read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workbench.publish.markup import Markup, clean
from workbench.publish.messages import Language

_SPECIAL = re.compile(r"([!-/:-@\[-`{-~])")
_BACKTICKS = re.compile(r"`{3,}")
_ISOLATE, _END = "\u2068", "\u2069"


def words(text: str) -> str:
    """Any text as one line of Markdown that shows just this text."""
    return _SPECIAL.sub(r"\\\1", " ".join(clean(text).split()))


def data(text: str) -> str:
    """Text from outside within a sentence, kept apart from the sentence's direction of writing."""
    return f"{_ISOLATE}{words(text)}{_END}"


def heading(level: int, title: str, anchor: str = "") -> str:
    """A heading; ``title`` is text."""
    return f"{'#' * level} {words(title)}" + (f" {{#{anchor}}}" if anchor else "")


def html(content: Markup) -> str:
    """A block of HTML made by the builders of ``markup``."""
    if not isinstance(content, Markup):
        raise TypeError("a block of HTML is made by the builders of markup, never from text")
    longest = 2
    if "```" in content:
        longest = max(len(run) for run in _BACKTICKS.findall(content))
    fence = "`" * (longest + 1)
    return f"{fence}{{=html}}\n{content}\n{fence}"


def section(anchor: str, title: str, *blocks: str) -> str:
    """A section of a page: a heading and what belongs to it."""
    inner = "\n\n".join(block for block in (heading(2, title, f"{anchor}-title"), *blocks) if block)
    return f":::::: {{#{anchor} .wb-section}}\n\n{inner}\n\n::::::"


@dataclass(frozen=True)
class Page:
    """A page before it is rendered: ``path`` from the language's root, without a suffix.

    ``kind`` is its type (home, dataset, run, …), ``crumbs`` the (title, path) above it,
    ``blocks`` its Markdown, ``twin`` whether the other languages have it, too. ``wide`` pages use
    the whole width; ``toc`` ones have a table of contents.
    """

    path: str
    lang: Language
    kind: str
    title: str
    blocks: tuple[str, ...]
    crumbs: tuple[tuple[str, str], ...] = ()
    as_of: str = ""
    wide: bool = False
    toc: tuple[tuple[str, str], ...] = ()
    figures: bool = field(default=False, compare=False)


def front_matter(values: dict[str, Any]) -> str:
    """YAML front matter; JSON is YAML, and cannot be misread."""
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    return "\n".join(["---", *lines, "---"])


def document(front: dict[str, Any], blocks: Iterable[str]) -> str:
    """The text of a ``.qmd`` file."""
    return front_matter(front) + "\n\n" + "\n\n".join(block for block in blocks if block) + "\n"

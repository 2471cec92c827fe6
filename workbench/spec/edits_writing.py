"""Values as YAML text of the house's dialect: the way a person would write them.

Plain where that is safe (for other readers of YAML too, to whom ``no`` and ``010`` are no text),
quoted where it is not; several lines of text as a block; short lists and mappings in brackets,
longer ones as blocks.
"""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from workbench.errors import SpecError
from workbench.spec.yaml_source import read_text

#: Lines that are written anew stay below this.
WIDTH = 100

#: Characters that are escaped: controls, other line breaks, and those that are not seen.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_UNSEEN_IN_BLOCKS = re.compile(_UNSEEN.pattern.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f"))
_RESOLVER: Any = yaml.resolver.Resolver()
_TEXT = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Layout:
    """How a file is laid out: its line break and the blanks that blocks are indented by."""

    eol: str = "\n"
    step: int = 2
    list_step: int = 2


def scalar(value: object, style: str = "", *, flow: bool = False) -> str:
    """A scalar on one line; ``style`` ``'`` or ``"`` are the quotes that text had before.

    ``flow`` says that it stands within brackets.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise ValueError("numbers in specs are finite")
        return repr(value)
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} is no value of a spec")
    if _UNSEEN.search(value) or style == '"':
        return _double(value)
    if style == "'":
        return _single(value)
    if _is_plain(value, flow):
        return value
    return _single(value) if '"' in value or "\\" in value else _double(value)


def flow(value: object) -> str:
    """A value on one line, lists and mappings in brackets."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(pair(key, each) for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    return scalar(value, flow=True)


def pair(key: str, value: object) -> str:
    """A key with its value, for within brackets."""
    return f"{scalar(key, flow=True)}: {flow(value)}"


def entry(key: str, value: object, layout: Layout, column: int) -> list[str]:
    """The lines of a key with its value as part of a block at ``column``, not indented."""
    name = scalar(key)
    inline = one_line(value, column + len(name) + 2)
    if inline is not None:
        return [f"{name}: {inline}"]
    if isinstance(value, str):
        first, *rest = text_block(value) or [scalar(value)]
        return [f"{name}: {first}", *indented(rest, layout.step)]
    step = layout.list_step if isinstance(value, list | tuple) else layout.step
    return [f"{name}:", *indented(block(value, layout, column + step), step)]


def item(value: object, layout: Layout, column: int, gap: int = 1) -> list[str]:
    """The lines of an item of a block list at ``column``, not indented."""
    bullet = "-" + " " * gap
    inline = None if _is_rule(value) else one_line(value, column + len(bullet))
    if inline is not None:
        return [bullet + inline]
    if isinstance(value, str):
        first, *rest = text_block(value) or [scalar(value)]
        return [bullet + first, *indented(rest, layout.step)]
    first, *rest = block(value, layout, column + len(bullet))
    return [bullet + first, *indented(rest, len(bullet))]


def block(value: object, layout: Layout, column: int) -> list[str]:
    """The lines of a list or mapping as a block at ``column``, not indented; of others, one."""
    if isinstance(value, Mapping) and value:
        return [
            line for key, each in value.items() for line in entry(key, each, layout, column)
        ]  # fmt: skip
    if isinstance(value, list | tuple) and value:
        return [line for each in value for line in item(each, layout, column)]
    return [flow(value)]


def one_line(value: object, column: int) -> str | None:
    """A value on one line that begins at ``column``, where a person would write it so."""
    if isinstance(value, str) and text_block(value) is not None:
        return None
    if isinstance(value, Mapping | list | tuple) and value and _depth(value) > 2:
        return None
    text = flow(value) if isinstance(value, Mapping | list | tuple) else scalar(value)
    fits = column + len(text) <= WIDTH or not isinstance(value, Mapping | list | tuple)
    return text if fits or not value else None


def text_block(text: str, style: str = "literal") -> list[str] | None:
    """Text of several lines as a literal (or folded) block: its header and its lines.

    ``None`` if it has one line, or what a block cannot show; lines are not indented.
    """
    if style == "literal" and "\n" not in text.rstrip("\n"):
        return None
    if _UNSEEN_IN_BLOCKS.search(text) or not text.strip("\n"):
        return None
    if any(line != line.rstrip() for line in text.split("\n")) or text.lstrip("\n")[:1] == " ":
        return None
    ending = "" if text.endswith("\n") else "-"
    if text.endswith("\n\n"):
        ending = "+"
    lines = text.removesuffix("\n").split("\n")
    if style == "literal":
        return [f"|{ending}", *lines]
    if "  " in text or any(line[:1] == " " for line in lines) or ending == "+":
        return None  # folding would change them
    folded: list[str] = []
    for line in lines:
        if folded and line:
            folded.append("")  # a line break of the text is a blank line of a folded block
        folded += textwrap.wrap(
            line, WIDTH - 4, break_long_words=False, break_on_hyphens=False
        ) or [""]  # fmt: skip
    return [f">{ending}", *folded]


def indented(lines: list[str], step: int) -> list[str]:
    """Lines moved to the right; blank ones stay blank."""
    return [" " * step + line if line else line for line in lines]


def _double(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _is_plain(text: str, within: bool) -> bool:
    """Whether the text without quotes reads as itself, here and by other readers of YAML."""
    if not text or text != text.strip() or len(text) > 400:
        return False
    if _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) != _TEXT:
        return False
    if re.fullmatch(r"[\w.áéíóúüñÁÉÍÓÚÜÑ/-]*\w", text) and text[0] not in "-0123456789.":
        return text not in ("y", "Y", "n", "N")
    if not re.match(r"\w", text):
        return False
    try:
        around = f"[{text}]" if within else f"k: {text}"
        as_key = f"{{{text}: 1}}" if within else f"{text}: 1"
        read: Any = read_text(around, "").data
        keys: Any = read_text(as_key, "").data
    except SpecError:
        return False
    return bool(read == ([text] if within else {"k": text}) and keys == {text: 1})


def _is_rule(value: object) -> bool:
    """A name with its options: stays a block item, with its options in brackets if they fit."""
    return isinstance(value, Mapping) and len(value) == 1


def _depth(value: object) -> int:
    if isinstance(value, Mapping):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list | tuple):
        return 1 + max(map(_depth, value), default=0)
    return 0

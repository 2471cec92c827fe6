"""Plain values as YAML that reads back as the same values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

_WIDTH = 100


def text_yaml(text: str) -> str:
    """A text as YAML: plain where that is safe, else quoted as JSON, which YAML reads."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text) and text.lower() not in (
        "null", "~", "true", "false", "yes", "no", "on", "off", "y", "n", "none",
    ):  # fmt: skip
        return text
    return json.dumps(text, ensure_ascii=False)


def list_yaml(names: Iterable[str]) -> str:
    """Texts as the inside of a YAML list."""
    return ", ".join(map(text_yaml, names))


def value_yaml(value: Any) -> str:
    """Texts, numbers, truth values, lists and mappings of them as YAML on one line."""
    if isinstance(value, str):
        return text_yaml(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {value_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(value_yaml(one) for one in value) + "]"
    return json.dumps(value)


class Lines:
    """YAML text that is written line by line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str = "") -> None:
        """One line."""
        self.lines.append(text)

    def comment(self, text: str, indent: int = 0) -> None:
        """A comment, broken into lines."""
        words = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).split()
        line = ""
        for word in words:
            if line and len(line) + len(word) + indent + 3 > _WIDTH:
                self.say(f"{' ' * indent}# {line}")
                line = ""
            line = f"{line} {word}".strip()
        self.say(f"{' ' * indent}# {line}")

    def text(self) -> str:
        """All of it."""
        return "\n".join(line.rstrip() for line in self.lines) + "\n"

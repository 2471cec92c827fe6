"""What makes YAML text unreadable, as problems with a place and a remedy."""

from __future__ import annotations

import re

import yaml

from workbench.errors import Problem

#: Embeddings, overrides and isolates of text direction.
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def place_of(text: str, position: int) -> tuple[int, int]:
    """Line and column of a position in the text."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def not_utf8(raw: bytes, error: UnicodeDecodeError, file: str) -> Problem:
    """The first byte of a file that is no UTF-8."""
    before = raw[: error.start].decode("utf-8-sig", "replace")
    return Problem(
        file, *place_of(before, len(before)), "the file is not UTF-8 text",
        "save the file in the encoding UTF-8",
    )  # fmt: skip


def hidden_direction(text: str, file: str) -> Problem | None:
    """The first hidden character that makes a text look other than it reads."""
    found = _BIDI.search(text)
    if found is None:
        return None
    code = f"{ord(found[0]):04x}"
    return Problem(
        file, *place_of(text, found.start()),
        f"a hidden character (U+{code.upper()}) that changes the direction of text: what is shown "
        "is not what is read", f'remove it; where it is meant, write "\\u{code}"',
    )  # fmt: skip


def fault(error: yaml.YAMLError | UnicodeEncodeError, text: str, file: str) -> Problem:
    """What the parser found wrong."""
    if isinstance(error, UnicodeEncodeError):
        return Problem(
            file, *place_of(text, error.start), "half of a surrogate pair, which is no character",
            "save the file in the encoding UTF-8",
        )  # fmt: skip
    if isinstance(error, yaml.MarkedYAMLError):
        return _syntax(error, text, file)
    position = getattr(error, "position", 0)
    return Problem(
        file, *place_of(text, position), "a character that YAML does not allow",
        "remove the control character",
    )  # fmt: skip


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    """PyYAML's message as a problem, with a remedy for the usual mistakes."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    message = (error.problem or "cannot be read").strip()
    lines = text.splitlines()
    shown = lines[line - 1] if line <= len(lines) else ""
    remedy = "check indentation, colons and quotes here and on the line above"
    if "\t" in shown[: len(shown) - len(shown.lstrip())] or "'\\t'" in message:
        message, remedy = "a tab is used for indentation", "indent with spaces"
    elif "mapping values are not allowed" in message:
        remedy = "put quotes round text that contains ': ', or check the indentation"
    elif "alphabetic or numeric character" in message:
        remedy = 'put quotes round text that begins with * or &: "*.csv"'
    elif "unexpected end of stream" in message and error.context_mark:
        line, column = error.context_mark.line + 1, error.context_mark.column + 1
        message, remedy = "the quoted text that begins here does not end", "close the quote"
    elif "cannot start any token" in message:
        remedy = "put quotes round text that begins with @, `, %, or another special character"
    elif "',' or '}'" in message or "',' or ']'" in message:
        remedy = "close the bracket, and put quotes round text that contains { } [ ] , or :"
    return Problem(file, line, column, f"not valid YAML: {message}", remedy)

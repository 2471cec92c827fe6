"""YAML texts of the house's dialect as people write them, drawn by hypothesis.

Every layout that the dialect allows: blocks and brackets on one line or several, indented lists
and lists below their key's column, comments above, behind and between, blank lines, quotes of both
kinds, literal and folded text, empty values, CRLF, a last line without its break. Every comment is
written once, so that a test can see whether it is still there.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis import strategies as st

KEYS = ["a", "columns", "año", "key with blanks", "no", "x-1", "ñandú_2", "010", "tag", "<"]
WORDS = ["text", "two words", "it's", 'say "x"', "a: b", "a #b", "ünï", "yes", "1.5", "", "- x",
         "[a]", "{", "%x", "@y", "^a$", "a,b", "\\d+", "null", "~", "=", "0x1F"]  # fmt: skip

#: Any value that an edit may write.
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
    | st.sampled_from(["one\ntwo", "one\n\ntwo\n", " a\nb", "a\n", "\n", "a \nb", "a\n\n",
                       "long " * 40, "a\tb", "x\r\ny", "\ufeff", "\u2028", "\u202e"]),
    lambda each: st.lists(each, max_size=4)
    | st.dictionaries(st.sampled_from(KEYS) | st.text("abcñ: #'\"-", min_size=1, max_size=8),
                      each, max_size=4),
    max_leaves=8,
)  # fmt: skip


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A spec-like text: a mapping of everything."""
    written = _Writer(draw)
    lines = written.comments(0) + written.mapping(0, 0)
    if draw(st.booleans()):
        lines += ["", f"# the end {next(written.numbers)}"]
    text = "\n".join(lines) + ("\n" if draw(st.integers(0, 3)) else "")
    return text.replace("\n", "\r\n") if draw(st.integers(0, 4)) == 0 else text


class _Writer:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.numbers = count()
        self.step = self.pick([2, 2, 4])
        self.list_step = self.pick([0, 2, self.step])

    def pick(self, some: list[Any]) -> Any:
        return self.draw(st.sampled_from(some))

    def chance(self, one_in: int) -> bool:
        return bool(self.draw(st.integers(1, one_in)) == 1)

    def comment(self) -> str:
        return f" # about {next(self.numbers)}" if self.chance(5) else ""

    def comments(self, indent: int) -> list[str]:
        lines = [""] if self.chance(6) else []
        for _ in range(self.pick([0, 0, 0, 1, 2])):
            lines.append(" " * indent + f"# above {next(self.numbers)}")
        return lines + ([""] if lines and self.chance(5) else [])

    def keys(self) -> list[str]:
        return [self.key(key) for key in self.draw(
            st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))]  # fmt: skip

    def key(self, key: str) -> str:
        return f'"{key}"' if key in ("010", "<") or self.chance(6) else key

    def mapping(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        for number, key in enumerate(self.keys()):
            if number:
                lines += self.comments(indent)
            lines += self.valued(f"{key}:", indent, depth, self.step)
        return lines

    def items(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        for number in range(self.draw(st.integers(1, 4))):
            if number:
                lines += self.comments(indent)
            if depth < 4 and self.chance(3):  # the mapping or list begins behind the dash
                inner = self.mapping if self.chance(2) else self.items
                first, *rest = inner(indent + 2, depth + 1)
                lines += [" " * indent + "- " + first.lstrip(), *rest]
            else:
                lines += self.valued("-", indent, depth, self.step)
        return lines

    def valued(self, head: str, indent: int, depth: int, step: int) -> list[str]:
        """A key or dash with any value behind or below it."""
        start = " " * indent + head
        kinds: list[Callable[[], list[str]]] = [
            lambda: [f"{start} {self.scalar()}{self.comment()}"],
            lambda: [f"{start}{self.comment()}"],
            lambda: self.brackets(start, depth),
            lambda: self.text(start, indent + step),
        ]
        if depth < 4:
            kinds += [
                lambda: [start + self.comment(), *self.comments(indent + step),
                         *self.mapping(indent + step, depth + 1)],
                lambda: self.below(start, head, indent, depth),
            ] * 2  # fmt: skip
        return self.pick(kinds)()  # type: ignore[no-any-return]

    def below(self, start: str, head: str, indent: int, depth: int) -> list[str]:
        inner = indent + (self.step if head == "-" else self.list_step)
        return [start + self.comment(), *self.comments(inner), *self.items(inner, depth + 1)]

    def scalar(self, within: bool = False) -> str:
        word = self.pick(WORDS)
        simple = word.replace(" ", "").isalnum() and word not in ("", "010")
        kind = self.draw(st.integers(0, 3))
        if kind == 0 and simple and not (within and "," in word):
            return str(word)
        if kind == 1:
            return str(self.pick(["1", "-2.5", "true", "null", "1e3", "~"]))
        if kind == 2:
            return "'" + word.replace("'", "''") + "'"
        return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def text(self, start: str, indent: int) -> list[str]:
        header = self.pick(["|", "|-", ">", ">-", "|+"])
        lines = [" " * indent + self.pick(["some text", "# no comment", "- x", "end"])
                 for _ in range(self.draw(st.integers(1, 3)))]  # fmt: skip
        return [f"{start} {header}{self.comment()}", *lines]

    def brackets(self, start: str, depth: int) -> list[str]:
        opened, closed = self.pick(["[]", "{}"])
        parts = []
        keys = self.keys() if opened == "{" else [""] * self.draw(st.integers(0, 4))
        for key in keys:
            value = self.scalar(within=True)
            if self.chance(4):
                value = self.pick(["[]", "{}", "[x, 'y']", "{p: 1, q: [2]}"])
            parts.append(f"{key}: {value}" if key else value)
        if not parts or self.chance(2):
            return [f"{start} {opened}{', '.join(parts)}{closed}{self.comment()}"]
        indent = " " * (len(start) - len(start.lstrip()) + 4)
        ending = self.pick([",", ""])
        lines = [f"{start} {opened}{self.comment()}"]
        for number, part in enumerate(parts):
            comma = "," if number < len(parts) - 1 else ending
            lines.append(indent + part + comma + self.comment())
        return [*lines, indent[:-2] + closed + self.comment()]

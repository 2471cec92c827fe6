r"""Regular expressions of specs, matched in time that grows with the text and never explodes.

Python's own matcher may take years over ``(a+)+$`` and thirty letters. So what a spec gives is
matched by RE2 (in Arrow), as the engines for data do, and what RE2 cannot do is refused when the
spec is read: look-around, back references, possessive and atomic groups. ``\w``, ``\d`` and ``\s``
mean letters, digits and spaces of all scripts, as in Python.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# a character class and an escaped character are consumed first, so that what stands in them is not
# taken for syntax
_TOKEN = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\(\?(?:<?[=!]|P=|>|\()|[*+?}]\+", re.DOTALL)
_BEYOND = re.compile(r"\\[1-9]|\(\?.*|[*+?}]\+", re.DOTALL)
_CLASSES = {
    "w": r"\p{L}\p{N}_", "W": r"\p{L}\p{N}_", "d": r"\p{Nd}", "D": r"\p{Nd}",
    "s": r"\s\x{b}\p{Z}", "S": r"\s\x{b}\p{Z}",
}  # fmt: skip
# groups that close with how they are repeated, and whatever else is repeated without bound
_STEPS = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\](?:[*+]|\{\d*,\d*\})?"
    r"|\)(?:[*+]|\{[\d,]+\})?|[*+]|\{\d*,\d*\}",
    re.DOTALL,
)
_SHORT, _FEW = 300, 3
_GROUP = re.compile(r"\(\?P<(\w+)>")


def check(pattern: str) -> str:
    """``pattern``, if it compiles and RE2 can do it; else ``ValueError`` that says why not."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    for token in _TOKEN.findall(pattern):
        if _BEYOND.fullmatch(token):
            raise ValueError(
                f"{pattern!r} uses {token!r}; look-around, back-references and atomic groups are "
                "not available, write the pattern without them"
            )
    return pattern


def matching(pattern: str, texts: Sequence[str]) -> list[bool]:
    """Which of ``texts`` contain a match. Raises ``ValueError`` for what RE2 cannot do."""
    if _is_tame(pattern) and all(len(text) <= _SHORT for text in texts):
        compiled = re.compile(pattern)
        return [compiled.search(text) is not None for text in texts]
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found = pc.match_substring_regex(pa.array(texts, pa.string()), pattern=_translated(pattern))
    except pa.ArrowInvalid as error:
        raise ValueError(f"{pattern!r} cannot be used: {error}") from None
    return [bool(each) for each in found.to_pylist()]


def fits(pattern: str, text: str) -> bool:
    """Whether all of ``text`` is a match."""
    if _is_tame(pattern) and len(text) <= _SHORT:
        return re.fullmatch(pattern, text) is not None
    return matching(rf"^(?:{pattern})$", [text])[0]


def groups(pattern: str, text: str) -> list[str | None] | None:
    """The groups of the first match in ``text``, in their order; ``None`` without a match.

    A group that took no part is ``None`` where it is empty.
    """
    if _is_tame(pattern) and len(text) <= _SHORT:
        match = re.search(pattern, text)
        return None if match is None else [each or None for each in match.groups()]
    import pyarrow as pa
    import pyarrow.compute as pc

    translated = _translated(pattern, name_groups=True)
    names = _GROUP.findall(translated)
    if not names:
        return [] if matching(pattern, [text])[0] else None
    try:
        found = pc.extract_regex(pa.array([text], pa.string()), pattern=translated)[0].as_py()
    except pa.ArrowInvalid as error:
        raise ValueError(f"{pattern!r} cannot be used: {error}") from None
    return None if found is None else [found[name] or None for name in names]


def _is_tame(pattern: str) -> bool:
    """Whether Python needs at most some million steps for a short text, whatever it is.

    No group is repeated, and few parts are without bound: so the engine need not be imported for
    the name of a file.
    """
    tokens = _STEPS.findall(pattern)
    endless = sum(token[-1] in "*+}" for token in tokens if token[0] != "\\")
    return endless <= _FEW and not any(token[0] == ")" and len(token) > 1 for token in tokens)


def _translated(pattern: str, *, name_groups: bool = False) -> str:
    """The pattern in RE2's words; with ``name_groups`` every group has a name of its own."""
    out: list[str] = []
    at = count = 0
    in_class = False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            letter = pattern[at + 1]
            at += 2
            if letter == "Z":
                out.append(r"\z")
            elif letter in _CLASSES and (letter.islower() or not in_class):
                inner = _CLASSES[letter]
                out.append(inner if in_class else f"[{'^' * letter.isupper()}{inner}]")
            else:
                out.append("\\" + letter)
            continue
        if in_class:
            in_class = not (char == "]" and pattern[at - 1] != "[" and pattern[at - 2 : at] != "[^")
        elif char == "[":
            in_class = True
        elif char == "(" and name_groups:
            count += 1
            if (named := _GROUP.match(pattern, at)) is not None:
                out.append(f"(?P<g{count}>")
                at = named.end()
                continue
            if pattern[at + 1 : at + 2] != "?":
                out.append(f"(?P<g{count}>")
                at += 1
                continue
            count -= 1
        out.append(char)
        at += 1
    return "".join(out)

"""What the values of a column look like: numbers and their marks, dates, codes, null markers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.model.value import Value
from workbench.sources.parsing.dates import guess_dates

#: Texts that mean "nothing here". The first group does so in any column; the others only in a
#: column whose remaining values are all numbers or all dates ("NA" is a country in another).
ALWAYS_NULL = frozenset({"NULL", "\\N", "#N/A", "#N/D", "(null)", "#NULL!", "<NA>"})
MAYBE_NULL = frozenset(
    {
        "-", "--", "---", "–", "—", ".", "..", "...", "…", "*", "?",
        "NA", "N/A", "n/a", "na", "N.A.",
        "n.a.", "NaN", "nan", "null", "Null", "None", "none", "ND", "N.D.", "n.d.", "nd", "N/D",
        "s/d", "S/D", "S/I", "s/i", "S.I.", "#DIV/0!", "#VALUE!", "#REF!", "-.-",
    }
)  # fmt: skip
MARKERS = ALWAYS_NULL | MAYBE_NULL
_SENTINEL = re.compile(r"-9+([.,]9+)?")

_NUMBER = re.compile(r"[+-]?(\d[\d.,'’ \u00a0\u202f]*|[.,]\d+)([eE][+-]?\d+)?")
_CODE = re.compile(r"0\d+")
_EXPONENT = r"([eE][+-]?\d+)?"
#: Candidate pairs of decimal and thousands mark, the simplest first.
MARKS: tuple[tuple[str, str], ...] = (
    (".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"),
)  # fmt: skip
_BOOLEANS = (
    {"true", "false"}, {"sí", "no"}, {"si", "no"}, {"yes", "no"}, {"sim", "não"},
    {"verdadero", "falso"},
)  # fmt: skip


class ColumnGuess(Value):
    """What a column seems to be.

    ``type`` is a logical type as text; ``decimal``, ``thousands`` and ``format`` say how its
    values are written. ``nulls`` are markers that stand for null in it; ``ambiguous`` says in
    words what the data cannot decide.
    """

    name: str
    original: str | None = None
    type: str = "text"
    confidence: float = 1.0
    decimal: str | None = None
    thousands: str | None = None
    format: str | None = None
    nulls: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    padded: bool = False
    ambiguous: str | None = None
    evidence: str = ""


def looks_numeric(text: str) -> bool:
    """Whether a text reads as a number in some notation."""
    return _NUMBER.fullmatch(text.strip()) is not None


def marks_of(columns: Iterable[Sequence[str]]) -> tuple[Counter[str], Counter[str]]:
    """Votes of whole columns for decimal and thousands marks; only clear ones vote."""
    decimals: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    for values in columns:
        numbers = [text.strip() for text in values if looks_numeric(text)]
        marked = [text for text in numbers if re.search(r"[.,]", text)]
        if not marked or len(numbers) < len(values) * 0.8:
            continue
        fitting = _fitting(marked)
        if fitting and len({decimal for decimal, _ in fitting}) == 1:
            decimals[fitting[0][0]] += len(marked)
            if fitting[0][1]:
                groups[fitting[0][1]] += len(marked)
    return decimals, groups


def guess(
    name: str,
    original: str | None,
    values: Sequence[str],
    *,
    decimal: str | None = None,
    thousands: str | None = None,
) -> ColumnGuess:
    """Guess from the different ``values`` of a column; the marks are those of the whole file."""
    common: dict[str, Any] = {"name": name, "original": original}
    stripped = [text.strip() for text in values]
    padded = any(text != clean for text, clean in zip(values, stripped, strict=True))
    filled = [text for text in stripped if text]
    markers = sorted({text for text in filled if text in MARKERS})
    rest = [text for text in filled if text not in MARKERS]
    if not rest:
        nulls = tuple(marker for marker in markers if marker in ALWAYS_NULL)
        return ColumnGuess(
            **common, padded=padded, nulls=nulls, confidence=0.3, evidence="no values to judge by"
        )
    found = _typed(rest, decimal, thousands)
    nulls = tuple(m for m in markers if found["type"] != "text" or m in ALWAYS_NULL)
    if nulls:
        found["evidence"] += f"; null marker {', '.join(map(repr, nulls))}"
    return ColumnGuess(**common, padded=padded, nulls=nulls, **found)


def _typed(values: list[str], decimal: str | None, thousands: str | None) -> dict[str, Any]:
    count = len(values)
    sure = min(1.0, 0.6 + count / 100)
    for guesser in (_codes, _booleans, guess_dates):
        found = guesser(values)
        if found is not None:
            break
    else:
        found = _numbers(values, decimal, thousands)
    if found is not None:
        return {"confidence": round(sure * found.pop("certainty", 1.0), 2), **found}
    lowered = {text.lower() for text in values}
    return {"type": "text", "evidence": f"{len(lowered)} different texts in a sample"}


def _codes(values: list[str]) -> dict[str, Any] | None:
    codes = [text for text in values if _CODE.fullmatch(text)]
    if codes and all(text.isascii() and text.isdigit() for text in values):
        return {"type": "text", "evidence": f"codes with leading zeros, such as {codes[0]!r}"}
    return None


def _booleans(values: list[str]) -> dict[str, Any] | None:
    seen = {text.lower() for text in values}
    if len(seen) == 2 and seen in _BOOLEANS:
        return {"type": "boolean", "evidence": f"only {' and '.join(sorted(seen))}"}
    return None


def _numbers(
    values: list[str], decimal: str | None, thousands: str | None
) -> dict[str, Any] | None:
    if not all(_NUMBER.fullmatch(text) for text in values):
        return None
    if all(re.fullmatch(r"[+-]?\d+", text) for text in values):
        longest = max(len(text.lstrip("+-")) for text in values)
        if longest > 18:
            return {
                "type": "text",
                "evidence": f"digits, up to {longest}: more than a number holds",
            }
        return {"type": "integer", "evidence": f"whole numbers, such as {values[0]!r}"}
    fitting = _fitting(values)
    if not fitting:
        return None
    stated = [
        pair
        for pair in fitting
        if decimal in (None, pair[0]) and (thousands is None or pair[1] in ("", thousands))
    ]
    ambiguous = None
    certainty = 1.0
    pairs = stated or fitting
    if decimal is None and len({pair[0] for pair in pairs}) > 1:
        certainty = 0.5
        ambiguous = f"{_marked(values)!r} may hold a decimal or a thousands mark"
        # a lone comma before three digits is far more often a group than a fraction
        pairs = [pair for pair in pairs if pair[0] == "."] or pairs
    mark, group = pairs[0]
    found = _number_type(values, mark, group)
    return {
        **found,
        "decimal": mark,
        "thousands": group or None,
        "certainty": certainty,
        "ambiguous": ambiguous,
        "evidence": f"numbers such as {_marked(values)!r}",
    }


def _number_type(values: list[str], mark: str, group: str) -> dict[str, Any]:
    if any("e" in text.lower() for text in values):
        return {"type": "number"}
    whole = scale = 0
    for text in values:
        digits = _ungroup(text, group).lstrip("+-")
        left, _, right = digits.partition(mark)
        whole, scale = max(whole, len(left)), max(scale, len(right.rstrip("0")))
    if scale == 0:
        return {"type": "integer"}
    if scale > 6 or whole + scale > 30:
        return {"type": "number"}
    return {"type": f"decimal({max(18, whole + scale + 2)},{scale})"}


def _marked(values: list[str]) -> str:
    return next((text for text in values if re.search(r"[.,' ]", text)), values[0])


def _ungroup(text: str, group: str) -> str:
    return re.sub(_group_pattern(group), "", text) if group else text


def _group_pattern(group: str) -> str:
    return {" ": "[ \u00a0\u202f]", "'": "['’]"}.get(group, re.escape(group))


def _fitting(values: list[str]) -> list[tuple[str, str]]:
    """The pairs of marks that read every value."""
    return [pair for pair in MARKS if all(_PATTERNS[pair].fullmatch(text) for text in values)]


def _pattern(decimal: str, group: str) -> re.Pattern[str]:
    whole = r"\d+"
    if group:
        sign = _group_pattern(group)
        whole = rf"(?:\d{{1,3}}(?:{sign}\d{{3}})+|\d+)"
    mark = re.escape(decimal)
    return re.compile(rf"[+-]?(?:{whole}(?:{mark}\d*)?|{mark}\d+){_EXPONENT}")


_PATTERNS = {pair: _pattern(*pair) for pair in MARKS}


def suspects(counts: Counter[str]) -> tuple[str, ...]:
    """Numbers such as -99.9 that come up so often that they probably stand for nothing."""
    least = max(3.0, counts.total() * 0.02)
    return tuple(sorted(t for t, n in counts.items() if n >= least and _SENTINEL.fullmatch(t)))

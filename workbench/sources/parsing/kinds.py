"""What the values of a column look like: numbers and their marks, dates, codes, null markers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from workbench.model.value import Value

#: Texts that mean "nothing here". The first group does so in any column; the others only in a
#: column whose remaining values are all numbers or all dates ("NA" is a country in another).
ALWAYS_NULL = frozenset({"NULL", "\\N", "#N/A", "#N/D", "(null)", "#NULL!", "<NA>"})
MAYBE_NULL = frozenset(
    {
        "-", "--", "---", "–", "—", ".", "..", "...", "…", "*", "?", "NA", "N/A", "n/a", "na", "N.A.",
        "n.a.", "NaN", "nan", "null", "Null", "None", "none", "ND", "N.D.", "n.d.", "nd", "N/D",
        "s/d", "S/D", "S/I", "s/i", "S.I.", "x", ":", "#DIV/0!", "#VALUE!", "#REF!", "-.-",
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
_DATE = re.compile(
    r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})"
    r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
_BOOLEANS = (
    {"true", "false"}, {"sí", "no"}, {"si", "no"}, {"yes", "no"}, {"sim", "não"}, {"verdadero", "falso"},
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


def looks_dated(text: str) -> bool:
    """Whether a text reads as a date in digits."""
    return _DATE.fullmatch(text.strip()) is not None


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
    for guesser in (_codes, _booleans, _dates, _numbers):
        found = guesser(values, decimal, thousands)
        if found is not None:
            return {"confidence": round(sure * found.pop("certainty", 1.0), 2), **found}
    lowered = {text.lower() for text in values}
    return {"type": "text", "evidence": f"{len(lowered)} different texts in a sample"}


def _codes(values: list[str], decimal: str | None, thousands: str | None) -> dict[str, Any] | None:
    codes = [text for text in values if _CODE.fullmatch(text)]
    if codes and all(text.isascii() and text.isdigit() for text in values):
        return {"type": "text", "evidence": f"codes with leading zeros, such as {codes[0]!r}"}
    return None


def _booleans(
    values: list[str], decimal: str | None, thousands: str | None
) -> dict[str, Any] | None:
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
            return {"type": "text", "evidence": f"digits, up to {longest}: more than a number holds"}
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
    if not group:
        return text
    return re.sub(r"[ \u00a0\u202f]" if group == " " else "['’]" if group == "'" else re.escape(group),
                  "", text)  # fmt: skip


def _fitting(values: list[str]) -> list[tuple[str, str]]:
    """The pairs of marks that read every value."""
    return [pair for pair in MARKS if all(_PATTERNS[pair].fullmatch(text) for text in values)]


def _pattern(decimal: str, group: str) -> re.Pattern[str]:
    whole = r"\d+"
    if group:
        sign = "[ \u00a0\u202f]" if group == " " else "['’]" if group == "'" else re.escape(group)
        whole = rf"(?:\d{{1,3}}(?:{sign}\d{{3}})+|\d+)"
    mark = re.escape(decimal)
    return re.compile(rf"[+-]?(?:{whole}(?:{mark}\d*)?|{mark}\d+){_EXPONENT}")


_PATTERNS = {pair: _pattern(*pair) for pair in MARKS}


def _dates(values: list[str], decimal: str | None, thousands: str | None) -> dict[str, Any] | None:
    if all(_TIME.fullmatch(text) for text in values):
        return {"type": "time", "evidence": f"times such as {values[0]!r}"}
    if len(values) > 2 and all(_COMPACT.fullmatch(text) for text in values):
        return {"type": "date", "format": "%Y%m%d", "evidence": f"dates such as {values[0]!r}",
                "certainty": 0.8}  # fmt: skip
    parts = [_DATE.fullmatch(text) for text in values]
    matches = [match for match in parts if match]
    if len(matches) < len(values):
        return None
    fitting = [order for order in _orders(matches) if _real(values, order)]
    if not fitting:
        return None
    timed = sum(1 for match in matches if match[5])
    if 0 < timed < len(matches):
        return None
    found: dict[str, Any] = {
        "type": "timestamp" if timed else "date",
        "format": fitting[0],
        "evidence": f"dates such as {values[0]!r}",
    }
    if len(fitting) > 1:
        found["certainty"] = 0.5
        found["ambiguous"] = (
            f"no day is above 12, so {values[0]!r} reads as {fitting[0]} or {fitting[1]}"
        )
    return found


def _orders(matches: list[re.Match[str]]) -> list[str]:
    first = matches[0]
    sign = first[2]
    if any(match[2] != sign for match in matches):
        return []
    tail = _time_format(matches)
    if tail is None:
        return []
    if all(len(match[1]) == 4 for match in matches):
        return [f"%Y{sign}%m{sign}%d{tail}"]
    year = "%Y" if all(len(match[4]) == 4 for match in matches) else "%y"
    if year == "%y" and any(len(match[4]) != 2 for match in matches):
        return []
    return [f"%d{sign}%m{sign}{year}{tail}", f"%m{sign}%d{sign}{year}{tail}"]


def _time_format(matches: list[re.Match[str]]) -> str | None:
    timed = [match for match in matches if match[5]]
    if not timed:
        return ""
    if any(match[9] for match in timed):
        return None
    sign = "T" if "T" in timed[0].group() else " "
    seconds = {bool(match[7]) for match in timed}
    fraction = any(match[8] for match in timed)
    if len(seconds) > 1 or any(("T" in match.group()) != (sign == "T") for match in timed):
        return None
    return f"{sign}%H:%M" + (":%S" if seconds == {True} else "") + (".%f" if fraction else "")


def _real(values: list[str], order: str) -> bool:
    """Whether every value is a date that exists in this order."""
    for text in values:
        # strptime reads at most six digits of a second's fraction
        clean = re.sub(r"(\.\d{6})\d+", r"\1", text.replace(",", ".")) if "%f" in order else text
        pattern = order.replace(".%f", "") if "%f" in order and "." not in clean[10:] else order
        try:
            datetime.strptime(clean, pattern)  # noqa: DTZ007 - whether it exists, not when
        except ValueError:
            return False
    return True


def suspects(counts: Counter[str]) -> tuple[str, ...]:
    """Numbers such as -99.9 that come up so often that they probably stand for nothing."""
    least = max(3.0, counts.total() * 0.02)
    return tuple(sorted(t for t, n in counts.items() if n >= least and _SENTINEL.fullmatch(t)))

"""Dates and times written in digits: whether a text is one, and in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

_DATE = re.compile(
    r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})"
    r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")


def looks_dated(text: str) -> bool:
    """Whether a text reads as a date in digits."""
    return _DATE.fullmatch(text.strip()) is not None


def guess_dates(values: Sequence[str]) -> dict[str, Any] | None:
    """Type and format if all values are dates, timestamps or times; else ``None``."""
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


def _real(values: Sequence[str], order: str) -> bool:
    """Whether every value is a date that exists in this order."""
    for text in values:
        # strptime reads at most six digits of a second's fraction
        clean = re.sub(r"(\.\d{6})\d+", r"\1", text.replace(",", ".")) if "%f" in order else text
        pattern = order.replace(".%f", "") if "%f" in order and "." not in clean[10:] else order
        try:
            datetime.strptime(clean, pattern)
        except ValueError:
            return False
    return True

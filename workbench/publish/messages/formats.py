"""Numbers, times and sizes as each language writes them. Instants are shown in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from workbench.publish.messages import Language

_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
}
#: Decimal mark and mark between groups of three digits; Spanish groups from five digits on.
_MARKS = {"en": (".", ",", 4), "es": (",", ".", 5)}
_NARROW = "\u202f"


def number(value: float, lang: Language, digits: int = 3) -> str:
    """A number with at most ``digits`` decimals."""
    if isinstance(value, int):
        return _grouped(str(value), lang)
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value and (abs(value) >= 1e15 or abs(value) < 10**-digits / 2):
        return f"{value:.3g}".replace(".", _MARKS[lang][0])
    text = f"{value:.{digits}f}"
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    whole = _grouped("0" if whole == "-0" and not rest else whole, lang)
    return whole + (_MARKS[lang][0] + rest if rest else "")


def percent(share: float, lang: Language) -> str:
    """A share of 1 in percent; what is not quite none or all never looks as if it were."""
    value = share * 100
    if 0 < value < 0.1:
        return f"< {number(0.1, lang)}{_NARROW}%"
    if 99.9 < value < 100:
        return f"> {number(99.9, lang)}{_NARROW}%"
    return f"{number(round(value, 1), lang)}{_NARROW}%"


def moment(value: datetime, lang: Language) -> str:
    """An instant to the minute: ``28 Nov 2026, 00:51 UTC``."""
    value = value.astimezone(UTC)
    return f"{day(value, lang)}, {value:%H:%M} UTC"


def day(value: datetime, lang: Language) -> str:
    """The day of an instant."""
    value = value.astimezone(UTC)
    return f"{value.day} {_MONTHS[lang][value.month - 1]} {value.year}"


def short_moment(value: datetime, lang: Language) -> str:
    """An instant where space is scarce: ``28 Nov 00:51``."""
    value = value.astimezone(UTC)
    return f"{value.day} {_MONTHS[lang][value.month - 1]} {value:%H:%M}"


def duration(seconds: float, lang: Language) -> str:
    """A time span in the two units that matter."""
    if seconds < 1:
        return f"{round(seconds * 1000)}{_NARROW}ms"
    if seconds < 60:
        return f"{number(round(seconds, 1), lang)}{_NARROW}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _two(minutes, "min", rest, "s")
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _two(hours, "h", minutes, "min")
    days, hours = divmod(hours, 24)
    return _two(days, "d", hours, "h")


def size(count: float, lang: Language) -> str:
    """A number of bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{number(round(count, 1) if unit != 'B' else int(count), lang)}{_NARROW}{unit}"


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    first = f"{large}{_NARROW}{unit}"
    return f"{first} {small}{_NARROW}{small_unit}" if small else first


def _grouped(digits: str, lang: Language) -> str:
    _, mark, least = _MARKS[lang]
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    if len(digits) < least:
        return sign + digits
    head = len(digits) % 3 or 3
    groups = [digits[:head], *(digits[n : n + 3] for n in range(head, len(digits), 3))]
    return sign + mark.join(groups)

"""Dates, timestamps and times read from text by format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from workbench.model.types import LogicalType
from workbench.transforms.core.text import column_without_accents, functions, without_accents
from workbench.transforms.core.types import to_ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

Locale = Literal["en", "es", "pt"]

DEFAULTS = {
    "date": ("%Y-%m-%d",),
    "timestamp": (
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S.%f",
        "%Y-%m-%dT%H:%M:%S.%f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d",
    ),
    "time": ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M"),
}

_DIRECTIVES = "Y y m d H I M S f p b B a A j %".split()
_NEEDED: dict[str, tuple[str, list[tuple[str, ...]]]] = {
    "date": ("a year, a month and a day", [("Y", "y"), ("m", "b", "B", "j"), ("d", "j")]),
    "timestamp": ("a year, a month and a day", [("Y", "y"), ("m", "b", "B", "j"), ("d", "j")]),
    "time": ("an hour", [("H", "I")]),
}

#: Names of months without accents; their first three letters count too.
_MONTHS = {
    "es": "enero febrero marzo abril mayo junio "
    "julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro marco abril maio junho "
    "julho agosto setembro outubro novembro dezembro",
}
_SPELLINGS: dict[str, dict[str, int]] = {"es": {"setiembre": 9, "sept": 9, "set": 9}, "pt": {}}


def check_format(text: str, kind: str) -> str:
    """``text`` if it is a format for this kind of type, else ``ValueError`` with the remedy."""
    found = re.findall(r"%(-?.|$)", text)
    for directive in found:
        if directive not in _DIRECTIVES:
            known = " ".join(f"%{each}" for each in _DIRECTIVES)
            raise ValueError(f"%{directive} in the format {text!r} is not one of {known}")
    words, needed = _NEEDED[kind]
    if not all(set(choice) & set(found) for choice in needed):
        raise ValueError(
            f"the format {text!r} does not give {words}; write it like %d/%m/%Y or %Y-%m-%d %H:%M"
        )
    return text


def read_date(
    text: ir.StringValue, logical: LogicalType, formats: tuple[str, ...], locale: Locale
) -> ir.Value:
    """The date, timestamp or time that ``text`` writes in one of ``formats``, else null.

    A year of fewer than four digits does not fit ``%Y``. A date takes a time of day along only
    if it is midnight.
    """
    import ibis

    text, formats = _with_month_numbers(text, formats, locale)
    moment = functions().try_strptime(text, list(formats))
    if logical.name == "time":
        return moment.time()
    nothing = ibis.null(to_ibis(logical))
    wrong = moment < ibis.literal("1000-01-01", "timestamp")
    # engines read 'epoch' and 'infinity' in any format: as the first day of 1900
    special = (moment == ibis.literal("1900-01-01", "timestamp")) & ~text.re_search("[0-9]")
    value = moment
    if logical.name == "date":
        value = moment.date()
        if any(re.search("%[HIMSf]", each) for each in formats):
            wrong = wrong | (value.cast("timestamp") != moment)
    return ibis.ifelse(wrong | special, nothing, value)


def _with_month_numbers(
    text: ir.StringValue, formats: tuple[str, ...], locale: Locale
) -> tuple[ir.StringValue, tuple[str, ...]]:
    """Names of months replaced by their numbers, in the text and in the formats."""
    import ibis

    named = any(re.search("%[bB]", each) for each in formats)
    if locale == "en" or not named:
        return text, formats
    names = _month_names(locale)
    folded = column_without_accents(text)
    longest_first = "|".join(sorted(names, key=len, reverse=True))
    pattern = rf"(?:^|[^a-z])({longest_first})\.?(?:[^a-z.]|$)"
    found = folded.re_extract(pattern, 1)
    number = found.cases(
        *((name, f"{month:02}") for name, month in names.items()), else_=ibis.null("string")
    )
    # the name is replaced with a full stop after it, if there is one
    start = folded.find(found)
    after = folded.substr(start + found.length())
    rest = ibis.ifelse(after.startswith("."), after.substr(1), after)
    replaced = folded.substr(0, start).concat(number, rest)
    return replaced, tuple(_with_numbers(each) for each in formats)


def _with_numbers(form: str) -> str:
    """A format for folded texts whose months are numbers."""
    return re.sub(
        "%.|[^%]+",
        lambda part: (
            part[0].replace("%b", "%m").replace("%B", "%m")
            if part[0].startswith("%")
            else without_accents(part[0])
        ),
        form,
    )


def _month_names(locale: Locale) -> dict[str, int]:
    names = dict(_SPELLINGS[locale])
    for month, name in enumerate(_MONTHS[locale].split(), start=1):
        names.setdefault(name, month)
        names.setdefault(name[:3], month)
    return names

"""Texts: what is white space, trimming, comparing without case and accents."""

from __future__ import annotations

import unicodedata
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir

_ASCII = " \t\n\r\v\f"
#: White space that SQL's TRIM does not know: control characters, zero-width space, byte order mark.
_ODD = "\t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u200b\u2028\u2029\ufeff"
_BLANK = (
    " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
#: All that counts as white space.
SPACES = _BLANK + _ODD


@cache
def functions() -> SimpleNamespace:
    """Functions of the backend that ibis has no name for."""
    from ibis import udf

    def of_one(text: Any) -> Any:
        raise NotImplementedError("the backend computes it")

    def of_two(text: Any, other: Any) -> Any:
        raise NotImplementedError("the backend computes it")

    def builtin(form: Any, name: str, arguments: tuple[str, ...], result: str) -> Any:
        return udf.scalar.builtin(form, name=name, signature=(arguments, result))

    return SimpleNamespace(
        strlen=builtin(of_one, "strlen", ("string",), "int64"),
        strip_accents=builtin(of_one, "strip_accents", ("string",), "string"),
        trim=builtin(of_one, "trim", ("string",), "string"),
        trim_set=builtin(of_two, "trim", ("string", "string"), "string"),
        try_strptime=builtin(of_two, "try_strptime", ("string", "array<string>"), "timestamp"),
    )


def trimmed(text: ir.StringValue) -> ir.StringValue:
    """``text`` without white space at its ends.

    Most texts begin and end with printable ASCII, which is cheap to see; TRIM by itself is quick
    but knows only blanks; TRIM with a set of characters is slow and left to texts that need it.
    """
    import ibis

    unclear = _padded(text) | (text >= "\x7f") | (text.length() != functions().strlen(text))
    odd = text.re_search(f"^[{SPACES}]*[{_ODD}]|[{_ODD}][{SPACES}]*$")
    return ibis.cases(
        (~unclear, text),
        (odd, functions().trim_set(text, SPACES)),
        else_=functions().trim(text),
    )


def stripped(text: ir.StringValue) -> ir.StringValue:
    """``text`` without ASCII white space at its ends; TRIM with a set is left to what has some."""
    import ibis

    return ibis.ifelse(_padded(text), text.strip(), text)


def _padded(text: ir.StringValue) -> ir.BooleanValue:
    """Whether ``text`` may begin, or does end, with ASCII white space; an empty one may."""
    padded = text < "!"
    for character in _ASCII:
        padded = padded | text.endswith(character)
    return padded


def without_accents(text: str) -> str:
    """``text`` in lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def column_without_accents(text: ir.StringValue) -> ir.StringValue:
    """The same for a column, as far as the backend knows accents."""
    folded: ir.StringValue = functions().strip_accents(text.lower())
    return folded


def quoted(text: ir.StringValue, limit: int = 80) -> ir.StringValue:
    """``text`` in quotes, for messages; a long one is cut."""
    import ibis

    cut = ibis.ifelse(text.length() > limit, text.left(limit).concat("…"), text)
    return ibis.literal("'").concat(cut, "'")

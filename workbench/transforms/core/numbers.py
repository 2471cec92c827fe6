"""Numbers read from text, strictly by the marks that are declared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from workbench.model.types import LogicalType
from workbench.transforms.core.types import to_ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

Negative = Literal["leading", "trailing", "parentheses"]

#: Marks that stand for each other: all blanks, all apostrophes.
_ALIKE = {" ": " \u00a0\u2007\u2009\u202f", "'": "'\u2019"}


class NumberForm:
    """How numbers are written: ``decimal`` and ``thousands`` marks, and negative ones.

    Groups are of three digits; a number may go without them. ``1.5`` is no number where ``.`` is
    the thousands mark, and never fifteen. ``E`` notation is read.
    """

    def __init__(self, decimal: str, thousands: str | None, negative: Negative) -> None:
        self.decimal = decimal
        self.thousands = _ALIKE.get(thousands, thousands) if thousands else ""
        self.negative = negative

    def __str__(self) -> str:
        text = f"decimal mark '{self.decimal}'"
        if self.thousands:
            text += f" and thousands mark '{self.thousands[0]}'"
        return text

    def pattern(self, fraction: str, exponent: str = "") -> str:
        """A regular expression for a whole text; ``fraction`` is what may follow the mark."""
        whole = "[0-9]+"
        if self.thousands:
            whole = rf"(?:[0-9]+|[0-9]{{1,3}}(?:[{re.escape(self.thousands)}][0-9]{{3}})+)"
        mark = re.escape(self.decimal)
        body = rf"(?:{whole}(?:{mark}{fraction})?|{mark}{fraction}){exponent}"
        signed = f"[+-]?{body}"
        if self.negative == "trailing":
            signed = f"(?:{signed}|{body}-)"
        elif self.negative == "parentheses":
            signed = rf"(?:{signed}|\({body}\))"
        return rf"\A{signed}\z"

    def plain(self, text: ir.StringValue) -> ir.StringValue:
        """A text that fits the pattern, as engines read numbers."""
        import ibis

        for mark in self.thousands:
            text = text.replace(mark, "")
        if self.decimal != ".":
            text = text.replace(self.decimal, ".")
        if self.negative == "trailing":
            turned = ibis.literal("-").concat(text.replace("-", ""))
            text = ibis.ifelse(text.endswith("-"), turned, text)
        elif self.negative == "parentheses":
            turned = ibis.literal("-").concat(text.replace("(", "").replace(")", ""))
            text = ibis.ifelse(text.startswith("("), turned, text)
        return text


_ANY = "[0-9]+"
_EXPONENT = "[eE][+-]?[0-9]+"


def read_number(
    text: ir.StringValue, logical: LogicalType, form: NumberForm, *, rounded: bool
) -> ir.Value:
    """The number that ``text`` writes, null where it writes none of this type.

    Digits beyond those of the type are no rounding error but another number: null, unless
    ``rounded``.
    """
    import ibis
    import ibis.expr.datatypes as dt

    dtype = to_ibis(logical)
    plain = form.plain(text)
    value = plain.try_cast(dtype)
    nothing = ibis.null(dtype)
    if logical.name == "number":
        # beyond the range of floating point numbers engines give infinity
        fits = text.re_search(form.pattern(_ANY, f"(?:{_EXPONENT})?"))
        return ibis.ifelse(fits, value.nullif(float("inf")).nullif(float("-inf")), nothing)
    if rounded:
        return ibis.ifelse(text.re_search(form.pattern(_ANY, f"(?:{_EXPONENT})?")), value, nothing)
    # integers by way of a decimal lose nothing, with an exponent too
    scale = logical.scale or 0 if logical.name == "decimal" else 0
    exact = f"[0-9]{{1,{scale}}}0*" if scale else "0+"
    same = value.cast(dt.float64) == plain.try_cast(dt.float64)
    return ibis.cases(
        (text.re_search(form.pattern(exact)), value),
        (text.re_search(form.pattern(_ANY, _EXPONENT)) & same, value),
        else_=nothing,
    )


def refusal(text: ir.StringValue, logical: LogicalType, form: NumberForm) -> ir.StringValue:
    """Why a text was not read as a number, to follow the text."""
    import ibis

    written = text.re_search(form.pattern(_ANY, f"(?:{_EXPONENT})?"))
    beyond = form.plain(text).try_cast(to_ibis(logical)).isnull()
    digits = logical.scale if logical.name == "decimal" else 0
    allowed = f"more than {digits} decimals" if digits else "decimals"
    return ibis.cases(
        (~written, f"does not read as {logical} with {form}"),
        (beyond | (logical.name == "number"), f"is out of range for {logical}"),
        else_=f"has {allowed}, which {logical} cannot hold (round: true would round it)",
    )

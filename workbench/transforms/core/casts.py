"""One column read as a type: by text, or from another type without losing anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from workbench.errors import TransformError
from workbench.model.types import LogicalType, parse_type
from workbench.transforms.core.columns import fresh
from workbench.transforms.core.dates import Locale, read_date
from workbench.transforms.core.numbers import Negative, NumberForm, read_number, refusal
from workbench.transforms.core.text import quoted, trimmed
from workbench.transforms.core.types import to_ibis, to_logical

if TYPE_CHECKING:
    import ibis.expr.types as ir


class HowWritten(Protocol):
    """What is declared of a column; see the options of ``type_cast``."""

    @property
    def type(self) -> str: ...
    @property
    def decimal(self) -> str: ...
    @property
    def thousands(self) -> str | None: ...
    @property
    def negative(self) -> Negative: ...
    @property
    def strip(self) -> tuple[str, ...]: ...
    @property
    def round(self) -> bool: ...
    @property
    def formats(self) -> tuple[str, ...]: ...
    @property
    def locale(self) -> Locale: ...
    @property
    def true_values(self) -> tuple[str, ...]: ...
    @property
    def false_values(self) -> tuple[str, ...]: ...
    @property
    def null_values(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Reading:
    """A column as read: ``given`` (cleaned), its ``value``, and whether it ``failed``.

    ``failed`` is ``None`` where reading cannot fail.
    """

    given: ir.Value
    value: ir.Value
    failed: ir.BooleanValue | None


def read(table: ir.Table, casts: Mapping[str, HowWritten]) -> tuple[ir.Table, dict[str, Reading]]:
    """Read columns as declared: the table that the readings are of, and a reading for each."""
    given = {name: fresh(f"_given_{name}", table.columns) for name in casts}
    values = {name: fresh(f"_value_{name}", table.columns) for name in casts}
    cleaned = table.mutate(
        **{given[name]: _cleaned(table[name], cast) for name, cast in casts.items()}
    ).view()
    stage = cleaned.mutate(
        **{values[name]: _value(name, cleaned[given[name]], cast) for name, cast in casts.items()}
    ).view()
    readings = {}
    for name, cast in casts.items():
        before, value = stage[given[name]], stage[values[name]]
        readings[name] = Reading(before, value, _failed(before, value, cast))
    return stage, readings


def reason(name: str, reading: Reading, cast: HowWritten) -> ir.StringValue:
    """Why a value was not read: column, value, expected type and how it is written."""
    import ibis

    logical = parse_type(cast.type)
    text = reading.given.cast("string")
    start = ibis.literal(f"{name}: ").concat(quoted(text), " ")
    if not reading.given.type().is_string():
        return start.concat(f"is not exactly a value of type {logical}")
    if logical.name in ("integer", "decimal", "number"):
        return start.concat(refusal(text, logical, _form(cast)))
    if logical.name == "boolean":
        known = ", ".join((*cast.true_values, *cast.false_values))
        return start.concat(f"does not read as boolean (known: {known})")
    formats = " or ".join(cast.formats)
    return start.concat(f"does not read as {logical} with format {formats}")


def _form(cast: HowWritten) -> NumberForm:
    return NumberForm(cast.decimal, cast.thousands, cast.negative)


def _cleaned(value: Any, cast: HowWritten) -> Any:
    """A text without white space, signs and null markers; other types as they are."""
    import ibis

    if not value.type().is_string() or parse_type(cast.type).name == "text":
        if cast.null_values:
            marked = value.cast("string").isin(cast.null_values)
            return ibis.ifelse(marked, ibis.null(value.type()), value)
        return value
    # blank is no value; what is blank only after its signs are stripped is a wrong one
    text = trimmed(value).nullif("")
    if cast.strip:
        signs = "|".join(re.escape(each) for each in sorted(cast.strip, key=len, reverse=True))
        text = text.re_replace(rf"^([+-]?)\s*(?:{signs})\s*", r"\1")
        text = text.re_replace(rf"\s*(?:{signs})$", "")
    if cast.null_values:
        return ibis.ifelse(text.isin(cast.null_values), ibis.null("string"), text)
    return text


def _value(name: str, given: Any, cast: HowWritten) -> Any:
    import ibis

    logical = parse_type(cast.type)
    if not given.type().is_string():
        return _converted(name, given, logical)
    if logical.name == "text":
        return given
    if logical.name == "boolean":
        folded = given.lower()
        return ibis.cases(
            (folded.isin([each.lower() for each in cast.true_values]), True),
            (folded.isin([each.lower() for each in cast.false_values]), False),
            else_=ibis.null("boolean"),
        )
    if logical.name in ("date", "timestamp", "time"):
        return read_date(given, logical, cast.formats, cast.locale)
    return read_number(given, logical, _form(cast), rounded=cast.round)


_NUMBERS = ("integer", "decimal", "number", "boolean")
_MOMENTS = ("date", "timestamp")


def _converted(name: str, given: Any, logical: LogicalType) -> Any:
    source = to_logical(given.type())
    if source == logical:
        return given
    dtype = to_ibis(logical)
    alike = any(source.name in kinds and logical.name in kinds for kinds in (_NUMBERS, _MOMENTS))
    if not alike and logical.name != "text":
        raise TransformError(
            f"{name!r} is {source}, which does not become {logical}",
            remedy="derive it with an expression",
        )
    return given.cast(dtype) if logical.name == "text" else given.try_cast(dtype)


def _failed(given: Any, value: Any, cast: HowWritten) -> Any:
    """Whether there was a value, and reading it gave none or another one."""
    logical = parse_type(cast.type)
    source = given.type()
    if logical.name == "text" or (not source.is_string() and to_logical(source) == logical):
        return None
    failed = given.notnull() & value.isnull()
    if source.is_string() or cast.round:
        return failed
    return failed | (value.cast(source) != given).fill_null(False)

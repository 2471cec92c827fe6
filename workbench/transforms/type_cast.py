"""Texts become numbers, dates, truth values; what does not read as its type is never lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from workbench.errors import TransformError
from workbench.model.types import parse_type
from workbench.model.value import Options as Base
from workbench.spec.models import TypeText
from workbench.transforms.core.casts import read, reason
from workbench.transforms.core.columns import Name, fresh, listed
from workbench.transforms.core.context import Applied, Context, keeping
from workbench.transforms.core.dates import DEFAULTS, Locale, check_format
from workbench.transforms.core.numbers import Negative

if TYPE_CHECKING:
    import ibis.expr.types as ir

ROWWISE = True

_NUMBERS = ("integer", "decimal", "number")
_FITTING = {
    "decimal": _NUMBERS,
    "thousands": _NUMBERS,
    "negative": _NUMBERS,
    "strip": _NUMBERS,
    "round": ("integer", "decimal"),
    "format": tuple(DEFAULTS),
    "locale": ("date", "timestamp"),
    "true_values": ("boolean",),
    "false_values": ("boolean",),
}

_Mark = Annotated[str, Field(min_length=1, max_length=1)]


class Cast(Base):
    """The type of one column, and how its texts write it."""

    type: TypeText = Field(
        description="text, integer, decimal(p,s), number, boolean, date, timestamp, time"
    )
    decimal: _Mark = Field(default=".", description="numbers: the decimal mark")
    thousands: _Mark | None = Field(
        default=None,
        description="numbers: the mark between groups of three digits, where there is one",
    )
    negative: Negative = Field(
        default="leading", description="numbers: also read 5- (trailing) or (5) (parentheses)"
    )
    strip: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(), description="numbers: signs before or after that do not count, such as $ or %"
    )
    round: bool = Field(
        default=False, description="numbers: round further decimals instead of refusing them"
    )
    format: str | tuple[str, ...] = Field(
        default=(),
        description="dates and times: one format or several to try in order, such as %d/%m/%Y; "
        "default ISO 8601",
    )
    locale: Locale = Field(
        default="en", description="dates: the language of the names of months (%b, %B)"
    )
    true_values: tuple[str, ...] = Field(
        default=("true", "t", "yes", "y", "1", "sí", "si", "verdadero"),
        description="booleans: texts that mean true, in any case",
    )
    false_values: tuple[str, ...] = Field(
        default=("false", "f", "no", "n", "0", "falso"),
        description="booleans: texts that mean false, in any case",
    )
    null_values: tuple[str, ...] = Field(
        default=(), description="texts that mean that there is no value, such as - or -99.9"
    )

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats to try, in order."""
        given = (self.format,) if isinstance(self.format, str) else self.format
        return given or DEFAULTS.get(self.type, ())

    @model_validator(mode="after")
    def _fits(self) -> Self:
        kind = parse_type(self.type).name
        for option in sorted(self.model_fields_set):
            if kind not in _FITTING.get(option, (kind,)):
                fitting = ", ".join(_FITTING[option])
                raise ValueError(f"{option!r} means nothing for {self.type}; it is for {fitting}")
        if self.decimal == self.thousands:
            raise ValueError("the decimal mark and the thousands mark are the same")
        for option in ("decimal", "thousands"):
            mark = getattr(self, option)
            if mark and (mark.isalnum() or mark in "+-()"):
                raise ValueError(f"{option}: {mark!r} cannot be a mark in a number")
        for each in self.formats:
            if kind in DEFAULTS:
                check_format(each, kind)
        both = {each.lower() for each in self.true_values} & {
            each.lower() for each in self.false_values
        }
        if both:
            raise ValueError(f"{min(both)!r} is both true and false")
        return self


def _form(value: Any) -> str:
    return "cast" if isinstance(value, Cast | Mapping) else "type"


class Options(Base):
    """Give columns types. A value that does not read as its type never becomes null in silence."""

    columns: dict[
        Name,
        Annotated[
            Annotated[Cast, Tag("cast")] | Annotated[TypeText, Tag("type")], Discriminator(_form)
        ],
    ] = Field(min_length=1, description="column: type, or column: {type: …, and how it is written}")
    on_error: Literal["quarantine", "keep", "stop"] = Field(
        default="quarantine",
        description="what becomes of rows with a value that does not read as its type: "
        "quarantine them, keep them (the column is null and its text stands in "
        "<column>_original), or stop the run",
    )

    @field_validator("columns", mode="after")
    @classmethod
    def _complete(cls, columns: dict[str, Cast | str]) -> dict[str, Cast]:
        return {
            name: Cast(type=cast) if isinstance(cast, str) else cast
            for name, cast in columns.items()
        }

    def casts(self) -> dict[str, Cast]:
        """The cast of each column."""
        return {name: cast for name, cast in self.columns.items() if isinstance(cast, Cast)}


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows with typed columns."""
    import ibis

    casts = {context.find(name, table): cast for name, cast in options.casts().items()}
    if len(casts) < len(options.columns):
        raise TransformError("a column is named twice", remedy="name each column once")
    columns = keeping(table)
    # each stage is a query of its own, so that nothing is computed more than once
    stage, readings = read(table, casts)
    problems = []
    typed: dict[str, Any] = {}
    notes = {}
    for name in columns:
        typed[name] = stage[name]
        if name not in casts:
            continue
        reading = readings[name]
        typed[name] = reading.value
        if reading.failed is None or (context.symbolic and options.on_error != "keep"):
            continue
        if options.on_error != "keep":
            problems.append((reading.failed, reason(name, reading, casts[name])))
            continue
        original = fresh(f"{name}_original", columns)
        text = stage[name].cast("string")
        typed[original] = ibis.ifelse(reading.failed, text, ibis.null("string"))
        notes[f"{name} kept as text"] = original
    return Applied(stage, typed, problems, stop=options.on_error == "stop", notes=notes)


def summary(options: Options) -> str:
    """In words."""
    types = listed(f"{name} as {cast.type}" for name, cast in options.casts().items())
    return f"read {types}; on error {options.on_error}"

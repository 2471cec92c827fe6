"""Texts replaced: whole values, literal parts, or matches of a regular expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, field_validator, model_validator

from workbench.errors import TransformError
from workbench.model import regex
from workbench.model.value import Options as Base
from workbench.transforms.core.columns import Selection, in_words
from workbench.transforms.core.context import Applied, Context, keeping

if TYPE_CHECKING:
    import ibis.expr.types as ir

ROWWISE = True


class Options(Base):
    """Replace texts; first whole values, then literal parts, then a pattern."""

    columns: Selection
    values: dict[str, str | None] = Field(
        default_factory=dict, description="whole value: what to put in its place (null is allowed)"
    )
    parts: dict[str, str] = Field(
        default_factory=dict, description="literal part of a text: what to put in its place"
    )
    pattern: str | None = Field(
        default=None, description="a regular expression whose every match is replaced by 'with'"
    )
    with_: str = Field(
        default="", alias="with", description="what replaces a match; \\1 is its first group"
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        return pattern if pattern is None else regex.check(pattern)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not (self.values or self.parts or self.pattern):
            raise ValueError("give 'values', 'parts' or 'pattern'")
        if "with_" in self.model_fields_set and self.pattern is None:
            raise ValueError("'with' goes with 'pattern'")
        if "" in self.parts:
            raise ValueError("an empty part cannot be replaced")
        return self


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows with texts replaced; null stays null."""
    import ibis

    columns = keeping(table)
    for name in context.choose(options.columns, table):
        text = table[name]
        if not text.type().is_string():
            if options.columns == "all":
                continue
            raise TransformError(f"{name!r} is {text.type()}, not text", remedy="leave it out")
        if options.values:
            branches = [
                (text == value, ibis.literal(new, "string"))
                for value, new in options.values.items()
            ]
            text = ibis.cases(*branches, else_=text)
        for part, new in options.parts.items():
            text = text.replace(part, new)
        if options.pattern is not None:
            text = text.re_replace(options.pattern, options.with_)
        columns[name] = text
    return Applied(table, columns)


def summary(options: Options) -> str:
    """In words."""
    changes = [f"{old!r} by {new!r}" for old, new in (options.values | options.parts).items()]
    if options.pattern is not None:
        changes.append(f"{options.pattern} by {options.with_!r}")
    return f"in {in_words(options.columns)} replace {', '.join(changes)}"

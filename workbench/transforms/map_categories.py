"""Values of a column become the categories that they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from workbench.errors import TransformError
from workbench.model.value import Options as Base
from workbench.transforms.core.columns import Name, NewName, fresh, visible
from workbench.transforms.core.context import Applied, Context
from workbench.transforms.core.text import (
    column_without_accents,
    quoted,
    stripped,
    without_accents,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

ROWWISE = True

Scalar = str | int | float | bool | None


class Options(Base):
    """Replace values of a column by a table of categories. Null stays null."""

    column: Name
    mapping: dict[str, Scalar] = Field(
        min_length=1, description="value as text: category, all of one type; null is allowed"
    )
    into: NewName | None = Field(
        default=None, description="the column for the categories; default: the same column"
    )
    other: Literal["keep", "null", "quarantine", "stop"] = Field(
        default="keep",
        description="what becomes of values that are not in the mapping: they stay, become null, "
        "their rows are quarantined, or the run stops",
    )
    default: Scalar = Field(
        default=None, description="the category of values that are not in the mapping"
    )
    insensitive: bool = Field(
        default=False, description="compare without case, accents and white space at the ends"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.default is not None and "other" in self.model_fields_set:
            raise ValueError("give either 'other' or 'default'")
        categories = [*self.mapping.values(), self.default]
        types = {type(each).__name__ for each in categories if each is not None}
        if len(types) > 1:
            raise ValueError(f"the categories have different types: {', '.join(sorted(types))}")
        if types - {"str"} and self.other == "keep" and self.default is None:
            raise ValueError(
                "categories that are no text cannot stand beside kept values; "
                "write other: null, quarantine or stop, or a default"
            )
        if self.insensitive:
            seen: dict[str, str] = {}
            for value in self.mapping:
                folded = without_accents(value.strip())
                if folded in seen and self.mapping[seen[folded]] != self.mapping[value]:
                    raise ValueError(f"{seen[folded]!r} and {value!r} are the same, insensitively")
                seen[folded] = value
        return self


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows with categories."""
    import ibis

    name = context.find(options.column, table)
    column = table[name]
    if options.other == "keep" and options.default is None and not column.type().is_string():
        raise TransformError(
            f"{name!r} is {column.type()}, and other values cannot be kept beside categories",
            remedy="write other: null, quarantine or stop, or a default",
        )
    text = column if column.type().is_string() else column.cast("string")
    mapping = dict(options.mapping)
    received = list(visible(table.columns))
    if options.insensitive:
        # a query of its own: the text is compared with every key, and is not made anew for each
        folded = fresh("_folded", table.columns)
        table = table.mutate(**{folded: column_without_accents(stripped(text))}).view()
        column, text = table[name], table[folded]
        mapping = {without_accents(key.strip()): value for key, value in mapping.items()}
    dtype = _dtype([*mapping.values(), options.default])
    is_known = text.isin(list(mapping))
    if options.default is not None:
        other = ibis.literal(options.default, dtype)
    else:
        other = column if options.other == "keep" else ibis.null(dtype)
    branches = [(text == key, ibis.literal(value, dtype)) for key, value in mapping.items()]
    category = ibis.cases((column.isnull(), ibis.null(dtype)), *branches, else_=other)
    problems = []
    if options.other in ("quarantine", "stop") and options.default is None:
        shown = quoted(column.cast("string"))
        reason = ibis.literal(f"{name}: ").concat(shown, " is not among the known categories")
        problems = [(column.notnull() & ~is_known, reason)]
    columns = {each: table[each] for each in received} | {options.into or name: category}
    return Applied(table, columns, problems, stop=options.other == "stop")


def _dtype(categories: list[Scalar]) -> str:
    kinds = {type(each) for each in categories if each is not None}
    names = {bool: "boolean", int: "int64", float: "float64", str: "string"}
    return names[next(iter(kinds), str)]


def summary(options: Options) -> str:
    """In words."""
    other = f"{options.default!r}" if options.default is not None else options.other
    into = f" into {options.into}" if options.into else ""
    return f"map {len(options.mapping)} values of {options.column}{into}; others: {other}"

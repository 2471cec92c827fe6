"""Groups of rows become one row each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from workbench.errors import TransformError
from workbench.model.value import Options as Base
from workbench.transforms.core.columns import (
    Name,
    NewName,
    Selection,
    free_names,
    in_words,
    listed,
    visible,
)
from workbench.transforms.core.context import Applied, Context
from workbench.transforms.core.order import sort_keys
from workbench.transforms.core.types import settled

if TYPE_CHECKING:
    import ibis.expr.types as ir

Function = Literal[
    "count", "count_distinct", "sum", "mean", "min", "max", "median", "std", "first", "last"
]
_NUMERIC = ("sum", "mean", "median", "std")
_SHORT = re.compile(r"\s*([a-z_]+)\s*\((.*)\)\s*", re.DOTALL)


class Measure(Base):
    """One number or value for each group. Nulls do not count, and of nothing but nulls is null."""

    function: Function = Field(description="what is computed; count without a column counts rows")
    column: Name | None = Field(default=None, description="of which column")
    expression: str | None = Field(default=None, description="or of which expression")
    where: str | None = Field(default=None, description="only of rows for which this is true")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.column and self.expression:
            raise ValueError("give either 'column' or 'expression'")
        if not (self.column or self.expression) and self.function != "count":
            raise ValueError(f"{self.function} needs a 'column' or an 'expression'")
        return self


def _short(value: Any) -> Any:
    """``sum(amount)`` written out."""
    if not isinstance(value, str):
        return value
    match = _SHORT.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is no measure; write it like sum(amount) or count(*)")
    function, inner = match[1], match[2].strip()
    if inner in ("*", "") and function == "count":
        return {"function": function}
    return {"function": function, "expression": inner}


class Options(Base):
    """One row for each group, with its measures. Provenance ends here: a row has many sources."""

    group_by: Selection | tuple[()] = Field(
        default=(), description="the columns that make a group; without any, all rows are one"
    )
    measures: dict[NewName, Measure] = Field(
        min_length=1,
        description="name: {function, column}, or short: sum(amount), count(*), "
        "sum(price * quantity)",
    )

    @field_validator(
        "measures",
        mode="before",
        json_schema_input_type=Annotated[
            dict[
                NewName, Measure | Annotated[str, Field(pattern=r"^\s*[a-z_]+\s*\([\s\S]*\)\s*$")]
            ],
            Field(min_length=1),
        ],
    )
    @classmethod
    def _written_out(cls, measures: Any) -> Any:
        if not isinstance(measures, dict):
            return measures
        return {name: _short(each) for name, each in measures.items()}

    @field_validator("measures")
    @classmethod
    def _free(cls, measures: dict[str, Measure]) -> dict[str, Measure]:
        return free_names(measures, measures)

    def expressions(self) -> dict[str, str]:
        """The expressions, by option."""
        found = {}
        for name, measure in self.measures.items():
            for option in ("expression", "where"):
                if text := getattr(measure, option):
                    found[f"measures.{name}.{option}"] = text
        return found


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The groups."""
    keys = context.choose(options.group_by, table) if options.group_by else []
    if doubled := {key.casefold() for key in keys} & {name.casefold() for name in options.measures}:
        raise TransformError(
            f"{min(doubled)!r} is both a group and a measure", remedy="name the measure otherwise"
        )
    measures = {
        name: _measure(table, name, measure, context) for name, measure in options.measures.items()
    }
    grouped = context.keep(table.group_by(keys).aggregate(**measures) if keys else (
        table.aggregate(**measures)
    ))  # fmt: skip
    before = context.count(table)
    after = context.count(grouped)
    return Applied(grouped, collapsed=max(before - after, 0), expanded=max(after - before, 0))


def _measure(table: ir.Table, name: str, measure: Measure, context: Context) -> Any:
    where = context.condition(measure.where, table) if measure.where else None
    if measure.expression:
        value = context.expression(measure.expression, table)
    elif measure.column:
        value = table[context.find(measure.column, table)]
    else:
        return table.count(where=where)
    if measure.function in _NUMERIC and not value.type().is_numeric():
        raise TransformError(
            f"measure {name!r}: {measure.function} needs numbers, and this is {value.type()}",
            remedy="cast the column first, with type_cast",
        )
    match measure.function:
        case "count":
            return value.count(where=where)
        case "count_distinct":
            return value.nunique(where=where)
        case "first" | "last":
            ties = [each for each in visible(table.columns)]
            order = sort_keys(table, (), context, ties=ties)
            return getattr(value, measure.function)(where=where, order_by=order)
        case "mean" | "median" | "std":
            return getattr(value.cast("float64"), measure.function)(where=where)
        case _:
            return settled(getattr(value, measure.function)(where=where))


def summary(options: Options) -> str:
    """In words."""
    groups = f"by {in_words(options.group_by)}" if options.group_by else "over all rows"
    measures = listed(
        f"{name} = {each.function}({each.column or each.expression or '*'})"
        for name, each in options.measures.items()
    )
    return f"aggregate {groups}: {measures}"

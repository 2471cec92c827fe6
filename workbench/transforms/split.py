"""One text column becomes several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, field_validator, model_validator

from workbench.errors import TransformError
from workbench.model.value import Options as Base
from workbench.transforms.core.columns import Name, NewName, free_names
from workbench.transforms.core.context import Applied, Context, keeping
from workbench.transforms.core.text import quoted, trimmed

if TYPE_CHECKING:
    import ibis.expr.types as ir

ROWWISE = True


class Options(Base):
    """Split a text at a separator into new columns, one for each part. Null gives nulls."""

    column: Name
    separator: str = Field(min_length=1, description="the text between the parts")
    into: tuple[NewName, ...] = Field(
        min_length=1, description="the new columns, one for each part"
    )
    on_error: Literal["quarantine", "stop", "keep"] = Field(
        default="quarantine",
        description="what becomes of rows with another number of parts: they are quarantined, the "
        "run stops, or they are kept (missing parts are null, the last takes all the rest)",
    )
    keep_column: bool = Field(default=False, description="keep the column that was split")

    @field_validator("into")
    @classmethod
    def _free(cls, into: tuple[str, ...]) -> tuple[str, ...]:
        return free_names(into, into)

    @model_validator(mode="after")
    def _several(self) -> Self:
        if self.keep_column and self.column in self.into:
            raise ValueError(f"{self.column!r} cannot be kept and be one of the parts")
        return self


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows; the parts, trimmed, stand in place of the column."""
    import ibis

    name = context.find(options.column, table)
    text = table[name]
    if not text.type().is_string():
        raise TransformError(f"{name!r} is {text.type()}, not text", remedy="split text columns")
    parts = text.split(options.separator)
    wanted = len(options.into)
    columns = {}
    for each, column in keeping(table).items():
        if each != name or options.keep_column:
            columns[each] = column
        if each == name:
            for place, part in enumerate(options.into):
                value = parts[place]
                if place == wanted - 1:
                    value = parts[place:].join(options.separator).nullif("")
                columns[part] = trimmed(value)
    if len(columns) != len(keeping(table)) - (not options.keep_column) + wanted:
        raise TransformError("a new column has the name of another one", remedy="rename it first")
    problems = []
    if options.on_error != "keep":
        found = parts.length()
        reason = ibis.literal(f"{name}: ").concat(
            quoted(text), " has ", found.cast("string"), f" parts instead of {wanted}"
        )
        problems = [(text.notnull() & (found != wanted), reason)]
    return Applied(table, columns, problems, stop=options.on_error == "stop")


def summary(options: Options) -> str:
    """In words."""
    return f"split {options.column} at {options.separator!r} into {', '.join(options.into)}"

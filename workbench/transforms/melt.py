"""Columns become rows: one row for each cell of the wide columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, field_validator, model_validator

from workbench.errors import TransformError
from workbench.model import regex
from workbench.model.value import Options as Base
from workbench.transforms.core.columns import (
    NewName,
    Selection,
    free_names,
    fresh,
    in_words,
    visible,
)
from workbench.transforms.core.context import Applied, Context, hidden

if TYPE_CHECKING:
    import ibis.expr.types as ir

EXPANDS = True


class Options(Base):
    """Turn wide columns, such as months, into rows: a name and a value each.

    A row with n wide columns becomes n rows; columns that are not wide are repeated.
    """

    columns: Selection | None = Field(
        default=None, description="the wide columns; give this or 'keep'"
    )
    keep: Selection | None = Field(
        default=None, description="the columns that stay; all others are wide"
    )
    names_to: NewName | tuple[NewName, ...] = Field(
        default="name",
        description="the new column for the headers of the wide columns; a list with names_pattern",
    )
    values_to: NewName = Field(default="value", description="the new column for their values")
    names_pattern: str | None = Field(
        default=None,
        description="a regular expression with one group for each column in names_to",
    )
    names_from: Literal["original", "safe"] = Field(
        default="original",
        description="which name of a wide column counts: the header as received, or the safe name",
    )
    drop_nulls: bool = Field(
        default=False, description="leave out rows without a value; the ledger counts as filtered"
    )

    @field_validator("names_pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        return pattern if pattern is None else regex.check(pattern)

    @property
    def names(self) -> tuple[str, ...]:
        """The new columns for the headers."""
        return (self.names_to,) if isinstance(self.names_to, str) else self.names_to

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.columns is None) == (self.keep is None):
            raise ValueError("give either 'columns' (the wide ones) or 'keep' (all the others)")
        free_names(self.names, (*self.names, self.values_to))
        groups = re.compile(self.names_pattern).groups if self.names_pattern else 1
        if groups != len(self.names):
            raise ValueError(
                f"names_to has {len(self.names)} columns and names_pattern {groups} groups"
                if self.names_pattern
                else "several columns in names_to need a names_pattern with a group for each"
            )
        return self


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """One row for each row and wide column, with names as text."""
    import ibis

    known = visible(table.columns)
    if options.columns is not None:
        wide = context.choose(options.columns, table)
    else:
        kept = context.choose(options.keep, table)
        wide = [name for name in known if name not in kept]
    kept = [name for name in known if name not in wide]
    if not wide:
        raise TransformError("no column is wide", remedy="keep fewer columns")
    for name in (*options.names, options.values_to):
        if name.casefold() in {each.casefold() for each in kept}:
            raise TransformError(
                f"there would be two columns {name!r}", remedy="choose another name, or rename it"
            )
    types = {table[name].type().copy(nullable=True) for name in wide}
    if len(types) > 1:
        raise TransformError(
            f"the wide columns have different types: {', '.join(sorted(map(str, types)))}",
            remedy="melt before type_cast, or cast them all to the same type",
        )
    cells = []
    for name, parts in _names(wide, options, context).items():
        fields = {new: ibis.literal(part, "string") for new, part in parts.items()}
        cells.append(ibis.struct(fields | {options.values_to: table[name]}))
    cell = fresh("_cell", table.columns)
    unnested = table.select(
        **hidden(table),
        **{name: table[name] for name in kept},
        **{cell: ibis.array(cells).unnest()},
    )
    melted = unnested.select(
        **{name: unnested[name] for name in unnested.columns if name != cell},
        **{name: unnested[cell][name] for name in (*options.names, options.values_to)},
    )
    counts = context.measure(
        table.aggregate(
            rows=table.count(),
            # kept apart by number, since headers may be anything
            **{f"filled_{i}": table[name].count() for i, name in enumerate(wide)},
        )
    )
    rows = counts.pop("rows")
    cells_in_all = rows * len(wide)
    if options.drop_nulls:
        melted = melted.filter(melted[options.values_to].notnull())
    filtered = cells_in_all - sum(counts.values()) if options.drop_nulls else 0
    return Applied(melted, expanded=cells_in_all - rows, filtered=filtered)


def _names(wide: list[str], options: Options, context: Context) -> dict[str, dict[str, str | None]]:
    """For each wide column the values of the new columns."""
    names: dict[str, dict[str, str | None]] = {}
    taken: dict[tuple[str | None, ...], str] = {}
    for name in wide:
        header = context.originals.get(name, name) if options.names_from == "original" else name
        parts: tuple[str | None, ...] = (header,)
        if options.names_pattern:
            found = regex.groups(options.names_pattern, header)
            if found is None:
                raise TransformError(
                    f"the header {header!r} does not match {options.names_pattern!r}",
                    remedy="mend names_pattern, or leave this column out",
                )
            parts = tuple(found)
        if parts in taken:
            raise TransformError(
                f"columns {taken[parts]!r} and {name!r} both give {', '.join(map(str, parts))}",
                remedy="write names_from: safe, or drop one of them",
            )
        taken[parts] = name
        names[name] = dict(zip(options.names, parts, strict=True))
    return names


def summary(options: Options) -> str:
    """In words."""
    if options.columns is not None:
        wide = in_words(options.columns)
    else:
        wide = f"all columns except {in_words(options.keep)}"
    nulls = ", without nulls" if options.drop_nulls else ""
    return f"melt {wide} into {', '.join(options.names)} and {options.values_to}{nulls}"

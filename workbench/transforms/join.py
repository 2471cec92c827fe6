"""Columns from the matching rows of another dataset; several may match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from workbench.model.value import Options as Base
from workbench.transforms.core.columns import ROW_ID, Selection, in_words
from workbench.transforms.core.context import Applied, Context
from workbench.transforms.core.joining import MATCHES, On, Other, pairs

if TYPE_CHECKING:
    import ibis.expr.types as ir

EXPANDS = True


class Options(Base):
    """Join another dataset. A row becomes as many rows as match; use lookup for at most one."""

    dataset: str = Field(
        description="the other dataset, as it is published",
        json_schema_extra={"format": "dataset"},
    )
    on: On
    how: Literal["left", "inner"] = Field(
        default="left",
        description="rows without a match stay with nulls (left), or go as filtered (inner)",
    )
    columns: Selection | None = Field(
        default=None, description="what to take from it; default: all columns but its keys"
    )
    prefix: str = Field(default="", description="what to put before the names of columns taken")

    def datasets(self) -> tuple[str, ...]:
        """The datasets that this needs."""
        return (self.dataset,)


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The joined rows."""
    import ibis

    other = Other(table, options.dataset, options.on, options.columns, options.prefix, context)
    join = table.left_join if options.how == "left" else table.inner_join
    joined = join(other.table, other.same(table, other.table))
    kept = [name for name in table.columns if name != ROW_ID]
    joined = joined.select(*(joined[name] for name in (*kept, *other.columns)))
    counts = other.counted()
    matched = table.left_join(counts, other.same(table, counts))
    matches = matched[MATCHES].fill_null(0)
    found = context.measure(
        matched.aggregate(
            rows=matched.count(),
            unmatched=(matches == 0).sum(),
            more=ibis.greatest(matches - 1, 0).sum(),
        )
    )
    filtered = found["unmatched"] if options.how == "inner" else 0
    return Applied(
        joined,
        expanded=found["more"],
        filtered=filtered,
        notes={"unmatched": found["unmatched"]},
    )


def summary(options: Options) -> str:
    """In words."""
    keys = ", ".join(a if a == b else f"{a} = {b}" for a, b in pairs(options.on).items())
    taken = f", taking {in_words(options.columns)}" if options.columns is not None else ""
    return f"{options.how} join {options.dataset} on {keys}{taken}"

"""Blanks take the last value above them, as in reports that print a group once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from workbench.errors import TransformError
from workbench.model.dataset import ROW, SOURCE
from workbench.model.value import Options as Base
from workbench.transforms.core.columns import Selection, fresh, in_words, visible
from workbench.transforms.core.context import Applied, Context
from workbench.transforms.core.order import Order, sort_keys

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Options(Base):
    """Fill nulls with the last value above, in the order of the received file.

    Values are never taken from another file. Trim first where blanks are not null yet.
    """

    columns: Selection
    within: Selection | None = Field(
        default=None, description="columns whose values bound a group; nothing is filled across"
    )
    order_by: tuple[Order, ...] = Field(
        default=(), description="another order than that of the file"
    )


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows with nulls filled; those at the top stay null."""
    import ibis

    if ROW not in table.columns and not options.order_by:
        raise TransformError(
            "these rows do not stand in a file any more, so nothing is above",
            remedy="fill down before aggregate, or give order_by",
        )
    filled = context.choose(options.columns, table)
    within = context.choose(options.within, table) if options.within is not None else []
    if shared := set(filled) & set(within):
        raise TransformError(
            f"{min(shared)!r} cannot bound the groups in which it is filled",
            remedy="leave it out of 'within'",
        )
    rest = [name for name in visible(table.columns) if name not in (*filled, *within)]
    bounds = [name for name in (SOURCE, *within) if name in table.columns]
    above = ibis.window(
        group_by=bounds,
        order_by=sort_keys(table, options.order_by, context, ties=rest),
        preceding=None,
        following=0,
    )
    # a value and the nulls below it have the same number of values above
    group = {name: fresh(f"_above_{name}", table.columns) for name in filled}
    grouped = table.mutate(**{group[name]: table[name].count().over(above) for name in filled})
    columns = {name: grouped[name] for name in visible(table.columns)}
    for name in filled:
        columns[name] = grouped[name].arbitrary().over(group_by=[*bounds, group[name]])
    return Applied(grouped, columns)


def summary(options: Options) -> str:
    """In words."""
    within = f" within {in_words(options.within)}" if options.within is not None else ""
    return f"fill down {in_words(options.columns)}{within}"

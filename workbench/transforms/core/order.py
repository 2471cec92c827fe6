"""Orders of rows, always complete so that the same rows give the same result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator, Field, Tag

from workbench.model.dataset import ROW, RUN, SOURCE
from workbench.model.value import Options
from workbench.transforms.core.columns import Name
from workbench.transforms.core.context import Context

if TYPE_CHECKING:
    import ibis.expr.types as ir


class By(Options):
    """A column to order by."""

    column: Name
    descending: bool = Field(default=False, description="greatest first; nulls always come last")


#: A column to order by: a name, or {column: …, descending: true}.
Order = Annotated[
    Annotated[Name, Tag("name")] | Annotated[By, Tag("by")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "by"),
]


def sort_keys(
    table: ir.Table,
    order: Iterable[Order],
    context: Context,
    *,
    ties: Sequence[str] = (),
    last: bool = False,
) -> list[ir.Value]:
    """What to sort by: as asked, then as received, then by ``ties`` where that is not enough.

    With ``last`` the order is turned round, so that its last row comes first. Nulls come last in
    any case: a row without a value never wins.
    """
    import ibis

    def key(column: Any, descending: bool) -> list[Any]:
        return [column.isnull(), ibis.desc(column) if descending else ibis.asc(column)]

    keys: list[Any] = []
    for each in order:
        by = By(column=each) if isinstance(each, str) else each
        keys += key(table[context.find(by.column, table)], by.descending != last)
    received = [name for name in (SOURCE, ROW, RUN) if name in table.columns]
    for name in received:
        keys.append(ibis.desc(table[name]) if last else ibis.asc(table[name]))
    if not (received and context.rows_are_unique):
        for name in ties:
            keys += key(table[name], last)
    return keys


def order_in_words(order: Iterable[Order]) -> str:
    """An order in words, for summaries."""
    return ", ".join(
        each if isinstance(each, str) else each.column + (" descending" * each.descending)
        for each in order
    )

"""Keep some columns, in the order given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.value import Options as Base
from workbench.transforms.core.columns import Selection, in_words
from workbench.transforms.core.context import Applied, Context

if TYPE_CHECKING:
    import ibis.expr.types as ir

ROWWISE = True


class Options(Base):
    """Keep these columns and no others; a list also sets their order."""

    columns: Selection


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows with the columns chosen."""
    chosen = context.choose(options.columns, table)
    return Applied(table, {name: table[name] for name in chosen})


def summary(options: Options) -> str:
    """In words."""
    return f"keep {in_words(options.columns)}"

"""Leave columns out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import TransformError
from workbench.model.value import Options as Base
from workbench.transforms.core.columns import Selection, in_words
from workbench.transforms.core.context import Applied, Context, keeping

if TYPE_CHECKING:
    import ibis.expr.types as ir

ROWWISE = True


class Options(Base):
    """Leave these columns out."""

    columns: Selection


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows without the columns chosen; at least one column must remain."""
    dropped = set(context.choose(options.columns, table))
    kept = {name: column for name, column in keeping(table).items() if name not in dropped}
    if not kept:
        raise TransformError("no column would remain", remedy="drop fewer columns")
    return Applied(table, kept)


def summary(options: Options) -> str:
    """In words."""
    return f"drop {in_words(options.columns)}"

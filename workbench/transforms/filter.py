"""Keep the rows for which a condition holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from workbench.model.value import Options as Base
from workbench.transforms.core.context import Applied, Context

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Options(Base):
    """Keep the rows for which ``where`` is true; rows for which it is false or null go.

    They are counted in the ledger as filtered.
    """

    where: str = Field(
        description="an expression, such as: amount > 0 and region is not null",
        json_schema_extra={"format": "expression"},
    )

    def expressions(self) -> dict[str, str]:
        """The expressions, by option."""
        return {"where": self.where}


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The rows for which the condition is true."""
    condition = context.condition(options.where, table)

    def counting(table: ir.Table) -> ir.Table:
        kept = context.condition(options.where, table).fill_null(False)
        return table.aggregate(rows=table.count(), kept=kept.sum())

    counted = context.measure_made(table, "filter", options, counting)
    return Applied(table.filter(condition), filtered=counted["rows"] - counted["kept"])


def summary(options: Options) -> str:
    """In words."""
    return f"keep rows where {options.where}"

"""New columns from expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from workbench.model.value import Options as Base
from workbench.transforms.core.columns import NewName, free_names, listed
from workbench.transforms.core.context import Applied, Context, keeping
from workbench.transforms.core.types import settled

if TYPE_CHECKING:
    import ibis.expr.types as ir

ROWWISE = True


class Options(Base):
    """Add columns that are computed from others, or compute existing ones anew.

    All expressions see the columns as they were before this transform.
    """

    columns: dict[NewName, Annotated[str, Field(json_schema_extra={"format": "expression"})]] = (
        Field(min_length=1, description="name: expression, such as total: price * quantity")
    )

    @field_validator("columns")
    @classmethod
    def _free(cls, columns: dict[str, str]) -> dict[str, str]:
        return free_names(columns, columns)

    def expressions(self) -> dict[str, str]:
        """The expressions, by option."""
        return {f"columns.{name}": text for name, text in self.columns.items()}


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows; new columns stand at the end, existing ones keep their place."""
    derived = {
        name: settled(context.expression(text, table)) for name, text in options.columns.items()
    }
    return Applied(table, keeping(table) | derived)


def summary(options: Options) -> str:
    """In words."""
    return "derive " + listed(f"{name} = {text}" for name, text in options.columns.items())

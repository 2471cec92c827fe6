"""Give columns other names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from workbench.errors import TransformError
from workbench.model.value import Options as Base
from workbench.transforms.core.columns import Name, NewName, free_names, listed
from workbench.transforms.core.context import Applied, Context, keeping

if TYPE_CHECKING:
    import ibis.expr.types as ir

ROWWISE = True


class Options(Base):
    """Give columns other names; the order of the columns stays."""

    columns: dict[Name, NewName] = Field(
        min_length=1, description="old name: new name, for each column to be renamed"
    )

    @field_validator("columns")
    @classmethod
    def _free(cls, columns: dict[str, str]) -> dict[str, str]:
        return free_names(columns, columns.values())


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows under other names; a name that is in use is refused."""
    new = {context.find(old, table): name for old, name in options.columns.items()}
    columns: dict[str, Any] = {}
    for old, column in keeping(table).items():
        name = new.get(old, old)
        if name in columns:
            raise TransformError(
                f"there would be two columns {name!r}", remedy="rename or drop the other one first"
            )
        columns[name] = column
    return Applied(table, columns, origins={name: old for old, name in new.items()})


def summary(options: Options) -> str:
    """In words."""
    return "rename " + listed(f"{old} to {new}" for old, new in options.columns.items())

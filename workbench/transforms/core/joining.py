"""Matching rows with those of another dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator, Field, Tag

from workbench.errors import TransformError
from workbench.transforms.core.columns import RESERVED, Name, Selection, choose, find, visible
from workbench.transforms.core.context import Context

if TYPE_CHECKING:
    import ibis.expr.types as ir


#: How many rows of the other dataset a key has.
MATCHES = f"{RESERVED}matches"


def _form(value: Any) -> str:
    if isinstance(value, str):
        return "name"
    return "pairs" if isinstance(value, Mapping) else "names"


#: The columns whose values must be equal.
On = Annotated[
    Annotated[Name, Tag("name")]
    | Annotated[tuple[Name, ...], Tag("names"), Field(min_length=1)]
    | Annotated[dict[Name, Name], Tag("pairs"), Field(min_length=1)],
    Discriminator(_form),
    Field(
        description="columns that must be equal: a name or a list where both datasets use the "
        "same names, else {here: there}; null equals nothing"
    ),
]


def pairs(on: str | tuple[str, ...] | dict[str, str]) -> dict[str, str]:
    """The columns here and there."""
    if isinstance(on, dict):
        return on
    return {name: name for name in ([on] if isinstance(on, str) else on)}


class Other:
    """The other dataset of a join, with only what is needed of it.

    ``table`` has the keys under names of their own, and the columns to take under the names that
    they will have; ``keys`` maps columns here to keys there.
    """

    def __init__(
        self,
        here: ir.Table,
        dataset: str,
        on: str | tuple[str, ...] | dict[str, str],
        columns: Selection | None,
        prefix: str,
        context: Context,
    ) -> None:
        self.dataset = dataset
        other = context.resolve(dataset)
        known = visible(other.columns)
        try:
            matched = {
                context.find(left, here): find(right, known, {})
                for left, right in pairs(on).items()
            }
            rest = [name for name in known if name not in matched.values()]
            taken = choose(columns, known) if columns is not None else rest
        except TransformError as error:
            error.message = f"{error.message} (joining {dataset!r})"
            raise
        for left, right in matched.items():
            mine, theirs = here[left].type(), other[right].type()
            if not _comparable(mine, theirs):
                raise TransformError(
                    f"{left!r} is {mine} and {right!r} of {dataset!r} is {theirs}",
                    remedy="cast one of them, so that both have the same type",
                )
        self.columns = [f"{prefix}{name}" for name in taken]
        present = {name.casefold() for name in visible(here.columns)}
        for name in self.columns:
            if name.casefold() in present:
                raise TransformError(
                    f"there would be two columns {name!r}",
                    remedy="give a 'prefix', or list the 'columns' to take",
                )
        self.keys = {left: f"{RESERVED}key_{i}" for i, left in enumerate(matched)}
        self.table = other.select(
            **{self.keys[left]: other[right] for left, right in matched.items()},
            **dict(zip(self.columns, (other[name] for name in taken), strict=True)),
        )

    def same(self, here: ir.Table, there: ir.Table) -> list[ir.BooleanValue]:
        """Conditions under which rows match."""
        return [here[left] == there[right] for left, right in self.keys.items()]

    def counted(self) -> ir.Table:
        """How many rows there are for each key without nulls, as ``MATCHES``."""
        keys = list(self.keys.values())
        valid = self.table.filter([self.table[key].notnull() for key in keys])
        return valid.group_by(keys).aggregate(**{MATCHES: valid.count()})


def _comparable(left: Any, right: Any) -> bool:
    if left.is_numeric() and right.is_numeric():
        return True
    kinds = ("is_string", "is_boolean", "is_date", "is_timestamp", "is_time")
    return any(getattr(left, kind)() and getattr(right, kind)() for kind in kinds)

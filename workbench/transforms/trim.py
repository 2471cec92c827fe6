"""Remove white space around texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from workbench.model.value import Options as Base
from workbench.transforms.core.columns import Selection, in_words
from workbench.transforms.core.context import Applied, Context, keeping
from workbench.transforms.core.text import SPACES, trimmed

if TYPE_CHECKING:
    import ibis.expr.types as ir

ROWWISE = True


class Options(Base):
    """Remove white space at both ends of texts, also no-break spaces, tabs and line ends."""

    columns: Selection = Field(default="all")
    collapse: bool = Field(
        default=False, description="also make every run of white space within a text one space"
    )
    blank_to_null: bool = Field(default=True, description="make texts null that are blank")


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows; columns that are no text stay as they are."""
    columns = keeping(table)
    for name in context.choose(options.columns, table):
        if not table[name].type().is_string():
            continue
        text = trimmed(table[name])
        if options.collapse:
            text = text.re_replace(f"[{SPACES}]+", " ")
        columns[name] = text.nullif("") if options.blank_to_null else text
    return Applied(table, columns)


def summary(options: Options) -> str:
    """In words."""
    inside = ", one space within" if options.collapse else ""
    return f"trim {in_words(options.columns)}{inside}"

"""Columns from the one matching row of another dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from workbench.errors import TransformError
from workbench.model.value import Options as Base
from workbench.transforms.core.columns import Selection, in_words, visible
from workbench.transforms.core.context import Applied, Context
from workbench.transforms.core.joining import MATCHES, On, Other, pairs

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Options(Base):
    """Look values up in another dataset, in which the key must be unique."""

    dataset: str = Field(
        description="the other dataset, as it is published",
        json_schema_extra={"format": "dataset"},
    )
    on: On
    columns: Selection | None = Field(
        default=None, description="what to take from it; default: all columns but its keys"
    )
    prefix: str = Field(default="", description="what to put before the names of columns taken")
    unmatched: Literal["keep", "quarantine", "stop", "filter"] = Field(
        default="keep",
        description="what becomes of rows without a match: they stay with nulls, are quarantined, "
        "stop the run, or go as filtered",
    )
    ambiguous: Literal["stop", "quarantine"] = Field(
        default="stop",
        description="what a key that is not unique in the other dataset means: the run stops, or "
        "the rows that it matches are quarantined",
    )

    def datasets(self) -> tuple[str, ...]:
        """The datasets that this needs."""
        return (self.dataset,)


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The same rows with the columns looked up."""
    import ibis

    other = Other(table, options.dataset, options.on, options.columns, options.prefix, context)
    keys = list(other.keys.values())
    there = other.table
    # one row for each key, so that no row of ours can double
    single = context.keep(
        there.group_by(keys).aggregate(
            **{MATCHES: there.count()}, **{name: there[name].arbitrary() for name in other.columns}
        )
    )
    if options.ambiguous == "stop":
        _stop_if_ambiguous(single, keys, options, context)
    joined = table.left_join(single, other.same(table, single))
    known = visible(table.columns)
    stage = joined.select(*(joined[name] for name in (*table.columns, *other.columns, MATCHES)))
    missing = stage[MATCHES].isnull()
    found = context.measure(stage.aggregate(unmatched=missing.sum()))["unmatched"]
    shown: Any = ibis.literal("(").concat(
        *_between([stage[key].cast("string").fill_null("null") for key in other.keys]), ")"
    )
    names = ", ".join(other.keys)
    problems = []
    if options.unmatched in ("quarantine", "stop"):
        reason = ibis.literal(f"{names}: ").concat(shown, f" is not in {options.dataset}")
        problems.append((missing, reason))
    if options.ambiguous == "quarantine":
        times = stage[MATCHES].cast("string")
        reason = ibis.literal(f"{names}: ").concat(
            shown, " has ", times, f" rows in {options.dataset}"
        )
        problems.append((stage[MATCHES] > 1, reason))
    filtered = found if options.unmatched == "filter" else 0
    if options.unmatched == "filter":
        stage = stage.filter(stage[MATCHES].notnull())
    return Applied(
        stage,
        {name: stage[name] for name in (*known, *other.columns)},
        problems,
        stop=options.unmatched == "stop",
        filtered=filtered,
        notes={"unmatched": found},
    )


def _stop_if_ambiguous(
    single: ir.Table, keys: list[str], options: Options, context: Context
) -> None:
    # null equals nothing, so rows without a key are not doubled either
    doubled = single.filter(single[MATCHES] > 1, *(single[key].notnull() for key in keys))
    doubled = doubled.order_by(keys)
    examples = context.sample(doubled)
    if examples:
        shown = "; ".join(
            f"({', '.join(str(row[key]) for key in keys)}) {row[MATCHES]} times" for row in examples
        )
        there = ", ".join(pairs(options.on).values())
        raise TransformError(
            f"the key ({there}) is not unique in {options.dataset!r}: {shown}",
            remedy=f"deduplicate {options.dataset!r}, use join, or write ambiguous: quarantine",
        )


def _between(texts: list[Any]) -> list[Any]:
    """The texts with commas between them."""
    return [part for text in texts for part in (", ", text)][1:]


def summary(options: Options) -> str:
    """In words."""
    keys = ", ".join(a if a == b else f"{a} = {b}" for a, b in pairs(options.on).items())
    taken = in_words(options.columns) if options.columns is not None else "all columns"
    return f"look up {taken} in {options.dataset} by {keys}; unmatched: {options.unmatched}"

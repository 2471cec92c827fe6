"""One row for each key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from workbench.model.value import Options as Base
from workbench.transforms.core.columns import RESERVED, ROW_ID, Selection, in_words, visible
from workbench.transforms.core.context import Applied, Context
from workbench.transforms.core.order import Order, order_in_words, sort_keys

if TYPE_CHECKING:
    import ibis.expr.types as ir

NUMBERED = True

_TIMES, _RANK = f"{RESERVED}times", f"{RESERVED}rank"


class Options(Base):
    """Keep one row for each key. Ties are settled by the order of the received files."""

    keys: Selection = Field(default="all", description="the columns that make up the key")
    order_by: tuple[Order, ...] = Field(
        default=(), description="what makes a row the first; default: the order of the files"
    )
    keep: Literal["first", "last", "none"] = Field(
        default="first",
        description="which row of a key stays; none: all rows of a doubled key are quarantined",
    )
    null_keys: Literal["keep", "equal"] = Field(
        default="keep",
        description="rows with a null in the key: each is its own (keep), or nulls are equal. "
        "With keys: all, nulls are always equal",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.keep == "none" and self.order_by:
            raise ValueError("'order_by' means nothing where no row is kept")
        return self


def apply(table: ir.Table, options: Options, context: Context) -> Applied:
    """The rows that stay, or with ``keep: none`` all rows and which are to be refused."""
    keys = context.choose(options.keys, table)
    if context.symbolic:
        return Applied(table if options.keep == "none" else _first(table, keys, options, context))
    if options.keep == "none":
        doubled = context.keep(_doubled(_candidates(table, keys, options), keys))
        return _refused(table, keys, doubled) if context.count(doubled) else Applied(table)
    losers = context.keep_made(
        table, "deduplicate", options, lambda given: _losers(given, keys, options, context)
    )
    lost = context.count(losers)
    return Applied(table.anti_join(losers, ROW_ID), deduplicated=lost) if lost else Applied(table)


def _candidates(table: ir.Table, keys: list[str], options: Options) -> ir.Table:
    """The rows that may have a double."""
    if options.null_keys == "keep" and options.keys != "all":
        return table.filter([table[key].notnull() for key in keys])
    return table


def _doubled(candidates: ir.Table, keys: list[str]) -> ir.Table:
    """The keys that occur more than once, and how often."""
    groups = candidates.group_by(keys).aggregate(**{_TIMES: candidates.count()})
    return groups.filter(groups[_TIMES] > 1)


def _losers(table: ir.Table, keys: list[str], options: Options, context: Context) -> ir.Table:
    """The numbers of the rows that go: few keys are doubled, and only their rows are ordered."""
    candidates = _candidates(table, keys, options)
    doubled = _doubled(candidates, keys)
    same = [candidates[key].identical_to(doubled[key]) for key in keys]
    members = candidates.semi_join(doubled, same)
    ranked = members.select(ROW_ID, **{_RANK: _rank(members, keys, options, context)})
    return ranked.filter(ranked[_RANK] > 0).select(ROW_ID)


def _rank(table: ir.Table, keys: list[str], options: Options, context: Context) -> ir.Value:
    """The place of a row among those of its key, from 0; the row that stays has 0."""
    import ibis

    rest = [name for name in visible(table.columns) if name not in keys]
    order = sort_keys(table, options.order_by, context, ties=rest, last=options.keep == "last")
    return ibis.row_number().over(group_by=[table[key] for key in keys], order_by=order)


def _first(table: ir.Table, keys: list[str], options: Options, context: Context) -> ir.Table:
    """What is meant, in one expression: the lineage is read off it."""
    ranked = table.mutate(**{_RANK: _rank(table, keys, options, context)})
    return ranked.filter(ranked[_RANK] == 0).select(table.columns)


def _refused(table: ir.Table, keys: list[str], doubled: ir.Table) -> Applied:
    import ibis

    right = doubled.rename({f"{_TIMES}_{key}": key for key in keys})
    same = [table[key].identical_to(right[f"{_TIMES}_{key}"]) for key in keys]
    joined = table.left_join(right, same)
    stage = joined.select(**{name: joined[name] for name in (*table.columns, _TIMES)})
    names = ", ".join(keys)
    reason = ibis.literal(f"the key ({names}) occurs ").concat(
        stage[_TIMES].cast("string"), " times"
    )
    return Applied(
        stage,
        {name: stage[name] for name in visible(table.columns)},
        [(stage[_TIMES].notnull(), reason)],
    )


def summary(options: Options) -> str:
    """In words."""
    keys = "the same row" if options.keys == "all" else f"the same {in_words(options.keys)}"
    order = f" by {order_in_words(options.order_by)}" if options.order_by else ""
    if options.keep == "none":
        return f"quarantine all rows with {keys}"
    return f"of rows with {keys} keep the {options.keep}{order}"
